"""One host as its judges see it: its evidence, joined once to the rows of the document.

Everything that several judges need is found here, computed when it is first asked for and kept:
the rows in scope with what was measured of each, what a MUST of this host requires, the firewalls
that filter what it sends, the agent's proxy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from arc_compliance.catalogue.model import Catalogue, Client, Endpoint, Level, Port, Requirement
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.firewall.follow import Passed
from arc_compliance.judge.addresses.filters import filters_by_address, own_filter
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.judge.made_up import without_made_up_addresses
from arc_compliance.plan.cases import Case, known_names, rows_in_scope
from arc_compliance.plan.scope import Scope
from arc_compliance.service_tags.tags import ServiceTags
from arc_compliance.wire.evidence import Evidence, Platform
from arc_compliance.wire.facts import Facts, ProxySetting
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.record import HostRecord

_AGENTS_PLACES = ("order", "agent", "daemons")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What a run hands in to judge a host by.

    ``now`` is the time at which the evidence was received, with a time zone: certificates and the
    age of files are judged by it. ``allowlists`` are those of the firewalls that the operator
    named. ``doubt`` says why ``now`` is not to be believed, empty where it is. ``asked`` is false
    where the host carried out another order than this run would give it.
    """

    catalogue: Catalogue
    scope: Scope
    now: datetime
    public_roots: PublicRoots
    service_tags: ServiceTags
    allowlists: tuple[Allowlist, ...] = ()
    doubt: str = ""
    asked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One name and port of a row, and its measurement, None where the host sent none."""

    name: str
    port: Port
    measurement: Measurement | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowView:
    """A row of the document on one host: the names through which it is judged, and its targets."""

    requirement: Requirement
    endpoint: Endpoint
    names: tuple[str, ...]
    targets: tuple[Target, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class HostView(Grounds):
    """A host's evidence and what it is judged by.

    In ``evidence`` a name for which the resolver made addresses up did not resolve.
    """

    evidence: Evidence

    @property
    def facts(self) -> Facts:
        """What was read on the host beside the network."""
        return self.evidence.facts

    @property
    def platform(self) -> Platform:
        """The operating system on which the probe ran."""
        return self.evidence.probe.platform

    # -- rows and measurements -------------------------------------------------------------------

    @cached_property
    def rows(self) -> tuple[RowView, ...]:
        """The rows of the scenario's table that apply to this host."""
        rows = rows_in_scope(self.catalogue, self.scope)
        return tuple(self._row(row) for row, why_not in rows if not why_not)

    def row_of(self, case: Case) -> RowView:
        """The row that *case*, which has one, is about."""
        assert case.row_of is not None
        known = self._rows_by_id.get(case.row_of.id)
        return known or self._row(case.row_of)

    def rows_in(self, tag: str) -> list[RowView]:
        """The rows whose endpoints are in the service tag *tag*."""
        return [row for row in self.rows if tag in row.requirement.tags]

    def measured(self, name: str, port: int = 443) -> Measurement | None:
        """The measurement of *name* at *port*, or None where it was not measured."""
        return self._measured.get((name, port))

    def required(self, client: Client | None = None) -> list[Measurement]:
        """The measurements that a MUST of this host asks for, those of one *client* where it is
        given; optional endpoints count for nothing."""
        return [m for m, clients in self._required if client is None or client in clients]

    def regional_names(self, endpoint: Endpoint) -> tuple[str, ...]:
        """The names of *endpoint* in the region that counts; in every known one where none does."""
        return self.scope.regional_names(endpoint, self.facts.agent.location)

    def _row(self, requirement: Requirement) -> RowView:
        endpoint = requirement.endpoint
        assert endpoint is not None
        names = self._names(requirement, endpoint)
        targets = tuple(
            Target(name=name, port=port, measurement=self._as_asked(name, port))
            for name in names
            for port in endpoint.ports
        )
        return RowView(requirement=requirement, endpoint=endpoint, names=names, targets=targets)

    def _as_asked(self, name: str, port: Port) -> Measurement | None:
        """The measurement of *name* at *port*; none where the host sent one of the other scheme: an
        answer over plain HTTP says nothing of TLS."""
        measured = self.measured(name, port.port)
        return measured if measured and measured.scheme == port.scheme else None

    def _names(self, requirement: Requirement, endpoint: Endpoint) -> tuple[str, ...]:
        """The known, given and discovered names of a row.

        A discovered name belongs to the rows that it was discovered for, as the host tells, and to
        those whose pattern stands for it: evidence may be judged under another scope than that
        under which it was ordered.
        """
        discovered = (
            m.name
            for m in self.evidence.measurements
            if m.origin == "discovered"
            and (requirement.id in (m.rows or ()) or endpoint.matches(m.name))
        )
        return tuple(
            dict.fromkeys(
                (
                    *known_names(endpoint),
                    *self.regional_names(endpoint),
                    *self.scope.given_names.get(endpoint.label, ()),
                    *discovered,
                )
            )
        )

    @cached_property
    def _rows_by_id(self) -> dict[str, RowView]:
        return {row.requirement.id: row for row in self.rows}

    @cached_property
    def _measured(self) -> dict[tuple[str, int], Measurement]:
        return {(m.name, m.port): m for m in self.evidence.measurements}

    @cached_property
    def _required(self) -> list[tuple[Measurement, set[Client]]]:
        clients: dict[tuple[str, int], set[Client]] = {}
        for row in self.rows:
            if row.requirement.level is Level.MUST:
                for target in row.targets:
                    its = clients.setdefault((target.name, target.port.port), set())
                    its.add(row.requirement.client)
        return [
            (m, clients[m.name, m.port])
            for m in self.evidence.measurements
            if (m.name, m.port) in clients
        ]

    # -- firewalls -------------------------------------------------------------------------------

    @property
    def own_firewall(self) -> Allowlist | None:
        """The host's own rules, where they are known and keep something back."""
        return self._own_filter[0]

    @property
    def own_firewall_unknown(self) -> str:
        """Why the host's own rules are unknown; empty where they are known."""
        return self._own_filter[1]

    @cached_property
    def filters(self) -> tuple[Allowlist, ...]:
        """The allow-lists that the operator named, and the host's own rules."""
        return (*self.allowlists, *([self.own_firewall] if self.own_firewall else []))

    @cached_property
    def address_filters(self) -> tuple[Allowlist, ...]:
        """Those of them that filter by address."""
        tags = {tag for r in self.catalogue.requirements for tag in r.tags}
        own = self.service_tags.own
        return tuple(one for one in self.filters if filters_by_address(one, own, tags))

    def passed_by(self, one: Allowlist) -> Passed:
        """The addresses to which *one* lets this host's connections through."""
        return one.passed(self.evidence.vantage.source_addresses)

    @cached_property
    def _own_filter(self) -> tuple[Allowlist | None, str]:
        return own_filter(self.facts.egress)

    # -- agent -----------------------------------------------------------------------------------

    @cached_property
    def agent_version(self) -> tuple[int, int] | None:
        """Major and minor version of the agent, None where it is not known."""
        found = re.match(r"(\d{1,4})\.(\d{1,4})\b", self.facts.agent.version or "")
        return (int(found[1]), int(found[2])) if found else None

    @cached_property
    def agents_proxy(self) -> ProxySetting:
        """The setting that gives the agent its proxy; one without a place where none is named."""
        return next(
            (one for one in self.facts.proxy.settings if one.place in _AGENTS_PLACES),
            ProxySetting(place="", proxy=self.evidence.vantage.proxy or ""),
        )

    @property
    def location(self) -> str | None:
        """The region that counts for this host, None where all known ones do."""
        return self.scope.location_of(self.facts.agent.location)


def view_of(record: HostRecord, grounds: Grounds) -> HostView | None:
    """The host that *record* is of, judged by *grounds*; None where it sent no evidence."""
    if record.evidence is None:
        return None
    return HostView(
        catalogue=grounds.catalogue,
        scope=grounds.scope,
        now=grounds.now,
        public_roots=grounds.public_roots,
        service_tags=grounds.service_tags,
        allowlists=grounds.allowlists,
        doubt=grounds.doubt,
        asked=grounds.asked,
        evidence=without_made_up_addresses(record.evidence),
    )
