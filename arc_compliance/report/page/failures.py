"""Every failure in words, told once for the hosts that it is alike on: readable without scripts
and on paper."""

from __future__ import annotations

from collections.abc import Iterable

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.page.model import Failure, Seen
from arc_compliance.report.words import VERDICTS, cause_words, plain, sentence

MOST_SEEN = 5
"""So many different observations of one failure are told; on a fleet they differ in times only."""

_TOLD = (Verdict.FAIL, Verdict.ERROR, Verdict.WARN)


def failures_of(judgements: Iterable[Judgement]) -> tuple[Failure, ...]:
    """The failures, then what has no result, then the warnings, each in the order of the cases."""
    piles: dict[tuple[Verdict, str, str, str], list[Judgement]] = {}
    for j in judgements:
        # What kept a host from being measured is one thing, not one for each requirement.
        where = ("", "") if j.verdict is Verdict.ERROR and j.cause else (j.requirement, j.endpoint)
        if j.verdict in _TOLD:
            piles.setdefault((j.verdict, *where, j.cause), []).append(j)
    order = sorted(piles.items(), key=lambda item: _TOLD.index(item[0][0]))
    return tuple(_failure(its) for _, its in order)


def _failure(its: list[Judgement]) -> Failure:
    first = its[0]
    words = VERDICTS[first.verdict]
    by_words: dict[str, dict[str, None]] = {}
    for judgement in its:
        by_words.setdefault(judgement.actual, {})[judgement.host] = None
    requirements = tuple(dict.fromkeys(judgement.requirement for judgement in its))
    seen = [Seen(actual=plain(text), hosts=tuple(hosts)) for text, hosts in by_words.items()]
    return Failure(
        tone=words.tone,
        word=words.short,
        requirements=requirements,
        endpoint=first.endpoint if len(requirements) == 1 else "",
        says=sentence(cause_words(first.cause)) if first.cause else "",
        cause=first.cause,
        expected=first.expected if len(requirements) == 1 else "",
        seen=tuple(seen[:MOST_SEEN]),
        alike=tuple(host for one in seen[MOST_SEEN:] for host in one.hosts),
    )
