"""What a judge goes by beside the evidence: scope, catalogue, the time, the public roots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from arc_compliance.catalogue.model import Catalogue, Discovery, Endpoint
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.judge.public_roots import PublicRoots
from arc_compliance.plan.scope import Scope
from arc_compliance.service_tags.tags import ServiceTags


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
