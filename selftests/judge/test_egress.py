"""The host's own rules on the way out, beside what was measured."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.judge.case import Judge
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.host.egress import judge_egress
from arc_compliance.judge.judgement import Judgement, Verdict
from selftests.firewall.test_allowlist import ACCEPT, DROP, nft, to
from selftests.judge.evidence_made import case_of, evidence, judge_evidence, measurement

LOGIN, PAS = "login.chinacloudapi.cn", "pas.chinacloudapi.cn"
BY_USER = {"match": {"op": "==", "left": {"meta": {"key": "skuid"}}, "right": 0}}


def judged(
    rules: str,
    requirement: str = "practice/egress",
    judge: Judge = judge_egress,
    address: str = "192.0.2.1",
    **egress: Any,
) -> Judgement:
    found = evidence(
        measurement(LOGIN, ("connect", "connect-timeout"), addresses=(address,)),
        measurement(PAS, addresses=("192.0.2.2",)),
        egress={"tool": "nft" if rules else "", "rules": rules, **egress},
    )
    return judge_evidence(case_of(requirement), found, judge)


@pytest.mark.parametrize(
    ("rules", "verdict", "words"),
    [
        (nft([ACCEPT], policy="accept"), Verdict.PASS, "keep nothing back"),
        ("", Verdict.PASS, "keep nothing back"),
        (nft([to("192.0.2.1"), DROP], policy="accept"), Verdict.WARN, f"addresses of {LOGIN} back"),
        (nft([to("192.0.2.9"), DROP], policy="accept"), Verdict.PASS, "lets all 2 endpoints out"),
        (nft([BY_USER, ACCEPT]), Verdict.NOT_TESTED, "meta skuid"),
    ],
)
def test_what_the_rules_make_of_the_endpoints(rules: str, verdict: Verdict, words: str) -> None:
    found = judged(rules)

    assert found.verdict is verdict
    assert words in found.actual


def test_rules_that_only_root_may_read_are_not_tested() -> None:
    found = judged("", failure="permission-denied")

    assert found.verdict is Verdict.NOT_TESTED
    assert "run again with --sudo" in found.actual


def test_what_the_host_keeps_back_is_not_the_networks() -> None:
    kept = judged(nft([to("192.0.2.1"), DROP], policy="accept"), "urls/login", judge_reach)
    elsewhere = judged(nft([to("192.0.2.9"), DROP], policy="accept"), "urls/login", judge_reach)

    assert kept.verdict is elsewhere.verdict is Verdict.FAIL
    assert kept.remedy_text.startswith(f"server owner: Let TCP to port 443 of {LOGIN} out")
    assert kept.actual.endswith("; the host's own nft ruleset keeps it back")
    assert elsewhere.remedy_text.startswith("network team: Allow outbound TCP")


def test_what_is_no_address_is_kept_back_by_nobody() -> None:
    """A host may say anything."""
    rules = nft([to("192.0.2.1"), DROP], policy="accept")

    assert judged(rules, address="nonsense").verdict is Verdict.PASS
    assert judged(rules, "urls/login", judge_reach, "nonsense").remedy_text.startswith(
        "network team:"
    )
