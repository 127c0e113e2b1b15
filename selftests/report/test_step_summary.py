"""The summary for GitHub's page: what it says, and that no text from a host becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.causes import Owner
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import (
    ComplianceReport,
    Header,
    Result,
    overall_judgement,
    overall_of,
)
from arc_compliance.report.step_summary import COLUMNS, MOST_ROWS, render_step_summary

MARKDOWN = MarkdownIt("commonmark", {"html": True}).enable("table")
HOSTILE = [
    "<script>alert(1)</script>",
    "</code></td></tr></table><h1>compliant</h1>",
    "![](https://evil.example/a.png)",
    "[compliant](javascript:alert)",
    "| a | b |",
    "```",
    "a\n\n# compliant\n",
    "a\r\n\r\n- b",
    "a\u2028\u2028# b",
    "--></p>\n\n<img src=x onerror=y>",
    "https://evil.example www.evil.example a@evil.example @octocat #1 :tada:",
    "&lt;b&gt; &#60;",
    "\u202etnailpmoc\x1b[2J\ud800",
    "\\| \\` \\",
]


def _judgement(verdict: Verdict, **texts: str) -> Judgement:
    return Judgement(
        **{  # type: ignore[arg-type]
            "case": "a case",
            "requirement": "urls/his",
            "section": "URLs",
            "level": Level.MUST,
            "verdict": verdict,
            "host": "web01",
            **texts,
        }
    )


FAILED = _judgement(
    Verdict.FAIL,
    endpoint="*.his.arc.azure.cn",
    cause="dns-not-found",
    actual="gbl.his.arc.azure.cn: dns-not-found",
    owner=Owner.NETWORK,
    remedy="Make the host's name servers resolve it.",
)
NOT_RUN = _judgement(Verdict.ERROR, requirement="tls/1.2", actual="not run: the session stopped")


def _report(
    *judgements: Judgement, selection: str = "all", simulated: bool = False
) -> ComplianceReport:
    overall, missing = overall_of(judgements)
    last = overall_judgement(overall, missing, "The whole run is compliant.")
    return ComplianceReport(
        overall=overall,
        header=Header(
            suite_version="0",
            run="r",
            cloud="AzureChinaCloud",
            location="all known regions",
            catalogue_sha256="0",
            service_tags="none",
            selection=selection,
            planned=len(judgements) + 1,
            judged=len(judgements) + 1,
            started="2026-01-02T03:04:05+00:00",
            finished="2026-01-02T03:04:06+00:00",
            simulated=simulated,
        ),
        hosts=(),
        results=tuple(
            Result(classname="c", name=f"n{i}", duration=0.0, judgement=j)
            for i, j in enumerate((*judgements, last))
        ),
        missing=missing,
    )


HEAD = "".join(f"<th>{name}</th>" for name in COLUMNS)
TAGS = "<p>Service tags: <code>none</code></p>\n\n"


class _Page(HTMLParser):
    """The tags of a page, and the text of each cell."""

    def __init__(self, markdown: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[object] = []
        self.cells: list[str] = []
        self.feed(MARKDOWN.render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += attrs
        if tag == "td":
            self.cells.append("")

    def handle_data(self, data: str) -> None:
        if self.cells:
            self.cells[-1] += data


def test_a_small_report_in_full() -> None:
    report = _report(FAILED, NOT_RUN, _judgement(Verdict.PASS), simulated=True)

    assert render_step_summary(report) == (
        "## arc-compliance: Not compliant (simulated)\n"
        "\n"
        "Simulated Azure: this says nothing about a real network.\n"
        "\n"
        "1 passed, 1 failed, 1 no result\n"
        "\n"
        "<p>Service tags: <code>none</code></p>\n"
        "\n"
        "<h3>Network team</h3>\n"
        f"<table>\n<tr>{HEAD}</tr>\n"
        "<tr><td><code>Make the host&#x27;s name servers resolve it.</code></td>"
        "<td><code>failed: The name does not exist for this host (dns-not-found)</code></td>"
        "<td><code>web01</code></td><td></td><td><code>urls/his</code></td></tr>\n"
        "</table>\n\n"
        "<h3>Operator of this run</h3>\n"
        f"<table>\n<tr>{HEAD}</tr>\n"
        "<tr><td><code>Run again, and let the run end.</code></td>"
        "<td><code>no result: Not run: the session stopped</code></td>"
        "<td><code>web01</code></td><td></td><td><code>tls/1.2</code></td></tr>\n"
        "</table>\n\n"
    )


def test_a_cause_on_many_hosts_is_one_row() -> None:
    failed = [
        _judgement(
            Verdict.FAIL,
            host=f"web{n:02}",
            cause="dns-not-found",
            owner=Owner.NETWORK,
            remedy="Make the host's name servers resolve it.",
        )
        for n in range(30)
    ]

    summary = render_step_summary(_report(*failed))

    assert summary.count("<tr><td>") == 1
    assert "<code>web00, web01, web02, web03, web04 and 25 more</code>" in summary


def test_a_clean_run_has_no_table() -> None:
    summary = render_step_summary(_report(_judgement(Verdict.PASS)))

    assert summary == "## arc-compliance: Compliant\n\n1 passed\n\n" + TAGS


def test_a_run_that_judged_nothing_says_so() -> None:
    summary = render_step_summary(_report())

    start = "## arc-compliance: Incomplete\n\nNothing was judged.\n\n"
    assert summary == start + TAGS


def test_a_partial_run_says_of_what() -> None:
    summary = render_step_summary(
        _report(_judgement(Verdict.PASS), selection="1 of 9 cases (-k <b>)")
    )

    assert "Partial run: <code>1 of 9 cases (-k &lt;b&gt;)</code>." in summary


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    _assert_harmless(text)


@given(st.text(st.characters(codec=None), max_size=400))
def test_any_text_stays_text(text: str) -> None:
    _assert_harmless(text)


def _assert_harmless(text: str) -> None:
    fields = dict.fromkeys(("requirement", "endpoint", "host", "cause", "actual", "remedy"), text)
    fields |= {"host": f"h{text}", "owner": Owner.SERVER}
    report = _report(_judgement(Verdict.FAIL, **fields), FAILED, selection=f"1 of 9 ({text})")

    summary = render_step_summary(report)

    kinds = [token.type for token in MARKDOWN.parse(summary) if token.level == 0]
    assert kinds == [
        "heading_open",
        "heading_close",
        "html_block",
        "paragraph_open",
        "paragraph_close",
        *["html_block"] * 3,
    ]
    page = _Page(summary)
    assert page.tags <= {"h2", "h3", "p", "table", "tr", "th", "td", "code"}
    assert page.attributes == []
    assert len(page.cells) == 2 * len(COLUMNS)
    assert FAILED.remedy in page.cells
    assert summary.encode().decode() == summary


def test_what_a_host_says_can_still_be_read() -> None:
    said = "a <b> & `c` | d"

    page = _Page(
        render_step_summary(_report(_judgement(Verdict.FAIL, owner=Owner.PROXY, remedy=said)))
    )

    assert page.cells[0].strip() == said


def test_many_failures_are_cut_and_counted() -> None:
    every = [
        _judgement(Verdict.FAIL, requirement=f"urls/{n}", owner=Owner.NETWORK, remedy=f"Do {n}.")
        for n in range(MOST_ROWS + 7)
    ]

    summary = render_step_summary(_report(*every))

    assert summary.count("<tr><td>") == MOST_ROWS
    assert summary.endswith("</table>\n\nand 7 more\n\n")


@pytest.mark.parametrize("character", ["&", '"', "\U0001f512"])
def test_the_longest_texts_stay_within_64_kb(character: str) -> None:
    long = character * 5_000
    texts = dict.fromkeys(("requirement", "endpoint", "host", "cause", "remedy"), long)
    wordy = [
        _judgement(Verdict.FAIL, owner=Owner.SERVER, **{**texts, "remedy": f"{n} {long}"})
        for n in range(100)
    ]

    summary = render_step_summary(_report(*wordy, selection=long))

    assert len(summary.encode()) < 64 * 1024
    shown = summary.count("<tr><td>")
    assert shown > 1
    assert summary.endswith(f"and {100 - shown} more\n\n")
