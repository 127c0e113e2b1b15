"""The adjustments that are applied to a judge's judgement, in their order.

An adjustment holds for the judgements of many requirements: a control was answered, the agent's
proxy is unknown, the host itself blocks a connection. Where it does not apply it returns the
judgement unchanged.
"""

from __future__ import annotations

from collections.abc import Callable

from arc_compliance.judge.adjust.allowlist import by_allowlists
from arc_compliance.judge.adjust.controls import by_controls
from arc_compliance.judge.adjust.level import by_level
from arc_compliance.judge.adjust.observed import by_observation
from arc_compliance.judge.adjust.own_rules import by_own_rules
from arc_compliance.judge.adjust.proxy_at_hand import by_proxy_at_hand
from arc_compliance.judge.adjust.route import by_route
from arc_compliance.judge.adjust.time import by_time
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case

Adjustment = Callable[[Judgement, Case, HostView], Judgement]

ADJUSTMENTS: tuple[Adjustment, ...] = (
    by_controls,  # before the others: a result that rests on a tripped control is an error
    by_time,  # the same, where it rests on a day that nobody can believe
    by_route,  # a failure on a route that may not be the agent's is an error, not a failure
    by_observation,  # what still fails: does what was seen name another object to change?
    by_proxy_at_hand,  # what still fails: does another proxy of the host reach it?
    by_own_rules,  # what still fails: does the host itself block it?
    by_allowlists,  # what answers now: do the allow-lists cover all names of the row?
    by_level,  # after the others: an optional row that is unmet passes, whatever the reason
)


def adjusted(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement* of *case* after all adjustments."""
    for adjust in ADJUSTMENTS:
        judgement = adjust(judgement, case, view)
    return judgement
