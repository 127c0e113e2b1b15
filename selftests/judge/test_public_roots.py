"""Verdicts on chains that are remembered: the same as those made at the time itself."""

from __future__ import annotations

import base64
from datetime import datetime, timedelta, timezone

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import given, settings
from hypothesis import strategies as st

from arc_compliance.judge.endpoint import certificates
from arc_compliance.judge.endpoint.public_roots import PublicRoots, edges_of_validity

NAME = "gbl.his.arc.azure.cn"
START = datetime(2026, 1, 1, tzinfo=timezone.utc)
KEYS = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("root", "issuing", NAME)}
NEAR = [timedelta(seconds=seconds) for seconds in (-1, -0.5, 0, 0.5, 1, 1.5, 2)]

Validity = tuple[int, int]
"""The first and the last day."""

VALIDITIES = st.tuples(st.integers(0, 5), st.integers(1, 5)).map(lambda d: (d[0], d[0] + d[1]))


def _certificate(subject: str, issuer: str, validity: Validity) -> x509.Certificate:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    builder = (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(KEYS[subject].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(START + timedelta(days=validity[0]))
        .not_valid_after(START + timedelta(days=validity[1]))
        .add_extension(x509.BasicConstraints(ca=subject != NAME, path_length=None), critical=True)
    )
    if subject == NAME:
        names = x509.SubjectAlternativeName([x509.DNSName(NAME)])
        builder = builder.add_extension(names, critical=False)
    return builder.sign(KEYS[issuer], SHA256())


def _roots(*validities: Validity) -> PublicRoots:
    made = [_certificate("root", "root", one) for one in validities]
    return PublicRoots(b"".join(one.public_bytes(Encoding.PEM) for one in made))


@settings(max_examples=25, deadline=None)
@given(
    st.lists(VALIDITIES, min_size=1, max_size=2),
    VALIDITIES,
    VALIDITIES,
    st.sampled_from([NAME, "aka.ms"]),
    st.randoms(use_true_random=False),
)
def test_a_remembered_verdict_is_that_of_the_time_itself(
    of_roots: list[Validity], of_issuing: Validity, of_leaf: Validity, name: str, random: object
) -> None:
    """At both edges of each window, a moment before and a moment after; roots may be renewed."""
    roots = _roots(*of_roots)
    sent = (_certificate(NAME, "issuing", of_leaf), _certificate("issuing", "root", of_issuing))
    ders = [one.public_bytes(Encoding.DER) for one in sent]
    chain = tuple(base64.b64encode(der).decode("ascii") for der in ders)
    days = {day for validity in (*of_roots, of_issuing, of_leaf) for day in validity}
    times = [START + timedelta(days=day) + near for day in days for near in NEAR]
    random.shuffle(times)  # type: ignore[attr-defined]

    for now in times:
        remembered = certificates._verified(roots, chain, name, now)
        assert remembered == roots.verify(ders, name, now), now


def test_hosts_of_a_fleet_share_the_verdict_on_a_chain(monkeypatch: pytest.MonkeyPatch) -> None:
    roots, leaf = _roots((0, 9)), _certificate(NAME, "root", (1, 8))
    chain = (base64.b64encode(leaf.public_bytes(Encoding.DER)).decode("ascii"),)
    asked = []
    verify = roots.verify
    monkeypatch.setattr(roots, "verify", lambda *one: asked.append(one) or verify(*one))

    seconds = range(86400, 7 * 86400, 3600)
    found = [certificates._verified(roots, chain, NAME, START + timedelta(0, s)) for s in seconds]

    assert {one.cause for one in found} == {None}
    assert len(asked) <= 2  # in the very second in which the leaf begins to be valid, and after it


def test_what_is_no_certificate_has_no_edges() -> None:
    roots = _roots((0, 9))

    with pytest.raises(ValueError, match="cannot be parsed"):
        edges_of_validity([b"no certificate"])
    assert certificates._verified(roots, ("AAAA",), NAME, START).cause == "cert-unreadable"
    assert certificates._verified(roots, ("?",), NAME, START).cause == "cert-unreadable"
