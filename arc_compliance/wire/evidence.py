"""The typed record that comes back from a host: facts only, no verdict words.

The probe writes it as JSON; everything here is validated on the way in, because a host may lie,
hang or flood. Times are seconds since the epoch on the host's clock, durations are seconds.
"""

from __future__ import annotations

import json
import sys
from enum import Enum
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)

from arc_compliance.base.redact import scrub_all
from arc_compliance.probe.python import contract, limits

BEGIN = contract.BEGIN.encode()
END = contract.END.encode()
"""The marks between which a host sends its evidence, whatever else its shell says."""

MAX_EVIDENCE_BYTES = limits.MAX_EVIDENCE + 1024 * limits.KIB
"""What one host may send at the most, its shell's words included; a healthy host sends 200 KB."""

Text = Annotated[str, StringConstraints(max_length=limits.MAX_TEXT)]
Time = Annotated[float, Field(ge=0, le=253402300799)]
"""Seconds since the epoch, up to the last second that a calendar with four digits has."""


class Stage(str, Enum):
    """The steps of one measurement, in order; a step that was not reached is absent."""

    RESOLVE = contract.RESOLVE
    CONNECT = contract.CONNECT
    PROXY = contract.PROXY
    TLS = contract.TLS
    CERTIFICATE = contract.CERTIFICATE
    HTTP = contract.HTTP


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Failure(_Record):
    """Why a step failed: one cause of the closed list, and a scrubbed detail."""

    cause: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]
    detail: Text = ""


class Observation(_Record):
    """What one step saw.

    ``data`` by stage:
    resolve: ``addresses`` (list of str), ``via`` (resolver | connect-to).
    connect: ``address``, ``port``, ``source`` (our own address), ``dead`` (list of
    {address, cause}: further addresses of the name that did not answer).
    proxy: ``proxy`` (host:port), ``status`` (int, of CONNECT, absent where no answer came),
    ``address``, ``source``.
    tls: ``protocol``, ``cipher``, ``chain`` (base64 DER, leaf first, as sent; at most MAX_CHAIN),
    ``tls12_refused`` (true where only a newer version was negotiated).
    certificate: ``verified`` (bool), ``verify_code`` (int), ``verify_message``, ``protocol``.
    http: ``status`` (int), ``headers`` (selected ones, lower case), ``via`` (tls12 | tls | plain),
    ``is_certificate`` (bool, where the path is that of a certificate: whether it is one in DER).
    """

    stage: Stage
    started: float
    duration: float = Field(ge=0)
    failure: Failure | None = None
    data: dict[str, Any] = {}

    @field_validator("data")
    @classmethod
    def _keep_each_certificate_once(cls, data: dict[str, Any]) -> dict[str, Any]:
        """The hosts of a fleet see the same certificates, which are most of their evidence."""
        if isinstance(chain := data.get("chain"), list):
            data["chain"] = [sys.intern(one) if isinstance(one, str) else one for one in chain]
        return data


class FirstFailure(_Record):
    """What the first of two attempts failed with, where the second one went well (flaky)."""

    stage: Stage
    cause: Text
    detail: Text = ""


class WebSocket(_Record):
    """The answer to a request for a WebSocket at ``path``, on a connection of its own.

    ``accepted`` is true where the peer switched protocols and showed that it had read the request
    (RFC 6455); ``failure`` says why there is no answer.
    """

    path: Text
    status: int | None = None
    accepted: bool
    failure: Failure | None = None


class Measurement(_Record):
    """All steps of one name and port, in order; the last attempt, where there were two."""

    name: Text
    port: int = Field(ge=1, le=65535)
    scheme: Literal["https", "http"]
    origin: Literal["ordered", "discovered"]
    attempts: int = Field(ge=1, le=2)
    flaky: FirstFailure | None = None
    observations: Annotated[tuple[Observation, ...], Field(max_length=8)]
    websocket: WebSocket | None = None

    def at(self, stage: Stage) -> Observation | None:
        """The observation of *stage*, or None where the measurement did not get there."""
        return next((o for o in self.observations if o.stage is stage), None)

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the name resolved to on the host, as it said it; nothing behind a proxy."""
        resolve = self.at(Stage.RESOLVE)
        found = resolve.data.get("addresses") if resolve else None
        return tuple(str(one) for one in found) if isinstance(found, list) else ()

    @property
    def failed(self) -> Observation | None:
        """The first observation that failed, certificate aside, or None."""
        return next(
            (o for o in self.observations if o.failure and o.stage is not Stage.CERTIFICATE), None
        )


class Discovered(_Record):
    """What one discovery call returned: names, or why there are none."""

    name: Text
    path: Text
    location: Text
    names: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_DISCOVERED)] = ()
    failure: Failure | None = None


class Control(_Record):
    """Something was asked that shows by its answer who is there: a negative control, which must
    not be answered, or a question by which a Log Analytics gateway shows.

    ``stage`` is what it shows to be able to fail. resolve: a name that does not exist, answered
    where it has addresses. connect: an address that nobody has, answered where a connection is
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


class ProxyTrial(_Record):
    """What a proxy of the host lets through to clients that do not use it and go straight out.

    ``places`` name it: agent, daemons, shell, apt, dnf, zypper. ``credentials`` is true where they
    are part of what the places say.
    """

    proxy: Text
    places: tuple[Text, ...]
    credentials: bool = False
    reached: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_ENDPOINTS)] = ()
    failures: Annotated[tuple[NameFailure, ...], Field(max_length=limits.MAX_ENDPOINTS)] = ()


class CheckedEndpoint(_Record):
    """What the agent's own check says of one endpoint, in short and as it said it."""

    name: Text
    reachable: bool
    says: Text = ""


class AgentCheck(_Record):
    """What ``azcmagent check`` found on the host, or why it found nothing."""

    found: Annotated[tuple[CheckedEndpoint, ...], Field(max_length=limits.MAX_CHECKED)] = ()
    failure: Text | None = None


class Vantage(_Record):
    """From where it was measured, so that nobody takes one machine's view for another's.

    ``proxy`` is the agent's, host:port, or None where it goes straight out.
    """

    hostname: Text
    user: Text
    source_addresses: tuple[Text, ...] = ()
    resolvers: tuple[Text, ...] = ()
    proxy: Text | None = None


class DefaultClient(_Record):
    """What ``openssl s_client`` with the host's own policy negotiated with one endpoint."""

    endpoint: Text
    protocol: Text | None = None
    cipher: Text | None = None
    failure: Text | None = None


class TlsFacts(_Record):
    """The host's own TLS stack. Protocols are named SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3.

    ``openssl`` is the output of ``openssl version``; None where there is no such command.
    ``minimum_protocol``/``maximum_protocol`` stand in ``policy_file``; None where it sets none.
    ``cipher_suites`` are those that it offers, by OpenSSL's names; none where nobody could ask.
    """

    openssl: Text | None = None
    policy_file: Text | None = None
    minimum_protocol: Text | None = None
    maximum_protocol: Text | None = None
    cipher_string: Text | None = None
    policy_failure: Text | None = None
    cipher_suites: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_SUITES)] = ()
    default_client: DefaultClient | None = None


class TrustFacts(_Record):
    """The trust store that the agent, a Go program, would use on this host.

    ``fingerprints`` are the first 16 digits of each root's SHA-256.
    """

    file: Text | None = None
    directories: tuple[Text, ...] = ()
    chosen_by: Literal["default", "daemon-environment", "order"] = "default"
    roots: int = Field(default=0, ge=0)
    fingerprints: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_ROOTS)] = ()
    failure: Text | None = None


class AgentFacts(_Record):
    """What is known of the Connected Machine agent.

    ``location`` stands in its own configuration, ``failure`` says why that is unknown. What follows
    is ``azcmagent show``'s, each None where it said nothing of it; ``show_failure`` says why it
    said nothing at all. ``units`` are the states of its services by their units, as systemctl has
    them.
    """

    installed: bool
    location: Text | None = None
    failure: Text | None = None
    version: Text | None = None
    status: Text | None = None
    cloud: Text | None = None
    last_heartbeat: Text | None = None
    error_code: Text | None = None
    error_details: Text | None = None
    show_failure: Text | None = None
    units: dict[str, Text] = {}


class ProxySetting(_Record):
    """One place on the host that names a proxy, without credentials.

    ``place``: order, agent, daemons, shell, apt, dnf, zypper, azure-monitor-agent,
    log-analytics-agent, known-gateway. ``proxy`` is host:port, the host alone where no port is
    said. ``fault`` says why the agent could not use it. ``credentials`` is true where they are part
    of what the place says; ``hides`` are the names that its own no_proxy takes off it.
    """

    place: Text
    proxy: Text
    addresses: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_ADDRESSES)] = ()
    fault: Text | None = None
    credentials: bool = False
    hides: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_HIDDEN)] = ()


class ProxyFacts(_Record):
    """The proxies that this host knows, and the one that each client takes (None: straight out).

    ``bypass`` are the endpoint groups that the agent takes off its proxy. ``failure`` is why the
    agent's own configuration could not be read. ``read`` is false where the order named the proxy,
    so that the host's own places were not asked.
    """

    settings: Annotated[tuple[ProxySetting, ...], Field(max_length=limits.MAX_SETTINGS)] = ()
    clients: dict[str, Text | None] = {}
    bypass: tuple[Text, ...] = ()
    failure: Text | None = None
    read: bool = True


class EgressFacts(_Record):
    """The host's own rules about what goes out: what ``tool`` printed as ``rules``, or why they are
    unknown. Of nft+iptables the first line is nft's. Without rules and failure there are none."""

    tool: Literal["", "nft", "iptables", "nft+iptables"] = ""
    rules: Annotated[str, StringConstraints(max_length=limits.MAX_RULES)] = ""
    failure: Text | None = None


class Socket(_Record):
    """One socket of a process, as address:port; ``remote`` is None where it has no peer."""

    process: Text
    kind: Literal["tcp", "udp"]
    listening: bool
    local: Text
    remote: Text | None = None


class SocketFacts(_Record):
    """The agent's processes that run, and their sockets; ``failure`` is why some are unknown."""

    processes: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    found: Annotated[tuple[Socket, ...], Field(max_length=limits.MAX_SOCKETS)] = ()
    failure: Text | None = None


class ClockFacts(_Record):
    """Whether the host's clock is kept synchronised; None where nobody says."""

    synchronised: bool | None = None


class OsFacts(_Record):
    """What /etc/os-release says."""

    id: Text = ""
    version: Text = ""
    name: Text = ""


class Facts(_Record):
    """What was read on the host beside the network."""

    os: OsFacts
    tls: TlsFacts
    trust: TrustFacts
    agent: AgentFacts
    proxy: ProxyFacts = ProxyFacts()
    egress: EgressFacts = EgressFacts()
    sockets: SocketFacts = SocketFacts()
    clock: ClockFacts = ClockFacts()


class Probe(_Record):
    """The program that measured. ``sha256`` is of the bytes that ran, as the program itself
    computed it; empty where it could not."""

    version: Text
    sha256: Text = ""
    platform: Literal["linux"]
    python: Text
    openssl_library: Text


class Evidence(_Record):
    """All that one host sent back. ``complete`` is false where its own deadline cut it off."""

    evidence: Literal[1]
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
        doors = {(m.name, m.port) for m in self.measurements}
        if len(doors) < len(self.measurements):
            raise ValueError("an endpoint is measured twice")
        return self

    def of(self, name: str, port: int) -> Measurement | None:
        """The measurement of *name* at *port*, or None where it was not measured."""
        return next((m for m in self.measurements if m.name == name and m.port == port), None)


def evidence_in(output: bytes) -> Evidence:
    """The evidence between the marks of *output*, redacted.

    Raise ValueError, with words for the host's owner, where there is not exactly one frame, or
    what it holds is no evidence.
    """
    frames = output.split(BEGIN)[1:]
    if len(frames) != 1:
        raise ValueError(
            "the host sent no evidence" if not frames else "the host sent evidence more than once"
        )
    body, end, _ = frames[0].partition(END)
    if not end:
        raise ValueError("the host's evidence is cut off")
    try:
        return Evidence.model_validate(scrub_all(json.loads(body)))
    except ValidationError as error:
        raise ValueError(f"the host's evidence is not as agreed: {first_fault(error)}") from error
    except (ValueError, RecursionError) as error:
        raise ValueError(f"the host's evidence is no JSON: {error}") from error


def first_fault(error: ValidationError) -> str:
    """The first fault of *error* with its path, and how many more there are."""
    first, *rest = error.errors(include_url=False, include_input=False)
    path = ".".join(str(part) for part in first["loc"])
    more = f" and {len(rest)} more" if rest else ""
    return f"{path}: {first['msg']}{more}"
