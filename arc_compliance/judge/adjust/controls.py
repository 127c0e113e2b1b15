"""Negative controls: one that was answered takes the worth of what rests on its stage."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.causes.remedies import remedy
from arc_compliance.judge.host.controls import cause_of, in_words
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.observation import Stage

_REST_ON_A_CONNECTION = (
    "principles/tcp",
    "networking/port-443",
    "networking/proxy",
    "networking/no-log-analytics-gateway",
)


def weigh_by_controls(judgement: Judgement, evidence: Evidence) -> Judgement:
    """*judgement*, or an error where it is good and rests on a stage whose control was answered."""
    if judgement.verdict not in (Verdict.PASS, Verdict.WARN):
        return judgement
    stage = _rests_on(judgement.requirement, evidence)
    tripped = next((c for c in evidence.controls if c.answered and c.stage is stage), None)
    if tripped is None:
        return judgement
    cause = cause_of(tripped)
    return replace(
        judgement,
        verdict=Verdict.ERROR,
        actual=f"{judgement.actual}; but that shows nothing, since {in_words(tripped)}",
        cause=cause,
        failing=(tripped.target,),
        remedy=remedy(cause, (tripped.target,)),
    )


def _rests_on(requirement: str, evidence: Evidence) -> Stage | None:
    """The stage on which a good verdict on *requirement* rests, and on nothing after it.

    A connection that went on to a TLS handshake has shown more than that it was accepted.
    """
    if requirement == "networking/private-link" or requirement.startswith("service-tags/"):
        return Stage.RESOLVE
    if requirement == "principles/certificates":
        return Stage.CERTIFICATE
    if requirement in _REST_ON_A_CONNECTION:
        if any((tls := m.at(Stage.TLS)) and not tls.failure for m in evidence.measurements):
            return None
        return (
            Stage.PROXY if any(m.at(Stage.PROXY) for m in evidence.measurements) else Stage.CONNECT
        )
    return None
