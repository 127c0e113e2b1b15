"""The host's own packet filter, where it is what stops a connection."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.addresses.address import address_set
from arc_compliance.judge.addresses.filters import own_filter
from arc_compliance.judge.host.egress import let_out
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.wire.evidence import Evidence


def with_own_rules(judgement: Judgement, evidence: Evidence) -> Judgement:
    """*judgement*, where a connection fails that the host's own rules keep back, with who can mend
    it: that is no matter of the network."""
    if judgement.verdict is not Verdict.FAIL or not judgement.cause.startswith("connect-"):
        return judgement
    own, _ = own_filter(evidence)
    if own is None:
        return judgement
    passed = own.passed(evidence.vantage.source_addresses)
    possible = passed.addresses | passed.unsure
    kept = [
        m.name
        for m in evidence.measurements
        if m.name in judgement.failing and not address_set(m).issubset(possible)
    ]
    if set(kept) < set(judgement.failing) or not kept:
        return judgement
    shown = ", ".join(dict.fromkeys(kept[:3]))
    return replace(
        judgement,
        actual=f"{judgement.actual}; {own.label} keeps it back",
        remedy=let_out(shown, own.label),
    )
