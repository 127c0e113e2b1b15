"""A real Chromium for the page's tests, which complains of everything that a page must not do."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from selftests.conftest import needs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@dataclass
class Opened:
    """A page in the browser, and what it did that nobody saw."""

    page: Any
    owner: Any
    attacks: bool
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


Open = Callable[..., Any]


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Debian's Chromium, driven by Playwright, which brings none of its own here."""
    needs(CHROMIUM, "chromium")
    needs(importlib.util.find_spec("playwright"), "playwright")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def usual(browser: Any) -> Iterator[Any]:
    """A window as most people have one."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    context.close()


@pytest.fixture
def open_page(browser: Any, usual: Any, tmp_path: Path) -> Iterator[Open]:
    """Opens a page from a file, in a window of 1280 by 800; in the end it has asked for nothing but
    itself, and neither script nor policy has complained, unless the test attacks it."""
    opened: list[Opened] = []

    def open_it(html: str, address: str = "", *, attacks: bool = False, **options: Any) -> Any:
        file = tmp_path / f"report-{len(opened)}.html"
        file.write_text(html, encoding="utf-8")
        size = {"width": 1280, "height": 800}
        context = browser.new_context(viewport=size, **options) if options else usual
        one = Opened(page=context.new_page(), owner=context if options else None, attacks=attacks)
        opened.append(one)
        one.page.on("request", lambda request: one.requests.append(request.url))
        one.page.on("console", lambda message: one.complaints.append(message.text))
        one.page.on("pageerror", lambda error: one.complaints.append(str(error)))
        one.page.goto(file.as_uri() + address)
        return one.page

    yield open_it
    for one in opened:
        itself = one.page.url.partition("#")[0]
        assert {url.partition("#")[0] for url in one.requests} == {itself}
        assert bool(one.complaints) is one.attacks, one.complaints
        (one.owner or one.page).close()
