"""Forty hosts measured at once behind one name server (field case 24)."""

from __future__ import annotations

from pathlib import Path

from arc_compliance.hosts.addresses import parse_host
from arc_compliance.plan.scope import Scope
from arc_compliance.wire.evidence import Measurement
from selftests.lab.measuring import CATALOGUE, measure_hosts
from selftests.lab.network import Network
from selftests.lab.real_clients import Patience, go
from selftests.lab.situations import PATIENT
from selftests.lab.wrong_today import MANY_HOSTS_LOSE_NAMES

HOSTS = 40
BUFFER, SECONDS = 64 * 1024, 0.001
"""The name server's: it holds the questions of one host or two, and answers a thousand a second."""


def test_forty_hosts_behind_one_name_server(lab: Network, go_client: Path) -> None:
    specs = [parse_host(f"ssh://host{number:02}") for number in range(HOSTS)]
    scope = Scope(cloud=CATALOGUE.cloud, proxy="auto")
    with (
        lab.small_resolver(BUFFER, SECONDS) as address,
        lab.resolver_settings(f"nameserver {address}\n"),
    ):
        records = measure_hosts(lab, specs, scope, PATIENT)
        names = sorted({m.name for r in records if r.evidence for m in r.evidence.measurements})
        urls = [f"https://{name}/" for name in names]
        alone = go(lab, go_client, urls, Patience(seconds=15))

    lost = [
        (record.evidence.host, measurement.name)
        for record in records
        if record.evidence
        for measurement in record.evidence.measurements
        if cause_of(measurement) == "dns-failed"
    ]
    assert len(records) == HOSTS
    assert all(one["reached"] for one in alone)
    assert bool(lost) == MANY_HOSTS_LOSE_NAMES


def cause_of(measurement: Measurement) -> str:
    """What the first step that failed of *measurement* failed with."""
    failed = [one.failure.cause for one in measurement.observations if one.failure]
    return failed[0] if failed else ""
