"""The typed record that comes back from a host: facts only, no verdict words.

The probe writes it as JSON, format 2; everything here is validated on the way in, because a host
may send anything. Times are seconds since the epoch on the host's clock, durations are in
seconds.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from arc_compliance.probe.python import limits
from arc_compliance.wire.facts import Facts
from arc_compliance.wire.fields import Failure, Text, Time, WireRecord
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage


class Platform(str, Enum):
    """The operating system of a host, as far as the remedies differ."""

    LINUX = "linux"


class Probe(WireRecord):
    """The program that measured; ``sha256`` is its own, empty where it is not given."""

    version: Text
    platform: Platform
    python: Text
    openssl_library: Text
    sha256: Text = ""


class Discovered(WireRecord):
    """What one discovery call returned: names, or why there are none."""

    name: Text
    path: Text
    location: Text
    names: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_DISCOVERED)] = ()
    failure: Failure | None = None


class Control(WireRecord):
    """Something was asked that shows by its answer who is there: a negative control, which must
    not be answered, or a question by which a Log Analytics gateway shows.

    ``stage`` is what it shows to be able to fail. resolve: a name that does not exist, answered
    where it has addresses. connect: an address that is not in use, answered where a connection is
    accepted. proxy: a CONNECT to that name, answered where the proxy agrees. certificate: a
    self-signed certificate shown to the client that verifies, answered where that takes it.
    ``addresses`` are those that the name resolved to. ``cause`` is why there was no answer, None
    where none came in time. ``failure`` says why it could not be asked.
    """

    stage: Literal[Stage.RESOLVE, Stage.CONNECT, Stage.PROXY, Stage.CERTIFICATE]
    target: Text
    answered: bool
    detail: Text = ""
    cause: Text | None = None
    addresses: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_ADDRESSES)] = ()
    failure: Failure | None = None


class NameFailure(Failure):
    """Why one name was not reached."""

    name: Text


class ProxyTrial(WireRecord):
    """What a proxy of the host lets through to clients that do not use it and go straight out.

    ``places`` name it: agent, daemons, shell, apt, dnf, zypper. ``credentials`` is true where they
    are part of what the places say.
    """

    proxy: Text
    places: tuple[Text, ...]
    credentials: bool = False
    reached: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_TARGETS)] = ()
    failures: Annotated[tuple[NameFailure, ...], Field(max_length=limits.MAX_TARGETS)] = ()


class CheckedEndpoint(WireRecord):
    """What the agent's own check says of one endpoint, in short and as it said it."""

    name: Text
    reachable: bool
    says: Text = ""


class AgentCheck(WireRecord):
    """What ``azcmagent check`` found on the host, or why it found nothing."""

    found: Annotated[tuple[CheckedEndpoint, ...], Field(max_length=limits.MAX_CHECKED)] = ()
    failure: Text | None = None


class Vantage(WireRecord):
    """From where it was measured, so that one machine's view is not taken for another's.

    ``proxy`` is the agent's, host:port, or None where it goes straight out.
    """

    hostname: Text
    user: Text
    source_addresses: tuple[Text, ...] = ()
    resolvers: tuple[Text, ...] = ()
    proxy: Text | None = None


class Evidence(WireRecord):
    """All that one host sent back. ``complete`` is false where its own deadline cut it off."""

    evidence: Literal[2]
    run: Text
    host: Text
    probe: Probe
    started: Time
    finished: Time
    complete: bool
    vantage: Vantage
    facts: Facts
    measurements: Annotated[tuple[Measurement, ...], Field(max_length=2000)]
    discovered: Annotated[tuple[Discovered, ...], Field(max_length=limits.MAX_DISCOVERIES)] = ()
    controls: Annotated[tuple[Control, ...], Field(max_length=8)] = ()
    gateway: Annotated[tuple[Control, ...], Field(max_length=50)] = ()
    proxy_trials: Annotated[tuple[ProxyTrial, ...], Field(max_length=limits.MAX_TRIALS)] = ()
    agent_check: AgentCheck | None = None

    @model_validator(mode="after")
    def _measured_once(self) -> Evidence:
        targets = {(m.name, m.port) for m in self.measurements}
        if len(targets) < len(self.measurements):
            raise ValueError("an endpoint is measured twice")
        return self

    def of(self, name: str, port: int) -> Measurement | None:
        """The measurement of *name* at *port*, or None where it was not measured."""
        return next((m for m in self.measurements if m.name == name and m.port == port), None)
