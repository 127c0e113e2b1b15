"""What hostile hosts cost a fleet: the same healthy hosts, measured without and with them.

``python -m benchmarks.hostile_fleet [HOSTS]`` measures a fleet through a fake ssh, which runs the
probe on this machine for a healthy host, and for three in ten hangs, drips, floods, closes its
output, refuses, or holds its pipes open. It prints seconds, and how often the time of the healthy
hosts alone the whole fleet took beyond one deadline, which the slowest host takes by itself. It
ends with 1 where a host is lost or anything is left behind.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path

from arc_compliance.plan.order import Limits
from arc_compliance.wire.record import HostRecord, save_record
from selftests.collect.fleet_of_fakes import children, descriptors, fake_ssh, measured, outcome

HOSTILE_PART = 0.3
KINDS = ("hanging", "begun", "dripping", "mute", "flooding", "chattering", "dead", "holding-output")
MEASURED = ("healthy", "holding-output")
LIMITS = Limits(connect=5, deadline=30)
FORKS = 32


def main(hosts: int) -> int:
    """Measure both fleets and print how they compare; how many things went wrong."""
    hostile = round(hosts * HOSTILE_PART)
    healthy = [f"healthy-{number}" for number in range(hosts - hostile)]
    fleet = [*healthy, *(f"{KINDS[number % len(KINDS)]}-{number}" for number in range(hostile))]
    random.Random(1).shuffle(fleet)  # noqa: S311 - the same order each time
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PATH"] = f"{fake_ssh(Path(folder))}:{os.environ['PATH']}"
        evidence = Path(folder) / "evidence"
        evidence.mkdir()

        def keep(record: HostRecord) -> None:
            save_record(evidence, record)

        measured(["healthy-first"], keep=keep)  # imports, and what is made once
        (evidence / "healthy-first.json").unlink()
        before, threads = descriptors(), threading.active_count()
        started = time.monotonic()
        alone = measured(healthy, forks=FORKS, limits=LIMITS, keep=keep)
        without = time.monotonic() - started
        started = time.monotonic()
        found = measured(fleet, forks=FORKS, limits=LIMITS, keep=keep)
        among = time.monotonic() - started
        wrong = [
            *(f"{name} without a record" for name in {*healthy} - {*alone} | {*fleet} - {*found}),
            *(f"{n}: {r.failure}" for n, r in {**alone, **found}.items() if _is_lost(n, r)),
            *(f"process {pid} left" for pid in children()),
            *(f"{one} left open" for one in descriptors() - before),
            *(["a thread left"] if threading.active_count() > threads else []),
            *(f"{one.name} left" for one in evidence.iterdir() if one.stem not in found),
        ]
    beyond = max(0.0, among - LIMITS.deadline)
    last = max(record.collected for record in found.values() if record.host.startswith("healthy"))
    part = last - min(record.collected for record in found.values())
    print(f"{len(healthy):4} healthy hosts               {without:7.2f} s")
    print(f"{len(fleet):4} hosts, {hostile} of them hostile   {among:7.2f} s")
    print(
        f"     beyond one deadline, {LIMITS.deadline:g} s {beyond:7.2f} s {beyond / without:6.2f} x"
    )
    print(f"     the healthy ones among them {part:7.2f} s {part / without:6.2f} x")
    print("\n".join(wrong) or "nothing lost, nothing left behind")
    return len(wrong)


def _is_lost(name: str, record: HostRecord) -> bool:
    return name.startswith(MEASURED) != (outcome(record) == "measured")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200) > 0)
