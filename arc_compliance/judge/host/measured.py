"""Whether the host was measured."""

from __future__ import annotations

from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.record import HostRecord

HOST_MEASURED = "run/host-measured"


def judge_host_measured(case: Case, view: HostView) -> Judgement:
    """Whether the host was measured to the end."""
    expected = "the host was measured"
    if not view.evidence.complete:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual="the host's deadline cut the measurement off",
            cause="probe-timeout",
            failing=[case.host],
        )
    where = view.evidence.vantage
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(view.evidence.measurements)} endpoints in "
        f"{max(0.0, view.evidence.finished - view.evidence.started):.1f} s from {where.hostname} "
        f"({', '.join(where.source_addresses[:4]) or 'no source address'}) as {where.user}",
    )


def judge_unmeasured(case: Case, record: HostRecord) -> Judgement:
    """The judgement of a case of a host that sent no evidence: one error, the rest blocked."""
    failure = record.failure
    cause = failure.cause if failure else "unknown"
    detail = failure.detail if failure else "no evidence and no reason for it"
    if case.requirement.id == HOST_MEASURED:
        return judged(
            case,
            Verdict.ERROR,
            expected="the host was measured",
            actual=detail,
            cause=cause,
            failing=[case.host],
        )
    return judged(
        case,
        Verdict.BLOCKED,
        expected=case.requirement.statement,
        actual=f"not measured: {cause}",
        cause=cause,
    )
