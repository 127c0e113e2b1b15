"""Which hosts a run is about, and under which scope each: --hosts, --inventory, --evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import read_at_most
from arc_compliance.base.redact import shown
from arc_compliance.collect.backends import Access, expand
from arc_compliance.collect.replay import saved_evidence
from arc_compliance.hosts.addresses import HostSpec, parse_host, parse_hosts, refuse_twins
from arc_compliance.hosts.inventory import narrow, read_inventory
from arc_compliance.options.files import MAX_BYTES
from arc_compliance.plan.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """The hosts of a run with each one's scope; ``narrowed`` says what was left out, if anything.

    A host that is judged from saved evidence only has no address that anybody could reach.
    ``groups`` has the inventory's group of a host by its label.
    """

    scopes: Mapping[HostSpec, Scope]
    groups: Mapping[str, str] = field(default_factory=dict)
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
        with reading("--inventory" if inventory is not None and hosts is None else "--hosts"):
            _refuse_other_than_files(targets.scopes)
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


def _refuse_other_than_files(hosts: Iterable[HostSpec]) -> None:
    """Raise Fault for a kubeconfig that kubectl could not read, or would wait for."""
    for host in hosts:
        asked = parse_qs(urlsplit(host.address).query)
        for named in asked.get("kubeconfig", ()):
            try:
                read_at_most(Path(named), MAX_BYTES)
            except Fault as fault:
                raise Fault(f"{host.label}: kubeconfig={named} {fault.what}") from fault


def _from_inventory(
    path: Path, hosts: str | None, scope: Scope, regions: Sequence[str], access: Access
) -> Targets:
    with reading("--inventory"):
        entries = read_inventory(path, scope, regions)
    with reading("--hosts"):
        chosen = entries if hosts is None else narrow(entries, hosts)
    with reading("--inventory"), reading(path.name):
        found = {
            host: entry for entry in chosen for host in expand([parse_host(entry.address)], access)
        }
        scopes = {host: entry.scope for host, entry in found.items()}
        refuse_twins(scopes)
    part = f"{len(chosen)} of {len(entries)} hosts of {shown(path.name)}"
    return Targets(
        scopes=scopes,
        groups={host.label: entry.group for host, entry in found.items() if entry.group},
        narrowed=part if len(chosen) < len(entries) else "",
    )
