"""Narrowed runs: planned is what was selected, and every report says that it is a part."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]
TLS12 = "tests_tls/test_tls12.py::test_tls12_is_negotiated"

SELECTIONS = {
    ("-k", "login"): ("-k login", 0),
    ("-k", "login", "-n2"): ("-k login", 0),
    ("-m", "must"): ("-m must", 0),
    ("-m", "should"): ("-m should", 0),
    ("-m", "must and section(name='URLs')"): ("-m must and section(name='URLs')", 0),
    ("-m", "section(name='Service tags')"): ("-m section(name='Service tags')", 0),
    ("tests_tls",): ("tests_tls", 0),
    (f"{TLS12}[local-tls/1.2-aka.ms]",): (f"{TLS12}[local-tls/1.2-aka.ms]", 0),
    ("--deselect=tests_network", "--deselect=tests_host/test_agent.py"): (
        "--deselect=tests_network --deselect=tests_host/test_agent.py",
        0,
    ),
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


def assert_partial(run: SuiteRun) -> None:
    """Every planned case is there once, and all four reports say that it is a part."""
    selection = run.properties["selection"]
    assert selection != "all"
    assert int(run.properties["planned"]) == len(run.cases)
    assert run.json["header"]["selection"] == selection
    assert "Partial run: " in (run.reports / "report.html").read_text(encoding="utf-8")
    assert "partial run: " in run.out
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
