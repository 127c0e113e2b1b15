"""What measuring a host over ssh costs beside logging into it, in one run and in pairs.

``python -m benchmarks.round_trip`` starts an OpenSSH server and the simulated Azure on loopback,
and times in turn ``ssh host true`` and the suite's own collection of one host, then one curl for
each ordered endpoint by plain testinfra commands, one ssh connection each. It prints seconds and
ratios.
"""

from __future__ import annotations

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import testinfra

from arc_compliance.catalogue import load_catalogue
from arc_compliance.collect.backends import Access
from arc_compliance.collect.fleet import collect
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.lab.azure import SimulatedAzure
from arc_compliance.plan.order import Limits, order_for
from arc_compliance.plan.scope import Scope
from arc_compliance.wire.record import HostRecord
from selftests.conftest import Sshd

PAIRS = 5
CLOUD = "AzureChinaCloud"


def main() -> None:
    """Time the three in turn and print how they compare."""
    catalogue = load_catalogue(CLOUD)
    with tempfile.TemporaryDirectory() as folder, SimulatedAzure(catalogue) as azure:
        sshd = Sshd(Path(folder), ["web01"])
        sshd.start()
        try:
            host = parse_host("ssh://web01")
            access = Access(ssh_config=str(sshd.config))
            order = order_for(
                "web01",
                run="benchmark",
                catalogue=catalogue,
                scope=Scope(cloud=CLOUD),
                limits=Limits(),
                connect_to=(*azure.connect_to, *azure.controls),
                trust_file=str(azure.trust_file),
                user_agent="arc-compliance/benchmark",
            )
            records: list[HostRecord] = []

            def measure() -> None:
                collect(
                    {host: order}, access=access, limits=Limits(), forks=1, measured=records.append
                )

            plain = testinfra.get_host("ssh://web01", ssh_config=str(sshd.config), controlpersist=0)

            mapped = {(name, port): to for name, port, *to in azure.connect_to}

            def plainly() -> None:
                for target in order.targets:
                    name, port = target.name, target.port
                    address, to = mapped[name, port]
                    plain.run(
                        "curl -sk -o /dev/null -m 15 --connect-to %s %s",
                        f"{name}:{port}:{address}:{to}",
                        f"{target.scheme}://{name}/",
                    )

            logins, probes = _in_turn(
                lambda: subprocess.run(["ssh", "-F", sshd.config, "web01", "true"], check=True),
                measure,
            )
            started = time.monotonic()
            plainly()
            commands = time.monotonic() - started
        finally:
            sshd.stop()
    evidence = records[-1].evidence
    assert evidence is not None
    count = len(evidence.measurements)
    curls = len(order.targets)
    print(f"ssh host true                      {logins:7.3f} s")
    print(f"one host, {count:3} endpoints, collected {probes:7.3f} s   {probes / logins:5.1f} x")
    print(
        f"{curls:3} endpoints by testinfra and curl {commands:7.3f} s   {commands / probes:5.1f} x"
    )


def _in_turn(*actions: Callable[[], object]) -> list[float]:
    """The median seconds of each action, run in turn."""
    times: list[list[float]] = [[] for _ in actions]
    for _ in range(PAIRS):
        for action, taken in zip(actions, times, strict=True):
            started = time.monotonic()
            action()
            taken.append(time.monotonic() - started)
    return [statistics.median(taken) for taken in times]


if __name__ == "__main__":
    main()
