"""The route that was measured, where it may not be the agent's."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.causes.remedies import remedy_for
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def by_route(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement*, or an error where the agent's way was measured without knowing its proxy."""
    why = view.facts.proxy.failure
    client = (case.row_of or case.requirement).client
    unmet = judgement.verdict in (Verdict.FAIL, Verdict.BLOCKED)
    if not why or not unmet or client is not Client.AGENT:
        return judgement
    cause = why if why == "permission-denied" else "probe-failed"
    error = replace(
        judgement,
        verdict=Verdict.ERROR,
        cause=cause,
        actual=f"the agent's own proxy is unknown ({why}); straight out: {judgement.actual}",
    )
    return with_remedies(error, [remedy_for(cause, judgement.failing, case.platform)])
