"""What our own parallelism may have caused, and how that is told."""

import collections
import time
from typing import Callable, Iterable, Sequence

from arc_compliance.probe.python.contract import (
    CONNECT_REFUSED,
    HTTP_FAILED,
    PROXY_FAILED,
    PROXY_UNREACHABLE,
    STAGES,
    TLS_RESET,
)
from arc_compliance.probe.python.proxy_server import ProxyServer
from arc_compliance.probe.python.steps import Doubt
from arc_compliance.probe.python.subjects import Subject

REFUSALS = frozenset((CONNECT_REFUSED, PROXY_UNREACHABLE, PROXY_FAILED, TLS_RESET, HTTP_FAILED))
SEVERAL = 3  # of one kind: fewer are not a crowd's, and as many in a row alone speak for the others
QUICK = 3.0  # seconds: what takes longer is no refusal, and asking for it alone is dear
QUIET = 1.0  # seconds, before the first is asked alone
PAUSE = 0.25  # seconds, before each


def refused_together(
    subjects: "Sequence[Subject]", way_of: "Callable[[Subject], ProxyServer | None]"
) -> "list[list[Subject]]":
    """Those that were refused in the same way at the same stage, where they are several and others
    of the same way got past it."""
    groups: dict[tuple[ProxyServer | None, str, str], list[Subject]] = collections.OrderedDict()
    for subject in subjects:
        failed = subject.attempts[-1].failure() if subject.failed_once() else None
        if failed and failed[1]["cause"] in REFUSALS and took(subject, failed[0]) < QUICK:
            key = (way_of(subject), failed[0], failed[1]["cause"])
            groups.setdefault(key, []).append(subject)
    return [
        members
        for (way, stage, _), members in groups.items()
        if len(members) >= SEVERAL
        and any(way_of(one) == way and got_past(one, stage) for one in subjects)
    ]


def took(subject: Subject, stage: str) -> float:
    """The seconds of *stage* in the last attempt at *subject*."""
    return float(subject.attempts[-1].ended[stage]["duration"])


def got_past(subject: Subject, stage: str) -> bool:
    """Whether the last attempt at *subject* was well at *stage*."""
    failed = subject.attempts[-1].failure()
    if failed is not None and STAGES.index(failed[0]) <= STAGES.index(stage):
        return False
    return any(one["stage"] == stage for one in subject.attempts[-1].observations())


def ask_alone(
    members: "Iterable[Subject]", measure: "Callable[[Subject], None]", until: float
) -> None:
    """Have one after the other measured alone, until it is clear that they fail alone as well."""
    failed = 0
    time.sleep(QUIET)
    for subject in members:
        if failed >= SEVERAL or time.monotonic() > until:
            return
        time.sleep(PAUSE)
        measure(subject)
        subject.crowded = subject.attempts[-1].failure() is None
        failed = 0 if subject.crowded else failed + 1


def settle(doubts: "Iterable[Doubt]", pause: float, until: float) -> None:
    """Ask again what is in doubt, one after the other; three in a row with the same answer as
    before, and the others of that kind are believed."""
    by_outcome: dict[tuple[str, str | None], list[Doubt]] = collections.OrderedDict()
    for doubt in doubts:
        by_outcome.setdefault(doubt.outcome, []).append(doubt)
    for outcome, its in by_outcome.items():
        same = others = 0
        for doubt in its:
            if same >= SEVERAL:
                break
            if time.monotonic() > until:
                if others:
                    doubt.forget()
                continue
            time.sleep(pause)
            if doubt.ask_again() == outcome:
                same += 1
            else:
                same, others = 0, others + 1
