"""The host's own packet filter, where it is what stops a connection."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.addresses.address import address_set
from arc_compliance.judge.host.egress import let_out
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def by_own_rules(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement*, where a connection fails that the host's own rules block, with a remedy for the
    server owner: the network team cannot fix it."""
    if judgement.verdict is not Verdict.FAIL or not judgement.cause.startswith("connect-"):
        return judgement
    del case
    own = view.own_firewall
    if own is None:
        return judgement
    passed = view.passed_by(own)
    possible = passed.addresses | passed.unsure
    kept = [
        m.name
        for m in view.evidence.measurements
        if m.name in judgement.failing and not address_set(m).issubset(possible)
    ]
    if set(kept) < set(judgement.failing) or not kept:
        return judgement
    shown = ", ".join(dict.fromkeys(kept[:3]))
    kept_back = replace(judgement, actual=f"{judgement.actual}; {own.label} keeps it back")
    return with_remedies(kept_back, [let_out(shown, own.label)])
