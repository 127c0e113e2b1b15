"""The end of a run's output: worst first, by owner, in 80 columns, on one screen for any fleet."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.page.cards import work_of
from arc_compliance.report.terminal import MARKS, MOST_CARDS, Summary, summary_of
from selftests.report.page.fleet import Fleet, fleet

WIDTH = 80


def summary(made: Fleet, width: int = WIDTH, *, brief: bool = False) -> Summary:
    return summary_of(made.report, made.catalogue, width, brief=brief)


def texts(made: Fleet, width: int = WIDTH, *, brief: bool = False) -> list[str]:
    return [line.mark + line.text for line in summary(made, width, brief=brief).lines]


@pytest.mark.parametrize(
    ("size", "width"), [(1, 40), (1, 80), (4, 80), (30, 40), (30, 80), (30, 200), (1000, 80)]
)
def test_lines_keep_to_the_width_and_break_no_name(size: int, width: int) -> None:
    made = fleet(size)

    lines = texts(made, width)

    unbroken = {word for line in texts(made, 1_000) for word in line.split()}
    assert {line for line in lines if len(line) > width and len(line.split()) > 2} == set()
    if width >= WIDTH:
        names = {word for line in lines for word in line.split() if "." in word and "-" in word}
        assert {one for one in names if one not in unbroken and not one.startswith("--")} == set()
    assert len(lines) < 75


def test_a_fleet_begins_with_its_hosts() -> None:
    lines = texts(fleet(30))

    standing = r"\d+ (compliant|failing|incomplete|not measured)"
    assert re.fullmatch(rf"30 hosts: {standing}(, {standing})*", lines[0])
    assert lines[1].startswith("  failing: ")


def test_marks_tell_failures_from_warnings_without_colour() -> None:
    found = summary(fleet(30))

    marks = {line.tone: line.mark for line in found.lines if line.mark}
    assert marks.items() <= MARKS.items()
    assert {"fail", "warn"} <= set(marks)
    assert len(set(MARKS.values())) == len(MARKS)


def test_work_stands_by_owner_as_on_the_page() -> None:
    made = fleet(30)

    lines = texts(made)

    judgements = [r.judgement for r in made.report.results if r.judgement.host]
    owners = [one.owner for one in work_of(judgements, made.report, {}, {})]
    headings = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert sorted(headings) == sorted(f"For the {owner}:" for owner in owners)


def test_where_there_is_much_to_do_failures_are_named_first() -> None:
    made = fleet(1000)

    found = summary(made)

    told = [line.mark for line in found.lines if line.mark in ("FAIL", "WARN", "NO RESULT")]
    assert len(told) <= MOST_CARDS
    left_out = [line.text for line in found.lines if line.text.startswith("and ")]
    assert len(told) < MOST_CARDS or left_out


def test_what_was_skipped_takes_three_lines_and_adds_up() -> None:
    made = fleet(30)

    lines = texts(made)

    counts = made.report.counts()
    begin = next(n for n, line in enumerate(lines) if " skipped, " in line)
    assert len(lines) - begin <= 3
    numbers = [int(line.split()[0].replace(",", "")) for line in lines if " skipped, " in line]
    skipped = (
        Verdict.BLOCKED,
        Verdict.NOT_TESTED,
        Verdict.NOT_APPLICABLE,
        Verdict.NOT_TESTABLE,
    )
    assert sum(numbers) == sum(counts[one] for one in skipped)
    assert "not tested; tested with --sudo" in " ".join(lines[begin:])


def test_quiet_says_what_to_do_and_not_what_was_skipped() -> None:
    lines = texts(fleet(30), brief=True)

    assert [line for line in lines if "-> " in line]
    assert not [line for line in lines if " skipped, " in line]
    assert lines[0].startswith("30 hosts: ")


@pytest.mark.parametrize(
    ("simulated", "selection", "words"),
    [
        (False, "all", "Not compliant"),
        (True, "all", "Not compliant (simulated)"),
        (False, "3 of 88 cases (-k x)", "Not compliant (partial)"),
        (True, "3 of 88 cases (-k x)", "Not compliant (simulated, partial)"),
    ],
)
def test_the_headline_says_what_kind_of_run_it_was(
    simulated: bool, selection: str, words: str
) -> None:
    made = fleet(30)
    header = replace(made.report.header, simulated=simulated, selection=selection)

    found = summary(replace(made, report=replace(made.report, header=header)))

    assert found.title == words
    assert found.tone == "fail"


def test_no_text_of_a_host_controls_the_terminal() -> None:
    made = fleet(12, hostile=True)

    text = "".join(texts(made))

    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", text)
