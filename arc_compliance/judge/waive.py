"""What waivers and attestations make of a judgement.

A waiver accepts a failure that is known, so what was not measured is waived only where the waiver
names the host: a pattern would accept what nobody has seen, on hosts that nobody thought of.
"""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.endpoint.reach import TLS_ELSEWHERE
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.plan.cases import Case
from arc_compliance.plan.waivers import Waiver, Waivers

TLS12 = "tls/1.2"
WAIVABLE = (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED, Verdict.ERROR, Verdict.NOT_TESTED)


def waived(judgement: Judgement, case: Case, waivers: Waivers) -> Judgement:
    """*judgement* of *case* under *waivers*: accepted where one covers it, with what it would be
    without; attested where no host can show it. Any other stays as it is.
    """
    if judgement.verdict is Verdict.NOT_TESTABLE and case.requirement.not_testable:
        return _attested(judgement, waivers)
    waiver = waiver_of(judgement, case, waivers)
    if waiver is None:
        return judgement
    return replace(
        judgement,
        verdict=Verdict.WAIVED,
        verdict_without_waiver=judgement.verdict,
        waiver=waiver.words,
    )


def waiver_of(
    judgement: Judgement, case: Case, waivers: Waivers, *, expired: bool = False
) -> Waiver | None:
    """The first of *waivers* that covers *judgement* of *case*, or None; with *expired*, the first
    of those that no longer count.

    A case that is blocked is covered by a waiver of what it waits for, too.
    """
    if judgement.verdict not in WAIVABLE:
        return None
    asked = [judgement.requirement]
    if judgement.verdict is Verdict.BLOCKED and case.row_of:
        asked.append(TLS12 if judgement.cause in TLS_ELSEWHERE else case.row_of.id)
    for requirement in dict.fromkeys(asked):
        for one in waivers.covering(
            requirement, judgement.host, judgement.endpoint, expired=expired
        ):
            if one.named(judgement.host) or _seen(judgement):
                return one
    return None


def _seen(judgement: Judgement) -> bool:
    """Whether *judgement* rests on something that was seen on the host."""
    if judgement.cause:
        seen = CAUSES[judgement.cause].measured
    else:
        seen = judgement.verdict is not Verdict.BLOCKED
    return seen and judgement.verdict in (Verdict.FAIL, Verdict.WARN, Verdict.BLOCKED)


def _attested(judgement: Judgement, waivers: Waivers) -> Judgement:
    """*judgement*, which no host can show, with what somebody attests."""
    one = waivers.attesting(judgement.requirement, judgement.host)
    if one is None:
        return judgement
    told = f"attested by {one.by} on {one.stated}: {one.statement}"
    end = f"expired on {one.expires}" if waivers.expired(one) else f"until {one.expires}"
    return replace(judgement, actual=f"{judgement.actual}; {told}, {end}")
