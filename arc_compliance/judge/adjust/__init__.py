"""What is made of a judge's judgement before it stands: each adjustment, in the order in which they
are applied.

An adjustment knows what no single judge should have to: that a control was answered, that the
agent's proxy is unknown, that the host itself keeps a connection back. It hands the judgement on as
it is where it has nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable

from arc_compliance.judge.adjust.allowlist import by_allowlists
from arc_compliance.judge.adjust.controls import by_controls
from arc_compliance.judge.adjust.level import by_level
from arc_compliance.judge.adjust.own_rules import by_own_rules
from arc_compliance.judge.adjust.proxy_at_hand import by_proxy_at_hand
from arc_compliance.judge.adjust.route import by_route
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case

Adjustment = Callable[[Judgement, Case, HostView], Judgement]

ADJUSTMENTS: tuple[Adjustment, ...] = (
    by_controls,  # first: what shows nothing needs no remedy
    by_route,  # makes errors of failures on a route that may not be the agent's
    by_proxy_at_hand,  # of what still fails, whether another proxy of the host would do
    by_own_rules,  # and whether the host itself keeps the connection back
    by_allowlists,  # a row that answers today may be let through by luck
    by_level,  # last: how much a verdict, whatever it has become, weighs
)


def adjusted(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement* of *case* after all adjustments."""
    for adjust in ADJUSTMENTS:
        judgement = adjust(judgement, case, view)
    return judgement
