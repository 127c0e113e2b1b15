"""Two runs beside each other."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import load_catalogue
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.report.changes import Comparison
from arc_compliance.report.comparison import compare, exit_code
from arc_compliance.report.compliance import ComplianceReport, Edition, Host, overall_of
from arc_compliance.report.documents import json_of
from arc_compliance.report.left_out import left_out_of, with_left_out
from arc_compliance.report.page.changes import changes_of, other_changes
from arc_compliance.report.previous import read_previous
from arc_compliance.report.run import result_of
from arc_compliance.report.seen import seen_by
from selftests.runs.golden_triples import CLOUD, GOLDEN, GOLDEN_HEADER
from selftests.runs.saved_fleet import of_host

CAUSES = {"fail": "connect-timeout", "error": "host-unreachable"}


def _judgement(case: str, verdict: str, level: str = "MUST") -> Judgement:
    host, requirement, *row = case.split()
    return Judgement(
        case=case,
        requirement=requirement,
        section="URLs",
        level=level,  # type: ignore[arg-type]
        verdict=verdict,  # type: ignore[arg-type]
        host=host,
        endpoint=row[0] if row else "",
        cause=CAUSES.get(verdict, ""),
    )


def report(verdicts: dict[str, str], level: str = "MUST", **header: object) -> ComplianceReport:
    """A report with *verdicts* by "host requirement [row]"."""
    judgements = [_judgement(case, verdict, level) for case, verdict in verdicts.items()]
    overall, missing = overall_of(judgements)
    labels = dict.fromkeys(one.host for one in judgements)
    return ComplianceReport(
        overall=overall,
        header=replace(GOLDEN_HEADER, **header),  # type: ignore[arg-type]
        hosts=tuple(Host(label=label, measured=True) for label in labels),
        results=tuple(result_of("t.py::t", 0.1, one) for one in judgements),
        missing=missing,
    )


def compared(previous: ComplianceReport, current: ComplianceReport) -> Comparison:
    return compare(previous, current, then={}, now={})


def with_changes(previous: ComplianceReport, current: ComplianceReport) -> ComplianceReport:
    return replace(current, comparison=compared(previous, current))


def places(found: tuple[object, ...]) -> list[str]:
    return [one.place for one in found]  # type: ignore[attr-defined]


def test_each_case_is_sorted_by_what_became_of_it() -> None:
    then = report({"a urls/1": "pass", "a urls/2": "fail", "a urls/3": "fail", "a urls/4": "pass"})
    now = report(
        {"a urls/1": "fail", "a urls/2": "pass", "a urls/3": "fail", "a urls/4": "not-tested"}
    )

    found = compared(then, now)

    assert places(found.newly_failing) == ["a: urls/1"]
    assert places(found.fixed) == ["a: urls/2"]
    assert places(found.still_failing) == ["a: urls/3"]
    assert places(found.other) == ["a: urls/4"]
    words = changes_of(found)
    assert words.newly_failing == ("a: urls/1, connect-timeout (passed then)",)
    assert words.other[-1] == "a: urls/4: no longer tested, passed then, not tested now"


@pytest.mark.parametrize("then", ["blocked", "error", "not-tested", "waived", "warn"])
def test_a_failure_that_was_no_failure_before_is_new(then: str) -> None:
    found = compared(report({"a urls/1": then}), report({"a urls/1": "fail"}))

    assert places(found.newly_failing) == ["a: urls/1"]


@pytest.mark.parametrize(
    ("now", "level", "fixed"),
    [
        ("warn", "MUST", True),  # met, with a reservation
        ("warn", "SHOULD", False),  # unmet as before; --strict-should was left out
        ("waived", "MUST", False),
        ("blocked", "MUST", False),
        ("error", "MUST", False),
        ("not-applicable", "MUST", False),
    ],
)
def test_fixed_is_what_is_met_now(now: str, level: str, fixed: bool) -> None:
    found = compared(report({"a urls/1": "fail"}, level), report({"a urls/1": now}, level))

    assert bool(found.fixed) is fixed
    assert bool(found.other) is not fixed


def failing(cause: str, *names: str) -> ComplianceReport:
    found = report({"a urls/1": "fail"})
    (one,) = found.results
    judgement = replace(one.judgement, cause=cause, failing=names)
    return replace(found, results=(replace(one, judgement=judgement),))


def test_more_failing_names_are_a_new_failure() -> None:
    now = failing("connect-timeout", "x.cn", "y.cn")

    found = compared(failing("connect-timeout", "x.cn"), now)

    assert changes_of(found).newly_failing == (
        "a: urls/1, connect-timeout (failed then too, without y.cn)",
    )
    assert (found.still_failing, found.other) == ((), ())
    assert exit_code(replace(now, comparison=found), only_new=True) == 1


def test_fewer_failing_names_and_another_cause_are_the_old_failure() -> None:
    now = failing("dns-not-found", "x.cn")

    found = compared(failing("connect-timeout", "x.cn", "y.cn"), now)

    assert places(found.still_failing) == ["a: urls/1"]
    assert changes_of(found).other[-1] == (
        "a: urls/1: fails by another cause, connect-timeout then, dns-not-found now"
    )
    assert exit_code(replace(now, comparison=found), only_new=True) == 0


@pytest.mark.parametrize("what", ["pipe", "large", "missing"])
def test_whatever_stands_there_is_refused_at_once(tmp_path: Path, what: str) -> None:
    path = tmp_path / "previous"
    if what == "pipe":
        os.mkfifo(path)
    if what == "large":
        with path.open("wb") as file:
            file.truncate(100 * 2**30)

    with pytest.raises(Fault, match=r"is not a file|larger than|cannot be read"):
        read_previous(path, "AzureChinaCloud")


def test_hosts_and_rows_come_and_go() -> None:
    then = report({"a tls/1.2 x.cn": "pass", "b tls/1.2 x.cn": "fail"})
    now = report({"a tls/1.2 y.cn": "pass", "c tls/1.2 y.cn": "pass"})

    found = compared(then, now)

    assert (found.hosts_added, found.hosts_removed) == (("c",), ("b",))
    assert (found.rows_added, found.rows_removed) == (("tls/1.2 (y.cn)",), ("tls/1.2 (x.cn)",))
    assert found.fixed == ()


def test_a_part_of_a_run_removes_and_fixes_nothing() -> None:
    then = report({"a urls/1": "fail", "b urls/2": "fail"})
    now = report({"a urls/3": "pass"}, selection="1 of 3 cases (-k x)")

    found = compared(then, now)

    assert (found.hosts_removed, found.rows_removed, found.fixed) == ((), (), ())
    assert found.rows_added == ("urls/3",)
    assert "2 cases of the earlier run are not part of this one" in found.remarks


def test_what_a_part_of_a_run_left_out_is_not_added_but_its_failures_are_not_known() -> None:
    then = report({"a urls/1": "pass"}, selection="1 of 3 cases (-k x)")
    now = report({"a urls/1": "pass", "b urls/2": "fail"})

    found = compared(then, now)

    assert (found.hosts_added, found.rows_added) == ((), ())
    assert changes_of(found).newly_failing == ("b: urls/2, connect-timeout (not judged then)",)
    assert exit_code(replace(now, comparison=found), only_new=True) == 1


def test_cases_before_which_the_session_stopped_are_not_judged() -> None:
    then = report({"a urls/1": "fail"})
    stopped = replace(_judgement("a urls/1", "error"), cause="")
    now = report({"a urls/2": "pass"}, selection="stopped before 1 of 2 cases")
    now = replace(now, results=(*now.results, result_of("t.py::t", 0.0, stopped)))

    found = compared(then, now)

    assert (found.fixed, found.other) == ((), ())


def test_a_simulations_failures_excuse_none_of_a_real_network() -> None:
    now = report({"a urls/1": "fail"}, simulated=False)

    found = compared(report({"a urls/1": "fail"}, simulated=True), now)

    assert places(found.newly_failing) == ["a: urls/1"]
    assert found.remarks[0] == (
        "the earlier run was of a simulated Azure: none of its failures counts as known"
    )
    assert exit_code(replace(now, comparison=found), only_new=True) == 1


@pytest.mark.parametrize(
    ("then", "now", "code"),
    [
        ({"a urls/1": "fail"}, {"a urls/1": "fail", "a urls/2": "pass"}, 0),
        ({"a urls/1": "fail"}, {"a urls/1": "fail", "a urls/2": "fail"}, 1),
        ({"a urls/1": "fail"}, {"a urls/1": "fail", "a urls/2": "not-tested"}, 6),
        ({"a urls/1": "fail"}, {"a urls/1": "fail", "b urls/2": "error"}, 6),
        ({"a urls/1": "fail"}, {"a urls/1": "error"}, 6),
        ({"a urls/1": "pass"}, {"a urls/1": "pass"}, 0),
        # an old failure keeps the rest of its row from being seen, as it did then
        (
            {"a urls/1": "fail", "a tls/1.2": "blocked"},
            {"a urls/1": "fail", "a tls/1.2": "blocked"},
            0,
        ),
        (
            {"a urls/1": "fail", "a tls/1.2": "pass"},
            {"a urls/1": "fail", "a tls/1.2": "blocked"},
            6,
        ),
    ],
)
def test_only_new_failures_fail(then: dict[str, str], now: dict[str, str], code: int) -> None:
    assert exit_code(with_changes(report(then), report(now)), only_new=True) == code


def test_what_a_narrowed_run_left_out_is_no_old_failure() -> None:
    then = report({"a urls/1": "fail", "a urls/2": "pass"})
    planned = plan_cases(load_catalogue(CLOUD), {"a": Scope(cloud=CLOUD)})
    now = report({"a urls/1": "fail"}, selection="1 of 2 cases (-k 1)")
    overall, missing = with_left_out(now.overall, now.missing, list(left_out_of(planned, ())))
    now = replace(now, overall=overall, missing=missing)

    assert exit_code(with_changes(then, now), only_new=True) == 6


def test_without_the_option_an_old_failure_fails() -> None:
    found = with_changes(report({"a urls/1": "fail"}), report({"a urls/1": "fail"}))

    assert exit_code(found, only_new=False) == 1


def test_a_blocked_case_that_was_not_judged_then_stays_open() -> None:
    then = report({"a urls/1": "fail"})
    now = report({"a urls/1": "fail", "a tls/1.2": "blocked"})

    assert exit_code(with_changes(then, now), only_new=True) == 6


def test_what_was_seen_is_compared_by_evidence(tmp_path: Path) -> None:
    text = (GOLDEN / "healthy" / "evidence.json").read_text(encoding="utf-8")
    record = json.loads(text)
    for host in ("a", "b"):
        (tmp_path / f"{host}.json").write_text(json.dumps(of_host(record, host)))
    now = seen_by(["a", "b", "c"], tmp_path, record["run"])
    name = next(name for name, facts in now["a"].items() if "TLS version" in facts)
    older = {**now["a"], name: {**now["a"][name], "TLS version": "TLSv1.2", "issuer": "nobody"}}
    cases = {f"{host} urls/1": "pass" for host in "abc"}

    found = compare(report(cases), report(cases), then={"a": older, "b": older}, now=now)

    assert {(one.name, one.what, one.was, one.hosts) for one in found.seen} == {
        (name, "TLS version", "TLSv1.2", ("a", "b")),
        (name, "issuer", "nobody", ("a", "b")),
    }
    assert found.remarks == (
        "addresses, issuers and TLS versions of 1 of 3 hosts: no earlier evidence",
    )
    assert any(line.endswith("(on a, b)") for line in other_changes(found))


def test_no_evidence_beside_the_earlier_report_is_said() -> None:
    found = compared(report({"a urls/1": "pass"}), report({"a urls/1": "pass"}))

    assert found.remarks == (
        "addresses, issuers and TLS versions are not compared: no earlier evidence",
    )


def test_evidence_of_another_run_is_not_that_of_the_earlier_report(tmp_path: Path) -> None:
    text = (GOLDEN / "healthy" / "evidence.json").read_text(encoding="utf-8")
    (tmp_path / "local.json").write_text(text)

    assert seen_by(["local"], tmp_path, "another") == {}
    assert seen_by(["local"], tmp_path, None) != {}


def test_what_differs_between_the_runs_is_said() -> None:
    edition = Edition(dated="2025-11-01", read="2025-12-24")
    then = report(
        {"a urls/1": "pass"}, catalogue_sha256="1" * 64, location="chinaeast2", edition=edition
    )
    now = report({"a urls/1": "fail"}, settings=(("--phase", "install"), ("--compare", "x")))

    assert compared(then, now).remarks[:5] == (
        "compliant then, non-compliant now",
        "edition: edition of 2025-11-01, read on 2025-12-24 then, edition not recorded now",
        "catalogue: 111111111111 then, 000000000000 now",
        "location: chinaeast2 then, chinanorth3 now",
        "--phase: not given then, install now",
    )


# -- the earlier report as a file ----------------------------------------------------------------


def saved(folder: Path, found: ComplianceReport) -> Path:
    path = folder / "compliance.json"
    path.write_bytes(b"".join(json_of(found)))
    return path


def test_a_report_is_read_from_its_file_or_folder(tmp_path: Path) -> None:
    found = with_changes(report({"a urls/1": "fail"}), report({"a urls/1": "fail"}))
    path = saved(tmp_path, found)

    assert read_previous(path, "AzureChinaCloud").report == found
    assert read_previous(tmp_path, "AzureChinaCloud").report == found


BAD = {
    "not JSON": (b"<html>", "is not JSON; name the compliance.json of an earlier run"),
    "deep": (b"[" * 200_000, "is not JSON"),
    "a list": (b"[]", "is not a report"),
    "evidence": ((GOLDEN / "healthy" / "evidence.json").read_bytes(), "is not a report"),
    "a later format": (b'{"format": 2, "header": {}, "results": []}', "has format '2'; this"),
    "a field unknown": (b'{"format": 1, "header": {}, "results": []}', "Field required"),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_a_report_is_one_line(tmp_path: Path, what: str) -> None:
    content, words = BAD[what]
    path = tmp_path / "compliance.json"
    path.write_bytes(content)

    with pytest.raises(Fault) as caught:
        read_previous(path, "AzureChinaCloud")

    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_report_is_named(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"holds no compliance\.json; name the report folder"):
        read_previous(tmp_path, "AzureChinaCloud")


def test_a_report_about_another_cloud_is_refused(tmp_path: Path) -> None:
    path = saved(tmp_path, report({"a urls/1": "pass"}, cloud="AzureCloud"))

    with pytest.raises(Fault, match="is a report about AzureCloud, and this run is about AzureCh"):
        read_previous(path, "AzureChinaCloud")


def test_a_run_that_judged_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="ended before anything was judged"):
        read_previous(saved(tmp_path, report({})), "AzureChinaCloud")


def test_a_hostile_report_reaches_no_terminal(tmp_path: Path) -> None:
    path = saved(tmp_path, report({"a\x1b[31mb urls/1": "pass"}))

    previous = read_previous(path, "AzureChinaCloud").report

    assert previous.hosts[0].label == "ab"
    assert previous.results[0].judgement.verdict is Verdict.PASS
