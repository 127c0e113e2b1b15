"""Negative controls: whether this run was able to see a failure, stage by stage.

A control that was answered is a finding of its host and stage, and takes the worth of those
verdicts only that rest on that stage.
"""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.causes import remedy
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Control, Evidence, Failure, Measurement, Stage

RUN_CONTROLS = "run/controls"

_CAUSES = {Stage.RESOLVE: "dns-rewritten", Stage.CERTIFICATE: "probe-failed"}
"""The cause of an answered control, ``control-tripped`` where none is named here."""

_REST_ON_A_CONNECTION = (
    "principles/tcp",
    "networking/port-443",
    "networking/proxy",
    "networking/no-log-analytics-gateway",
)

_MADE_UP = Failure(
    cause="dns-rewritten", detail="it has the addresses of a name that does not exist"
)

_HELD = {
    Stage.RESOLVE: "did not resolve",
    Stage.CONNECT: "was not answered",
    Stage.PROXY: "was refused",
    Stage.CERTIFICATE: "was refused",
}


def judge_controls(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether nothing was answered that must not be.

    What a network answers is a reservation; a client that takes any certificate, or a control that
    could not be asked, is a fault of the measurement.
    """
    del grounds
    expected = "what must not be answered is not answered"
    controls = evidence.controls
    answered = [control for control in controls if control.answered]
    unasked = [control for control in controls if control.failure]
    actual = "; ".join(_words(control) for control in controls)
    broken = [c for c in answered if c.stage is Stage.CERTIFICATE] or unasked
    if broken or not controls:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=actual or "the host's evidence holds no controls",
            cause="probe-failed",
            failing=[control.target for control in broken],
        )
    if answered:
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=actual,
            cause=_cause(answered[0]),
            failing=[control.target for control in answered],
        )
    return judged(case, Verdict.PASS, expected=expected, actual=actual)


def without_made_up_addresses(evidence: Evidence) -> Evidence:
    """*evidence* in which a name that was answered like one that does not exist, did not resolve.

    A name whose certificate verified is left alone: whatever the resolver says, the service is
    there.
    """
    made_up = {
        address
        for control in evidence.controls
        if control.stage is Stage.RESOLVE and control.answered
        for address in control.addresses
    }
    if not made_up:
        return evidence
    lies = {m.name for m in evidence.measurements if _is_made_up(m, made_up)}
    return evidence.model_copy(
        update={
            "measurements": tuple(
                _unresolved(m) if m.name in lies else m for m in evidence.measurements
            ),
            "discovered": tuple(
                d.model_copy(update={"failure": _MADE_UP}) if d.name in lies and d.failure else d
                for d in evidence.discovered
            ),
        }
    )


def _is_made_up(measurement: Measurement, made_up: set[str]) -> bool:
    resolve, certificate = measurement.at(Stage.RESOLVE), measurement.at(Stage.CERTIFICATE)
    if resolve is None or resolve.data.get("via") != "resolver":
        return False
    addresses = resolve.data.get("addresses")
    if (
        not isinstance(addresses, list)
        or not addresses
        or (certificate and not certificate.failure)
    ):
        return False
    return {str(address) for address in addresses} <= made_up


def _unresolved(measurement: Measurement) -> Measurement:
    resolve = measurement.at(Stage.RESOLVE)
    assert resolve is not None
    failed = resolve.model_copy(update={"failure": _MADE_UP})
    return measurement.model_copy(update={"observations": (failed,)})


def weigh_by_controls(judgement: Judgement, evidence: Evidence) -> Judgement:
    """*judgement*, or an error where it is good and rests on a stage whose control was answered."""
    if judgement.verdict not in (Verdict.PASS, Verdict.WARN):
        return judgement
    stage = _rests_on(judgement.requirement, evidence)
    tripped = next((c for c in evidence.controls if c.answered and c.stage is stage), None)
    if tripped is None:
        return judgement
    cause = _cause(tripped)
    return replace(
        judgement,
        verdict=Verdict.ERROR,
        actual=f"{judgement.actual}; but that shows nothing, since {_words(tripped)}",
        cause=cause,
        failing=(tripped.target,),
        remedy=remedy(cause, (tripped.target,)),
    )


def outcome_of(control: Control) -> str:
    """One or two words for how *control* went: held, answered, not asked."""
    if control.failure:
        return "not asked"
    return "answered" if control.answered else "held"


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


def _cause(control: Control) -> str:
    return _CAUSES.get(control.stage, "control-tripped")


def _words(control: Control) -> str:
    if control.failure:
        return f"{control.target} could not be asked ({control.failure.detail})"
    if not control.answered:
        return f"{control.target} {_HELD[control.stage]}"
    return f"{control.target} was answered at {control.stage.value}: {control.detail}"
