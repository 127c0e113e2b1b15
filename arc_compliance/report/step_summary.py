"""The summary that GitHub shows on a workflow run's own page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from arc_compliance.base.redact import scrub
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.words import OVERALL, VERDICTS

MOST_ROWS = 50
MOST_BYTES = 60_000
"""All rows together. GitHub drops a summary above 1 MiB, and nobody reads one of that size."""

MOST_CHARACTERS = 300
"""Of one text; the documents in the report folder have it whole."""

COLUMNS = ("Requirement", "Endpoint", "Host", "Cause", "Remedy")


def render_step_summary(report: ComplianceReport) -> str:
    """The report as GitHub-flavoured Markdown.

    A text that is not our own stands in HTML only, where Markdown means nothing: escaped, on one
    line, and as code, which GitHub searches for no links and no names to mention. The blank line
    at the end is for whatever is appended next.
    """
    return "".join(f"{part}\n\n" for part in _parts(report))


def _parts(report: ComplianceReport) -> Iterator[str]:
    """The blocks of the summary; a blank line ends HTML and lets Markdown begin."""
    yield f"## arc-compliance: {OVERALL[report.overall][0]}"
    if report.header.selection != "all":
        yield f"<p>Partial run: {_code(report.header.selection)}. The verdict is about these.</p>"
    if report.header.simulated:
        yield "Simulated Azure: this says nothing about a real network."
    counts = [f"{n:,} {VERDICTS[verdict].short}" for verdict, n in report.counts().items() if n]
    yield ", ".join(counts) or "Nothing was judged."
    yield f"<p>Service tags: {_code(report.header.service_tags)}</p>"
    if red := report.of(Verdict.FAIL, Verdict.ERROR):
        yield _table(red)


def _table(red: list[Judgement]) -> str:
    """The first of *red* as a table, as many as there is room for, and how many are left out."""
    rows: list[str] = []
    room = MOST_BYTES
    for judgement in red[:MOST_ROWS]:
        row = _row(judgement)
        room -= len(row.encode())
        if room < 0:
            break
        rows.append(row)
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    lines = ["<table>", f"<tr>{head}</tr>", *rows, "</table>"]
    left_out = len(red) - len(rows)
    return "\n".join(lines) + (f"\n\nand {left_out} more" if left_out else "")


def _row(j: Judgement) -> str:
    """One line; a case without a cause says what was seen instead."""
    texts = (j.requirement, j.endpoint, j.host, j.cause or j.actual, j.remedy_text)
    return "<tr>" + "".join(f"<td>{_code(text)}</td>" for text in texts) + "</tr>"


def _code(text: str) -> str:
    """*text* as code in HTML: one line, shortened, escaped; nothing where there is no text."""
    line = " ".join(scrub(text).split())
    if len(line) > MOST_CHARACTERS:
        line = line[: MOST_CHARACTERS - 1] + "…"
    return f"<code>{escape(line)}</code>" if line else ""
