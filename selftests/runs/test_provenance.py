"""Every output says which edition of the document was used, and who ran the suite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from arc_compliance.catalogue import CLOUDS, load_catalogue
from selftests.report.test_operator import GITHUB, SHA
from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


def test_every_catalogue_names_its_edition() -> None:
    for cloud in CLOUDS:
        assert load_catalogue(cloud).edition is not None


def test_edition_and_operator_stand_in_every_output(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path), env=GITHUB)

    header = run.json["header"]
    assert header["edition"] == {
        "publisher": "Azure operated by 21Vianet",
        "title": "Connected Machine agent network requirements",
        "cloud": "AzureChinaCloud",
        "dated": "",
        "read": "2026-11-22",
    }
    assert header["operator"] == {
        "who": "GitHub Actions for octocat",
        "job": "corp/arc nightly compliance 17",
        "url": "https://github.com/corp/arc/actions/runs/9001",
        "commit": SHA,
    }
    assert run.properties["edition"] == (
        "Azure operated by 21Vianet, Connected Machine agent network requirements, "
        "AzureChinaCloud, undated edition, read on 2026-11-22"
    )
    assert run.properties["operator"] == "GitHub Actions for octocat"
    assert run.properties["commit"] == SHA
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "Undated edition, read 22 November 2026" in page
    assert "GitHub Actions for octocat" in page
    assert "undated edition, read on 2026-11-22" in run.out
    assert "run by: GitHub Actions for octocat, corp/arc nightly compliance 17" in run.out


def test_each_host_is_a_suite_with_its_time(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path))

    hosts = [suite.hostname for suite in run.suites]
    assert hosts == ["web01", "web02", "web03", "web04", "localhost"]
    collected = {host["label"]: host["collected"] for host in run.json["hosts"]}
    started = run.json["header"]["started"]
    for suite in run.suites:
        assert suite.timestamp == (collected.get(suite.hostname) or started)
        assert suite.timestamp.endswith("+00:00")
        assert len(list(suite)) == suite.tests
    assert {case["host"] for case in run.cases[:-1]} == set(hosts[:-1])
    assert run.cases[-1]["requirement"] == "run/overall"


def test_the_inventory_groups_hosts_on_the_page(run_suite: RunSuite, tmp_path: Path) -> None:
    evidence, location = saved_fleet(tmp_path)
    inventory = tmp_path / "hosts.yaml"
    inventory.write_text(
        "groups:\n  beijing: {hosts: [ssh://web01, ssh://web02]}\n"
        "  shanghai: {hosts: [ssh://web03]}\nhosts: [ssh://web04]\n",
        encoding="utf-8",
    )

    run = run_suite(evidence, location, f"--inventory={inventory}")

    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "<small>beijing</small>" in page
    assert "<small>shanghai</small>" in page
