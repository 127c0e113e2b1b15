"""The agent on the host: what its processes listen to and whom they speak to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from arc_compliance.evidence import Evidence, Socket
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.plan import Case

DNS = 53


def judge_outbound(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether no process of the agent listens to other machines."""
    del grounds
    expected = "the agent's processes listen on loopback only"
    facts = evidence.facts.sockets
    listening = [one for one in facts.found if one.listening]
    open_to_others = [one for one in listening if not is_loopback(one.local)]
    if open_to_others:
        names = [f"{one.process} at {one.local}" for one in open_to_others]
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=f"listening beyond loopback: {', '.join(names[:6])}",
            cause="listener-found",
            failing=names,
        )
    if unseen := _unseen(case, evidence, expected):
        return unseen
    shown = ", ".join(sorted({one.local for one in listening})) or "nothing"
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{', '.join(facts.processes)}: {shown}, {len(facts.found)} sockets in all",
    )


def _unseen(case: Case, evidence: Evidence, expected: str) -> Judgement | None:
    """The judgement of a case whose sockets nobody could see, None where they were seen."""
    facts = evidence.facts.sockets
    if facts.failure == "permission-denied":
        why = "only root sees whose a socket is; run again with --sudo"
    elif facts.failure:
        why = f"the sockets of the agent's processes are unknown ({facts.failure})"
    elif not facts.processes:
        why = "the agent is installed and none of its processes runs: start it, then run again"
    else:
        return None
    return judged(case, Verdict.NOT_TESTED, expected=expected, actual=why)


def sockets_astray(evidence: Evidence) -> Iterator[str]:
    """The connections of the agent's processes that are no TCP to port 443 or to the proxy, DNS and
    loopback aside, in words."""
    allowed = {one.proxy for one in evidence.facts.proxy.settings}
    hosts = {
        f"{address}:{one.proxy.rpartition(':')[2]}"
        for one in evidence.facts.proxy.settings
        for address in one.addresses
    }
    for one in evidence.facts.sockets.found:
        if one.remote is None or is_loopback(one.remote) or one.remote in allowed | hosts:
            continue
        port = one.remote.rpartition(":")[2]
        if port == str(DNS) or (one.kind == "tcp" and port == "443"):
            continue
        yield _words(one)


def _words(one: Socket) -> str:
    return f"{one.process} has {one.kind.upper()} to {one.remote}"


def is_loopback(place: str) -> bool:
    """Whether the address:port *place* is on this machine only; what is no address is not."""
    try:
        ip = ipaddress.ip_address(place.rpartition(":")[0].strip("[]"))
    except ValueError:
        return False
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return (mapped or ip).is_loopback
