"""The time by which certificates are judged, where it is not to be believed."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.causes.remedies import remedy_for
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case

_BY_THE_CLOCK = "principles/certificates"


def by_time(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement*, or an error where it is good on a day that evidence only claims to be of.

    Whoever writes the day into a file chooses which certificates are valid.
    """
    if not view.doubt or case.requirement.id != _BY_THE_CLOCK:
        return judgement
    words = f"{judgement.actual}; by the evidence this was on {view.now:%Y-%m-%d}, {view.doubt}"
    if judgement.verdict not in (Verdict.PASS, Verdict.WARN):
        return replace(judgement, actual=words)
    error = replace(judgement, verdict=Verdict.ERROR, actual=words, cause="probe-failed")
    return with_remedies(error, [remedy_for("probe-failed", judgement.failing, case.platform)])
