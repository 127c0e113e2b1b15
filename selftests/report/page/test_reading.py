"""The page for every reader: without scripts, on paper, on a telephone, in the dark, by ear."""

from __future__ import annotations

import importlib.util
import io
from typing import Any

import pytest

from selftests.conftest import needs
from selftests.report.conftest import Open


def test_without_scripts_verdict_and_failures_can_be_read(open_page: Open, thirty: str) -> None:
    page = open_page(thirty, java_script_enabled=False)

    text = " ".join(page.locator("body").inner_text().split())
    assert "Not compliant 30 hosts: 24 compliant, 5 failing, 1 not measured" in text
    for words in (
        "azgnn0.servicebus.chinacloudapi.cn: the proxy refuses this destination",
        "gbl.his.arc.azure.cn: the connection was dropped silently",
        "The matrix needs JavaScript",
    ):
        assert words in text
    for host in ("app0009", "web0012", "web0018", "web0024", "web0025"):
        assert f"{host}.corp.example" in page.locator("#failures").inner_text()
    assert page.locator("select:visible, button:visible").count() == 0


def test_a_printed_page_has_the_run_on_every_sheet_and_nothing_cut(
    open_page: Open, thirty: str
) -> None:
    needs(importlib.util.find_spec("pypdf"), "pypdf")
    from pypdf import PdfReader

    page = open_page(thirty, "#q=nobody", color_scheme="dark")

    paper = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))

    texts = [" ".join(sheet.extract_text().split()) for sheet in paper.pages]
    assert 2 < len(texts) < 12
    for number, text in enumerate(texts, start=1):
        assert "run 973c331c77874f76" in text
        assert f"{number} of {len(texts)}" in text
    whole = " ".join(texts)
    labels = page.evaluate("data => 0 || [...document.querySelectorAll('#hosts tbody th bdi')]"
                           ".map((one) => one.textContent)")  # fmt: skip
    assert len(labels) == 30
    assert [label for label in labels if label not in whole] == []
    for words in ("the proxy refuses this destination", "What this run does not show", "--sudo"):
        assert words in whole
    assert [round(float(side)) for side in paper.pages[0].mediabox[2:]] == [595, 842]  # A4


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_nothing_stands_out_of_a_window(open_page: Open, thirty: str, width: int) -> None:
    page = open_page(thirty)
    page.set_viewport_size({"width": width, "height": 800})

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator("#grid .host").first.click()
    assert page.evaluate("document.getElementById('drawer').scrollWidth") <= width


def test_dark_and_light_follow_the_system_and_the_button(open_page: Open, thirty: str) -> None:
    page = open_page(thirty, color_scheme="dark")

    assert _background(page) == "rgb(20, 23, 27)"
    page.get_by_role("button", name="Light").click()
    assert _background(page) == "rgb(255, 255, 255)"
    page.reload()
    assert _background(page) == "rgb(255, 255, 255)"
    assert page.get_by_role("button", name="Dark").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("address", ["", "#host=app0009.corp.example", "#verdict=fail&all=1"])
def test_axe_finds_nothing_serious(open_page: Open, thirty: str, address: str, scheme: str) -> None:
    needs(importlib.util.find_spec("axe_playwright_python"), "axe-playwright-python")
    from axe_playwright_python.sync_playwright import Axe

    page = open_page(thirty, address, color_scheme=scheme)
    for folded in page.locator("details").all():
        folded.evaluate("(one) => { one.open = true; }")

    found = Axe().run(page).response["violations"]

    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], one["nodes"][0]["html"][:200]) for one in serious] == []


def test_the_request_can_be_copied(open_page: Open, thirty: str) -> None:
    page = open_page(thirty, permissions=["clipboard-read", "clipboard-write"])
    card = page.locator(".card").first
    card.locator("summary").click()

    card.get_by_role("button", name="Copy request").click()

    card.get_by_role("button", name="Copied").wait_for()
    letter = page.evaluate("navigator.clipboard.readText()")
    assert letter.startswith("To: network team\n")
    for words in ("web0012.corp.example (10.", "gbl.his.arc.azure.cn", "run 973c331c77874f76"):
        assert words in letter


def test_what_more_hosts_there_are_filters_the_matrix(open_page: Open, thousand: str) -> None:
    page = open_page(thousand)

    page.locator(".card .more").first.click()

    assert page.get_by_role("status").inner_text() == "157 of 1,000 hosts"
    assert page.get_by_label("Cause").input_value() == "connect-timeout"


def _background(page: Any) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))
