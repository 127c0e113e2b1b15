"""The pages for people: every link leads somewhere, and no page or decision is left unlinked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from selftests.suite_run import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^()\s]+)\)")
_CODE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def links(page: Path) -> list[tuple[Path, str]]:
    """The files of ours that *page* links, each with the heading in it."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    targets = [one.partition("#") for one in _LINK.findall(text) if "://" not in one]
    return [((page.parent / path).resolve() if path else page, to) for path, _, to in targets]


def anchors(page: Path) -> set[str]:
    """The headings of *page* as GitHub and GitLab address them."""
    text = _CODE.sub("", page.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    plain = (re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", one).strip().lower() for one in headings)
    return {re.sub(r"[^\w\- ]", "", one).replace(" ", "-") for one in plain}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    missing = [str(path) for path, _ in links(page) if not path.exists()]
    unknown = [f"{path.name}#{to}" for path, to in links(page) if to and to not in anchors(path)]

    assert missing == []
    assert unknown == []


def test_every_page_is_linked_from_readme_in_two_clicks_at_most() -> None:
    first = {path for path, _ in links(ROOT / "README.md") if path.suffix == ".md"}
    second = {path for page in first for path, _ in links(page)}

    assert {page for page in PAGES if page.name != "README.md"} <= first | second


def test_every_decision_is_in_the_list_by_date() -> None:
    folder = ROOT / "docs" / "decisions"
    text = (folder / "README.md").read_text(encoding="utf-8")
    listed = re.findall(r"^\| \S+ \| \[[^]]+\]\(([^)]+)\)", text, re.MULTILINE)

    assert sorted(listed) == sorted(one.name for one in folder.glob("2*.md"))
    assert [name[:10] for name in listed] == sorted(name[:10] for name in listed)
    assert all(f"| {name[:10]} | " in text for name in listed)
