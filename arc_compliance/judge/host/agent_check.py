"""The agent's own check of the network, beside this measurement."""

from __future__ import annotations

from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.fold import failed_words
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def judge_agent_check(case: Case, view: HostView) -> Judgement:
    """Where the agent's own check saw something else than we did. No other verdict hangs on it."""
    expected = "azcmagent check and this measurement agree"
    check = view.evidence.agent_check
    if check is None or check.failure:
        why = check.failure if check else "it was not asked"
        words = f"azcmagent check told nothing: {why}"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    compared = [(one, m) for one in check.found if (m := view.measured(one.name))]
    if not compared:
        words = f"it told of {len(check.found)} endpoints, none of which was measured here"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    differing = [(one, m) for one, m in compared if one.reachable != (m.failed is None)]
    if not differing:
        words = f"they agree on {len(compared)} endpoints"
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    phrases = [
        f"{one.name}: azcmagent says {'reachable' if one.reachable else 'unreachable'}, seen here: "
        f"{'reached' if m.failed is None else failed_words(m)[2]}"
        for one, m in differing
    ]
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual="\n".join(
            [f"they differ on {len(differing)} of {len(compared)} endpoints", *phrases]
        ),
        failing=[one.name for one, _ in differing],
        remedy=Remedy(
            Owner.SERVER,
            "Run `azcmagent check` on the host again; it goes the agent's own way, "
            "so that a difference often is a proxy, a trust store or a moment.",
        ),
    )
