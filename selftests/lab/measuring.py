"""One measurement of a lab host and its judgements, without a pytest run around it.

What is sent and judged is what a run sends and judges: the order of the plan, the probe through
testinfra's ssh, each requirement's judge as tests_*/ name it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from arc_compliance.catalogue import load_catalogue
from arc_compliance.collect.backends import Access
from arc_compliance.collect.fleet import collect
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.hosts.addresses import HostSpec, parse_host
from arc_compliance.judge.case import judge_case
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.view import Grounds, view_of
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.order import Limits, order_for
from arc_compliance.plan.scope import Scope
from arc_compliance.seal.judges import judge_of
from arc_compliance.service_tags.tags import TagFile, parse_tag_file, service_tags
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.order import ConnectTo
from arc_compliance.wire.record import HostRecord
from selftests.lab.network import HOST, Network

CATALOGUE = load_catalogue("AzureChinaCloud")
LIMITS = Limits(connect=1, http=2, deadline=30)
Key = tuple[str, str]
Outcome = tuple[str, str]


@dataclass
class Findings:
    """What was found on a host: its record, and the judgement of each case."""

    record: HostRecord
    judgements: list[Judgement]

    @property
    def evidence(self) -> Evidence:
        assert self.record.evidence, self.record.failure
        return self.record.evidence

    def outcomes(self) -> dict[Key, Outcome]:
        """(verdict, cause) by (requirement, row)."""
        return {(j.requirement, j.endpoint): (j.verdict.value, j.cause) for j in self.judgements}

    def of(self, requirement: str, row: str = "") -> Judgement:
        """The one judgement of *requirement*, for *row* where there are several."""
        (found,) = [
            j
            for j in self.judgements
            if j.requirement == requirement and (not row or j.endpoint == row)
        ]
        return found

    def changes(self, before: Findings) -> set[tuple[str, str, str, str]]:
        """(requirement, row, verdict, cause) of every case that is not as it was *before*."""
        was = before.outcomes()
        return {(*key, *found) for key, found in self.outcomes().items() if was[key] != found}


def measure(
    lab: Network,
    *,
    user: str = "",
    limits: Limits = LIMITS,
    connect_to: Sequence[ConnectTo] = (),
    allowlists: tuple[Allowlist, ...] = (),
    days: int = 0,
    **scope: Any,
) -> Findings:
    """The lab's host, measured under *scope* and judged, by a service tag file *days* old."""
    its = Scope(cloud=CATALOGUE.cloud, **{"proxy": "auto", **scope})
    spec = parse_host(f"ssh://{user}{HOST}")
    (record,) = measure_hosts(lab, [spec], its, limits, connect_to)
    grounds = Grounds(
        catalogue=CATALOGUE,
        scope=its,
        now=datetime.fromtimestamp(record.collected, timezone.utc),
        public_roots=PublicRoots(Path(lab.azure["public_roots"]).read_bytes()),
        service_tags=service_tags([tags_of(lab, days)], CATALOGUE.cloud),
        allowlists=allowlists,
    )
    host = view_of(record, grounds) or record
    judgements = [
        judge_case(case, host, judge_of(case.requirement.id))
        for case in plan_cases(CATALOGUE, {spec.label: its})
    ]
    return Findings(record, judgements)


def measure_hosts(
    lab: Network,
    specs: Sequence[HostSpec],
    scope: Scope,
    limits: Limits,
    connect_to: Sequence[ConnectTo] = (),
) -> list[HostRecord]:
    """The records of *specs*, all measured at once; every name is the lab's one host."""
    records: list[HostRecord] = []
    access = Access(
        ssh_config=str(lab.ssh_config),
        ssh_identity_file=None,
        ansible_inventory=None,
        sudo=False,
        sudo_user=None,
    )
    orders = {
        spec: order_for(
            spec.label,
            run="lab",
            catalogue=CATALOGUE,
            scope=scope,
            limits=limits,
            connect_to=connect_to,
            user_agent="arc-compliance-selftest/1",
        )
        for spec in specs
    }
    collect(orders, access=access, limits=limits, forks=len(specs), measured=records.append)
    return records


def tags_of(lab: Network, days: int = 0) -> TagFile:
    """The lab's service tag file, as if it were *days* old."""
    day = datetime.now(timezone.utc) - timedelta(days)
    name = f"ServiceTags_China_{day:%Y%m%d}.json"
    return parse_tag_file(name, lab.tag_file.read_bytes())
