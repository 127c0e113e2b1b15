"""report.html as a run writes it: pytest-html's rows in our page, and nothing stale."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.report.conftest import Open
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


@pytest.fixture
def faulty(run_suite: RunSuite) -> SuiteRun:
    """The report of the faulty demo."""
    return run_suite("--demo=faulty")


def _page(run: SuiteRun) -> str:
    return (run.reports / "report.html").read_text(encoding="utf-8")


def test_every_test_has_a_row_that_leads_to_its_case(faulty: SuiteRun, open_page: Open) -> None:
    page = open_page(_page(faulty))
    page.locator("#rows summary").click()

    rows = page.locator("#results tbody tr")
    assert rows.count() == int(faulty.properties["planned"])
    assert page.locator("#results thead th").all_inner_texts() == [
        "pytest",
        "Requirement",
        "Host",
        "Endpoint",
        "Verdict",
    ]
    verdicts = page.locator("#results tbody td:last-child").all_inner_texts()
    assert verdicts[:5] == ["fail"] * 5
    page.get_by_label("Passed").uncheck()
    assert rows.filter(visible=True).count() == faulty.counts().total() - faulty.counts()["pass"]
    page.locator("#results").get_by_role("link", name="urls/his").click()
    drawer = page.get_by_role("dialog").inner_text()
    assert "The name does not exist for this host" in drawer
    assert "gbl.his.arc.azure.cn port 443" in " ".join(drawer.split())


def test_the_verdict_and_each_failure_stand_in_plain_html(faulty: SuiteRun) -> None:
    before_scripts = _page(faulty).partition("<script")[0]

    assert "Not compliant" in before_scripts
    for case in faulty.cases:
        if case["verdict"] == "fail" and case["requirement"] != "run/overall":
            assert f'<code class="id">{case["cause"]}</code>' in before_scripts
            assert f'<code class="id">{case["requirement"]}</code>' in before_scripts


def test_files_beside_the_page_are_there(
    run_suite: RunSuite, open_page: Open, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere" / "page.html"

    run = run_suite("--demo", f"--html={elsewhere}")

    page = open_page(elsewhere.read_text(encoding="utf-8"), "#host=local")
    links = page.locator(".files a, .drawer a").evaluate_all(
        "(all) => all.map((one) => one.getAttribute('href'))"
    )
    found = [(elsewhere.parent / link).resolve() for link in links]
    assert found == [
        run.reports.resolve() / name
        for name in ("junit.xml", "compliance.json", "firewall-request.csv", "evidence/local.json")
    ]
    assert all(path.is_file() for path in found)
    assert [path.name for path in elsewhere.parent.iterdir()] == ["page.html"]


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
    assert "<h1>Incomplete</h1>" in _page(run)
    assert run.json["overall"] == "incomplete"
    assert run.properties["overall"] == "incomplete"
    assert run.cases[0]["outcome"] == "failure"
