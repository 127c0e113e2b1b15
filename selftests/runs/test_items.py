"""The tests as pytest has them: one item for each case, under ids that stay as they are."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from fixtures.cases import PLAN, Plan
from fixtures.items import pytest_pycollect_makeitem
from selftests.runs.saved_fleet import FLEET, saved_fleet
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]
NODE_IDS = Path(__file__).with_name("node-ids")
URLS = "tests_network/test_urls.py::test_url_is_reachable"


def _ids(run: SuiteRun) -> list[str]:
    return [line for line in run.out.splitlines() if "::" in line]


def _names(run: SuiteRun) -> list[str]:
    """The names of the tests that ran, in order, the run's own last case aside."""
    return [case["name"] for case in run.cases[:-1]]


def test_node_ids_stay_as_they_are(run_suite: RunSuite) -> None:
    """They stand in --lf's cache, in the history of CI servers and in what users deselect."""
    run = run_suite("--demo", "--collect-only", "-q")

    assert _ids(run) == NODE_IDS.read_text(encoding="utf-8").splitlines()


def test_a_test_is_chosen_by_its_name_or_by_one_of_its_cases(run_suite: RunSuite) -> None:
    all_of_it = _ids(run_suite("--demo", "--collect-only", "-q", URLS))
    one_of_it = _ids(run_suite("--demo", "--collect-only", "-q", f"{URLS}[local-urls/his]"))

    assert one_of_it == [f"{URLS}[local-urls/his]"]
    assert set(one_of_it) < set(all_of_it)
    assert all(one.startswith(f"{URLS}[") for one in all_of_it)


def test_a_case_is_deselected_by_its_id(run_suite: RunSuite) -> None:
    run = run_suite(URLS, "--demo", f"--deselect={URLS}[local-urls/his]")

    assert "test_url_is_reachable[local-urls/aka]" in _names(run)
    assert "test_url_is_reachable[local-urls/his]" not in _names(run)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_the_last_failures_are_those_that_run_again(
    run_suite: RunSuite, tmp_path: Path, workers: str
) -> None:
    first = run_suite("--demo=faulty", workers, cache=tmp_path / "c")
    failed = {c["name"] for c in first.cases[:-1] if c["outcome"] == "failure"}

    run = run_suite("--demo=faulty", "--lf", workers, cache=tmp_path / "c")

    assert set(_names(run)) == failed


def test_items_come_host_by_host_and_workers_give_the_same_report(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    fleet = saved_fleet(tmp_path)
    alone = run_suite(*fleet, "-n0")
    results, hosts = alone.json["results"], alone.json["hosts"]

    run = run_suite(*fleet, "-n4")

    assert run.code == alone.code == 1
    assert _without_times(run.json["results"]) == _without_times(results)
    assert run.json["hosts"] == hosts
    of_hosts = [result["judgement"]["host"] for result in results[:-1]]
    assert of_hosts == sorted(of_hosts)
    assert set(of_hosts) == set(FLEET)


def _without_times(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**result, "duration": None} for result in results]


WATCH = """
import gc, pathlib
from arc_compliance.wire import record
scrubbed, scrub_all = [], record.scrub_all
def counting(value):
    scrubbed.append(value["host"])
    return scrub_all(value)
record.scrub_all = counting
most, host = 0, ""
def pytest_runtest_call(item):
    global most, host
    if item.case.host != host:
        host = item.case.host
        gc.unfreeze()
        held = [one for one in gc.get_objects() if isinstance(one, record.HostRecord)]
        most = max(most, len(held))
def pytest_unconfigure():
    pathlib.Path({told!r}).write_text(f"{{most}} {{','.join(sorted(scrubbed))}}")
"""


def test_a_record_is_read_once_and_dropped_when_its_host_is_done(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    (tmp_path / "watch.py").write_text(WATCH.format(told=str(told)))

    run_suite(*saved_fleet(tmp_path), "-p", "watch", env={"PYTHONPATH": str(tmp_path)})

    held, read = told.read_text().split()
    assert int(held) in (1, 2)
    assert read == ",".join(FLEET)


def test_the_terminal_has_a_line_for_each_host(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path))

    lines = [line.split()[0] for line in run.out.splitlines() if re.match(r"web\d\d [.sxFE]", line)]
    assert lines == list(FLEET)
    assert "tests_network/" not in run.out.partition("collected")[2].partition("====")[0]


def test_of_one_host_it_has_a_line_for_each_file(run_suite: RunSuite) -> None:
    assert re.search(r"^tests_network/test_urls.py [.sxFE]", run_suite("--demo").out, re.MULTILINE)


# -- outcomes ------------------------------------------------------------------------------------


def test_a_skip_stands_where_its_test_does(run_suite: RunSuite) -> None:
    run = run_suite(URLS, "--demo", "-rs")

    (skipped,) = {
        line.partition("]")[2].partition(" [")[0].strip()
        for line in run.out.splitlines()
        if line.startswith("SKIPPED")
    }
    assert re.fullmatch(r"tests_network/test_urls.py:\d+:", skipped)


def test_no_traceback_is_made_of_what_is_told_in_words(run_suite: RunSuite) -> None:
    run = run_suite("--demo=faulty", "--tb=long")

    assert "requirement: urls/his" in run.out
    assert "fixtures/cases.py" not in run.out


BROKEN = """
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    if "urls/his" in item.name:
        raise ZeroDivisionError("the body is broken")
"""


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_test_that_breaks_is_an_error_with_its_traceback(
    run_suite: RunSuite, tmp_path: Path, workers: str
) -> None:
    (tmp_path / "broken.py").write_text(BROKEN)

    run = run_suite(
        "--demo", "--tb=short", workers, "-p", "broken", env={"PYTHONPATH": str(tmp_path)}
    )

    case = run.case("urls/his")
    assert (case["verdict"], case["cause"]) == ("error", "unknown")
    assert case["actual"].startswith("the test itself failed: ")
    assert "ZeroDivisionError: the body is broken" in case["actual"]
    assert "broken.py:6: in pytest_runtest_call" in run.out
    assert run.code == 6


def test_runxfail_changes_no_verdict(run_suite: RunSuite) -> None:
    verdicts = run_suite("--demo=faulty").verdicts()

    assert run_suite("--demo=faulty", "--runxfail").verdicts() == verdicts


def test_strict_should_fails_what_else_is_a_reservation(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    """A year after the service tags were got, they are no longer current."""
    fleet = saved_fleet(tmp_path, {"web01": "healthy"})
    path = tmp_path / "saved" / "web01.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**record, "collected": record["collected"] + 365 * 86400}))
    lenient = run_suite(*fleet).case("practice/service-tags-current", "web01")

    strict = run_suite(*fleet, "--strict-should").case("practice/service-tags-current", "web01")

    assert (lenient["verdict"], lenient["outcome"]) == ("warn", "skipped")
    assert (strict["verdict"], strict["outcome"]) == ("fail", "failure")


# -- what is no test of a requirement ------------------------------------------------------------


def _collected(test: Callable[..., None], *marks: pytest.MarkDecorator) -> object:
    """What becomes of *test* in a module of a run that plans no case."""
    for mark in marks:
        test = mark(test)
    module = SimpleNamespace(
        istestfunction=lambda obj, name: callable(obj) and name.startswith("test_"),
        iter_markers=list,
        CollectError=pytest.Collector.CollectError,
        config=SimpleNamespace(stash={PLAN: Plan([])}),
    )
    return pytest_pycollect_makeitem(module, "test_it", test)  # type: ignore[arg-type]


def _test() -> Callable[..., None]:
    def test_it(judgement: object) -> None: ...

    return test_it


def test_a_test_without_a_requirement_is_left_to_pytest() -> None:
    assert _collected(_test()) is None


def test_a_test_of_no_requirement_that_there_is_is_an_error() -> None:
    expected = "test_it: the catalogue has no requirement urls/his, esu/"
    with pytest.raises(pytest.Collector.CollectError, match=expected):
        _collected(_test(), pytest.mark.requirement("urls/his", "esu/*"))


def test_a_test_of_a_requirement_takes_no_other_fixture() -> None:
    def with_another(judgement: object, tmp_path: Path) -> None: ...

    for test, *marks in (
        (with_another,),
        (_test(), pytest.mark.usefixtures("tmp_path")),
        (_test(), pytest.mark.parametrize("judgement", [1])),
    ):
        with pytest.raises(pytest.Collector.CollectError, match="no other fixture or parameter"):
            _collected(test, pytest.mark.requirement("urls/his"), *marks)


def test_the_files_of_tests_know_nothing_of_items() -> None:
    for path in ROOT.glob("tests_*/*.py"):
        text = path.read_text(encoding="utf-8")
        assert "CaseItem" not in text
        assert text.count("require(judgement)") == text.count("def test_")


SEEN = """
import pathlib, sys
def pytest_unconfigure():
    pathlib.Path({told!r}).write_text(" ".join(sorted(sys.modules)))
"""
HEAVY = {"OpenSSL", "asyncio", "rich", "service_identity", "ssl", "trustme"}


def test_a_run_imports_nothing_heavy_that_it_does_not_need(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    """What measures is not needed to judge, and what verifies chains is not needed to look."""
    told = tmp_path / "told"
    (tmp_path / "seen.py").write_text(SEEN.format(told=str(told)))
    looking = ("-p", "seen")
    environment = {"PYTHONPATH": str(tmp_path)}

    run_suite("--collect-only", *looking, env=environment)
    collected = HEAVY & set(told.read_text().split())
    run_suite(*saved_fleet(tmp_path, {"web01": "healthy"}), *looking, env=environment)
    judged = HEAVY & set(told.read_text().split())

    assert collected == set()
    assert judged == {"OpenSSL", "service_identity"}
