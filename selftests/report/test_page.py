"""report.html in a real browser: it loads alone, shows every case, and works without scripts."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.conftest import needs
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --virtual-time-budget=5000 --dump-dom"
)


def _dom(page: Path, profile: Path, *flags: str) -> str:
    """The page's elements after its scripts ran, as Chromium has them."""
    needs(CHROMIUM, "chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [
            str(CHROMIUM),
            *FLAGS.split(),
            *sandbox,
            *flags,
            f"--user-data-dir={profile}",
            page.as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    return done.stdout


@pytest.fixture
def faulty(run_suite: RunSuite) -> SuiteRun:
    """The report of the faulty demo."""
    return run_suite("--demo=faulty")


def test_every_case_has_a_row_in_a_browser(faulty: SuiteRun, tmp_path: Path) -> None:
    dom = _dom(faulty.reports / "report.html", tmp_path / "profile")

    rows = re.findall(r'<td class="col-verdict verdict-[a-z-]+">([a-z-]+)</td>', dom)
    assert len(rows) == int(faulty.properties["planned"])
    assert rows[:4] == ["fail"] * 4
    heads = re.findall(r'data-column-type="([a-z]+)"', dom.partition("<thead")[2])
    assert heads == ["result", "requirement", "host", "endpoint", "verdict"]


def test_nothing_stands_out_of_a_narrow_window(faulty: SuiteRun, tmp_path: Path) -> None:
    measuring = "addEventListener('load', () => document.body.replaceChildren(`wide: ${Math.max("
    measuring += "0, document.documentElement.scrollWidth - innerWidth)} more`))"
    page = faulty.reports / "report.html"
    page.write_text(page.read_text(encoding="utf-8") + f"<script>{measuring}</script>")

    assert "wide: 0 more" in _dom(page, tmp_path / "profile", "--window-size=1000,800")


def test_the_verdict_and_each_failure_stand_in_plain_html(faulty: SuiteRun) -> None:
    page = (faulty.reports / "report.html").read_text(encoding="utf-8")

    before_scripts = page.partition("<script")[0]
    assert "Not compliant" in before_scripts
    for case in faulty.cases:
        if case["verdict"] == "fail" and case["requirement"] != "run/overall":
            assert f"fail: {case['cause']}" in before_scripts
    assert before_scripts.count("<dt>Remedy</dt>") == faulty.counts()["fail"] - 1
    loaded = re.findall(r"(?:src|href)=\"(?!https://pypi)([^\"]+)\"", page)
    assert [one for one in loaded if not one.startswith(("data:", "#"))] == []


def test_the_run_replaces_an_old_green_report_from_its_start(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    (tmp_path / "crash.py").write_text(
        "import os\n"
        "def pytest_runtest_call(item):\n"
        "    if 'urls/login-partner' in item.name: os._exit(9)\n"
    )
    run_suite("--demo")

    run = run_suite("--demo", "-p", "crash", env={"PYTHONPATH": str(tmp_path)})

    assert run.code == 9
    assert "<h1>Incomplete</h1>" in (run.reports / "report.html").read_text(encoding="utf-8")
    assert run.json["overall"] == "incomplete"
    assert run.properties["overall"] == "incomplete"
    assert run.cases[0]["outcome"] == "failure"
