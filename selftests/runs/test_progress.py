"""How far a run is: a letter for each case of a few hosts, a few lines for a fleet."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from fixtures.progress import MOST_LINES, is_told
from selftests.conftest import clean_environment, loopback_tags
from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]

TWELVE = {f"web{n:02}": "faulty" if n % 6 == 0 else "healthy" for n in range(1, 13)}


@pytest.mark.parametrize("total", [1, 6, 10, 11, 30, 999, 1000, 86_000])
def test_so_many_lines_at_most_and_the_last_is_one(total: int) -> None:
    told = [done for done in range(1, total + 1) if is_told(done, total)]

    assert len(told) == min(total, MOST_LINES)
    assert told[-1] == total


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_fleet_is_counted_in_hosts(run_suite: RunSuite, tmp_path: Path, workers: str) -> None:
    run = run_suite(*saved_fleet(tmp_path, TWELVE), workers)

    told = run.out.partition("collected")[2].partition("====")[0] or run.out
    lines = [line for line in told.splitlines() if line.startswith("judged ")]
    assert lines[-1] == "judged 12 of 12 hosts, 2 failing so far"
    assert len(lines) == MOST_LINES
    assert "....." not in run.out
    assert "\n12 hosts: 10 compliant, 2 failing\n" in run.out


def test_verbose_is_as_pytest_has_it(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path, TWELVE), "-v")

    assert run.out.count(" PASSED ") == run.counts()["pass"]
    assert "judged " not in run.out


def test_quiet_is_the_verdict_and_the_work(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path, TWELVE), "-q")

    assert "judged " not in run.out
    assert run.out.strip("=\n ").startswith("Not compliant")


@pytest.mark.parametrize("colours", [True, False])
def test_a_terminal_gets_a_bar_and_colours_unless_told_otherwise(
    tmp_path: Path,
    colours: bool,
) -> None:
    options = [*saved_fleet(tmp_path, TWELVE), f"--service-tags={loopback_tags(tmp_path)}"]

    out = _on_a_terminal(tmp_path, options, {} if colours else {"NO_COLOR": "1"})

    assert "judging" in out
    assert "12/12" in out
    assert ("\x1b[31m" in out) is colours
    assert "FAIL" in out


def _on_a_terminal(folder: Path, options: list[str], env: dict[str, str]) -> str:
    """What a run writes to a terminal."""
    ours, its = pty.openpty()
    command = [sys.executable, "-m", "pytest", f"--report-dir={folder / 'reports'}", *options]
    with subprocess.Popen(
        [*command, "-p", "no:cacheprovider"],
        cwd=ROOT,
        stdin=its,
        stdout=its,
        stderr=its,
        env={**clean_environment(), "TERM": "xterm", "COLUMNS": "80", **env},
    ):
        os.close(its)
        written = b""
        while True:
            try:
                written += os.read(ours, 65536)
            except OSError:  # it has ended
                break
    os.close(ours)
    return written.decode()
