"""The table of options: what is a fixed contract, and what is made from it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arc_compliance.options.readme import with_table
from arc_compliance.options.table import OPTIONS
from selftests.options.command_line import parsed, settings
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]

CONTRACT = {
    "--hosts": None,
    "--cloud": "AzureChinaCloud",
    "--location": None,
    "--phase": "all",
    "--features": None,
    "--scenario": "servers",
    "--private-link": None,
    "--inventory": None,
    "--proxy": "auto",
    "--proxy-bypass": None,
    "--known-gateway": (),
    "--endpoint": (),
    "--service-tags": (),
    "--firewall-allowlist": (),
    "--public-roots": None,
    "--strict-inspection": False,
    "--strict-should": False,
    "--connect-to": (),
    "--connect-timeout": "5",
    "--http-timeout": "15",
    "--host-deadline": "60",
    "--forks": "32",
    "--evidence": None,
    "--resume": False,
    "--write-order": None,
    "--report-dir": "reports",
    "--demo": None,
}
"""What users and their CI rely on; more may be added."""


def test_names_and_defaults_stay_as_they_are() -> None:
    found = {option.name: option.default for option in OPTIONS}

    assert len(found) == len(OPTIONS)
    assert {name: found.get(name, "gone") for name in CONTRACT} == CONTRACT


def test_help_names_each_with_its_default(run_suite: RunSuite) -> None:
    text = " ".join(run_suite("--help").out.split())

    for option in OPTIONS:
        assert f" {option.name}" in text
        if option.ours:
            assert option.help in text.replace("- ", "-")
    assert "limit of a TCP connection (default: 5)" in text
    assert "can be repeated (default: download)" in text
    assert "(default: off)" not in text


def test_readme_has_the_table() -> None:
    page = (ROOT / "README.md").read_text(encoding="utf-8")

    assert page == with_table(page), "write it anew with `make docs`"
    assert all(f"| `{option.written}` |" in page for option in OPTIONS)


def test_the_pages_that_tell_more_are_there() -> None:
    for option in OPTIONS:
        page, _, heading = option.page.partition("#")
        if page:
            text = (ROOT / "docs" / page).read_text(encoding="utf-8")
            headings = [line.lower().replace(" ", "-") for line in text.splitlines()]
            assert not heading or any(one.endswith(f"#-{heading}") for one in headings)


def test_a_report_names_what_differs_from_the_defaults(tmp_path: Path) -> None:
    given = dict(
        settings(
            tmp_path,
            proxy="http://jo:hunter2@proxy:3128",
            known_gateway=["oms:8080", "oms2"],
            strict_should=True,
            phase="install",
            sudo=True,
        ).given
    )

    assert given == {
        "--phase": "install",
        "--strict-should": "True",
        "--proxy": "http://***@proxy:3128",
        "--known-gateway": "oms:8080,oms2",
        "--sudo": "True",
    }
    assert settings(tmp_path).given == ()


@pytest.mark.parametrize("empty", ["features", "private_link", "proxy_bypass"])
def test_an_empty_list_is_as_good_as_none(tmp_path: Path, empty: str) -> None:
    """As a CI's variable that is not set leaves it."""
    found = settings(tmp_path, **{empty: ""})

    assert found.scopes == settings(tmp_path).scopes


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.name)
def test_what_is_not_given_is_not_shown(option: object) -> None:
    assert option.text(parsed()) is None  # type: ignore[attr-defined]
