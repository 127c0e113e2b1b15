"""junit.xml: one testcase for every planned case, with the contract's properties."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

from arc_compliance.base.files import head_of
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Header, Result
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
    "verdict_without_waiver",
    "waiver",
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
_BEGIN = "<?xml version='1.0' encoding='utf-8'?>\n<testsuites>\n"
_END = "</testsuites>\n"


def render_junit(report: ComplianceReport, most_bytes: int = MOST_BYTES) -> Iterator[str]:
    """The report as JUnit XML texts, one after the other: one, or as many as keep each below
    *most_bytes*.

    A host is a suite. The run's own last case is one too, at the end of the last text.
    """
    by_host: dict[str, list[Result]] = {}
    for result in report.results:
        by_host.setdefault(result.judgement.host, []).append(result)
    last = by_host.pop("", [])
    measured = {host.label: host.collected for host in report.hosts}
    properties = suite_properties(report)

    def suite(number: int, host: str, results: list[Result]) -> str:
        began = measured.get(host) or report.header.started
        return _suite(number, host or "localhost", began, results, properties)

    room = most_bytes - len((_BEGIN + _END + suite(len(by_host), "", last)).encode())
    part: list[str] = []
    size = 0
    for number, (host, results) in enumerate(by_host.items()):
        text = suite(number, host, results)
        if part and size + len(text.encode()) > room:
            yield "".join([_BEGIN, *part, _END])
            part, size = [], 0
        part.append(text)
        size += len(text.encode())
    if last or not part:
        part.append(suite(len(by_host), "", last))
    yield "".join([_BEGIN, *part, _END])


def is_ours(path: Path) -> bool:
    """Whether the file *path* is one that this module made the text of."""
    return b'<testsuite name="arc-compliance"' in head_of(path, 500)


def _suite(
    number: int,
    host: str,
    began: str,
    results: list[Result],
    properties: list[tuple[str, str]],
) -> str:
    """The suite of *host*, whose evidence is of the time *began*, as lines.

    It has the form that the strictest schema takes, which always ends a suite with what went to
    standard output and error; but for the offset in its time, without which nobody knows when it
    was.
    """
    kinds = Counter(_KINDS.get(r.judgement.verdict, "passed") for r in results)
    attributes = {
        "name": "arc-compliance",
        "id": str(number),
        "package": "arc-compliance",
        "hostname": host,
        "timestamp": began,
        "tests": str(kinds.total()),
        "errors": str(kinds["error"]),
        "failures": str(kinds["failure"]),
        "skipped": str(kinds["skipped"]),
        "time": str(round(sum(round(r.duration, 4) for r in results), 3)),
    }
    suite = ET.Element("testsuite", attributes)
    _add_properties(suite, properties)
    ET.SubElement(suite, "system-out")
    ET.SubElement(suite, "system-err")
    ET.indent(suite, level=1)
    before, after, rest = ET.tostring(suite, encoding="unicode").partition(_AFTER_CASES)
    cases = [_testcase(result) for result in results]
    return "".join(["  ", before, *cases, after, rest, "\n"])


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
        *((name, value) for name, value in _provenance(h) if value),
    ]


def _provenance(header: Header) -> Iterator[tuple[str, str]]:
    """Which edition of the document the run goes by, and who ran it; empty where nobody knows."""
    edition, operator = header.edition, header.operator
    if edition.publisher:
        words = (edition.publisher, edition.title, edition.cloud, edition.words)
        yield "edition", ", ".join(one for one in words if one)
    yield "operator", operator.who
    yield "job", operator.job
    yield "job_url", operator.url
    yield "commit", operator.commit


def message_of(judgement: Judgement) -> str:
    """One line: the verdict in brackets (JUnit shows skips of all kinds alike), cause, words."""
    cause = f"{judgement.cause}: " if judgement.cause else ""
    told = f"{cause}{plain(judgement.actual.splitlines()[0])}"
    if judgement.verdict_without_waiver:
        without = Verdict(judgement.verdict_without_waiver).value
        told = f"{judgement.waiver}; without the waiver: {without}, {told}"
    return f"[{judgement.verdict.value}] {told}"


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
        ("waiver", judgement.waiver),
        ("without it", judgement.verdict_without_waiver and judgement.verdict_without_waiver.value),
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
