"""HTTPS: HTTP is spoken inside TLS only."""

from __future__ import annotations

from arc_compliance.judge.fold import NameVerdict, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.observation import Stage


def judge_https(case: Case, view: HostView) -> Judgement:
    """Whether HTTP is spoken inside TLS only, redirects included.

    A redirect to ``http://`` would take the next request out of TLS.
    """
    expected = "HTTPS everywhere, and no redirect out of it"
    spoken = [m for m in view.evidence.measurements if m.scheme == "https" and m.passed(Stage.HTTP)]
    if not spoken:
        return nothing_answered(case, view.required(), expected)
    found = []
    for m in spoken:
        location = m.headers.get("location", "")
        if location.lower().startswith("http://"):
            found.append(
                NameVerdict(
                    name=m.name,
                    verdict=Verdict.FAIL,
                    cause="http-not-proven",
                    words=f"redirects to {location[:120]}",
                )
            )
    if found:
        return fold(case, found, expected=expected)
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(spoken)} endpoints answered HTTP inside TLS, none redirects out of it",
    )
