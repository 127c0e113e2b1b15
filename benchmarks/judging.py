"""What judging a case costs beside a test that does nothing, in one run and in pairs.

``python -m benchmarks.judging [hosts]`` copies the golden evidence under as many host names,
judges it through the suite with all its reports, and runs as many trivial tests with JUnit and
HTML reports. It prints seconds, memory and the ratios of each pair, and their medians.
"""

from __future__ import annotations

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = ROOT / "selftests" / "runs" / "golden" / "healthy" / "evidence.json"
TRIVIAL = "import pytest\n@pytest.mark.parametrize('case', range({}))\ndef test_it(case): pass\n"
PAIRS = 3
QUIET = ("-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest")


def main(hosts: int) -> None:
    """Run the pairs and print what they cost."""
    with tempfile.TemporaryDirectory() as folder:
        evidence = Path(folder) / "evidence"
        evidence.mkdir()
        record = json.loads(GOLDEN.read_text(encoding="utf-8"))
        for number in range(hosts):
            text = json.dumps({**record, "host": f"web{number}"})
            (evidence / f"web{number}.json").write_text(text)
        ours = [f"--evidence={evidence}", f"--report-dir={folder}/reports"]
        cases = _cases(_run(ROOT, *ours)[2])
        (Path(folder) / "test_trivial.py").write_text(TRIVIAL.format(cases))
        theirs = [f"--junit-xml={folder}/j.xml", f"--html={folder}/h.html", "test_trivial.py"]
        print(f"{hosts} hosts, {cases} cases; seconds, MB")
        pairs = []
        for _ in range(PAIRS):
            mine, trivial = _run(ROOT, *ours), _run(Path(folder), *theirs)
            pairs.append((mine[0] / trivial[0], mine[1] / trivial[1]))
            print(
                f"  judged {mine[0]:6.1f} s {mine[1]:5.0f} MB   trivial {trivial[0]:6.1f} s "
                f"{trivial[1]:5.0f} MB   ratio {pairs[-1][0]:.2f} {pairs[-1][1]:.2f}"
            )
        time_ratio, memory_ratio = (
            statistics.median(column) for column in zip(*pairs, strict=True)
        )
        print(f"median ratio: time {time_ratio:.2f}, memory {memory_ratio:.2f}")


def _run(folder: Path, *arguments: str) -> tuple[float, float, str]:
    """Seconds, peak memory in MB, and output of a pytest run in *folder*."""
    started = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *QUIET, *arguments], cwd=folder, stdout=out
        )
        _, _, usage = os.wait4(process.pid, 0)
        process.returncode = 0
        out.seek(0)
        text = out.read().decode()
    return time.monotonic() - started, usage.ru_maxrss / 1024, text


def _cases(out: str) -> int:
    """How many tests a run had, by its last line."""
    return sum(int(n) for n in re.findall(r"(\d+) (?:passed|failed|skipped|error)", out))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
