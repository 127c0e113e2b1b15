"""The host's name servers: whether each of them answers."""

from __future__ import annotations

from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

SLOW_SECONDS = 2.0
"""A name server that takes longer than this is told; a healthy one takes milliseconds."""


def judge_name_servers(case: Case, view: HostView) -> Judgement:
    """Whether every name server in the host's configuration answers, and in time.

    The resolver asks them in turn: a dead first one costs its time-out at every look-up.
    """
    expected = "every name server of the host answers"
    resolver = view.facts.resolver
    asked = [s for s in resolver.servers if s.seconds is not None or s.failure] if resolver else []
    if resolver is None or not asked:
        if any(_looked_up(m) for m in view.evidence.measurements):
            words = "this evidence was collected without asking the name servers; measure again"
            return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
        words = "no name was looked up: the run says where the endpoints are, or a proxy does it"
        return judged(case, Verdict.NOT_APPLICABLE, expected=expected, actual=words)
    silent = [s for s in asked if s.seconds is None]
    slow = [s for s in asked if s.seconds is not None and s.seconds > SLOW_SECONDS]
    words = "; ".join(
        f"{s.address}: {s.failure or 'no answer'}"
        if s.seconds is None
        else f"{s.address}: {s.seconds * 1000:.0f} ms"
        for s in asked[:8]
    )
    if not silent and not slow:
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    wait = f"; each look-up waits {resolver.timeout:g} s for one that is silent" if silent else ""
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=f"{words}{wait}",
        cause="dns-slow",
        failing=[s.address for s in (*silent, *slow)],
    )


def _looked_up(measurement: Measurement) -> bool:
    resolved = measurement.at(Stage.RESOLVE)
    return resolved is not None and resolved.via == "resolver"
