"""The firewalls that filter what goes out: the host's own rules, and which filter by address."""

from __future__ import annotations

from collections.abc import Iterable

from netaddr import IPSet

from arc_compliance.base.fault import Fault
from arc_compliance.firewall.allowlist import Allowlist, own_rules
from arc_compliance.service_tags.tags import TagFile
from arc_compliance.wire.facts import EgressFacts

AZURE_CLOUD = "AzureCloud"


def own_filter(egress: EgressFacts) -> tuple[Allowlist | None, str]:
    """The host's own rules where they keep something back, and why they are unknown."""
    if not egress.rules:
        return None, egress.failure or ""
    try:
        return own_rules(egress.tool, egress.rules), ""
    except Fault as error:
        return None, f"{egress.tool} printed no rules: {error}"


def filters_by_address(one: Allowlist, file: TagFile | None, tags: Iterable[str]) -> bool:
    """Whether *one* filters by address, where *tags* of *file* are what Azure Arc needs.

    A list with names in it does so only where it has addresses of Azure as well.
    """
    if one.names_only:
        return False
    if not one.names or file is None:
        return True
    listed = one.listed or IPSet()
    return any(not listed.isdisjoint(file.ranges(tag) or IPSet()) for tag in {AZURE_CLOUD, *tags})
