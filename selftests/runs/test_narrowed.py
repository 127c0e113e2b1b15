"""Narrowed runs: planned is what was selected, and every report says that it is a part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]
TLS12 = "tests_tls/test_tls12.py::test_tls12_is_negotiated"

SELECTIONS = {
    ("-k", "login"): ("-k login", 6),
    ("-k", "login", "-n2"): ("-k login", 6),
    ("-m", "must"): ("-m must", 0),
    ("-m", "must", "-n2"): ("-m must", 0),
    ("-m", "should"): ("-m should", 6),
    ("-m", "must and section(name='URLs')"): ("-m must and section(name='URLs')", 6),
    ("-m", "section(name='Service tags')"): ("-m section(name='Service tags')", 6),
    ("tests_tls",): ("tests_tls", 6),
    (f"{TLS12}[local-tls/1.2-aka.ms]",): (f"{TLS12}[local-tls/1.2-aka.ms]", 6),
    ("--deselect=tests_network", "--deselect=tests_host/test_agent.py"): (
        "--deselect=tests_network --deselect=tests_host/test_agent.py",
        6,
    ),
    ("--deselect=tests_network/test_esu.py",): ("--deselect=tests_network/test_esu.py", 0),
}


@pytest.mark.parametrize("arguments", SELECTIONS, ids=" ".join)
def test_a_part_is_planned_judged_and_marked_as_one(
    run_suite: RunSuite, arguments: tuple[str, ...]
) -> None:
    words, code = SELECTIONS[arguments]

    run = run_suite(*arguments, "--demo")

    assert run.code == code
    assert_partial(run)
    assert f"({words})" in run.properties["selection"]
    assert run.properties["planned"] == run.properties["judged"]


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_what_must_hold_and_was_left_out_makes_a_run_incomplete(
    run_suite: RunSuite, workers: str
) -> None:
    run = run_suite("-k", "login", "--demo", workers)

    (missing,) = run.json["missing"]
    assert run.code == 6
    assert run.json["overall"] == "incomplete"
    assert missing.startswith("left out by the selection: 43 cases that must hold, of ")
    assert run.cases[-1]["actual"].splitlines() == ["incomplete (simulated)", missing]
    assert run.json["hosts"][0]["left_out"] == 43
    assert "Incomplete (simulated, partial): AzureChinaCloud" in run.out
    assert "1 run incomplete" in run.out.splitlines()[-1]


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_part_alone_is_judged_where_that_is_wanted(run_suite: RunSuite, workers: str) -> None:
    run = run_suite("-k", "login", "--demo", "--partial-ok", workers)

    assert run.code == 0
    assert run.json["missing"] == []
    assert run.json["overall"] == "compliant"
    assert run.json["hosts"][0]["left_out"] == 0
    assert "Compliant (simulated, partial): AzureChinaCloud" in run.out
    assert_partial(run)


def test_a_part_that_fails_is_not_compliant_either_way(run_suite: RunSuite) -> None:
    for options in ([], ["--partial-ok"]):
        run = run_suite("-k", "urls/packages", "--demo=faulty", *options)

        assert run.code == 1
        assert run.json["overall"] == "non-compliant"


def test_a_host_that_is_left_out_is_missed(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path), "-k", "web01")

    (missing,) = run.json["missing"]
    assert run.code == 6
    assert missing.endswith(" on web02, web03, web04")
    assert [host["label"] for host in run.json["hosts"]] == ["web01"]


def test_a_scope_is_no_part(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "--phase=connect", "--location=chinanorth3")

    assert run.code == 0
    assert run.properties["selection"] == "all"


def assert_partial(run: SuiteRun) -> None:
    """Every planned case is there once, and all four reports say that it is a part."""
    selection = run.properties["selection"]
    assert selection != "all"
    assert int(run.properties["planned"]) == len(run.cases)
    assert run.json["header"]["selection"] == selection
    assert "Partial run: " in (run.reports / "report.html").read_text(encoding="utf-8")
    assert "Partial run: " in run.out
    assert run.cases[-1]["requirement"] == "run/overall"


def test_markers_choose_by_level(run_suite: RunSuite) -> None:
    musts = run_suite("-m", "must", "--demo")
    levels = {c["level"] for c in musts.cases[:-1]}

    shoulds = run_suite("-m", "should", "--demo")

    assert levels == {"MUST"}
    assert {c["level"] for c in shoulds.cases[:-1]} == {"SHOULD"}


def test_markers_are_listed(run_suite: RunSuite) -> None:
    run = run_suite("--markers")

    for marker in ("must: ", "should: ", "section(name): ", "requirement(*ids, judge): "):
        assert f"@pytest.mark.{marker}" in run.out


@pytest.mark.parametrize("stop", ["-x", "--maxfail=2"])
@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_run_that_stops_early_tells_what_it_left_out(
    run_suite: RunSuite, stop: str, workers: str
) -> None:
    run = run_suite("--demo=faulty", stop, workers)

    assert run.code == 1
    assert_partial(run)
    left_out = [c for c in run.cases if "not run: the session stopped" in c.get("actual", "")]
    assert left_out
    assert {c["verdict"] for c in left_out} == {"error"}
    total = len(run.cases) - 1
    assert run.properties["selection"] == f"stopped before {len(left_out)} of {total} cases"
    assert int(run.properties["judged"]) == len(run.cases) - len(left_out)


@pytest.mark.parametrize("option", ["--lf", "--sw"])
def test_the_last_failures_again_are_a_part(
    run_suite: RunSuite, tmp_path: Path, option: str
) -> None:
    first = run_suite("--demo=faulty", "--sw" if option == "--sw" else "-q", cache=tmp_path / "c")
    assert first.code == 1

    run = run_suite("--demo=faulty", option, cache=tmp_path / "c")

    assert run.code == 1
    assert_partial(run)
    assert option in run.properties["selection"]


def test_all_of_it_is_not_called_a_part(run_suite: RunSuite) -> None:
    run = run_suite("--demo=faulty", "-k", "local or run", "--maxfail=1000")

    assert run.properties["selection"] == "all"
    assert "artial run" not in run.out + (run.reports / "report.html").read_text(encoding="utf-8")


def test_nothing_selected_leaves_no_old_report_green(run_suite: RunSuite) -> None:
    run_suite("tests_tls", "--demo")

    run = run_suite("-k", "nobody", "--demo")

    assert run.code == 5


def test_a_test_run_again_is_refused_with_the_reason(run_suite: RunSuite, tmp_path: Path) -> None:
    (tmp_path / "rerunfailures.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--reruns', type=int)\n"
    )

    run = run_suite(
        "--demo", "--reruns=2", "-p", "rerunfailures", env={"PYTHONPATH": str(tmp_path)}
    )

    assert run.code == 4
    assert "--reruns: a test run again would judge the same evidence again" in run.err


def test_every_case_bears_its_section(run_suite: RunSuite) -> None:
    run = run_suite("--collect-only", "-q", "-m", "section(name='Nowhere')")

    assert run.code == 5
    assert str(ROOT) not in run.err
