"""Negative controls: whether this run was able to see a failure, stage by stage."""

from __future__ import annotations

from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Control
from arc_compliance.wire.observation import Stage

RUN_CONTROLS = "run/controls"

_CAUSES = {Stage.RESOLVE: "dns-rewritten", Stage.CERTIFICATE: "probe-failed"}
"""The cause of an answered control, ``control-tripped`` where none is named here."""

_HELD = {
    Stage.RESOLVE: "did not resolve",
    Stage.CONNECT: "was not answered",
    Stage.PROXY: "was refused",
    Stage.CERTIFICATE: "was refused",
}


def judge_controls(case: Case, view: HostView) -> Judgement:
    """Whether nothing was answered that must not be.

    What a network answers is a reservation; a client that takes any certificate, or a control that
    could not be asked, is a fault of the measurement.
    """
    expected = "what must not be answered is not answered"
    controls = view.evidence.controls
    answered = [control for control in controls if control.answered]
    unasked = [control for control in controls if control.failure]
    actual = "; ".join(in_words(control) for control in controls)
    broken = [c for c in answered if c.stage is Stage.CERTIFICATE] or unasked
    lacks = _lacking({control.stage for control in controls})
    if broken or lacks:
        lack = f"the host's evidence holds no control of {lacks}" if lacks else ""
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual="; ".join(filter(None, (actual, lack))),
            cause="probe-failed",
            failing=[control.target for control in broken],
        )
    if answered:
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=actual,
            cause=cause_of(answered[0]),
            failing=[control.target for control in answered],
        )
    return judged(case, Verdict.PASS, expected=expected, actual=actual)


def _lacking(stages: set[Stage]) -> str:
    """What must have been asked, by any route out, and was not; empty where all of it was."""
    if Stage.CERTIFICATE not in stages:
        return Stage.CERTIFICATE.value
    if Stage.PROXY in stages:
        return ""
    return next((one.value for one in (Stage.RESOLVE, Stage.CONNECT) if one not in stages), "")


def outcome_of(control: Control) -> str:
    """One or two words for how *control* went: held, answered, not asked."""
    if control.failure:
        return "not asked"
    return "answered" if control.answered else "held"


def cause_of(control: Control) -> str:
    """The cause of an answered control."""
    return _CAUSES.get(control.stage, "control-tripped")


def in_words(control: Control) -> str:
    """What came of the control, in words."""
    if control.failure:
        return f"{control.target} could not be asked ({control.failure.detail})"
    if not control.answered:
        return f"{control.target} {_HELD[control.stage]}"
    return f"{control.target} was answered at {control.stage.value}: {control.detail}"
