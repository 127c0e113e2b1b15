"""The order: what the probe is to measure on one host. JSON, published as order.schema.json."""

from __future__ import annotations

import hashlib
import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]

ConnectTo = tuple[str, Port | None, str, Port | None]
"""As curl's option: host, port, address, port. An empty host and a missing port match any; an empty
address and a missing second port keep the original."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Target(_Part):
    """One name and port to measure.

    ``rows`` are the ids of the requirements whose rows ask for it. ``client`` is who makes the
    connection (each takes its proxy from elsewhere), ``bypass`` the endpoint group by which the
    agent can take it off its proxy. ``websocket`` is the path at which a WebSocket is requested on
    a connection of its own, where one is.
    """

    name: str
    port: Port = 443
    scheme: Literal["https", "http"] = "https"
    path: str = "/"
    rows: tuple[str, ...]
    client: Literal["agent", "installer", "package-manager", "os"] = "agent"
    bypass: str | None = None
    websocket: str | None = None


class AcceptedNames(_Part):
    """Which of the names that a discovery call returns belong to the row of requirement ``row``.

    ``patterns`` are wildcards as in the document (catalogue/patterns.py).
    """

    row: str
    patterns: tuple[str, ...]
    websocket: str | None = None


class DiscoveryCall(_Part):
    """An HTTPS GET to port 443 of ``name`` whose JSON answer holds further names to measure."""

    name: str
    path: str
    location: str
    accept: tuple[AcceptedNames, ...]
    bypass: str | None = None


class GatewaySigns(_Part):
    """What identifies a Log Analytics gateway: what it lets through and refuses, known ones."""

    lets_through: tuple[str, ...] = ()
    refuses: tuple[str, ...] = ()
    known: tuple[str, ...] = ()


class AgentCheckOrder(_Part):
    """What ``azcmagent check`` is run for; without a location, for the agent's own region."""

    cloud: str
    location: str | None = None


class NegativeControls(_Part):
    """A name that nobody has and an address that nobody has: neither must be answered."""

    name: str
    address: str


class ProbeLimits(_Part):
    """Time limits in seconds, and how many names are measured at the most, discovered ones
    included."""

    connect: Seconds
    http: Seconds
    deadline: Seconds
    names: int = Field(ge=0, le=1000)


class Order(_Part):
    """Everything that one host is asked to measure.

    ``proxy`` is a URL, ``auto`` for what each client on the host would use, or None for the direct
    route; ``proxy_bypass`` are the endpoint groups off the proxy, None for those of the agent's own
    configuration. ``host`` is empty in an order that any host may carry out. ``trust_file`` is a
    PEM file in place of the agent's trust store (simulation only).
    """

    order: Literal[2] = 2
    run: str
    host: str
    targets: tuple[Target, ...]
    discoveries: tuple[DiscoveryCall, ...] = ()
    proxy: str | None = None
    proxy_bypass: tuple[str, ...] | None = None
    gateway: GatewaySigns | None = None
    agent_check: AgentCheckOrder | None = None
    controls: NegativeControls
    connect_to: tuple[ConnectTo, ...] = ()
    trust_file: str | None = None
    limits: ProbeLimits
    user_agent: str

    @property
    def digest(self) -> str:
        """The SHA-256 of the order without its run: equal digests asked for the same."""
        asked = self.model_dump(mode="json", exclude={"run"})
        return hashlib.sha256(json.dumps(asked, sort_keys=True).encode("ascii")).hexdigest()

    def as_json(self) -> str:
        """The order as ASCII JSON, as the probe reads it and --write-order writes it."""
        return json.dumps(self.model_dump(mode="json"), indent=1) + "\n"
