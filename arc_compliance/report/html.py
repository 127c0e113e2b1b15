"""The part of report.html that reads without JavaScript: verdict, scope, counts, every failure."""

from __future__ import annotations

from html import escape
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport

HERE = Path(__file__).parent
STYLE = HERE / "report.css"
MOST_ROWS = 1500
"""Above so many cases the table holds only what is red, since a page of more is unusable."""

COLUMNS = ("Requirement", "Host", "Endpoint", "Verdict")
RED = (Verdict.FAIL, Verdict.ERROR)


def render_summary(report: ComplianceReport) -> str:
    """The summary as HTML; every text in it is escaped."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined
    )
    return environment.get_template("summary.html.j2").render(
        report=report,
        counts=report.counts(),
        by_host=report.counts_by_host(),
        red=report.of(*RED),
        warnings=report.of(Verdict.WARN),
        untested=_reasons(report.of(Verdict.NOT_TESTED, Verdict.NOT_TESTABLE)),
        verdicts=list(Verdict),
        most_rows=MOST_ROWS,
    )


def _reasons(judgements: list[Judgement]) -> dict[tuple[str, str, str], list[str]]:
    """The hosts for each requirement, verdict and reason."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for j in judgements:
        found.setdefault((j.requirement, j.verdict.value, j.actual), []).append(j.host)
    return found


def table_header() -> list[str]:
    """The header cells of pytest-html's table."""
    return [
        f'<th class="sortable" data-column-type="{name.lower()}">{name}</th>' for name in COLUMNS
    ]


def table_row(requirement: str, host: str, endpoint: str, verdict: str) -> list[str]:
    """The cells of one row of pytest-html's table, escaped."""
    values = zip(COLUMNS, (requirement, host, endpoint, verdict), strict=True)
    return [
        f'<td class="col-{name.lower()} verdict-{escape(verdict)}">{escape(value)}</td>'
        for name, value in values
    ]


def incomplete_page(run: str, started: str) -> str:
    """What stands at report.html while a run is under way, and stays where one was cut off."""
    return (
        "<!doctype html><meta charset='utf-8'><title>arc-compliance: incomplete</title>"
        "<h1>Incomplete</h1><p>The run "
        f"{escape(run)}, started {escape(started)}, has not ended. "
        "Nothing on this page is a result.</p>\n"
    )
