"""Runs that are sealed, and runs that are compared with earlier ones, as a user starts them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]


def verified(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "arc_compliance", "verify", str(path)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_run_is_sealed_and_judged_anew(run_suite: RunSuite, tmp_path: Path, workers: str) -> None:
    path = tmp_path / "run.zip"
    rules = tmp_path / "allowed.txt"
    rules.write_text("192.0.2.0/24\n")

    run = run_suite(
        "--demo=faulty", workers, f"--bundle={path}", f"--firewall-allowlist={rules}", "--oscal"
    )

    assert run.code == 1
    assert f"report: {path}" in run.out
    done = verified(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"judged anew, offline: all {len(run.cases) - 1} verdicts are the same" in done.stdout


def test_evidence_judged_anew_is_sealed_with_its_fleet(run_suite: RunSuite, tmp_path: Path) -> None:
    path = tmp_path / "run.zip"

    run = run_suite(*saved_fleet(tmp_path), f"--bundle={path}", "-k", "web01 or web03")

    assert run.code in (1, 6)
    done = verified(path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "evidence/web02.json" not in path.read_bytes().decode("latin-1")


def test_an_earlier_run_in_the_same_folder_is_compared_with(run_suite: RunSuite) -> None:
    first = run_suite("--demo=faulty")

    run = run_suite("--demo=faulty", f"--compare={first.reports}", "--fail-on=new")

    assert (first.code, run.code) == (1, 0)
    failing = sum(case["verdict"] == "fail" for case in run.cases[:-1])
    assert len(run.json["comparison"]["still_failing"]) == failing > 0
    assert run.json["comparison"]["newly_failing"] == []
    assert f" {failing} still failing" in run.out
    assert (
        "--fail-on=new: no failure is new, so the exit code is 0; the run is non-compliant"
        in run.out
    )
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert f"Since run {run.json['comparison']['run']}" in page


def test_a_new_failure_fails(run_suite: RunSuite, tmp_path: Path) -> None:
    run_suite("--demo")
    earlier = tmp_path / "earlier"
    (tmp_path / "reports").rename(earlier)

    run = run_suite("--demo=faulty", f"--compare={earlier / 'compliance.json'}", "--fail-on=new")

    assert run.code == 1
    assert run.json["comparison"]["still_failing"] == []
    assert "  newly failing: local: " in run.out
    seen = {one["what"] for one in run.json["comparison"]["seen"]}
    assert seen >= {"issuer"}


def bad_previous(folder: Path) -> list[str]:
    (folder / "compliance.json").write_text("<html>")
    return [f"--compare={folder}"]


def not_a_bundle(folder: Path) -> list[str]:
    (folder / "thesis.zip").write_text("years of work")
    return [f"--bundle={folder / 'thesis.zip'}"]


def no_key(folder: Path) -> list[str]:
    (folder / "key").write_text("no key")
    return [f"--bundle={folder / 'run.zip'}", f"--bundle-key={folder / 'key'}"]


WRONG = {
    "a previous report that is none": (bad_previous, "--compare: ", "is not JSON"),
    "a file that is no bundle": (not_a_bundle, "--bundle: ", "is there and is not a bundle"),
    "a key that is none": (no_key, "--bundle-key: ", "signs nothing here"),
    "a key without a bundle": (
        lambda folder: [f"--bundle-key={folder}"],
        "--bundle-key: ",
        "name its file with --bundle",
    ),
    "new since nothing": (lambda _: ["--fail-on=new"], "--fail-on: ", "new since when?"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_cannot_be_used_ends_the_run_before_it_begins(
    run_suite: RunSuite, tmp_path: Path, what: str
) -> None:
    arguments, option, words = WRONG[what]

    run = run_suite("--demo", *arguments(tmp_path))

    assert run.code == 4
    line = next(line for line in run.err.splitlines() if line.startswith(f"ERROR: {option}"))
    assert words in line
    page = run.reports / "report.html"
    assert not page.exists() or "<h1>Nothing was judged</h1>" in page.read_text(encoding="utf-8")
    assert not (tmp_path / "thesis.zip").exists() or (tmp_path / "thesis.zip").read_text()


def test_a_run_that_is_cut_off_leaves_no_old_bundle(run_suite: RunSuite, tmp_path: Path) -> None:
    path = tmp_path / "run.zip"
    run_suite("--demo", f"--bundle={path}", "tests_tls")
    assert path.exists()
    (tmp_path / "stopping.py").write_text(
        "import os, pytest\n"
        "@pytest.hookimpl(trylast=True)\n"
        "def pytest_runtest_setup(item):\n"
        "    os._exit(9)\n"
    )

    run = run_suite(
        "--demo", f"--bundle={path}", "-p", "stopping", env={"PYTHONPATH": str(tmp_path)}
    )

    assert run.code == 9
    assert not path.exists()
    overall = json.loads((run.reports / "compliance.json").read_text(encoding="utf-8"))["overall"]
    assert overall == "incomplete"


def test_a_part_that_leaves_something_out_is_sealed_as_incomplete(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    bundle = tmp_path / "sealed.zip"
    run = run_suite("--demo", "-k", "urls", f"--bundle={bundle}")
    assert (run.code, run.json["overall"]) == (6, "incomplete")

    checked = verified(bundle)

    assert checked.returncode == 0, checked.stdout
    assert ", incomplete (simulated)\npartial: 14 of 88 cases (-k urls)\n" in checked.stdout


def test_a_part_by_itself_is_sealed_as_such(run_suite: RunSuite, tmp_path: Path) -> None:
    bundle = tmp_path / "sealed.zip"
    run_suite("--demo", "-k", "urls", "--partial-ok", f"--bundle={bundle}")

    checked = verified(bundle)

    assert checked.returncode == 0, checked.stdout
    assert ", compliant (simulated)\npartial: " in checked.stdout


def test_only_what_was_judged_is_said_to_be_the_same(run_suite: RunSuite, tmp_path: Path) -> None:
    bundle = tmp_path / "sealed.zip"
    run = run_suite("--demo=faulty", "--maxfail=1", f"--bundle={bundle}")
    judged = run.json["header"]["judged"] - 1
    assert judged < 88

    assert f"judged anew, offline: all {judged} verdicts are the same" in verified(bundle).stdout
