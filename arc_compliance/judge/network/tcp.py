"""TCP: what the endpoints answer, and what the agent's processes speak."""

from __future__ import annotations

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.fold import nothing_answered
from arc_compliance.judge.host.sockets import sockets_astray
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.network.port_443 import connected
from arc_compliance.judge.view import Grounds, required
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence


def judge_tcp(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether what answered, answered over TCP."""
    expected = "every endpoint answers over TCP"
    asked = required(evidence, grounds, Client.AGENT)
    answered = [m for m in asked if connected(m)]
    if astray := list(sockets_astray(evidence)):
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"the agent's own connections: {'; '.join(astray[:6])}",
            failing=astray,
            mend="server owner: Find out what the agent's processes speak there; what it needs is "
            "TCP to port 443, or to its proxy.",
        )
    if not answered:
        return nothing_answered(case, asked, expected)
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(answered)} of {len(asked)} endpoints answered, all over TCP",
    )
