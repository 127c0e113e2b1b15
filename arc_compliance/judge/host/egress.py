"""The host's own packet filter on the way out, beside what the host has to reach."""

from __future__ import annotations

from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Client
from arc_compliance.judge.addresses.address import address_set
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.fold import nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged, untested
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage


def judge_egress(case: Case, view: HostView) -> Judgement:
    """Whether the host's own rules let out what goes straight to the endpoints."""
    expected = "the host's own rules let connections to the endpoints out"
    every = view.required(Client.AGENT)
    if every and all(_via(m) == "connect-to" for m in every):
        words = "the run says itself where each endpoint is to be found"
        return judged(case, Verdict.NOT_APPLICABLE, expected=expected, actual=words)
    if why := view.own_firewall_unknown:
        return untested(case, expected, f"the host's own rules are unknown ({why})", why)
    own = view.own_firewall
    if own is None:
        words = "its rules keep nothing back on the way out"
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    passed = view.passed_by(own)
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
            remedy=let_out(shown, own.label),
        )
    unsure = [m.name for m in asked if not address_set(m).issubset(passed.addresses)]
    if unsure:
        words = f"{own.label} asks for what cannot be known here ({', '.join(passed.why_unsure)})"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    words = f"{own.label} lets all {len(asked)} endpoints out"
    return judged(case, Verdict.PASS, expected=expected, actual=words)


def let_out(names: str, label: str) -> Remedy:
    """What to let out in the host's own rules *label*."""
    return Remedy(Owner.SERVER, f"Let TCP to port 443 of {names} out in {label}.")


def _via(measurement: Measurement) -> str | None:
    resolve = measurement.at(Stage.RESOLVE)
    return resolve.via if resolve else None
