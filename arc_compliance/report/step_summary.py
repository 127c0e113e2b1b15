"""The summary that GitHub shows on a workflow run's own page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from arc_compliance.base.redact import scrub
from arc_compliance.base.wording import first_few
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.page.cards import work_of
from arc_compliance.report.page.head import about_the_rest, title_of
from arc_compliance.report.page.model import Card
from arc_compliance.report.words import VERDICTS, sentence

MOST_ROWS = 50
MOST_BYTES = 60_000
"""All rows together. GitHub drops a summary above 1 MiB, and nobody reads one of that size."""

MOST_CHARACTERS = 300
"""Of one text; the documents in the report folder have it whole."""

MOST_NAMED = 5
"""So many hosts, names or requirements of one row; the ticket files have all."""

COLUMNS = ("What to change", "Why", "Hosts", "Names", "Requirements")


def render_step_summary(report: ComplianceReport) -> str:
    """The report as GitHub-flavoured Markdown.

    A text that is not our own stands in HTML only, where Markdown means nothing: escaped, on one
    line, and as code, which GitHub searches for no links and no names to mention. The blank line
    at the end is for whatever is appended next.
    """
    return "".join(f"{part}\n\n" for part in _parts(report))


def _parts(report: ComplianceReport) -> Iterator[str]:
    """The blocks of the summary; a blank line ends HTML and lets Markdown begin."""
    yield f"## arc-compliance: {title_of(report)}"
    if report.header.selection != "all":
        rest = _code(about_the_rest(report))
        yield f"<p>Partial run: {_code(report.header.selection)}. {rest}</p>"
    if report.header.simulated:
        yield "Simulated Azure: this says nothing about a real network."
    for remark in report.remarks:
        yield f"<p>{_code(remark)}</p>"
    counts = [f"{n:,} {VERDICTS[verdict].short}" for verdict, n in report.counts().items() if n]
    yield ", ".join(counts) or "Nothing was judged."
    yield f"<p>Service tags: {_code(report.header.service_tags)}</p>"
    yield from _tables(report)


def _tables(report: ComplianceReport) -> Iterator[str]:
    """A table for each owner, with the cards of the page as rows, as many as there is room for, and
    how many are left out."""
    work = work_of((r.judgement for r in report.results if r.judgement.host), report, {}, {})
    left, room = MOST_ROWS, MOST_BYTES
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    for one in work:
        rows: list[str] = []
        for row in map(_row, one.cards):
            room -= len(row.encode())
            if room < 0 or not left:
                break
            left -= 1
            rows.append(row)
        if rows:
            title = f"<h3>{escape(sentence(one.owner))}</h3>"
            yield "\n".join([title, "<table>", f"<tr>{head}</tr>", *rows, "</table>"])
        if len(rows) < len(one.cards):
            break
    left_out = sum(len(one.cards) for one in work) - (MOST_ROWS - left)
    if left_out:
        yield f"and {left_out} more"


def _row(card: Card) -> str:
    """One line for a card."""
    why = f"{card.word}: {card.says}" + (f" ({card.cause})" if card.cause else "")
    lists = (card.hosts, [name for name, _ in card.names], card.requirements)
    texts = (card.ask, why, *(first_few(list(one), MOST_NAMED) for one in lists))
    return "<tr>" + "".join(f"<td>{_code(text)}</td>" for text in texts) + "</tr>"


def _code(text: str) -> str:
    """*text* as code in HTML: one line, shortened, escaped; nothing where there is no text."""
    line = " ".join(scrub(text).split())
    if len(line) > MOST_CHARACTERS:
        line = line[: MOST_CHARACTERS - 1] + "…"
    return f"<code>{escape(line)}</code>" if line else ""
