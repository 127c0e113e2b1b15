"""The agent on the host: its own word on how it is, its listeners, whom it speaks to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone

from arc_compliance.judge.addresses import is_loopback
from arc_compliance.judge.agent_errors import ERROR_CODES
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged, untested
from arc_compliance.judge.names import failed_words
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence, Socket

DNS = 53
HEARTBEAT_MINUTES = 15
"""The agent sends one every five minutes."""


def agent_version(evidence: Evidence) -> tuple[int, int] | None:
    """Major and minor version of the agent, None where it is not known."""
    found = re.match(r"(\d{1,4})\.(\d{1,4})\b", evidence.facts.agent.version or "")
    return (int(found[1]), int(found[2])) if found else None


def judge_agent_health(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the agent says that it is connected, as the scope has it, and its services run.

    An agent that is installed and was never connected is as it should be before onboarding.
    """
    facts = evidence.facts.agent
    expected = "connected to the cloud and region in question, its services running"
    if facts.show_failure:
        words = f"azcmagent show told nothing: {facts.show_failure}"
        return untested(case, expected, words, facts.show_failure)
    about = f"version {facts.version or 'unknown'}, {facts.status or 'no status'}"
    status = (facts.status or "").lower()
    if status in ("", "disconnected") and facts.failure:
        words = f"{about}: whether it ever was connected is unknown ({facts.failure})"
        return untested(case, expected, words, facts.failure)
    troubles = [*_troubles(evidence), *_elsewhere(evidence, grounds)]
    if status in ("", "disconnected") and not facts.location:
        about += ": installed, not onboarded yet"
    elif status != "connected":
        troubles.insert(0, f"its status is {facts.status or 'unknown'}")
    if not troubles:
        return judged(case, Verdict.PASS, expected=expected, actual=about)
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=f"{about}; {'; '.join(troubles)}",
        failing=[case.host],
        mend="server owner: Look at `azcmagent show` and /var/opt/azcmagent/log on the host; "
        "connect it where it belongs (azcmagent connect), or name the right --location.",
    )


def _troubles(evidence: Evidence) -> Iterator[str]:
    facts = evidence.facts.agent
    if facts.error_code:
        meaning = ERROR_CODES.get(facts.error_code.upper())
        words = [meaning, facts.error_details]
        yield f"{facts.error_code} ({', '.join(word for word in words if word) or 'no details'})"
    heartbeat = _time(facts.last_heartbeat)
    if heartbeat is not None:
        minutes = (evidence.finished - heartbeat) / 60
        if minutes > HEARTBEAT_MINUTES:
            yield f"its last heartbeat was {minutes:.0f} minutes before"
    stopped = [f"{unit} is {state}" for unit, state in facts.units.items() if state != "active"]
    # arcproxyd runs where the local proxy is in use only.
    yield from (words for words in stopped if not words.startswith("arcproxyd "))


def _elsewhere(evidence: Evidence, grounds: Grounds) -> Iterator[str]:
    facts, scope = evidence.facts.agent, grounds.scope
    if facts.cloud and facts.cloud.lower() != scope.cloud.lower():
        yield f"it is connected to {facts.cloud}, the run is about {scope.cloud}"
    region = scope.location_of(facts.location)
    if facts.location and region and facts.location != region:
        yield f"it is in {facts.location}, the run is about {region}"


def judge_agent_check(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Where the agent's own check saw something else than we did. No other verdict hangs on it."""
    del grounds
    expected = "azcmagent check and this measurement agree"
    check = evidence.agent_check
    if check is None or check.failure:
        why = check.failure if check else "it was not asked"
        words = f"azcmagent check told nothing: {why}"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    compared = [(one, m) for one in check.found if (m := evidence.of(one.name, 443))]
    if not compared:
        words = f"it told of {len(check.found)} endpoints, none of which was measured here"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    apart = [(one, m) for one, m in compared if one.reachable != (m.failed is None)]
    if not apart:
        words = f"they agree on {len(compared)} endpoints"
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    phrases = [
        f"{one.name}: azcmagent says {'reachable' if one.reachable else 'unreachable'}, seen here: "
        f"{'reached' if m.failed is None else failed_words(m)[2]}"
        for one, m in apart
    ]
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual="\n".join([f"they differ on {len(apart)} of {len(compared)} endpoints", *phrases]),
        failing=[one.name for one, _ in apart],
        mend="server owner: Run `azcmagent check` on the host again; it goes the agent's own way, "
        "so that a difference often is a proxy, a trust store or a moment.",
    )


def _time(text: str | None) -> float | None:
    """*text*, ISO 8601 with any number of digits behind the second, in seconds since the epoch."""
    found = re.match(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?$", text or "")
    if not found:
        return None
    try:
        when = datetime.fromisoformat(found[1] + (found[3] or "Z").replace("Z", "+00:00"))
        return when.astimezone(timezone.utc).timestamp()
    except (ValueError, OverflowError):
        return None


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
    if facts.failure:
        words = f"the sockets of the agent's processes are unknown ({facts.failure})"
        return untested(case, expected, words, facts.failure)
    if facts.processes:
        return None
    words = "the agent is installed and none of its processes runs: start it, then run again"
    return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)


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
