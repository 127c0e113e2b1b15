"""The order for the probe: every name and port to measure, and what else is asked of a host."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from arc_compliance.catalogue.model import Catalogue, Endpoint
from arc_compliance.plan.cases import known_names
from arc_compliance.plan.scope import Scope

MAX_NAMES = 200
"""How many names a host measures at the most, those of discovery calls included."""

CONTROL_NAME = "does-not-exist.arc-compliance.example"
"""A name that nobody can own (RFC 2606), so that only a resolver that makes answers up has it."""

CONTROL_ADDRESS = "192.0.2.1"
"""An address that nobody can have (RFC 5737), so that only something on the way answers for it."""

ConnectTo = tuple[str, int | None, str, int | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Time limits of one host's measurement, in seconds."""

    connect: float = 5.0
    http: float = 15.0
    deadline: float = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    """One name and port to measure, and what is asked of it."""

    name: str
    port: int
    scheme: str
    path: str
    bypass: str | None
    client: str


def doors_to_measure(catalogue: Catalogue, scope: Scope) -> list[Door]:
    """Every name and port that the rows in scope ask for, without repetition."""
    doors: dict[tuple[str, int], Door] = {}
    for requirement in catalogue.requirements:
        row = requirement.endpoint
        if row is None or scope.not_applicable(requirement):
            continue
        names = [
            *known_names(row),
            *scope.regional_names(row, None),
            *scope.given_names.get(row.label, ()),
        ]
        for name in names:
            for door in row.doors:
                doors.setdefault(
                    (name, door.port),
                    Door(
                        name=name,
                        port=door.port,
                        scheme=door.scheme,
                        path=door.path,
                        bypass=row.bypass.value if row.bypass else None,
                        client=requirement.client.value,
                    ),
                )
    return list(doors.values())


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
) -> dict[str, Any]:
    """The probe's order for *host*, as the plain data of docs/order.md.

    The probe is given nine tenths of the host's deadline, so that it can still tell what it has
    before the connection to it is cut.
    """
    return {
        "order": 1,
        "run": run,
        "host": host,
        "endpoints": [
            {
                "name": d.name,
                "port": d.port,
                "scheme": d.scheme,
                "path": d.path,
                "bypass": d.bypass,
                "client": d.client,
            }
            for d in doors_to_measure(catalogue, scope)
        ],
        "discoveries": list(_discoveries(catalogue, scope)),
        "proxy": scope.proxy,
        "proxy_bypass": (
            None
            if scope.proxy_bypass is None
            else sorted(group.value for group in scope.proxy_bypass)
        ),
        "websockets": [
            {"names": pattern, "path": row.websocket}
            for row in _rows_with_websocket(catalogue, scope)
            for pattern in row.patterns
        ],
        "gateway": _gateway_signs(catalogue, scope),
        "agent_check": {
            "cloud": scope.cloud,
            "location": scope.location if scope.location in catalogue.regions else None,
        },
        "controls": {"name": CONTROL_NAME, "address": CONTROL_ADDRESS},
        "connect_to": [list(one) for one in connect_to],
        "trust_file": trust_file,
        "limits": {
            "connect": limits.connect,
            "http": limits.http,
            "deadline": limits.deadline * 0.9,
            "names": MAX_NAMES,
        },
        "user_agent": user_agent,
    }


def _rows_with_websocket(catalogue: Catalogue, scope: Scope) -> Iterator[Endpoint]:
    for requirement in catalogue.requirements:
        row = requirement.endpoint
        if row and row.websocket and not scope.not_applicable(requirement):
            yield row


def _gateway_signs(catalogue: Catalogue, scope: Scope) -> dict[str, list[str]] | None:
    """The names by which the agent's proxy shows as a Log Analytics gateway, and known ones."""
    known = catalogue.log_analytics_gateway
    if known is None or scope.proxy is None:
        return None
    region = scope.location if scope.location in catalogue.regions else None
    lets_through = [
        name.replace("{location}", region or "")
        for name in known.lets_through
        if region or "{location}" not in name
    ]
    return {
        "lets_through": lets_through,
        "refuses": list(known.refuses),
        "known": list(scope.known_gateways),
    }


def order_digest(order: Mapping[str, Any]) -> str:
    """The SHA-256 of *order*, its run aside: two measurements with one digest asked the same."""
    asked = {key: value for key, value in order.items() if key != "run"}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode("ascii")).hexdigest()


def _discoveries(catalogue: Catalogue, scope: Scope) -> Iterator[dict[str, Any]]:
    rows = {r.id: r for r in catalogue.requirements}
    for discovery in catalogue.discoveries:
        wanted = [rows[one] for one in discovery.rows if not scope.not_applicable(rows[one])]
        accept = sorted({p for r in wanted if r.endpoint for p in r.endpoint.patterns if "*" in p})
        if not accept:
            continue
        regional = scope.location in catalogue.regions
        for location in [scope.location] if regional else catalogue.regions:
            yield {
                "name": discovery.name,
                "path": discovery.path.replace("{location}", str(location)),
                "location": location,
                "accept": accept,
                "bypass": discovery.bypass.value if discovery.bypass else None,
            }
