"""What judging a case costs beside a test that does nothing, in one run and in pairs.

``python -m benchmarks.judging [hosts]`` judges a simulated fleet's evidence through the suite with
all its reports, and runs as many trivial tests with JUnit and HTML reports. It prints processor
time (user and system), peak memory and the ratios of each pair, and their medians. The same for
``--collect-only``, of one host and of all.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from benchmarks.simulated_fleet import ROOT, simulated_fleet
from selftests.conftest import clean_environment

HOSTS = 200
PAIRS = 3
TRIVIAL = "import pytest\n@pytest.mark.parametrize('case', range({}))\ndef test_it(case): pass\n"
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process used: seconds of processor time and MB of memory at its peak."""

    seconds: float
    megabytes: float


def main(hosts: int) -> None:
    """Run the pairs and print what they cost."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        ours = [*simulated_fleet(folder, hosts), f"--report-dir={folder / 'reports'}"]
        cases = _count(_run(ROOT, *ours)[1])
        print(f"{hosts} hosts, {cases} cases; processor time and peak memory")
        reports = [f"--junit-xml={folder / 'j.xml'}", f"--html={folder / 'h.html'}"]
        _compare("judged", ours, [_trivial(folder, cases), *reports], folder)
        for count in (1, hosts):
            what = f"collected, {count} host{'s'[: count > 1]}"
            named = ",".join(f"ssh://web{number}" for number in range(count))
            theirs = [_trivial(folder, cases // hosts * count), "--collect-only"]
            _compare(what, [f"--hosts={named}", "--collect-only"], theirs, folder)


def _trivial(folder: Path, tests: int) -> str:
    """The file in *folder* that now holds so many trivial tests."""
    path = folder / "test_trivial.py"
    path.write_text(TRIVIAL.format(tests))
    return path.name


def _compare(what: str, ours: list[str], theirs: list[str], folder: Path) -> None:
    """Print the cost of our run and of the trivial one, in turn."""
    pairs = [(_run(ROOT, *ours)[0], _run(folder, *theirs)[0]) for _ in range(PAIRS)]
    for mine, trivial in pairs:
        print(
            f"  {what} {mine.seconds:7.2f} s {mine.megabytes:5.0f} MB   "
            f"trivial {trivial.seconds:7.2f} s {trivial.megabytes:5.0f} MB   "
            f"ratio {mine.seconds / trivial.seconds:.2f} {mine.megabytes / trivial.megabytes:.2f}"
        )
    seconds = statistics.median(mine.seconds / trivial.seconds for mine, trivial in pairs)
    megabytes = statistics.median(mine.megabytes / trivial.megabytes for mine, trivial in pairs)
    beyond = statistics.median(mine.seconds - trivial.seconds for mine, trivial in pairs)
    print(
        f"{what}: {seconds:.2f} x the processor time ({beyond:+.2f} s), {megabytes:.2f} x the "
        "memory (medians)"
    )


def _run(folder: Path, *arguments: str) -> tuple[Cost, str]:
    """The cost and the output of a pytest run in *folder*."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *QUIET, *arguments],
            cwd=folder,
            stdout=out,
            env=clean_environment(),
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode()
    if process.returncode != 0:
        raise SystemExit(f"pytest in {folder} ended with {process.returncode}:\n{text[-3000:]}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), text


def _count(out: str) -> int:
    """How many tests a run had, by its last line."""
    return sum(int(n) for n in re.findall(r"(\d+) (?:passed|skipped|xfailed)", out))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else HOSTS)
