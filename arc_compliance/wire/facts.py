"""What was read on a host beside the network."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from arc_compliance.probe.python import limits
from arc_compliance.wire.fields import Duration, Text, WireRecord


class DefaultClient(WireRecord):
    """What ``openssl s_client`` with the host's own policy negotiated with one endpoint.

    ``refused_by`` is who refused it: host where that is proven (its configuration, or nothing that
    it may speak), peer where it sent an alert, None where that was not seen.
    """

    endpoint: Text
    protocol: Text | None = None
    cipher: Text | None = None
    failure: Text | None = None
    refused_by: Literal["host", "peer"] | None = None


class TlsFacts(WireRecord):
    """The host's own TLS stack. Protocols are named SSLv3, TLSv1, TLSv1.1, TLSv1.2, TLSv1.3.

    ``openssl`` is the output of ``openssl version``; None where there is no such command.
    ``minimum_protocol``/``maximum_protocol`` stand in ``policy_file``; None where it sets none.
    ``cipher_suites`` are those that it offers, by OpenSSL's names; empty where unknown.
    """

    openssl: Text | None = None
    policy_file: Text | None = None
    minimum_protocol: Text | None = None
    maximum_protocol: Text | None = None
    cipher_string: Text | None = None
    policy_failure: Text | None = None
    cipher_suites: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_SUITES)] = ()
    default_client: DefaultClient | None = None


class TrustFacts(WireRecord):
    """The trust store that the agent, a Go program, would use on this host.

    ``fingerprints`` are the first 16 digits of each root's SHA-256.
    """

    file: Text | None = None
    directories: tuple[Text, ...] = ()
    chosen_by: Literal["default", "daemon-environment", "order"] = "default"
    roots: int = Field(default=0, ge=0)
    fingerprints: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_ROOTS)] = ()
    failure: Text | None = None


class AgentFacts(WireRecord):
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
    units: dict[str, Text] = Field(default_factory=dict)


class ProxySetting(WireRecord):
    """One place on the host that names a proxy, without credentials.

    ``place``: order, agent, daemons, wgetrc, shell, apt, dnf, zypper, azure-monitor-agent,
    log-analytics-agent, known-gateway. ``proxy`` is host:port, the host alone where no port is
    said. ``fault`` says why the program that it is for could not use it. ``credentials`` is true
    where they are part of what the place says; ``hides`` are the names that its own no_proxy takes
    off it. ``certain`` is false where the place may name it, such as a shell file that was not run.
    """

    place: Text
    proxy: Text
    addresses: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_ADDRESSES)] = ()
    fault: Text | None = None
    credentials: bool = False
    hides: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_HIDDEN)] = ()
    certain: bool = True


class ProxyFacts(WireRecord):
    """The proxies that this host knows, and the one that each client takes (None: straight out).

    ``bypass`` are the endpoint groups that the agent takes off its proxy. ``failure`` is why the
    agent's own configuration could not be read. ``read`` is false where the order named the proxy,
    so that the host's own places were not asked.
    """

    settings: Annotated[tuple[ProxySetting, ...], Field(max_length=limits.MAX_SETTINGS)] = ()
    clients: dict[str, Text | None] = Field(default_factory=dict)
    bypass: tuple[Text, ...] = ()
    failure: Text | None = None
    read: bool = True


class EgressFacts(WireRecord):
    """The host's own rules about what goes out: what ``tool`` printed as ``rules``, or why they are
    unknown. Of nft+iptables the first line is nft's. Without rules and failure there are none."""

    tool: Literal["", "nft", "iptables", "nft+iptables"] = ""
    rules: Annotated[str, StringConstraints(max_length=limits.MAX_RULES)] = ""
    failure: Text | None = None


class Socket(WireRecord):
    """One socket of a process, as address:port; ``remote`` is None where it has no peer."""

    process: Text
    kind: Literal["tcp", "udp"]
    listening: bool
    local: Text
    remote: Text | None = None


class SocketFacts(WireRecord):
    """The agent's processes that run, and their sockets; ``failure`` is why some are unknown."""

    processes: Annotated[tuple[Text, ...], Field(max_length=20)] = ()
    found: Annotated[tuple[Socket, ...], Field(max_length=limits.MAX_SOCKETS)] = ()
    failure: Text | None = None


class ClockFacts(WireRecord):
    """Whether the host's clock is kept synchronised; None where that is unknown."""

    synchronised: bool | None = None


class NameServer(WireRecord):
    """One name server of the host, asked one question by the probe itself: after how many
    ``seconds`` it answered, or why there is no answer."""

    address: Text
    seconds: Duration | None = None
    failure: Text | None = None


class ResolverFacts(WireRecord):
    """How the host asks for names: the seconds and attempts that resolv.conf gives each server, and
    the servers in its order."""

    timeout: Annotated[float, Field(ge=0)] = 5
    attempts: Annotated[int, Field(ge=1)] = 2
    servers: Annotated[tuple[NameServer, ...], Field(max_length=limits.MAX_NAME_SERVERS)] = ()


class OsFacts(WireRecord):
    """What /etc/os-release says."""

    id: Text = ""
    version: Text = ""
    name: Text = ""


class Facts(WireRecord):
    """What was read on the host beside the network."""

    os: OsFacts
    tls: TlsFacts
    trust: TrustFacts
    agent: AgentFacts
    proxy: ProxyFacts = ProxyFacts()
    egress: EgressFacts = EgressFacts()
    sockets: SocketFacts = SocketFacts()
    clock: ClockFacts = ClockFacts()
    resolver: ResolverFacts | None = None
