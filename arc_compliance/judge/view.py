"""What several judges need to know of one host, and what a run judges it by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from arc_compliance.catalogue.model import Catalogue, Client, Discovery, Endpoint, Level
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.plan.cases import names_of
from arc_compliance.plan.scope import Scope
from arc_compliance.service_tags.tags import ServiceTags
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.facts import ProxySetting
from arc_compliance.wire.measurement import Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """The fixed points of a run's judgements. ``now`` is the time at which evidence was received,
    with a time zone: certificates and the age of files are judged by it. ``allowlists`` are those
    of the firewalls that the operator named."""

    catalogue: Catalogue
    scope: Scope
    now: datetime
    public_roots: PublicRoots
    service_tags: ServiceTags
    allowlists: tuple[Allowlist, ...] = ()

    def fed_by(self, discovery: Discovery) -> set[str]:
        """The labels of the rows that take the names of *discovery*."""
        return {
            r.endpoint.label
            for r in self.catalogue.requirements
            if r.endpoint and r.id in discovery.rows
        }

    def id_of(self, row: Endpoint) -> str:
        """The id of the first requirement whose row *row* is."""
        return next(r.id for r in self.catalogue.requirements if r.endpoint == row)


def required(
    evidence: Evidence, grounds: Grounds, client: Client | None = None
) -> list[Measurement]:
    """The measurements that a MUST of this host asks for, those of one *client* where it is given;
    optional endpoints count for nothing."""
    names = {
        name
        for r in grounds.catalogue.requirements
        if r.endpoint and r.level is Level.MUST and not grounds.scope.not_applicable(r)
        if client in (None, r.client)
        for name in names_of(r.endpoint, grounds.scope, evidence)
    }
    return [m for m in evidence.measurements if m.name in names]


_AGENTS_PLACES = ("order", "agent", "daemons")


def agents_setting(evidence: Evidence) -> ProxySetting:
    """The setting from which the agent has its proxy; one without a place where nobody says."""
    settings = [s for s in evidence.facts.proxy.settings if s.place in _AGENTS_PLACES]
    return settings[0] if settings else ProxySetting(place="", proxy=evidence.vantage.proxy or "")


def agent_version(evidence: Evidence) -> tuple[int, int] | None:
    """Major and minor version of the agent, None where it is not known."""
    found = re.match(r"(\d{1,4})\.(\d{1,4})\b", evidence.facts.agent.version or "")
    return (int(found[1]), int(found[2])) if found else None
