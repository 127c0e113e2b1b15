"""junit.xml: one testcase for every planned case, with the contract's properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree as ET

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Result
from arc_compliance.report.words import VERDICTS, cause_words, plain

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

_KINDS = {
    Verdict.FAIL: "failure",
    Verdict.ERROR: "error",
    Verdict.WARN: "skipped",
    Verdict.WAIVED: "skipped",
    Verdict.BLOCKED: "skipped",
    Verdict.NOT_APPLICABLE: "skipped",
    Verdict.NOT_TESTED: "skipped",
    Verdict.NOT_TESTABLE: "skipped",
}
"""The element that tells a verdict; a pass has none."""

_AFTER_CASES = "    <system-out />"


@dataclass(slots=True)
class _Part:
    """The testcases of one file, and what its suite counts."""

    cases: list[str] = field(default_factory=list)
    bytes: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, results: list[Result], cases: list[str], size: int) -> None:
        self.cases += cases
        self.bytes += size
        self.kinds.update(_KINDS.get(r.judgement.verdict, "passed") for r in results)
        self.seconds += sum(round(r.duration, 4) for r in results)


def render_junit(report: ComplianceReport, most_bytes: int = MOST_BYTES) -> Iterator[str]:
    """The report as JUnit XML texts, one after the other: one, or as many as keep each below
    *most_bytes*.

    All cases of a host stand in one text; the run's own last case stands at the end of the last.
    """
    by_host: dict[str, list[Result]] = {}
    for result in report.results:
        by_host.setdefault(result.judgement.host, []).append(result)
    last = by_host.pop("", [])
    room = most_bytes - len(_text(report, _Part()).encode()) - 100  # for larger counts
    room -= sum(len(_testcase(result).encode()) for result in last)
    part = _Part()
    for results in by_host.values():
        cases = [_testcase(result) for result in results]
        size = sum(len(case.encode()) for case in cases)
        if part.cases and part.bytes + size > room:
            yield _text(report, part)
            part = _Part()
        part.add(results, cases, size)
    part.add(last, [_testcase(result) for result in last], 0)
    yield _text(report, part)


def is_ours(path: Path) -> bool:
    """Whether the file *path* is one that this module made the text of."""
    with path.open("rb") as file:
        return b'<testsuite name="arc-compliance"' in file.read(500)


def _text(report: ComplianceReport, part: _Part) -> str:
    """The document with the cases of *part*, in the form that the strictest schema takes.

    That schema has no attributes at the root, no offset in a time, and always ends a suite with
    what went to standard output and error. The times with their offsets are properties.
    """
    document = ET.Element("testsuites")
    attributes = {
        "name": "arc-compliance",
        "id": "0",
        "package": "arc-compliance",
        "hostname": "localhost",
        "timestamp": report.header.started.partition("+")[0],
        "tests": str(part.kinds.total()),
        "errors": str(part.kinds["error"]),
        "failures": str(part.kinds["failure"]),
        "skipped": str(part.kinds["skipped"]),
        "time": str(round(part.seconds, 3)),
    }
    suite = ET.SubElement(document, "testsuite", attributes)
    _add_properties(suite, suite_properties(report))
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")
    ET.indent(document)
    before, after, rest = ET.tostring(document, encoding="unicode").partition(_AFTER_CASES)
    declaration = "<?xml version='1.0' encoding='utf-8'?>\n"
    return "".join([declaration, before, *part.cases, after, rest, "\n"])


def _add_properties(element: ET.Element, properties: list[tuple[str, str]]) -> None:
    parent = ET.SubElement(element, "properties")
    for name, value in properties:
        ET.SubElement(parent, "property", {"name": name, "value": value})


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
    return f"[{judgement.verdict.value}] {cause}{plain(judgement.actual.splitlines()[0])}"


def text_of(judgement: Judgement) -> str:
    """The judgement in full, a line for each part that there is."""
    parts = (
        ("requirement", f"{judgement.requirement} ({judgement.level.value})"),
        ("host", judgement.host),
        ("endpoint", judgement.endpoint),
        ("verdict", VERDICTS[judgement.verdict].long),
        ("cause", _cause(judgement.cause)),
        ("failing", ", ".join(judgement.failing)),
        ("expected", judgement.expected),
        ("actual", plain(judgement.actual)),
        ("remedy", judgement.remedy_text),
    )
    indented = ((name, value.replace("\n", "\n" + " " * 13)) for name, value in parts if value)
    return "\n".join(f"{name + ':':<13}{value}" for name, value in indented)


def _cause(cause: str) -> str:
    """What a cause means, with its id."""
    return f"{cause_words(cause)} ({cause})" if cause else ""


def _testcase(result: Result) -> str:
    """One testcase as the lines that stand in its suite."""
    judgement = result.judgement
    seconds = str(round(result.duration, 4))
    attributes = {"name": result.name, "classname": result.classname, "time": seconds}
    case = ET.Element("testcase", attributes)
    values = dict(judgement.properties())
    _add_properties(case, [(name, values[name]) for name in PROPERTIES if name in values])
    if kind := _KINDS.get(judgement.verdict):
        outcome = {
            "message": message_of(judgement),
            "type": judgement.cause or judgement.verdict.value,
        }
        element = ET.SubElement(case, kind, outcome)
        if kind != "skipped":
            element.text = text_of(judgement)
    ET.indent(case, level=2)
    return f"    {ET.tostring(case, encoding='unicode')}\n"
