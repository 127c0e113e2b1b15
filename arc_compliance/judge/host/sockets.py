"""The sockets of the agent's processes: listeners, and whom they speak to."""

from __future__ import annotations

from collections.abc import Iterator

from arc_compliance.judge.addresses.address import is_loopback
from arc_compliance.judge.judgement import Judgement, Verdict, judged, untested
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.facts import Facts, Socket, SocketFacts

DNS = 53


def judge_outbound(case: Case, view: HostView) -> Judgement:
    """Whether no process of the agent listens to other machines."""
    expected = "the agent's processes listen on loopback only"
    facts = view.facts.sockets
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
    if unseen := _unseen(case, facts, expected):
        return unseen
    shown = ", ".join(sorted({one.local for one in listening})) or "nothing"
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{', '.join(facts.processes)}: {shown}, {len(facts.found)} sockets in all",
    )


def _unseen(case: Case, facts: SocketFacts, expected: str) -> Judgement | None:
    """The judgement of a case whose sockets could not be read, None where they were."""
    if facts.failure:
        words = f"the sockets of the agent's processes are unknown ({facts.failure})"
        return untested(case, expected, words, facts.failure)
    if facts.processes:
        return None
    words = "the agent is installed and none of its processes runs: start it, then run again"
    return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)


def unexpected_connections(facts: Facts) -> Iterator[str]:
    """The connections of the agent's processes, in words, that are not TCP to port 443 or to the
    proxy; DNS and loopback are left out."""
    allowed = {one.proxy for one in facts.proxy.settings}
    hosts = {
        f"{address}:{one.proxy.rpartition(':')[2]}"
        for one in facts.proxy.settings
        for address in one.addresses
    }
    for one in facts.sockets.found:
        if one.remote is None or is_loopback(one.remote) or one.remote in allowed | hosts:
            continue
        port = one.remote.rpartition(":")[2]
        if port == str(DNS) or (one.kind == "tcp" and port == "443"):
            continue
        yield _words(one)


def _words(one: Socket) -> str:
    return f"{one.process} has {one.kind.upper()} to {one.remote}"
