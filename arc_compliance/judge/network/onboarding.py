"""The machine from which others are onboarded."""

from __future__ import annotations

from arc_compliance.judge.fold import failures_of, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def judge_onboarding_machine(case: Case, view: HostView) -> Judgement:
    """Whether the machine that onboards others reaches every required endpoint itself."""
    expected = "the onboarding machine reaches every required endpoint"
    asked = view.required()
    stopped = [m for m in asked if m.failed]
    if stopped:
        return fold(case, list(failures_of(stopped)), expected=expected)
    if not asked:
        return nothing_answered(case, asked, expected)
    return judged(
        case, Verdict.PASS, expected=expected, actual=f"it reaches all {len(asked)} endpoints"
    )
