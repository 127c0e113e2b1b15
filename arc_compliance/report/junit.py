"""junit.xml: one testcase for every planned case, with the contract's properties."""

from __future__ import annotations

import io
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, JUnitXml, Skipped, TestSuite
from junitparser.junitparser import FinalResult
from junitparser.xunit2 import TestCase

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport

PROPERTIES = (
    "requirement",
    "level",
    "host",
    "endpoint",
    "verdict",
    "cause",
    "failing",
    "expected",
    "actual",
)
"""The properties of a testcase, in order; empty ones are left out."""

_KINDS: dict[Verdict, type[FinalResult] | None] = {
    Verdict.PASS: None,
    Verdict.FAIL: Failure,
    Verdict.ERROR: Error,
    Verdict.WARN: Skipped,
    Verdict.WAIVED: Skipped,
    Verdict.BLOCKED: Skipped,
    Verdict.NOT_APPLICABLE: Skipped,
    Verdict.NOT_TESTED: Skipped,
    Verdict.NOT_TESTABLE: Skipped,
}


def render_junit(report: ComplianceReport) -> str:
    """The report as JUnit XML text."""
    suite = TestSuite("arc-compliance")
    for name, value in suite_properties(report):
        suite.add_property(name, value)
    suite.timestamp = report.header.started
    suite.add_testcases(list(_testcases(report)))
    suite.update_statistics()
    document = JUnitXml("arc-compliance")
    document.add_testsuite(suite)
    document.update_statistics()
    out = io.BytesIO()
    ET.indent(document._elem)  # noqa: SLF001 - its own way takes three times as long
    document.write(out)
    return out.getvalue().decode("utf-8")


def suite_properties(report: ComplianceReport) -> list[tuple[str, str]]:
    """The properties of the whole suite: what the run was about and what came of it."""
    h = report.header
    return [
        ("overall", report.overall.value),
        ("planned", str(h.planned)),
        ("judged", str(h.judged)),
        ("selection", h.selection),
        ("cloud", h.cloud),
        ("location", h.location),
        ("catalogue_sha256", h.catalogue_sha256),
        ("suite_version", h.suite_version),
        ("service_tags", h.service_tags),
        ("started", h.started),
        ("finished", h.finished),
        ("simulated", str(h.simulated).lower()),
    ]


def message_of(judgement: Judgement) -> str:
    """One line: the verdict in brackets (JUnit shows skips of all kinds alike), cause, words."""
    cause = f"{judgement.cause}: " if judgement.cause else ""
    return f"[{judgement.verdict.value}] {cause}{judgement.actual.splitlines()[0]}"


def text_of(judgement: Judgement) -> str:
    """The judgement in full, a line for each part that there is."""
    parts = (
        ("requirement", f"{judgement.requirement} ({judgement.level.value})"),
        ("host", judgement.host),
        ("endpoint", judgement.endpoint),
        ("cause", judgement.cause),
        ("failing", ", ".join(judgement.failing)),
        ("expected", judgement.expected),
        ("actual", judgement.actual),
        ("remedy", judgement.remedy),
    )
    return "\n".join(f"{name + ':':<13}{value}" for name, value in parts if value)


def _testcases(report: ComplianceReport) -> Iterable[TestCase]:
    for result in report.results:
        judgement = result.judgement
        case = TestCase(result.name, result.classname, round(result.duration, 4))
        values = dict(judgement.properties())
        for name in PROPERTIES:
            if name in values:
                case.add_property(name, values[name])
        if kind := _KINDS[judgement.verdict]:
            outcome = kind(message_of(judgement), judgement.cause or judgement.verdict.value)
            if kind is not Skipped:
                outcome.text = text_of(judgement)
            case.result = [outcome]
        yield case
