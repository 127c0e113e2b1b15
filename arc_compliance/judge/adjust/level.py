"""A judgement by the level of what it is about."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case

UNMET = (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED, Verdict.WARN)


def by_level(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement* by the level of what it is about.

    An optional row that is unmet passes with a note. An unmet SHOULD fails where the operator is
    strict.
    """
    optional = (case.row_of or case.requirement).level is Level.MAY
    if optional and judgement.verdict in UNMET:
        note = f"optional, and {judgement.verdict.value}: {judgement.actual}"
        return with_remedies(replace(judgement, verdict=Verdict.PASS, actual=note), [])
    strict = view.scope.strict_should and case.requirement.level is Level.SHOULD
    if strict and judgement.verdict is Verdict.WARN:
        return replace(judgement, verdict=Verdict.FAIL)
    return judgement
