"""Fleets whose ssh is a script: each host answers as its name says, without a network.

``healthy-*`` runs the probe's loader here with an order for names that do not exist; what it
measures costs a tenth of a second.
"""

from __future__ import annotations

import contextlib
import subprocess
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from arc_compliance.collect.backends import Access, command_line, request_for
from arc_compliance.collect.fleet import collect
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.plan.order import Limits
from arc_compliance.probe.bundle import bundled
from arc_compliance.wire.order import Order
from arc_compliance.wire.record import HostRecord
from selftests.probe import peers

SSH = """#!/bin/sh
for argument; do host=$name; name=$argument; done
case $host in
  saved*) exec cat "${0%/*}/$host" ;;
  healthy*) exec /bin/sh -c "$name" ;;
  hanging*) exec sleep 600 ;;
  mute*) exec >&- 2>&-; exec sleep 600 ;;
  holding-errors*) sleep 600 2>&2 >/dev/null & exec /bin/sh -c "$name" ;;
  holding-output*) sleep 600 & exec /bin/sh -c "$name" ;;
  dripping*) while :; do printf x; sleep 0.2; done ;;
  flooding*) exec cat /dev/zero ;;
  chattering*) exec cat /dev/zero >&2 ;;
  dead*) echo "ssh: connect to host $host port 22: No route to host" >&2; exit 255 ;;
  slow*) sleep 1; exec /bin/sh -c "$name" ;;
  begun*) echo -----ARC-COMPLIANCE STARTED-----; exec sleep 600 ;;
  *) echo "what is $host?" >&2; exit 255 ;;
esac
"""


def fake_ssh(directory: Path) -> Path:
    """A folder for PATH in which ``ssh`` is the script."""
    directory.mkdir(exist_ok=True)
    ssh = directory / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    return directory


def order_of(name: str) -> Order:
    """The order for the host *name*: one name that does not exist."""
    asked = peers.order(peers.target("missing.invalid"), run="fakes", host=name)
    return Order.model_validate(asked)


def save_answers(directory: Path, names: Iterable[str]) -> None:
    """Have each host called ``saved*`` answer at once with what a healthy one says."""
    for name in names:
        command = command_line(parse_host("local://"), Access(), Limits())
        request = request_for(bundled(), order_of(name).as_json().encode("ascii"))
        said = subprocess.run(
            ["/bin/sh", "-c", command], input=request, capture_output=True, check=True, timeout=30
        )
        (directory / name).write_bytes(said.stdout)


def measured(
    names: Iterable[str],
    *,
    forks: int = 32,
    limits: Limits | None = None,
    keep: Callable[[HostRecord], None] = lambda _: None,
    told: Callable[[HostRecord], None] = lambda _: None,
) -> dict[str, HostRecord]:
    """The record of each host, which came exactly once."""
    records: list[HostRecord] = []

    def tell(record: HostRecord) -> None:
        told(record)
        records.append(record)

    collect(
        {parse_host(f"ssh://{name}"): order_of(name) for name in names},
        access=Access(),
        limits=limits or Limits(connect=1, deadline=20),
        forks=forks,
        keep=keep,
        measured=tell,
    )
    by_name = {record.host: record for record in records}
    assert len(by_name) == len(records)
    return by_name


def outcome(record: HostRecord) -> str:
    """``measured``, or the cause of the failure."""
    return record.failure.cause if record.failure else "measured"


def children() -> set[int]:
    """The processes that this one has started and that are there, zombies included."""
    path = f"/proc/self/task/{threading.main_thread().native_id}/children"
    return set(map(int, Path(path).read_text().split()))


def descriptors() -> set[str]:
    """What this process has open."""
    found = set()
    for entry in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(f"{entry.name} {entry.readlink()}")
    return found
