"""The agent on the host: its own word on how it is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timezone

from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.host.agent_errors import ERROR_CODES
from arc_compliance.judge.judgement import Judgement, Verdict, judged, untested
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case

HEARTBEAT_MINUTES = 15
"""The agent sends one every five minutes."""


def judge_agent_health(case: Case, view: HostView) -> Judgement:
    """Whether the agent says that it is connected, as the scope has it, and its services run.

    An agent that is installed and was never connected is as it should be before onboarding.
    """
    facts = view.facts.agent
    expected = "connected to the cloud and region in question, its services running"
    if facts.show_failure:
        words = f"azcmagent show told nothing: {facts.show_failure}"
        return untested(case, expected, words, facts.show_failure)
    about = f"version {facts.version or 'unknown'}, {facts.status or 'no status'}"
    status = (facts.status or "").lower()
    if status in ("", "disconnected") and facts.failure:
        words = f"{about}: whether it ever was connected is unknown ({facts.failure})"
        return untested(case, expected, words, facts.failure)
    troubles = [*_troubles(view), *_elsewhere(view)]
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
        remedy=Remedy(
            Owner.SERVER,
            "Look at `azcmagent show` and /var/opt/azcmagent/log on the host; "
            "connect it where it belongs (azcmagent connect), or name the right --location.",
        ),
    )


def _troubles(view: HostView) -> Iterator[str]:
    facts = view.facts.agent
    if facts.error_code:
        meaning = ERROR_CODES.get(facts.error_code.upper())
        words = [meaning, facts.error_details]
        yield f"{facts.error_code} ({', '.join(word for word in words if word) or 'no details'})"
    heartbeat = _time(facts.last_heartbeat)
    if heartbeat is not None:
        minutes = (view.evidence.finished - heartbeat) / 60
        if minutes > HEARTBEAT_MINUTES:
            yield f"its last heartbeat was {minutes:.0f} minutes before"
    stopped = [f"{unit} is {state}" for unit, state in facts.units.items() if state != "active"]
    # arcproxyd runs where the local proxy is in use only.
    yield from (words for words in stopped if not words.startswith("arcproxyd "))


def _elsewhere(view: HostView) -> Iterator[str]:
    facts, scope = view.facts.agent, view.scope
    if facts.cloud and facts.cloud.lower() != scope.cloud.lower():
        yield f"it is connected to {facts.cloud}, the run is about {scope.cloud}"
    region = scope.location_of(facts.location)
    if facts.location and region and facts.location != region:
        yield f"it is in {facts.location}, the run is about {region}"


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
