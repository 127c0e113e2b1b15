"""What a host or a network says is shown, and never obeyed."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.report.page.text import script_json, visible
from selftests.report.conftest import Open
from selftests.report.page.conftest import rendered
from selftests.report.page.fleet import HOSTILE, fleet


@pytest.fixture(scope="module")
def attacked() -> str:
    """The page of a fleet whose hosts have names that attack it, as have their observations."""
    return rendered(fleet(30, hostile=True))


def test_hostile_names_are_shown_and_do_nothing(open_page: Open, attacked: str) -> None:
    page = open_page(attacked)

    assert page.title().startswith("Not compliant: 30 hosts")
    shown = page.evaluate(
        "[...document.querySelectorAll('#hosts tbody th bdi')].map((one) => one.textContent)"
    )
    assert {visible(name) for name in HOSTILE} <= set(shown)
    assert page.locator("img, b:not(.over b)").count() == 0
    assert page.locator("script").count() == 2


def test_a_hostile_host_opens_from_its_address(open_page: Open, attacked: str) -> None:
    page = open_page(attacked)
    go_to = "(label) => { location.hash = 'host=' + encodeURIComponent(label); }"

    for name in map(visible, HOSTILE):
        page.evaluate(go_to, name)
        drawer = page.get_by_role("dialog")
        drawer.locator("h2 bdi").filter(has_text=name).wait_for()
        drawer.locator(".case-list button").first.click()
        assert name in drawer.locator("h2").text_content()
        page.reload()
        assert name in drawer.locator("h2").text_content()


@pytest.mark.parametrize(
    "address", ["#case=%E0%A4%A", "#case=a~b~c", "#host=%", "#=&&=x&q", "#nobody"]
)
def test_an_address_that_leads_nowhere_does_no_harm(
    open_page: Open, thirty: str, address: str
) -> None:
    page = open_page(thirty, address)

    assert page.locator("#grid .host").count() > 10
    assert not page.get_by_role("dialog").is_visible()


def test_the_policy_forbids_what_is_not_the_pages_own(attacked: str) -> None:
    policy = attacked.partition('http-equiv="Content-Security-Policy" content="')[2].partition('"')[
        0
    ]

    assert policy.startswith("default-src &#39;none&#39;; style-src &#39;sha256-")
    for rule in (
        "script-src &#39;sha256-",
        "base-uri &#39;none&#39;",
        "form-action &#39;none&#39;",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert "http:" not in policy
    assert re.search(r"\son[a-z]+=", re.sub(r"<script.*?</script>", "", attacked, flags=re.DOTALL)
                     .replace("&#34;", '"').partition("<main")[0]) is None  # fmt: skip


ATTACK = """() => {
    const script = document.createElement("script");
    window.refused = [];
    for (const attack of [
        () => { script.textContent = "document.title = 'owned'"; },
        () => { document.body.innerHTML = "<b>owned</b>"; },
        () => { document.body.insertAdjacentHTML("beforeend", "<b>owned</b>"); },
    ]) {
        try { attack(); } catch (error) { window.refused.push(error.name); }
    }
}"""


def test_a_script_of_somebody_else_does_not_run(open_page: Open, thirty: str) -> None:
    page = open_page(thirty, attacks=True)

    page.evaluate(ATTACK)

    assert page.title() != "owned"
    assert page.locator("main").count() == 1
    assert page.evaluate("window.refused") == ["TypeError"] * 3


@given(st.text())
def test_json_in_a_script_is_the_text_and_ends_no_script(text: str) -> None:
    written = script_json({"text": visible(text)})

    assert json.loads(written)["text"] == visible(text)
    assert written.isascii()
    assert not set("<>&") & set(written)


@given(st.text())
def test_nothing_unseen_is_left(text: str) -> None:
    assert not re.search(
        "[\x00-\x08\x0e-\x1f\u202a-\u202e\u2066-\u2069\u2028\u2029]", visible(text)
    )
    assert visible(visible(text)) == visible(text)


def test_what_is_unseen_is_spelled_out() -> None:
    assert visible("a\u202eb\x00c\u200b\ufeffd") == "a[U+202E]b[U+0000]c[U+200B][U+FEFF]d"
    assert visible("line\r\nline\tимя חנ 漢字 e\u0301") == "line\nline\tимя חנ 漢字 e\u0301"
