"""Which hosts a run is about, and under which scope each: --hosts, --inventory, --evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from arc_compliance.collect.backends import Access, expand
from arc_compliance.collect.replay import ReplayError, saved_evidence
from arc_compliance.hosts.addresses import (
    HostError,
    HostSpec,
    parse_host,
    parse_hosts,
    refuse_twins,
)
from arc_compliance.hosts.inventory import InventoryError, narrow, read_inventory
from arc_compliance.plan.scope import Scope


class TargetError(ValueError):
    """Hosts that cannot be used as they are given; the text names the option."""


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

    *scope* holds where an inventory says nothing else. Raise TargetError for the first fault.
    """
    try:
        saved = list(saved_evidence(evidence)) if evidence else None
        if inventory is not None:
            targets = _from_inventory(inventory, hosts, scope, regions, access)
        elif saved is not None and hosts is None:
            found = [HostSpec(address=f"evidence://{label}", label=label) for label in saved]
            targets = Targets(scopes=dict.fromkeys(found, scope))
        else:
            targets = Targets(scopes=dict.fromkeys(expand(parse_hosts(hosts), access), scope))
    except HostError as error:
        raise TargetError(f"--hosts: {error}") from error
    except InventoryError as error:
        raise TargetError(f"--inventory: {error}") from error
    except ReplayError as error:
        raise TargetError(f"--evidence: {error}") from error
    if saved is None:
        return targets
    left_out = [one for one in saved if one not in {host.label for host in targets.scopes}]
    if left_out and hosts is None:
        raise TargetError(
            f"--evidence: {left_out[0]} is not in the inventory; add it, or name the hosts to "
            "judge with --hosts"
        )
    if left_out and not targets.narrowed:
        return replace(targets, narrowed=f"without {len(left_out)} more hosts of the evidence")
    return targets


def _from_inventory(
    path: Path, hosts: str | None, scope: Scope, regions: Sequence[str], access: Access
) -> Targets:
    entries = read_inventory(path, scope, regions)
    chosen = entries if hosts is None else narrow(entries, hosts)
    try:
        scopes = {
            host: entry.scope
            for entry in chosen
            for host in expand([parse_host(entry.address)], access)
        }
        refuse_twins(scopes)
    except HostError as error:
        raise InventoryError(f"{path.name}: {error}") from error
    part = f"{len(chosen)} of {len(entries)} hosts of {path.name}"
    return Targets(scopes=scopes, narrowed=part if len(chosen) < len(entries) else "")
