"""The host's trust store, on evidence made by hand, and the roots that Azure names."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.catalogue import named_roots
from arc_compliance.judge.host.trust_store import RETIRING, judge_trust_store
from arc_compliance.judge.judgement import Judgement, Verdict
from selftests.catalogue.test_catalogue import ROOTS
from selftests.judge.evidence_made import case_of, chain, evidence, judge_evidence, measurement

LOGIN = "login.chinacloudapi.cn"
ALL = [digest[:16] for digest in named_roots()]
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def judged(fingerprints: list[str], **more: Any) -> Judgement:
    trust = {"file": BUNDLE, "roots": 140, "fingerprints": fingerprints, **more.pop("trust", {})}
    sent = chain(LOGIN, more.pop("issuer", "public"))
    found = evidence(measurement(LOGIN, sent=sent), trust=trust)
    return judge_evidence(case_of("practice/trust-store"), found, judge_trust_store)


def test_the_named_roots_are_those_of_the_bundle() -> None:
    assert {name: digest.upper() for digest, name in named_roots().items()} == ROOTS


def test_all_are_there() -> None:
    found = judged(ALL)

    assert (found.verdict, found.actual) == (Verdict.PASS, f"{BUNDLE}: 140 roots")


def test_the_one_that_is_retiring_may_be_gone() -> None:
    found = judged([one for one in ALL if not ROOTS[RETIRING].lower().startswith(one)])

    assert found.verdict is Verdict.PASS
    assert found.actual.endswith(f"without {RETIRING}")


def test_a_root_that_is_missing() -> None:
    found = judged(ALL[:-1])

    missing = list(named_roots().values())[-1]
    assert (found.verdict, found.failing) == (Verdict.WARN, (missing,))
    assert "Update the host's ca-certificates" in found.remedy


def test_a_private_authority_is_named() -> None:
    found = judged(ALL, issuer="Corp Proxy")

    assert found.verdict is Verdict.PASS
    assert "private CAs that issue for Microsoft's names: " in found.actual
    assert "(1 name)" in found.actual


@pytest.mark.parametrize(
    ("trust", "verdict", "words"),
    [
        ({"chosen_by": "order"}, Verdict.NOT_APPLICABLE, "brought a trust store of its own"),
        ({"failure": "/x: permission-denied"}, Verdict.NOT_TESTED, "run again with --sudo"),
        ({"failure": "no such file: /x"}, Verdict.NOT_TESTED, "no such file: /x"),
    ],
)
def test_a_store_that_says_nothing(trust: dict[str, str], verdict: Verdict, words: str) -> None:
    found = judged([], trust=trust)

    assert found.verdict is verdict
    assert words in found.actual
