"""The host's clock, beside those of the endpoints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from email.utils import parsedate_to_datetime
from statistics import median

from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.fold import nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

LIMIT = 120.0
"""Seconds; what the agent's own check reports."""


def judge_clock(case: Case, view: HostView) -> Judgement:
    """How far the host's clock is from the endpoints', as their answers' Date has it.

    Each is compared with the middle of its request, and the median counts: a middlebox or two with
    clocks of their own change nothing.
    """
    expected = f"within {LIMIT:g} s of the endpoints' clocks"
    skews = list(_skews(view.evidence.measurements))
    if not skews:
        if any(m.at(Stage.HTTP) for m in view.evidence.measurements):
            words = "no answer had a Date that can be read"
            return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
        return nothing_answered(case, view.required(), expected)
    skew = median(skews)
    synchronised = {True: "synchronised", False: "not synchronised", None: "unknown"}
    words = (
        f"{abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} the median of {len(skews)} "
        f"answers; time synchronisation: {synchronised[view.facts.clock.synchronised]}"
    )
    if abs(skew) <= LIMIT:
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=words,
        failing=[case.host],
        remedy=Remedy(
            Owner.SERVER,
            "Set the host's clock and switch its time synchronisation on "
            "(timedatectl set-ntp true).",
        ),
    )


def _skews(measurements: Iterable[Measurement]) -> Iterator[float]:
    for measurement in measurements:
        date = _date(measurement)
        http = measurement.at(Stage.HTTP)
        if http and date is not None:
            # Date is cut to the second.
            yield http.started + http.duration / 2 - (date + 0.5)


def _date(measurement: Measurement) -> float | None:
    try:
        return parsedate_to_datetime(measurement.headers.get("date", "")).timestamp()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
