"""Which hosts a run is about, and under which scope each: --hosts, --inventory, --evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.redact import shown
from arc_compliance.collect.backends import Access, expand
from arc_compliance.collect.replay import saved_evidence
from arc_compliance.hosts.addresses import HostSpec, parse_host, parse_hosts, refuse_twins
from arc_compliance.hosts.inventory import narrow, read_inventory
from arc_compliance.plan.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The hosts of a run with each one's scope; ``narrowed`` says what was left out, if anything.

    A host that is judged from saved evidence only has no address that anybody could reach.
    """

    scopes: Mapping[HostSpec, Scope]
    narrowed: str = ""


def read_targets(
    *,
    hosts: str | None,
    inventory: Path | None,
    evidence: Path | None,
    scope: Scope,
    regions: Sequence[str],
    access: Access,
) -> Targets:
    """The hosts that the three options stand for; this machine where none is given.

    *scope* holds where an inventory says nothing else. Raise Fault for the first fault.
    """
    saved = None
    if evidence is not None:
        with reading("--evidence"):
            saved = list(saved_evidence(evidence))
    if inventory is not None:
        targets = _from_inventory(inventory, hosts, scope, regions, access)
    elif saved is not None and hosts is None:
        found = [HostSpec(address=f"evidence://{label}", label=label) for label in saved]
        targets = Targets(scopes=dict.fromkeys(found, scope))
    else:
        with reading("--hosts"):
            targets = Targets(scopes=dict.fromkeys(expand(parse_hosts(hosts), access), scope))
    if saved is None:
        return targets
    left_out = [one for one in saved if one not in {host.label for host in targets.scopes}]
    if left_out and hosts is None:
        raise Fault(
            f"{left_out[0]} is not in the inventory; add it, or name the hosts to judge with "
            "--hosts",
            where="--evidence",
        )
    if left_out and not targets.narrowed:
        return replace(targets, narrowed=f"without {len(left_out)} more hosts of the evidence")
    return targets


def _from_inventory(
    path: Path, hosts: str | None, scope: Scope, regions: Sequence[str], access: Access
) -> Targets:
    with reading("--inventory"):
        entries = read_inventory(path, scope, regions)
    with reading("--hosts"):
        chosen = entries if hosts is None else narrow(entries, hosts)
    with reading("--inventory"), reading(path.name):
        scopes = {
            host: entry.scope
            for entry in chosen
            for host in expand([parse_host(entry.address)], access)
        }
        refuse_twins(scopes)
    part = f"{len(chosen)} of {len(entries)} hosts of {shown(path.name)}"
    return Targets(scopes=scopes, narrowed=part if len(chosen) < len(entries) else "")
