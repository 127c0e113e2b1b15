"""TCP: what the endpoints answer, and what the agent's processes speak."""

from __future__ import annotations

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.fold import nothing_answered
from arc_compliance.judge.host.sockets import unexpected_connections
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.network.port_443 import connected
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def judge_tcp(case: Case, view: HostView) -> Judgement:
    """Whether what answered, answered over TCP."""
    expected = "every endpoint answers over TCP"
    asked = view.required(Client.AGENT)
    answered = [m for m in asked if connected(m)]
    if unexpected := list(unexpected_connections(view.facts)):
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"the agent's own connections: {'; '.join(unexpected[:6])}",
            failing=unexpected,
            remedy=Remedy(
                Owner.SERVER,
                "Find out what the agent's processes speak there; what it needs is "
                "TCP to port 443, or to its proxy.",
            ),
        )
    if not answered:
        return nothing_answered(case, asked, expected)
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(answered)} of {len(asked)} endpoints answered, all over TCP",
    )
