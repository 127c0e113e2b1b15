"""How long the probe takes to start on a host, and what of it travels there.

``python -m benchmarks.probe_start [PROGRAM…]`` starts, in turn, a bare Python, the probe as it is
sent to a host, and each PROGRAM: the probe of an earlier version, from a file (``--write-order`` of
that version writes one). A probe that gets no order ends as soon as it has started. Printed are
CPU seconds, the median of the ratios of each pair, and bytes on the wire. ``--python=PATH`` names
the host's Python, of any version from 3.6 on.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from arc_compliance.collect.backends import LOADER, request_for
from arc_compliance.probe.bundle import bundled

ROUNDS = 40


def main() -> None:
    """Time each in turn and print how they compare."""
    options = argparse.ArgumentParser(description="how long the probe takes to start")
    options.add_argument("programs", metavar="PROGRAM", nargs="*", type=Path)
    options.add_argument("--python", default=sys.executable)
    given = options.parse_args()
    python = [given.python, "-I", "-B"]
    request = request_for(bundled(), b"")
    starts = {
        "bare Python": _start([*python, "-c", "pass"], b""),
        "the probe, as sent": _start([*python, "-c", LOADER], request),
        **{str(one): _start([*python, str(one)], b"") for one in given.programs},
    }
    times: dict[str, list[float]] = {name: [] for name in starts}
    for _ in range(ROUNDS):
        for name, start in starts.items():
            before = _spent()
            start()
            times[name].append(_spent() - before)
    sent = times["the probe, as sent"]
    for name, taken in times.items():
        ratio = statistics.median(a / b for a, b in zip(sent, taken, strict=True))
        print(f"{name:30} {statistics.median(taken):7.3f} s   the probe: {ratio:5.2f} x")
    print(f"on the wire {len(request):,} bytes; the program itself {len(bundled()):,}")
    for one in given.programs:
        print(f"{one}: {one.stat().st_size:,}")


def _spent() -> float:
    """CPU seconds of all that was started: starting is nothing else, and no other load counts."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _start(command: list[str], text: bytes) -> Callable[[], object]:
    """Runs *command* with *text* as its standard input."""

    def run() -> object:
        return subprocess.run(command, input=text, stderr=subprocess.DEVNULL, check=False)

    return run


if __name__ == "__main__":
    main()
