"""Ten people's questions are answered from the first screen, at 1280 by 800."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.report.page.model import Changes
from selftests.report.conftest import Open
from selftests.report.page.conftest import rendered
from selftests.report.page.fleet import fleet

CHANGES = Changes(
    since="18 November 2026, 14:00 UTC",
    newly_failing=("web0012.corp.example: urls/his",),
    fixed=("db0007.corp.example: urls/azgn", "db0008.corp.example: urls/azgn"),
)

ANSWERS = (
    ("Is it compliant?", "h1", "Not compliant"),
    ("How many hosts?", "h1", "30 hosts: 24 compliant, 5 failing, 1 not measured"),
    ("Which hosts not?", ".standing >> nth=0", "Failing app0009.corp.example web0012.corp.example"),
    ("What is to be changed?", ".card >> nth=0", "The connection was dropped silently"),
    ("By whom?", ".work h3 >> nth=0", "Network team"),
    ("What was not tested?", ".facts > div >> nth=6", "Not shown 29 not tested"),
    ("Which edition?", ".facts > div >> nth=0", "Undated edition, read 22 November 2026"),
    ("When?", ".facts > div >> nth=2", "25 November 2026, 14:06 UTC"),
    ("From where?", ".facts > div >> nth=3", "each host itself 29 of 30 measured"),
    ("Run by whom?", ".facts > div >> nth=4", "ana@ops1"),
    ("What changed since last time?", "#changes", "1 newly failing 2 fixed"),
)


@pytest.fixture(scope="module")
def compared() -> str:
    """The page of thirty hosts, compared with an earlier run."""
    return rendered(fleet(30), previous=CHANGES)


def test_the_first_screen_answers(open_page: Open, compared: str) -> None:
    page = open_page(compared)

    for question, where, answer in ANSWERS:
        found = page.locator(where)
        assert answer in " ".join(found.inner_text().split()), question
        box = found.bounding_box()
        assert box["y"] >= 0, question
        assert box["y"] + box["height"] <= 800, question


def test_the_parts_stand_in_their_order(open_page: Open, one: str) -> None:
    page = open_page(one)

    headings = page.locator("h1, h2").all_inner_texts()
    assert [text.split("\n")[0][:13] for text in headings] == [
        "Not compliant",
        "What to chang",
        "Hosts and req",
        "What this run",
        "Provenance",
        "How it is jud",
    ]
    assert _top(page, "#matrix .host") < 800  # the one host is seen without scrolling


def test_without_a_comparison_nothing_is_said_about_one(open_page: Open, thirty: str) -> None:
    assert open_page(thirty).locator("#changes").count() == 0


def _top(page: Any, where: str) -> float:
    return float(page.locator(where).first.bounding_box()["y"])
