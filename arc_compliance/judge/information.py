"""Statements that ask for nothing."""

from __future__ import annotations

from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import Grounds
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence


def judge_information(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """A statement that asks for nothing: it is passed on to the reader."""
    del evidence, grounds
    statement = case.requirement.statement
    return judged(case, Verdict.PASS, expected="for information", actual=statement)
