"""What the page says, before it is a page: cards by owner, gaps, failures, the head, the rows."""

from __future__ import annotations

import json
from dataclasses import replace
from html import escape

import pytest

from arc_compliance.catalogue import load_catalogue
from arc_compliance.judge.causes import CAUSES, Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, judged, with_remedies
from arc_compliance.plan.cases import Case, plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.report.compliance import ComplianceReport, Host, Overall, overall_of
from arc_compliance.report.page.build import page_model
from arc_compliance.report.page.cards import work_of
from arc_compliance.report.page.failures import MOST_SEEN, failures_of
from arc_compliance.report.page.gaps import gaps_of
from arc_compliance.report.page.model import Around, PageModel
from arc_compliance.report.page.render import render_notice, render_page
from arc_compliance.report.page.rows import (
    MOST_ROWS,
    PageError,
    case_address,
    read_rows,
    table_header,
    table_row,
)
from arc_compliance.report.run import result_of
from arc_compliance.report.words import VERDICTS, plain
from selftests.report.page.fleet import CLOUD, Fleet, fleet

CATALOGUE = load_catalogue(CLOUD)


def _case(requirement: str, host: str) -> Case:
    cases = plan_cases(CATALOGUE, {host: Scope(cloud=CLOUD)})
    return next(case for case in cases if case.requirement.id == requirement)


def _failed(host: str, requirement: str, cause: str, *names: str) -> Judgement:
    case = _case(requirement, host)
    verdict = Verdict.FAIL if CAUSES[cause].measured else Verdict.ERROR
    actual = f"{', '.join(names)}: {cause} while at connect"
    return judged(case, verdict, expected="an answer", actual=actual, cause=cause, failing=names)


def _report() -> ComplianceReport:
    return fleet(2).report


def _model(made: Fleet) -> PageModel:
    return page_model(made.report, made.catalogue, made.strips, around=made.around)


def test_one_card_for_a_cause_and_its_remedy_on_all_hosts() -> None:
    judgements = [
        _failed("web01", "urls/his", "connect-timeout", "gbl.his.arc.azure.cn"),
        _failed("web02", "urls/his", "connect-timeout", "gbl.his.arc.azure.cn"),
        _failed("web02", "urls/login", "connect-timeout", "login.chinacloudapi.cn"),
    ]

    (work,) = work_of(judgements, _report(), {}, {"network team": "tickets/network-team.txt"})

    (card,) = work.cards
    assert (work.owner, work.ticket) == ("network team", "tickets/network-team.txt")
    assert card.says == "The connection was dropped silently"
    assert card.ask == (
        "Allow outbound TCP from this host to gbl.his.arc.azure.cn, login.chinacloudapi.cn in the "
        "firewall that drops it."
    )
    assert card.hosts == ("web01", "web02")
    assert card.names == (("gbl.his.arc.azure.cn", 2), ("login.chinacloudapi.cn", 1))
    assert card.requirements == ("urls/his", "urls/login")


def test_another_remedy_is_another_card_and_another_owner_comes_after() -> None:
    worded = Remedy(
        Owner.SERVER, "Let TCP to gbl.his.arc.azure.cn out in the host's own packet filter."
    )
    first = _failed("web01", "urls/his", "connect-timeout", "gbl.his.arc.azure.cn")
    judgements = [
        with_remedies(first, [worded]),
        _failed("web02", "urls/his", "connect-timeout", "gbl.his.arc.azure.cn"),
        _failed("web03", "urls/his", "connect-timeout", "gbl.his.arc.azure.cn"),
    ]

    work = work_of(judgements, _report(), {}, {})

    assert [one.owner for one in work] == ["network team", "server owner"]
    assert work[1].cards[0].ask.startswith("Let TCP to gbl.his.arc.azure.cn out")


def test_the_request_says_who_what_from_where_why_and_how_to_check() -> None:
    made = fleet(30)
    host = made.report.hosts[0]
    judgement = _failed(host.label, "urls/his", "connect-timeout", "gbl.his.arc.azure.cn")

    (work,) = work_of([judgement], made.report, {}, {})

    letter = work.cards[0].letter
    for words in (
        "To: network team",
        "Subject: Azure Arc network requirements (AzureChinaCloud): The connection was dropped",
        f"  {host.label} ({host.source_addresses[0]})",
        "  gbl.his.arc.azure.cn",
        "(connect-timeout). Required by urls/his.",
        "To check: run arc-compliance on these hosts again.",
        "run 973c331c77874f76",
    ):
        assert words in letter


def test_a_warning_without_a_cause_is_called_by_what_does_not_hold() -> None:
    case = _case("practice/clock", "web01")
    found = judged(case, Verdict.WARN, expected="in time", actual="300 s behind")

    (work,) = work_of([found], _report(), {"practice/clock": "The clock is right."}, {})

    assert work.cards[0].says == "Not seen to hold: The clock is right"
    assert work.cards[0].ask == "Read what was expected and what was seen."


def test_gaps_are_counted_by_reason_and_name_the_option() -> None:
    cases = [_case("practice/egress", host) for host in ("web01", "web02")]
    why = "the rules may not be read; run again with --sudo"
    told = [judged(c, Verdict.NOT_TESTED, expected="", actual=why) for c in cases]
    other = "no endpoint is in use (--private-link=arc)"
    told.append(judged(cases[0], Verdict.NOT_APPLICABLE, expected="", actual=other))

    gaps = gaps_of(told)

    assert [(g.cases, g.options, g.hosts) for g in gaps] == [
        (2, ("--sudo",), ("web01", "web02")),
        (1, ("--private-link=arc",), ("web01",)),
    ]
    assert gaps[0].reason == "The rules may not be read; run again with --sudo"


def _all_waived(host: str) -> ComplianceReport:
    """A report on *host*, which could not be reached and is waived by its name."""
    case = _case("urls/his", host)
    found = judged(case, Verdict.ERROR, expected="", actual="no", cause="host-unreachable")
    waived = replace(
        found, verdict=Verdict.WAIVED, verdict_without_waiver=Verdict.ERROR, waiver="until then"
    )
    overall, missing = overall_of([waived])
    return replace(
        _report(),
        overall=overall,
        missing=missing,
        hosts=(Host(label=host, measured=False),),
        results=(result_of("t.py::t", 0.1, waived),),
    )


def test_what_is_waived_unseen_is_not_called_tested() -> None:
    report = _all_waived("web01")

    model = page_model(report, CATALOGUE)

    (gap,) = model.gaps
    assert (gap.word, gap.cases) == ("waived", 1)
    assert gap.reason == "Accepted without having been seen; see the waivers"
    (fact,) = (fact for fact in model.head.facts if fact.name == "Not shown")
    assert fact.value == "1 waived unseen"
    page = render_page(model)
    assert "Everything that applies was tested" not in page
    assert "Nothing has to be changed" not in page


def test_a_part_of_a_run_does_not_say_that_everything_was_tested() -> None:
    made = fleet(2)
    results = tuple(r for r in made.report.results if r.judgement.verdict is Verdict.PASS)
    report = replace(made.report, results=results, overall=Overall.COMPLIANT, missing=())
    whole, part = (
        render_page(
            page_model(
                replace(report, header=replace(report.header, selection=selection)), CATALOGUE
            )
        )
        for selection in ("all", "3 of 172 cases (-k his)")
    )

    for words in ("Everything that applies was tested", "Nothing has to be changed"):
        assert words in whole
        assert words not in part


def test_a_failure_is_told_once_for_all_hosts_that_saw_the_same() -> None:
    hosts = [f"web{n}" for n in range(MOST_SEEN + 4)]
    same = [_failed(host, "urls/his", "connect-timeout", "gbl.his.arc.azure.cn") for host in hosts]
    other = [replace(one, actual=f"seen by {one.host}") for one in same]

    (failure,) = failures_of(same)
    assert failure.seen[0].actual == "gbl.his.arc.azure.cn: the connection was dropped silently"
    assert failure.seen[0].hosts == tuple(hosts)
    (failure,) = failures_of(other)
    assert len(failure.seen) == MOST_SEEN
    assert failure.alike == tuple(hosts[MOST_SEEN:])


def test_what_keeps_a_host_from_being_measured_is_one_failure() -> None:
    told = [
        _failed("web01", requirement, "host-unreachable") for requirement in ("urls/his", "tls/1.2")
    ]

    (failure,) = failures_of(told)

    assert failure.requirements == ("urls/his", "tls/1.2")
    assert failure.says == "The host could not be reached"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("a: connect-timeout while at connect", "a: the connection was dropped silently"),
        ("127.0.0.1 connect-refused", "127.0.0.1 the connection was refused"),
        ("tls-failed.example: HTTP 403", "tls-failed.example: HTTP 403"),
        ("x.tls-failed, my-tls-failed-1", "x.tls-failed, my-tls-failed-1"),
        ("unknown", "unknown"),
    ],
)  # fmt: skip
def test_causes_are_read_as_words(said: str, read: str) -> None:
    assert plain(said) == read


def test_every_verdict_has_words_and_its_counts_are_those_of_the_report() -> None:
    assert set(VERDICTS) == set(Verdict)
    made = fleet(30)

    page = _model(made)

    counts = made.report.counts()
    for gap_word, verdict in (("not tested", Verdict.NOT_TESTED), ("not reached", Verdict.BLOCKED)):
        assert sum(g.cases for g in page.gaps if g.word == gap_word) == counts[verdict]
    assert sum(g.cases for g in page.not_applicable) == counts[Verdict.NOT_APPLICABLE]
    told = [
        page.data["verdicts"][page.data["outcomes"][cell][0]]["id"]
        for host in page.data["hosts"]
        for cell in host[5]
        if cell >= 0
    ]
    assert {v: told.count(v.value) for v in Verdict} == counts


def test_the_head_says_hosts_first_and_one_host_its_cases() -> None:
    made = fleet(30)
    assert _model(made).head.sentence == "30 hosts: 24 compliant, 5 failing, 1 not measured"
    label = fleet(1).report.hosts[0].label
    said = _model(fleet(1)).head.sentence
    assert said == f"{label}: 29 passed, 12 failed, 24 not reached, 1 not tested"


def test_nobody_overlooks_what_kind_of_run_it_was() -> None:
    made = fleet(2)
    settings = (("--evidence", "old/evidence"),)
    header = replace(
        made.report.header, simulated=True, selection="3 of 172 cases (-k his)", settings=settings
    )

    head = page_model(replace(made.report, header=header), made.catalogue).head

    assert head.title == "Compliant (simulated, partial)"
    assert head.ribbons == (
        "Simulated Azure (--demo). This says nothing about any real network.",
        "Partial run: 3 of 172 cases (-k his). The verdict is about what was selected only.",
        "Judged anew on 25 November 2026, 14:06 UTC from evidence of 25 November 2026, 14:06 UTC; "
        "no host was measured.",
    )


def test_hosts_stand_by_group_and_the_worst_first() -> None:
    made = fleet(30)

    hosts = _model(made).hosts

    words = [host.word for host in hosts if host.group == hosts[0].group]
    assert words == sorted(words, key=["failing", "not measured", "incomplete", "compliant"].index)
    verdicts = {
        host.label: overall_of(
            r.judgement for r in made.report.results if r.judgement.host == host.label
        )[0].value
        for host in hosts
    }
    assert {verdicts[h.label] for h in hosts if h.word == "compliant"} == {"compliant"}
    assert {verdicts[h.label] for h in hosts if h.word == "failing"} == {"non-compliant"}


def test_the_page_is_a_function_of_its_model() -> None:
    page = _model(fleet(3, hostile=True))

    assert render_page(page) == render_page(_model(fleet(3, hostile=True)))
    assert "973c331c77874f76" in render_page(page)


def test_a_run_without_hosts_has_a_page() -> None:
    report = replace(_report(), hosts=(), results=())

    page = page_model(report, CATALOGUE, around=Around())

    assert page.head.sentence == "0 hosts: nothing was judged"
    assert "<h1>" in render_page(page)


def test_a_notice_is_escaped_and_has_no_script() -> None:
    page = render_notice("Incomplete", ["The run </main><script> has not ended."], "r'un\"")

    assert "<h1>Incomplete</h1>" in page
    assert "&lt;/main&gt;&lt;script&gt;" in page
    assert "<script" not in page


# -- pytest-html's rows ----------------------------------------------------------------------


def _page_of_pytest_html(*rows: tuple[str, list[str], str]) -> str:
    tests = {
        f"node{number}": [{"resultsTableRow": [f"<td>{outcome}</td>", *cells], "log": log}]
        for number, (outcome, cells, log) in enumerate(rows)
    }
    blob = escape(json.dumps({"tests": tests}))
    return f'<table></table><div id="data-container" data-jsonblob="{blob}"></div>'


def test_rows_are_read_as_texts_failures_first() -> None:
    page = _page_of_pytest_html(
        ("Passed", table_row("urls/his", "we<b>01", "*.his.arc.azure.cn", "pass"), ""),
        ("Failed", table_row("urls/azgn", "web02", "azgn*", "fail"), "told elsewhere"),
        ("Error", ['<td class="x">a[<b>]::setup</td>'], "Traceback &lt;x&gt;"),
    )

    rows = read_rows(page, cases=3)

    assert [row.cells for row in rows.rows] == [
        ("Error", "a[]::setup", "", "", ""),
        ("Failed", "urls/azgn", "web02", "azgn*", "fail"),
        ("Passed", "urls/his", "we<b>01", "*.his.arc.azure.cn", "pass"),
    ]
    assert [row.log for row in rows.rows] == ["Traceback <x>", "", ""]
    assert rows.rows[1].case == "case=web02~urls%2Fazgn~azgn%2A"
    assert rows.header == ("pytest", *(head[4:-5] for head in table_header()))
    assert rows.left_out == ""


def test_a_table_too_long_says_what_is_left_out() -> None:
    row = ("Failed", table_row("urls/his", "web01", "", "fail"), "")

    rows = read_rows(_page_of_pytest_html(*[row] * (MOST_ROWS + 1)), cases=90_000)

    assert len(rows.rows) == MOST_ROWS
    assert rows.left_out.startswith("The first 1,500 of 1,501 failures.")
    few = read_rows(_page_of_pytest_html(row), cases=90_000)
    assert few.left_out.startswith("A run of more than 1,500 cases lists its failures only.")


@pytest.mark.parametrize(
    "page",
    [
        "",
        "<html></html>",
        '<div id="data-container"></div>',
        '<div id="data-container" data-jsonblob="{"></div>',
        '<div id="data-container" data-jsonblob="[]"></div>',
        '<p id="data-container" data-jsonblob="{&quot;tests&quot;: {&quot;a&quot;: [{}]}}"></p>',
    ],
)
def test_a_page_that_is_not_as_known_is_an_error(page: str) -> None:
    with pytest.raises(PageError, match="pytest-html's"):
        read_rows(page, cases=1)


def test_the_address_of_a_case_holds_whatever_its_host_is_called() -> None:
    assert case_address("a~b&c=#\u202e", "urls/his", "") == (
        "case=a~b%26c%3D%23%5BU%2B202E%5D~urls%2Fhis~"
    )
