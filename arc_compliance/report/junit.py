"""junit.xml: one testcase for every planned case, with the contract's properties."""

from __future__ import annotations

import io
from collections.abc import Container, Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

from junitparser import Error, Failure, JUnitXml, Skipped
from junitparser.junitparser import FinalResult
from junitparser.xunit2 import TestCase, TestSuite

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Result

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

MOST_BYTES = 20_000_000
"""What one file may hold; GitLab takes 30 MB."""

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


def render_junit(report: ComplianceReport, most_bytes: int = MOST_BYTES) -> list[str]:
    """The report as JUnit XML texts: one, or as many as keep each below *most_bytes*.

    All cases of a host stand in one text; the run's own last case stands at the end of the last.
    """
    hosts = list(dict.fromkeys(r.judgement.host for r in report.results if r.judgement.host))
    parts = 1
    while True:
        size = max(1, -(-len(hosts) // parts))
        groups = [set(hosts[i : i + size]) for i in range(0, len(hosts), size)] or [set()]
        groups[-1].add("")
        texts = [_render(report, group) for group in groups]
        if max(len(text.encode()) for text in texts) <= most_bytes or parts >= len(hosts):
            return texts
        parts = len(texts) + 1


def is_ours(path: Path) -> bool:
    """Whether the file *path* is one that this module made the text of."""
    with path.open("rb") as file:
        return b'<testsuite name="arc-compliance"' in file.read(500)


def _render(report: ComplianceReport, hosts: Container[str]) -> str:
    """The cases of *hosts*, in the form that the strictest schema takes.

    That schema has no attributes at the root, no offset in a time, and always ends a suite with
    what went to standard output and error. The times with their offsets are properties.
    """
    suite = TestSuite("arc-compliance")
    suite.id, suite.package, suite.hostname = "0", "arc-compliance", "localhost"
    for name, value in suite_properties(report):
        suite.add_property(name, value)
    suite.timestamp = report.header.started.partition("+")[0]
    suite.add_testcases(list(_testcases(r for r in report.results if r.judgement.host in hosts)))
    suite.update_statistics()
    suite.system_out = suite.system_err = ""
    document = JUnitXml()
    document.add_testsuite(suite)
    ET.indent(document._elem)  # noqa: SLF001 - junitparser's own way takes three times as long
    out = io.BytesIO()
    document.write(out)
    return out.getvalue().decode("utf-8") + "\n"


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
        ("remedy", judgement.remedy_text),
    )
    indented = ((name, value.replace("\n", "\n" + " " * 13)) for name, value in parts if value)
    return "\n".join(f"{name + ':':<13}{value}" for name, value in indented)


def _testcases(results: Iterable[Result]) -> Iterable[TestCase]:
    for result in results:
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
