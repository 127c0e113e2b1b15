"""How each requirement is judged, for people, and by which causes it can fail.

The judges decide; this says in words what they do. The self-tests hold it to the catalogues and to
what the judges say of recorded evidence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from arc_compliance.catalogue.model import Requirement
from arc_compliance.judge.causes import CAUSES


@dataclass(frozen=True, slots=True)
class Way:
    """How the requirements whose ids ``ids`` match are judged; ``causes`` are why they can fail, by
    name or by the beginning of the name with a star."""

    ids: tuple[str, ...]
    how: str
    causes: tuple[str, ...] = ()


_RESOLVE = ("dns-not-found", "dns-failed", "dns-rewritten", "dns-filtered")
_CONNECT = ("connect-*",)
_PROXY = ("proxy-*",)
_HANDSHAKE = ("tls-timeout", "tls-reset", "tls-failed", "tls-large-hello")
_HTTP = ("http-*",)
_REACH = (
    *_RESOLVE,
    *_CONNECT,
    *_PROXY,
    *_HANDSHAKE,
    *_HTTP,
    "address-partly-broken",
    "rate-limited",
    "cert-unreadable",
    "tag-not-covered",
)
_ADDRESS = ("address-outside-tag", "address-other-tag", "address-not-public", "address-not-private")

ALWAYS = (
    "host-unreachable",
    "probe-failed",
    "probe-timeout",
    "permission-denied",
    "control-tripped",
    "unknown",
)
"""The causes by which any case can be left without a result."""

UNREACHED = tuple(cause for cause, known in CAUSES.items() if not known.reached)
"""The causes by which a host can be left without any result, each way of not reaching it."""

WAYS = (
    Way(
        ("urls/*", "esu/*"),
        "On the host, each name of the row is resolved, connected to (through the proxy where one "
        "applies), and asked for an answer over TLS. A certificate that cannot be verified is "
        "judged elsewhere. The worst of the names decides.",
        _REACH,
    ),
    Way(
        ("esu/availability",),
        "A statement that asks for nothing; it is passed on to the reader.",
    ),
    Way(
        ("tls/1.2",),
        "The protocol that was negotiated with each name of the row, in one handshake from TLS 1.2 "
        "to 1.3 as the agent makes it.",
        ("tls-version", "tls-client-disabled"),
    ),
    Way(
        ("principles/certificates",),
        "The chain that each name of the row presents is verified on the host against the store "
        "that the client uses, and again against the public roots.",
        ("cert-*",),
    ),
    Way(
        ("tls/client-enabled", "tls/legacy", "tls/linux-openssl", "tls/windows-default"),
        "The host's own TLS settings: its library, its version and what its policy allows.",
        ("tls-client-disabled", "tls-version"),
    ),
    Way(
        ("principles/tcp", "principles/https"),
        "What answered on the host is looked at: the transport, and whether HTTP was spoken inside "
        "TLS, redirects included.",
        (*_RESOLVE, *_CONNECT, *_PROXY, *_HANDSHAKE, *_HTTP),
    ),
    Way(
        ("principles/outbound",),
        "The sockets of the agent's processes on the host; none may listen to other machines.",
        ("listener-found",),
    ),
    Way(
        ("networking/port-443",),
        "One connection to port 443 that is made, or one CONNECT that the proxy passes, shows that "
        "the port is open.",
        (*_RESOLVE, *_CONNECT, *_PROXY),
    ),
    Way(
        ("networking/proxy", "networking/onboarding-machine"),
        "Every endpoint that is required is reached through the proxy that its client uses.",
        _REACH,
    ),
    Way(
        ("networking/private-link",),
        "The addresses of the rows with a private endpoint are looked at: all must be private.",
        ("address-not-private", "dns-*"),
    ),
    Way(
        ("networking/no-log-analytics-gateway",),
        "The agent's proxy is compared with the known gateways, and asked for names that such a "
        "gateway passes and for one that it refuses.",
        ("gateway-log-analytics", *_PROXY),
    ),
    Way(
        ("service-tags/*",),
        "Every address that the tag's endpoints resolved to is looked up in Azure's service tag "
        "file, and each firewall that filters by address is compared with the whole tag.",
        (*_ADDRESS, "tag-not-covered", "tag-file-stale"),
    ),
    Way(
        (
            "practice/front-door",
            "practice/public-arc-infrastructure",
            "practice/azure-cloud-gap",
        ),
        "Each firewall that filters by address is compared with the ranges that the tags have.",
        ("tag-not-covered", "tag-file-stale"),
    ),
    Way(
        ("practice/service-tags-current",),
        "The day in the name of the service tag file is compared with the day of the evidence.",
        ("tag-file-stale",),
    ),
    Way(
        ("practice/websocket",),
        "The notification names are asked for a WebSocket at the path of the row.",
        (*_HTTP, *_HANDSHAKE, *_PROXY),
    ),
    Way(
        ("practice/large-hello",),
        "Each endpoint of the agent is sent a ClientHello with a post-quantum key share, beside a "
        "smaller one.",
        ("tls-*",),
    ),
    Way(
        ("practice/negative-serial",),
        "The serial numbers of every certificate that was sent (RFC 5280, section 4.1.2.2).",
        ("cert-*",),
    ),
    Way(
        ("practice/name-servers",),
        "Every name server in the host's configuration is asked for a name by itself, and timed.",
        ("dns-*",),
    ),
    Way(
        ("practice/trust-store",),
        "The roots in the host's store are compared with those that Azure names, and issuers of "
        "Microsoft's names with the public ones.",
        ("cert-root-missing", "cert-not-public"),
    ),
    Way(
        ("practice/agent-health",),
        "What the agent on the host says of itself (azcmagent show): connected, as the scope has "
        "it, and its services running.",
    ),
    Way(
        ("practice/agent-check",),
        "The agent's own check (azcmagent check) is run and compared with what was measured here.",
    ),
    Way(
        ("practice/egress",),
        "The host's own packet filter is followed for each endpoint that is reached directly.",
        ("tag-not-covered",),
    ),
    Way(
        ("practice/proxy-consistency",),
        "The places on the host that name a proxy are read and compared.",
    ),
    Way(
        ("practice/clock",),
        "The host's clock is compared with the Date of the endpoints' answers.",
    ),
    Way(("run/host-measured",), "Whether the host was measured to the end.", (*ALWAYS, *UNREACHED)),
    Way(
        ("run/controls",),
        "What must not be answered is asked: a name that does not exist, a connection that must "
        "stay open to nobody, a CONNECT that a proxy refuses, a certificate that must be refused.",
        ("control-tripped", "tls-client-disabled", "dns-rewritten"),
    ),
    Way(
        ("run/overall",),
        "The run is compliant where no MUST failed and none that applies is left open.",
    ),
)


def way_of(requirement: str) -> Way:
    """The way in which *requirement*, an id, is judged; its own before that of a pattern.

    Raise LookupError where nobody has said.
    """
    for way in sorted(WAYS, key=lambda one: requirement not in one.ids):
        if any(fnmatchcase(requirement, pattern) for pattern in way.ids):
            return way
    raise LookupError(f"{requirement}: say in {__name__} how it is judged")


def causes_of(requirement: Requirement) -> Iterator[str]:
    """The causes by which *requirement* can fail, in the order of the closed list."""
    if requirement.not_testable or requirement.not_tested:
        return
    way = way_of(requirement.id)
    for cause in CAUSES:
        if any(fnmatchcase(cause, pattern) for pattern in way.causes):
            yield cause
