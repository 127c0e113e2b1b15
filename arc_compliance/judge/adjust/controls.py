"""Negative controls: a result that rests on a stage whose control was answered is an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from arc_compliance.judge.causes.remedies import remedy_for
from arc_compliance.judge.host.controls import cause_of, in_words
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

_REST_ON_A_CONNECTION = (
    "principles/tcp",
    "networking/port-443",
    "networking/proxy",
    "networking/no-log-analytics-gateway",
)


def by_controls(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement*, or an error where it is good and rests on a stage whose control was answered."""
    if judgement.verdict not in (Verdict.PASS, Verdict.WARN):
        return judgement
    stage = _rests_on(case.requirement.id, view.evidence.measurements)
    tripped = next((c for c in view.evidence.controls if c.answered and c.stage is stage), None)
    if tripped is None:
        return judgement
    cause = cause_of(tripped)
    failing = (tripped.target,)
    error = replace(
        judgement,
        verdict=Verdict.ERROR,
        actual=f"{judgement.actual}; but that shows nothing, since {in_words(tripped)}",
        cause=cause,
        failing=failing,
    )
    return with_remedies(error, [remedy_for(cause, failing, case.platform)])


def _rests_on(requirement: str, measurements: Sequence[Measurement]) -> Stage | None:
    """The stage on which a good verdict on *requirement* rests, and on nothing after it.

    A connection that went on to a TLS handshake has shown more than that it was accepted.
    """
    if requirement == "networking/private-link" or requirement.startswith("service-tags/"):
        return Stage.RESOLVE
    if requirement == "principles/certificates":
        return Stage.CERTIFICATE
    if requirement in _REST_ON_A_CONNECTION:
        if any(m.passed(Stage.TLS) for m in measurements):
            return None
        return Stage.PROXY if any(m.at(Stage.PROXY) for m in measurements) else Stage.CONNECT
    return None
