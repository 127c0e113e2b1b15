"""pytest-html's table of rows, read from the page that it wrote.

pytest-html makes the rows, through its hooks; its page has them as JSON in an attribute. They are
taken out as texts, so that no markup of theirs gets into our page, and drawn as a plain table that
needs no script.
"""

from __future__ import annotations

from html import escape
from html.parser import HTMLParser
from typing import Any
from urllib.parse import quote

from arc_compliance.base.json_bounds import Bounds, read_json
from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.page.model import Row, Rows
from arc_compliance.report.page.text import visible
from arc_compliance.report.words import VERDICTS

MOST_ROWS = 1500
"""A table of more is unusable. A run of more cases has its failures in it only, and no more of them
than this."""

BOUNDS = Bounds(depth=20, values=50_000_000, text=100_000_000)
"""What pytest-html's page may hold: our own run's rows, of however many cases."""

COLUMNS = ("Requirement", "Host", "Endpoint", "Verdict")
"""Our columns of pytest-html's table, after its own first one, the outcome."""

RED = (Verdict.FAIL, Verdict.ERROR)

_TONES = {verdict.value: words.tone for verdict, words in VERDICTS.items()}


def table_header() -> list[str]:
    """Our header cells of pytest-html's table."""
    return [f"<th>{name}</th>" for name in COLUMNS]


def table_row(requirement: str, host: str, endpoint: str, verdict: str) -> list[str]:
    """Our cells of one row of pytest-html's table, escaped."""
    values = zip(COLUMNS, (requirement, host, endpoint, verdict), strict=True)
    return [
        f'<td class="col-{name.lower()} verdict-{escape(verdict)}">{escape(value)}</td>'
        for name, value in values
    ]


class PageError(ValueError):
    """A page that pytest-html did not write as it is known to."""


def read_rows(page: str, *, cases: int) -> Rows:
    """The rows of pytest-html's *page*, of a run of so many *cases*; raise PageError for a page
    without them."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    if reader.data is None:
        raise PageError("pytest-html's page holds no rows")
    try:
        tests = read_json(reader.data, BOUNDS)["tests"]
        found = [_row(one) for its in tests.values() for one in its]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PageError(f"pytest-html's rows are not as known: {error}") from error
    order = list(_TONES)
    found.sort(key=lambda row: order.index(row.cells[-1]) if row.cells[-1] in order else -1)
    return Rows(
        header=("pytest", *COLUMNS),
        rows=tuple(found[:MOST_ROWS]),
        left_out=_left_out(len(found), cases),
    )


def _left_out(found: int, cases: int) -> str:
    if found > MOST_ROWS:
        return (
            f"The first {MOST_ROWS:,} of {found:,} failures. "
            "The matrix, junit.xml and compliance.json hold every case."
        )
    if cases > MOST_ROWS:
        return (
            f"A run of more than {MOST_ROWS:,} cases lists its failures only. "
            "The matrix, junit.xml and compliance.json hold every case."
        )
    return ""


def _row(test: dict[str, Any]) -> Row:
    outcome, *rest = (_text_of(cell) for cell in test["resultsTableRow"])
    requirement, host, endpoint, verdict = (*rest, *[""] * len(COLUMNS))[: len(COLUMNS)]
    judged = verdict in _TONES and bool(host)
    return Row(
        tone=_TONES.get(verdict, "error"),
        cells=(outcome, requirement, host, endpoint, verdict),
        case=case_address(host, requirement, endpoint) if judged else "",
        log="" if judged else _text_of(test.get("log", "")),
    )


def case_address(host: str, requirement: str, endpoint: str) -> str:
    """Where in the page a case is opened, as the part of its address behind the number sign."""
    return "case=" + "~".join(quote(visible(one), safe="") for one in (host, requirement, endpoint))


def _text_of(markup: str) -> str:
    reader = _Text()
    reader.feed(markup)
    reader.close()
    return "".join(reader.parts)


class _Text(HTMLParser):
    """The text of a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []

    def handle_data(self, data: str) -> None:
        self.parts.append(data)


class _Reader(HTMLParser):
    """The JSON in a page of pytest-html."""

    def __init__(self) -> None:
        super().__init__()
        self.data: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        values = dict(attrs)
        if values.get("id") == "data-container":
            self.data = values.get("data-jsonblob")
