"""A number is the same wherever it is read: terminal, page, JUnit, JSON, table of rows, request,
OSCAL."""

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
    run = run_suite(*RUNS[name](tmp_path), "--oscal")

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
    assert in_json == in_junit == _page_cases(run) == _oscals_cases(run)
    assert _terminals_headline(run) == _pages_headline(run)
    counts = Counter(in_json.values())
    skipped = re.findall(r"^([\d,]+) skipped, ", run.out, re.MULTILINE)
    assert len(skipped) <= 3
    assert sum(int(one.replace(",", "")) for one in skipped) == sum(
        counts[one.value] for one in PYTESTS["skipped"]
    )
    _assert_pytest_counts(run, counts)
    _assert_sentence(run, counts)
    _assert_request(run, in_json)


def _page(run: SuiteRun) -> str:
    return (run.reports / "report.html").read_text(encoding="utf-8")


def _page_cases(run: SuiteRun) -> dict[tuple[str, str, str], str]:
    """The verdict of each case, as the page's matrix is drawn from it."""
    found = re.search(
        r'<script type="application/json" id="data">(.*?)</script>', _page(run), re.DOTALL
    )
    assert found
    data: dict[str, Any] = json.loads(found[1])
    texts, verdicts = data["strings"], [one["id"] for one in data["verdicts"]]
    columns = [(texts[column[1]], texts[column[2]]) for column in data["columns"]]
    return {
        (requirement, texts[host[0]], endpoint): verdicts[data["outcomes"][cell][0]]
        for host in data["hosts"]
        for (requirement, endpoint), cell in zip(columns, host[5], strict=True)
        if cell >= 0
    }


def _oscals_cases(run: SuiteRun) -> dict[tuple[str, str, str], str]:
    """The verdict of each case by OSCAL's observations."""
    text = (run.reports / "oscal-assessment-results.json").read_text(encoding="utf-8")
    (result,) = json.loads(text)["assessment-results"]["results"]
    found = {}
    for one in result["observations"]:
        told = {prop["name"]: prop["value"] for prop in one["props"]}
        hosts = [subject["title"] for subject in one.get("subjects", [])]
        if hosts:
            found[(told["requirement"], hosts[0], told.get("endpoint", ""))] = told["verdict"]
    return found


def _pages_headline(run: SuiteRun) -> tuple[str, str]:
    found = re.search(r"<h1>.*?</svg>(.*?)</span> <bdi>(.*?)</bdi></h1>", _page(run), re.DOTALL)
    assert found
    return unescape(found[1]), unescape(found[2])


def _terminals_headline(run: SuiteRun) -> tuple[str, str]:
    found = re.search(r"^=+ (.*): AzureChinaCloud =+\n(.*)$", run.out, re.MULTILINE)
    assert found
    return found[1], found[2]


def _number(words: str, text: str) -> int:
    found = re.search(rf"\b([\d,]+) {words}\b", text)
    return int(found[1].replace(",", "")) if found else 0


def _assert_pytest_counts(run: SuiteRun, counts: Counter[str]) -> None:
    """pytest's own last line has the numbers of the reports, and the run beside them."""
    last = run.out.splitlines()[-1]
    for word, verdicts in PYTESTS.items():
        # -x: what never ran is an error of the report, and pytest knows nothing of it
        not_run = sum("not run: the session" in c.get("actual", "") for c in run.cases)
        expected = sum(counts[one.value] for one in verdicts)
        expected -= not_run if word == "error" else 0
        assert _number(f"{word}s?", last) == expected, f"{word} in {last}"
    compliant = run.properties["overall"] == "compliant"
    assert _number("run (not compliant|incomplete)", last) == (not compliant)


def _assert_sentence(run: SuiteRun, counts: Counter[str]) -> None:
    """The headline's sentence counts hosts as they stand, or the verdicts of the only one."""
    _, sentence = _terminals_headline(run)
    hosts = run.json["hosts"]
    if len(hosts) > 1:
        assert sum(_number(word, sentence) for word in STANDINGS) == len(hosts)
        failing = {c["host"] for c in run.cases if c["verdict"] == "fail" and "host" in c}
        assert _number("failing", sentence) == len(failing)
        assert _number("not measured", sentence) == sum(not one["measured"] for one in hosts)
        return
    for verdict in set(Verdict) - {Verdict.NOT_APPLICABLE, Verdict.NOT_TESTABLE}:
        assert _number(VERDICTS[verdict].short, sentence) == counts[verdict.value]


def _assert_request(run: SuiteRun, cases: dict[tuple[str, str, str], str]) -> None:
    """The firewall's table asks for what failed only, and the terminal counts its rules."""
    path = run.reports / "firewall-request.csv"
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    rows = list(csv.DictReader(text.splitlines()))
    rules = {(row["destination"], row["port"], row["protocol"]) for row in rows}
    failed = {requirement for (requirement, *_), verdict in cases.items() if verdict == "fail"}
    assert {one for row in rows for one in row["requirement"].split()} <= failed
    assert _number("rules?", run.out) == len(rules)
