"""The host's own packet filter on the way out, beside what the host has to reach."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Client
from arc_compliance.judge.addresses import address_set
from arc_compliance.judge.allowlists import own_filter
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged, untested
from arc_compliance.judge.networking import nothing_answered, required
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence, Measurement, Stage


def judge_egress(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the host's own rules let out what goes straight to the endpoints."""
    expected = "the host's own rules let connections to the endpoints out"
    every = required(evidence, grounds, Client.AGENT)
    if every and all(_via(m) == "connect-to" for m in every):
        words = "the run says itself where each endpoint is to be found"
        return judged(case, Verdict.NOT_APPLICABLE, expected=expected, actual=words)
    own, why = own_filter(evidence)
    if why:
        return untested(case, expected, f"the host's own rules are unknown ({why})", why)
    if own is None:
        words = "its rules keep nothing back on the way out"
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    passed = own.passed(evidence.vantage.source_addresses)
    asked = [m for m in every if address_set(m)]
    if not asked:
        return nothing_answered(case, every, expected)
    possible = passed.addresses | passed.unsure
    lacking = [m.name for m in asked if not address_set(m).issubset(possible)]
    if lacking:
        shown = first_few(lacking, 5)
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"{own.label} keeps addresses of {shown} back",
            failing=lacking,
            mend=_mend(shown, own.label),
        )
    unsure = [m.name for m in asked if not address_set(m).issubset(passed.addresses)]
    if unsure:
        words = f"{own.label} asks for what cannot be known here ({', '.join(passed.why_unsure)})"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    words = f"{own.label} lets all {len(asked)} endpoints out"
    return judged(case, Verdict.PASS, expected=expected, actual=words)


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
        remedy=_mend(shown, own.label),
    )


def _mend(names: str, label: str) -> str:
    return f"server owner: Let TCP to port 443 of {names} out in {label}."


def _via(measurement: Measurement) -> object:
    resolve = measurement.at(Stage.RESOLVE)
    return resolve.data.get("via") if resolve else None
