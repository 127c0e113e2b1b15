"""What the page says of a requirement and of a waiver, once for all hosts."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.compliance import UseState, WaiverUse
from arc_compliance.report.page.build import page_model
from arc_compliance.report.page.render import render_page
from selftests.report.conftest import Open
from selftests.report.page.fleet import Fleet, fleet


def test_an_id_leads_to_its_requirement_and_that_to_its_causes(
    open_page: Open, thirty: str
) -> None:
    page = open_page(thirty)
    page.locator("#change details summary").first.click()
    page.locator('#change a.about[href="#about-urls/his"]').first.click()

    about = page.locator('[id="about-urls/his"]')
    assert about.locator("dl").is_visible()
    assert "How it is judged" in about.inner_text()
    about.get_by_role("link", name="what each means").click()
    assert "connect-timeout" in page.locator("#causes dl").inner_text()


def test_an_address_with_an_id_opens_it(open_page: Open, thirty: str) -> None:
    page = open_page(thirty, "#about-tls/1.2")

    assert page.locator('[id="about-tls/1.2"] dl').is_visible()


def test_an_address_that_means_nothing_does_no_harm(open_page: Open, one: str) -> None:
    page = open_page(one, "#about-%E0%A4%A")

    assert page.locator("h1").is_visible()


def test_the_drawer_tells_how_a_case_is_judged(open_page: Open, one: str) -> None:
    page = open_page(one)
    page.locator("#grid td.tone-fail, #grid td.tone-warn").first.click()

    page.locator("#drawer summary", has_text="How it is judged").click()

    assert "Can fail by" in page.locator("#drawer").inner_text()


def test_requirements_stand_on_the_page_once(one: str, thousand: str) -> None:
    for page in (one, thousand):
        assert page.count('id="about-urls/his"') == 1


def _page(made: Fleet) -> str:
    return render_page(page_model(made.report, made.catalogue, made.strips, around=made.around))


def _waived(made: Fleet) -> Fleet:
    """*made* with its failures waived."""
    words = "until 2027-01-31, approved by J. Doe: <b>known</b> (w.yaml, waiver 1)"
    results = tuple(
        replace(
            one,
            judgement=replace(
                one.judgement,
                verdict=Verdict.WAIVED,
                verdict_without_waiver=Verdict.FAIL,
                waiver=words,
            ),
        )
        if one.judgement.verdict is Verdict.FAIL and one.judgement.host
        else one
        for one in made.report.results
    )
    use = WaiverUse(
        number=1,
        state=UseState.ACTIVE,
        requirement="*",
        hosts=("*",),
        rows=(),
        reason="<b>known</b>",
        approved_by="J. Doe",
        expires="2027-01-31",
        cases=("a", "b"),
    )
    late = replace(use, number=2, state=UseState.EXPIRED, expires="2026-01-31", cases=())
    return replace(made, report=replace(made.report, results=results, waivers=(use, late)))


def test_a_waived_case_shows_the_waiver_and_what_it_would_be(open_page: Open) -> None:
    page = open_page(_page(_waived(fleet(1))))

    page.locator("#grid td.tone-waived").first.click()

    told = page.locator("#drawer").inner_text()
    assert "until 2027-01-31, approved by J. Doe: <b>known</b> (w.yaml, waiver 1)" in told
    assert "Without the waiver" in told
    assert "Failed" in told
    page.keyboard.press("Escape")
    section = page.locator("#waivers").inner_text()
    assert section.index("Expired: Waiver 2") < section.index("Active: Waiver 1")
