"""Chains: a path is good where Go's crypto/x509 says so, and what is wrong has its cause.

The answers of Go stand in selftests/reference/go_chains.json, made by Go for the same chains.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from arc_compliance.judge.endpoint.public_roots import ChainVerdict, PublicRoots
from selftests.reference.chains import CHAINS, Maker, make_all
from selftests.suite_run import ROOT

ROWS = json.loads((ROOT / "selftests" / "reference" / "go_chains.json").read_text())["rows"]
CAUSES = {
    "dates": {"cert-expired", "cert-not-yet-valid"},
    "weak-signature": {"cert-weak-signature"},
    "purpose": {"cert-wrong-purpose"},
    "path-length": {"cert-ca-constraint"},
    "ca-names": {"cert-ca-constraint"},
    "name": {"cert-name-mismatch"},
    "critical-extension": {"cert-untrusted"},
    "unknown-authority": {"cert-untrusted", "cert-chain-incomplete", "cert-ca-constraint"},
}
"""The causes that say of a chain what Go's error says."""

DIFFERENT = {
    # service-identity takes no wildcard right below a top-level name, and no public CA issues one
    "leaf with a wildcard": "cert-name-mismatch",
}

Verify = Callable[[str], ChainVerdict]


@pytest.fixture(scope="module")
def verify(tmp_path_factory: pytest.TempPathFactory) -> Verify:
    """What we say of a chain, by its name."""
    maker = Maker(tmp_path_factory.mktemp("chains"))
    make_all(maker)

    def read(stem: str) -> x509.Certificate:
        return x509.load_pem_x509_certificate((maker.folder / f"{stem}.pem").read_bytes())

    def verified(chain: str) -> ChainVerdict:
        its = CHAINS[chain]
        trusted = b"".join(Path(maker.folder, f"{one}.pem").read_bytes() for one in its.trusted)
        sent = [read(one).public_bytes(Encoding.DER) for one in its.sent]
        name = its.name.rstrip(".")  # no row of the document has a name with a dot at its end
        return PublicRoots(trusted).verify(sent, name, datetime.now(timezone.utc))

    return verified


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["chain"])
def test_a_chain_is_judged_as_go_judges_it(verify: Verify, row: dict[str, Any]) -> None:
    cause = verify(row["chain"]).cause

    if row["chain"] in DIFFERENT:
        assert cause == DIFFERENT[row["chain"]]
    elif row["go"]["verified"]:
        assert cause is None
    else:
        assert cause in CAUSES[row["go"]["fault"]]


@pytest.mark.parametrize(
    ("chain", "cause"),
    [
        ("leaf and root", "cert-chain-incomplete"),
        ("the leaf alone", "cert-untrusted"),
        ("issuer is not a CA", "cert-ca-constraint"),
        ("issuer may not sign certificates", "cert-ca-constraint"),
        ("leaf expired", "cert-expired"),
        ("leaf to come", "cert-not-yet-valid"),
        ("root not trusted", "cert-untrusted"),
        ("self-signed", "cert-untrusted"),
    ],
)
def test_the_cause_is_what_keeps_the_chain_from_being_good(
    verify: Verify, chain: str, cause: str
) -> None:
    assert verify(chain).cause == cause


def test_a_path_names_its_root(verify: Verify) -> None:
    assert verify("whole").root
    assert verify("leaf expired").root
    assert not verify("root not trusted").root
