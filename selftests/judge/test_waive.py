"""What a waiver turns into "waived", and what no waiver does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from arc_compliance.judge.judgement import Judgement, Verdict, judged, judgement_from
from arc_compliance.judge.waive import waived
from arc_compliance.plan.cases import Case, plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.plan.waivers import Waivers, read_waivers
from arc_compliance.report.compliance import Overall, UseState, overall_of
from arc_compliance.report.junit import message_of, text_of
from arc_compliance.report.waivers import (
    attestation_uses,
    attestation_words,
    waiver_uses,
    waiver_words,
)
from selftests.judge.evidence_made import CATALOGUE

MakeWaivers = Callable[..., Waivers]
TODAY = date(2026, 11, 25)
HIS = "*.his.arc.azure.cn"
CASES = {
    (case.requirement.id, case.row.label if case.row else "", case.host): case
    for host in ("web01", "web02")
    for case in plan_cases(CATALOGUE, {host: Scope(cloud=CATALOGUE.cloud)})
}


def case_for(requirement: str, row: str = "", host: str = "web01") -> Case:
    found = [c for (r, label, h), c in CASES.items() if r == requirement and h == host
             and row in ("", label)]  # fmt: skip
    return found[0]


def judgement(case: Case, verdict: Verdict, cause: str | None = None) -> Judgement:
    return judged(case, verdict, expected="an answer", actual="none came", cause=cause)


@pytest.fixture
def waivers(tmp_path: Path) -> MakeWaivers:
    def made(*entries: str, attestations: str = "") -> Waivers:
        path = tmp_path / "w.yaml"
        rest = "reason: known, approved-by: J. Doe"
        lines = [f"  - {{{one}, {rest}}}\n" for one in entries]
        path.write_text(
            f"waivers:\n{''.join(lines)}{attestations}" if entries else attestations or "{}"
        )
        return read_waivers(path, CATALOGUE, TODAY)

    return made


ENDS = "expires: 2026-12-31"
PATTERN = f'requirement: "*", hosts: ["web*"], {ENDS}'
NAMED = f'requirement: "*", hosts: [web01], {ENDS}'

WAIVED = [
    # verdict, cause, waived by a pattern, waived by the host's name
    (Verdict.FAIL, "connect-timeout", True, True),
    (Verdict.FAIL, None, True, True),
    (Verdict.WARN, "cert-not-public", True, True),
    (Verdict.WARN, "permission-denied", False, True),
    (Verdict.BLOCKED, "connect-timeout", True, True),
    (Verdict.BLOCKED, "host-unreachable", False, True),
    (Verdict.BLOCKED, "control-tripped", False, True),
    (Verdict.BLOCKED, None, False, True),
    (Verdict.ERROR, "probe-timeout", False, True),
    (Verdict.ERROR, "unknown", False, True),
    (Verdict.NOT_TESTED, "permission-denied", False, True),
    (Verdict.NOT_TESTED, None, False, True),
    (Verdict.PASS, None, False, False),
    (Verdict.NOT_APPLICABLE, None, False, False),
    (Verdict.NOT_TESTABLE, None, False, False),
]


def test_every_verdict_was_thought_of() -> None:
    assert {verdict for verdict, *_ in WAIVED} == set(Verdict) - {Verdict.WAIVED}


@pytest.mark.parametrize(("verdict", "cause", "by_pattern", "by_name"), WAIVED)
def test_what_was_not_measured_is_waived_by_name_only(
    waivers: MakeWaivers, verdict: Verdict, cause: str | None, by_pattern: bool, by_name: bool
) -> None:
    case = case_for("urls/his")
    found = judgement(case, verdict, cause)

    for file, expected in ((waivers(PATTERN), by_pattern), (waivers(NAMED), by_name)):
        after = waived(found, case, file)
        assert (after.verdict is Verdict.WAIVED) is expected
        assert after.verdict_without_waiver == (verdict if expected else "")
        assert bool(after.waiver) is expected


@pytest.mark.parametrize(
    ("entry", "covers"),
    [
        (f"requirement: urls/his, hosts: [web01], {ENDS}", True),
        (f'requirement: "urls/*", hosts: ["web0?"], {ENDS}', True),
        (f"requirement: urls/login, hosts: [web01], {ENDS}", False),
        (f"requirement: urls/his, hosts: [web02], {ENDS}", False),
        (f"requirement: urls/his, hosts: [WEB01], {ENDS}", False),
        (f'requirement: urls/his, hosts: ["*"], rows: ["{HIS}"], {ENDS}', True),
        (f'requirement: urls/his, hosts: ["*"], rows: ["*.cn"], {ENDS}', True),
        (f'requirement: urls/his, hosts: ["*"], rows: ["*.com"], {ENDS}', False),
        (f'requirement: urls/his, hosts: ["*"], cloud: AzureChinaCloud, {ENDS}', True),
        (f'requirement: urls/his, hosts: ["*"], cloud: AzureCloud, {ENDS}', False),
        ("requirement: urls/his, hosts: [web01], expires: 2026-11-25", True),
        ("requirement: urls/his, hosts: [web01], expires: 2026-11-24", False),
    ],
)
def test_a_waiver_covers_what_it_names(waivers: MakeWaivers, entry: str, covers: bool) -> None:
    case = case_for("urls/his")
    found = judgement(case, Verdict.FAIL, "connect-timeout")

    after = waived(found, case, waivers(entry))

    assert (after.verdict is Verdict.WAIVED) is covers
    if not covers:
        assert after == found


def test_a_waiver_for_rows_leaves_a_case_without_a_row_alone(waivers: MakeWaivers) -> None:
    case = case_for("networking/port-443")
    file = waivers(f'requirement: "*", hosts: ["*"], rows: ["*.cn"], {ENDS}')

    found = waived(judgement(case, Verdict.FAIL, "connect-timeout"), case, file)

    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("waiver", "blocked", "row", "cause", "covers"),
    [
        ("urls/his", "tls/1.2", HIS, "connect-timeout", True),
        ("urls/his", "principles/certificates", HIS, "connect-timeout", True),
        ("urls/his", "tls/1.2", "login.chinacloudapi.cn", "connect-timeout", False),
        ("tls/1.2", "urls/his", HIS, "tls-version", True),
        ("tls/1.2", "principles/certificates", HIS, "tls-client-disabled", True),
        ("urls/his", "principles/certificates", HIS, "tls-version", False),
        ("tls/1.2", "principles/certificates", HIS, "connect-timeout", False),
    ],
)
def test_what_a_waived_failure_blocks_is_waived_with_it(
    waivers: MakeWaivers, waiver: str, blocked: str, row: str, cause: str, covers: bool
) -> None:
    case = case_for(blocked, row)
    file = waivers(f'requirement: {waiver}, hosts: ["*"], {ENDS}')

    found = waived(judgement(case, Verdict.BLOCKED, cause), case, file)

    assert (found.verdict is Verdict.WAIVED) is covers


def test_the_first_that_covers_counts_and_a_pattern_is_passed_over_for_a_name(
    waivers: MakeWaivers,
) -> None:
    case = case_for("run/host-measured")
    file = waivers(PATTERN, NAMED)

    unreachable = waived(judgement(case, Verdict.ERROR, "host-unreachable"), case, file)
    failed = waived(judgement(case, Verdict.FAIL, "connect-timeout"), case, file)

    assert "waiver 2)" in unreachable.waiver
    assert "waiver 1)" in failed.waiver


def test_a_waived_judgement_tells_what_it_would_be(waivers: MakeWaivers) -> None:
    case = case_for("urls/his")
    after = waived(judgement(case, Verdict.FAIL, "connect-timeout"), case, waivers(NAMED))

    words = "until 2026-12-31, approved by J. Doe: known (w.yaml, waiver 1)"
    assert dict(after.properties()) | {
        "verdict": "waived",
        "verdict_without_waiver": "fail",
        "waiver": words,
    } == dict(after.properties())
    assert judgement_from(dict(after.properties())) == after
    assert message_of(after) == (
        f"[waived] {words}; without the waiver: fail, connect-timeout: none came"
    )
    assert f"\nwaiver:      {words}\nwithout it:  fail" in text_of(after)


def test_a_run_in_which_nothing_was_seen_is_incomplete_however_it_is_waived(
    waivers: MakeWaivers,
) -> None:
    cases = [case for case in CASES.values() if case.host == "web01"]
    file = waivers(NAMED)
    every = [waived(judgement(c, Verdict.BLOCKED, "host-unreachable"), c, file) for c in cases]

    assert {one.verdict for one in every} == {Verdict.WAIVED}
    assert overall_of(every)[0] is Overall.INCOMPLETE


@pytest.mark.parametrize(
    ("others", "overall"),
    [
        ((Verdict.PASS,), Overall.COMPLIANT_WITH_WAIVERS),
        ((Verdict.PASS, Verdict.FAIL), Overall.NON_COMPLIANT),
        ((Verdict.PASS, Verdict.NOT_TESTED), Overall.INCOMPLETE),
    ],
)
def test_a_waiver_forgives_nothing_but_its_own(
    waivers: MakeWaivers, others: tuple[Verdict, ...], overall: Overall
) -> None:
    case, other = case_for("urls/his"), case_for("urls/login")
    failed = waived(judgement(case, Verdict.FAIL, "connect-timeout"), case, waivers(NAMED))

    found = overall_of([failed, *(judgement(other, one) for one in others)])

    assert found[0] is overall


def test_what_became_of_each_waiver(waivers: MakeWaivers) -> None:
    case, other = case_for("urls/his"), case_for("urls/login")
    file = waivers(
        f"requirement: urls/his, hosts: [web01], {ENDS}",
        "requirement: urls/login, hosts: [web01], expires: 2026-11-24",
        "requirement: urls/pas, hosts: [web01], expires: 2026-11-24",
        f"requirement: urls/pas, hosts: [web09], {ENDS}",
        f'requirement: urls/pas, hosts: ["web*"], rows: [pas.example], {ENDS}',
        f"requirement: urls/pas, hosts: [web01], {ENDS}",
        f"requirement: urls/pas, hosts: [web01], cloud: AzureCloud, {ENDS}",
    )
    judgements = [
        waived(judgement(one, Verdict.FAIL, "connect-timeout"), one, file) for one in (case, other)
    ]
    by_id = {one.id: one for one in (case, other)}

    uses = waiver_uses(file, judgements, by_id.get, ["web01", "web02"])

    assert [one.state for one in uses] == [
        UseState.ACTIVE,
        UseState.EXPIRED,
        UseState.EXPIRED,
        *[UseState.UNUSED] * 4,
    ]
    assert [waiver_words(one) for one in uses] == [
        "waiver 1 (urls/his on web01) waives 1 case until 2026-12-31, approved by J. Doe: known",
        "waiver 2 (urls/login on web01) expired on 2026-11-24; 1 case that it covered stands again",
        "waiver 3 (urls/pas on web01) expired on 2026-11-24",
        "waiver 4 (urls/pas on web09) is unused: no host of the run is web09",
        "waiver 5 (urls/pas on web*) is unused: no row of the document is pas.example",
        "waiver 6 (urls/pas on web01) is unused: nothing that it covers failed, or another waiver "
        "covers it",
        "waiver 7 (urls/pas on web01) is unused: it is for AzureCloud",
    ]
    assert uses[0].cases == (case.id,)


KEEP = "service-tags/keep-inspection"


@pytest.mark.parametrize(
    ("expires", "end", "state"),
    [
        ("2026-11-25", "until 2026-11-25", UseState.ACTIVE),
        ("2026-11-24", "expired on 2026-11-24", UseState.EXPIRED),
    ],
)
def test_an_attestation_is_told_and_changes_no_verdict(
    waivers: MakeWaivers, expires: str, end: str, state: UseState
) -> None:
    case = case_for(KEEP)
    found = judgement(case, Verdict.NOT_TESTABLE)
    file = waivers(
        attestations=f"attestations:\n  - {{requirement: {KEEP}, statement: it stays on, by: A, "
        f"date: 2026-10-15, expires: {expires}}}\n"
    )

    after = waived(found, case, file)

    assert after.verdict is Verdict.NOT_TESTABLE
    assert after.actual == f"none came; attested by A on 2026-10-15: it stays on, {end}"
    (use,) = attestation_uses(file, [after])
    assert (use.state, use.cases) == (state, (case.id,))
    assert attestation_words(use).endswith(f"by A on 2026-10-15: it stays on, {end}")


def test_an_attestation_for_other_hosts_says_nothing(waivers: MakeWaivers) -> None:
    case = case_for(KEEP)
    file = waivers(
        attestations=f"attestations:\n  - {{requirement: {KEEP}, hosts: [db*], statement: it is, "
        "by: A, date: 2026-10-15, expires: 2026-12-31}\n"
    )

    assert waived(judgement(case, Verdict.NOT_TESTABLE), case, file).actual == "none came"
    (use,) = attestation_uses(file, [judgement(case, Verdict.NOT_TESTABLE)])
    assert attestation_words(use) == (
        f"attestation 1 ({KEEP}) is unused: no case of the run is what it speaks of"
    )
