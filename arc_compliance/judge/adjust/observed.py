"""What was seen of a failure beside its cause, where that names another object to change.

A hosts file that pins the name, a DNS filter's address, the status and the authentication schemes
of a proxy's answer, the number of a TLS alert, a handshake that stops halfway.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable
from dataclasses import replace

from arc_compliance.base.wording import first_few
from arc_compliance.judge.causes import CAUSES, Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

UNRECOGNIZED_NAME = 112
"""The alert by which a server, or a filter in its place, refuses a server name (RFC 6066, 3)."""

_AGENTS_SCHEMES = ("basic",)
_ANSWERS = {
    302: "a log-in or policy page",
    303: "a log-in or policy page",
    307: "a log-in or policy page",
    429: "too many requests",
    451: "a policy page",
    503: "an overload",
    504: "an upstream time-out",
    511: "a log-in page",
}

Finding = tuple[str, Remedy]
"""What to add to the words of a judgement, and what to do about it."""


def by_observation(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement*, where its failing names have a finding in common, with that and its remedy."""
    del case
    if judgement.verdict not in (Verdict.FAIL, Verdict.WARN) or not judgement.failing:
        return judgement
    failing = [m for m in view.evidence.measurements if m.name in judgement.failing]
    names = first_few(list(dict.fromkeys(m.name for m in failing)), 3)
    for find in _FINDINGS:
        found = [find(m, names) for m in failing]
        findings = [one for one in found if one]
        if not findings or len(findings) < len(found):
            continue
        words = "; ".join(dict.fromkeys(text for text, _ in findings))
        remedies = dict.fromkeys(remedy for _, remedy in findings)
        cause = "dns-filtered" if find is _filtered else judgement.cause
        adjusted = replace(judgement, actual=f"{judgement.actual}; {words}", cause=cause)
        return with_remedies(adjusted, remedies)
    return judgement


def _pinned(m: Measurement, names: str) -> Finding | None:
    resolved = m.at(Stage.RESOLVE)
    if not _fails(m) or resolved is None or not resolved.hosts_file:
        return None
    line = resolved.hosts_file
    sentence = f"Correct or remove line {line} of the host, which pins an address for {names}."
    return f"the address is pinned by {line}", Remedy(Owner.SERVER, sentence)


def _filtered(m: Measurement, names: str) -> Finding | None:
    resolved = m.at(Stage.RESOLVE)
    if not _fails(m) or resolved is None or resolved.via != "resolver" or resolved.hosts_file:
        return None
    if not resolved.addresses or not all(_leads_nowhere(one) for one in resolved.addresses):
        return None
    words = f"the resolver answered {', '.join(resolved.addresses[:2])}, as DNS filters do"
    sentence = f"Take {names} off the DNS filter, which answers with an address that leads nowhere."
    return words, Remedy(CAUSES["dns-filtered"].owner, sentence)


def _leads_nowhere(address: str) -> bool:
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return ip.is_unspecified or ip.is_loopback


def _wants_credentials(m: Measurement, names: str) -> Finding | None:
    proxied = m.at(Stage.PROXY)
    if proxied is None or proxied.status != 407 or not proxied.schemes:
        return None
    offered = ", ".join(proxied.schemes)
    if any(one.lower() in _AGENTS_SCHEMES for one in proxied.schemes):
        return None
    sentence = (
        f"Let this host's CONNECT to {names} pass without authentication: the proxy offers "
        f"{offered} only, of which the agent has none, so that no proxy URL can satisfy it."
    )
    return f"the proxy offers {offered} only", Remedy(Owner.PROXY, sentence)


def _answered_by_the_proxy(m: Measurement, names: str) -> Finding | None:
    proxied = m.at(Stage.PROXY)
    if proxied is None or proxied.failure is None or proxied.status not in _ANSWERS:
        return None
    kind = _ANSWERS[proxied.status]
    to = f" ({proxied.location[:120]})" if proxied.location else ""
    sentence = {
        429: f"Look at the proxy's load and raise its limit for this host's CONNECT to {names}.",
        503: f"Look at the load of the proxy: it answers CONNECT to {names} with 503.",
        504: f"Look at the proxy's own way out: CONNECT to {names} times out there.",
    }.get(
        proxied.status,
        f"Exempt this host's CONNECT to {names} from the proxy's log-in or policy page: the agent "
        "cannot fill it in.",
    )
    return f"HTTP {proxied.status} is {kind}{to}", Remedy(Owner.PROXY, sentence)


def _name_refused(m: Measurement, names: str) -> Finding | None:
    tls = m.at(Stage.TLS)
    if tls is None or tls.failure is None or tls.alert != UNRECOGNIZED_NAME:
        return None
    sentence = f"Allow {names} in the filter that reads server names (SNI) and refuses them."
    return "the server name was refused (alert 112)", Remedy(Owner.NETWORK, sentence)


def _stops_halfway(m: Measurement, names: str) -> Finding | None:
    tls = m.at(Stage.TLS)
    timed_out = tls and tls.failure and tls.failure.cause == "tls-timeout"
    if tls is None or not timed_out or not (tls.received or tls.out_of_order):
        return None
    sentence = (
        f"Check the path MTU to {names} (ICMP 'fragmentation needed' must come back, or TCP MSS be "
        "clamped on tunnels): large packets towards this host seem to be lost."
    )
    words = f"{tls.received or 0} bytes of the handshake came, then nothing"
    if tls.out_of_order:
        words += f", and {tls.out_of_order} of its segments while one before them was missing"
    return words, Remedy(Owner.NETWORK, sentence)


def _fails(m: Measurement) -> bool:
    certificate = m.at(Stage.CERTIFICATE)
    return m.failed is not None or (certificate is not None and certificate.failure is not None)


_FINDINGS: tuple[Callable[[Measurement, str], Finding | None], ...] = (
    _pinned,
    _filtered,
    _wants_credentials,
    _answered_by_the_proxy,
    _name_refused,
    _stops_halfway,
)
"""In this order; the first that all failing names have in common is told."""
