"""A number is the same wherever it is read: terminal, page, JUnit, JSON, table of rows, request."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.words import VERDICTS
from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]

HEALTHY_HOSTS = {f"web{number}": "healthy" for number in range(6)}

RUNS: dict[str, Callable[[Path], list[str]]] = {
    "healthy": lambda _: ["--demo"],
    "faulty": lambda _: ["--demo=faulty"],
    "faulty, workers": lambda _: ["--demo=faulty", "-n2"],
    "strict": lambda _: ["--demo=faulty", "--strict-inspection"],
    "partial": lambda _: ["--demo=faulty", "-k", "urls"],
    "stopped": lambda _: ["--demo=faulty", "-x"],
    "four hosts": saved_fleet,
    "nine hosts": lambda folder: saved_fleet(
        folder, {**HEALTHY_HOSTS, "db1": "faulty", "db2": "unreachable", "db3": "faulty"}
    ),
    "not measured": lambda folder: saved_fleet(folder, {"web01": "unreachable"}),
}

PYTESTS = {
    "passed": (Verdict.PASS,),
    "failed": (Verdict.FAIL,),
    "skipped": (
        Verdict.BLOCKED,
        Verdict.NOT_TESTED,
        Verdict.NOT_APPLICABLE,
        Verdict.NOT_TESTABLE,
    ),
    "xfailed": (Verdict.WARN, Verdict.WAIVED),
    "error": (Verdict.ERROR,),
}
"""What pytest counts as what."""

STANDINGS = ("compliant", "failing", "incomplete", "not measured")


@pytest.mark.parametrize("name", RUNS)
def test_all_outputs_agree(run_suite: RunSuite, tmp_path: Path, name: str) -> None:
    run = run_suite(*RUNS[name](tmp_path))

    in_json = {
        (j["requirement"], j["host"], j["endpoint"]): j["verdict"]
        for j in (result["judgement"] for result in run.json["results"])
        if j["host"]
    }
    in_junit = {
        (c["requirement"], c["host"], c.get("endpoint", "")): c["verdict"]
        for c in run.cases
        if "host" in c
    }
    assert in_json == in_junit
    counts = Counter(in_json.values())
    assert _page_counts(run) == counts
    assert _terminals_sentence(run) == _pages_sentence(run)
    assert _skipped_lines(run) == sum(counts[one.value] for one in PYTESTS["skipped"])
    _assert_pytest_counts(run, counts)
    _assert_sentence(run, counts)
    _assert_request(run, in_json)


def _page(run: SuiteRun) -> str:
    return (run.reports / "report.html").read_text(encoding="utf-8")


def _page_counts(run: SuiteRun) -> Counter[str]:
    """The verdicts of the cases that the page's matrix is drawn from."""
    found = re.search(r'<script type="application/json"[^>]*>(.*?)</script>', _page(run), re.S)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return _verdicts(data)


def _verdicts(data: dict[str, Any]) -> Counter[str]:
    raise NotImplementedError


def _pages_sentence(run: SuiteRun) -> str:
    raise NotImplementedError


def _terminals_sentence(run: SuiteRun) -> str:
    """The line under the headline, whole."""
    after = run.out.partition("): AzureChinaCloud")[2] or run.out.partition(": AzureChinaCloud =")[2]
    return after.splitlines()[1]
