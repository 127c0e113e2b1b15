"""What a run does not show: the cases without a result, by reason."""

from __future__ import annotations

import re
from collections.abc import Iterable

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.page.model import Gap
from arc_compliance.report.words import VERDICTS, sentence

_OPTION = re.compile(r"--[a-z][a-z-]+(?:=[\w.,:/*-]*\w)?")
_ORDER = (
    Verdict.NOT_TESTED,
    Verdict.ERROR,
    Verdict.BLOCKED,
    Verdict.WAIVED,
    Verdict.NOT_TESTABLE,
    Verdict.NOT_APPLICABLE,
)


def gaps_of(judgements: Iterable[Judgement]) -> tuple[Gap, ...]:
    """Each reason for which something was not shown, those that can be helped first."""
    piles: dict[tuple[Verdict, str], list[Judgement]] = {}
    for judgement in judgements:
        if judgement.verdict in _ORDER and (
            judgement.verdict is not Verdict.WAIVED or is_waived_unseen(judgement)
        ):
            reason = _reason(judgement)
            piles.setdefault((judgement.verdict, reason), []).append(judgement)
    order = sorted(piles.items(), key=lambda item: (_ORDER.index(item[0][0]), -len(item[1])))
    return tuple(_gap(verdict, reason, its) for (verdict, reason), its in order)


def is_waived_unseen(judgement: Judgement) -> bool:
    """Whether a waiver accepts *judgement* though nothing of it was seen."""
    return judgement.verdict_without_waiver in (Verdict.NOT_TESTED, Verdict.ERROR, Verdict.BLOCKED)


def _reason(judgement: Judgement) -> str:
    """Why there is no result. What failed before says so itself, so that it is not said again."""
    if judgement.verdict is Verdict.WAIVED:
        return "Accepted without having been seen; see the waivers"
    if judgement.verdict is Verdict.BLOCKED:
        return "An earlier step failed; these cases follow once that is fixed"
    if judgement.verdict is Verdict.ERROR and judgement.cause:
        return "Could not be measured; see what to change"
    return sentence(judgement.actual.partition("\n")[0])


def _gap(verdict: Verdict, reason: str, its: list[Judgement]) -> Gap:
    words = VERDICTS[verdict]
    return Gap(
        tone=words.tone,
        word=words.short,
        reason=reason,
        options=tuple(dict.fromkeys(_OPTION.findall(reason))),
        cases=len(its),
        hosts=tuple(dict.fromkeys(j.host for j in its)),
        requirements=tuple(dict.fromkeys(j.requirement for j in its)),
    )
