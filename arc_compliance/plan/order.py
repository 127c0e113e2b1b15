"""The order for the probe: every name and port to measure, and what else a host is asked."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from arc_compliance.catalogue.model import Catalogue, Endpoint
from arc_compliance.plan.cases import known_names
from arc_compliance.plan.scope import Scope
from arc_compliance.wire.order import (
    AcceptedNames,
    AgentCheckOrder,
    ConnectTo,
    DiscoveryCall,
    GatewaySigns,
    NegativeControls,
    Order,
    ProbeLimits,
    Target,
)

MAX_NAMES = 200
"""How many names a host measures at the most, those of discovery calls included."""

CONTROL_NAME = "does-not-exist.arc-compliance.example"
"""A name that nobody can own (RFC 2606), so that only a resolver that makes answers up has it."""

CONTROL_ADDRESS = "192.0.2.1"
"""An address that nobody can have (RFC 5737), so that only something on the way answers for it."""

PROBES_PART = 0.9
"""The probe's part of a host's deadline: it can still tell what it has before it is cut off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits of one host's measurement, in seconds."""

    connect: float = 5.0
    http: float = 15.0
    deadline: float = 60.0


def order_for(
    host: str,
    *,
    run: str,
    catalogue: Catalogue,
    scope: Scope,
    limits: Limits,
    connect_to: Sequence[ConnectTo] = (),
    trust_file: str | None = None,
    user_agent: str,
) -> Order:
    """The probe's order for the host labelled *host*, measured for *run* under *scope*."""
    return Order(
        run=run,
        host=host,
        targets=tuple(targets_of(catalogue, scope)),
        discoveries=tuple(_discoveries(catalogue, scope)),
        proxy=scope.proxy,
        proxy_bypass=(
            None
            if scope.proxy_bypass is None
            else tuple(sorted(group.value for group in scope.proxy_bypass))
        ),
        gateway=_gateway_signs(catalogue, scope),
        agent_check=AgentCheckOrder(
            cloud=scope.cloud,
            location=scope.location if scope.location in catalogue.regions else None,
        ),
        controls=NegativeControls(name=CONTROL_NAME, address=CONTROL_ADDRESS),
        connect_to=tuple(connect_to),
        trust_file=trust_file,
        limits=ProbeLimits(
            connect=limits.connect,
            http=limits.http,
            deadline=limits.deadline * PROBES_PART,
            names=MAX_NAMES,
        ),
        user_agent=user_agent,
    )


def targets_of(catalogue: Catalogue, scope: Scope) -> list[Target]:
    """Every name and port that the rows in scope ask for, each once, with the ids of its rows."""
    targets: dict[tuple[str, int], Target] = {}
    for requirement in catalogue.requirements:
        row = requirement.endpoint
        if row is None or scope.not_applicable(requirement):
            continue
        for name in _names_to_measure(row, scope):
            for port in row.ports:
                found = targets.get((name, port.port)) or Target(
                    name=name,
                    port=port.port,
                    scheme=port.scheme,
                    path=port.path,
                    rows=(),
                    client=requirement.client.value,
                    bypass=row.bypass.value if row.bypass else None,
                    websocket=row.websocket,
                )
                targets[name, port.port] = found.model_copy(
                    update={"rows": (*found.rows, requirement.id)}
                )
    return list(targets.values())


def _names_to_measure(row: Endpoint, scope: Scope) -> list[str]:
    names = [
        *known_names(row),
        *scope.regional_names(row, None),
        *scope.given_names.get(row.label, ()),
    ]
    return list(dict.fromkeys(names))


def _gateway_signs(catalogue: Catalogue, scope: Scope) -> GatewaySigns | None:
    """The names by which the agent's proxy shows as a Log Analytics gateway, and known ones."""
    known = catalogue.log_analytics_gateway
    if known is None or scope.proxy is None:
        return None
    region = scope.location if scope.location in catalogue.regions else None
    return GatewaySigns(
        lets_through=tuple(
            name.replace("{location}", region or "")
            for name in known.lets_through
            if region or "{location}" not in name
        ),
        refuses=known.refuses,
        known=scope.known_gateways,
    )


def _discoveries(catalogue: Catalogue, scope: Scope) -> Iterator[DiscoveryCall]:
    rows = {r.id: r for r in catalogue.requirements}
    for discovery in catalogue.discoveries:
        accept = tuple(
            AcceptedNames(
                row=row.id,
                patterns=tuple(one for one in row.endpoint.patterns if "*" in one),
                websocket=row.endpoint.websocket,
            )
            for row in (rows[one] for one in discovery.rows)
            if row.endpoint and not scope.not_applicable(row)
        )
        if not accept:
            continue
        regional = scope.location in catalogue.regions
        for location in [str(scope.location)] if regional else catalogue.regions:
            yield DiscoveryCall(
                name=discovery.name,
                path=discovery.path.replace("{location}", location),
                location=location,
                accept=accept,
                bypass=discovery.bypass.value if discovery.bypass else None,
            )
