"""WebSockets: whether the notification names can be asked for one."""

from __future__ import annotations

from collections.abc import Iterator

from arc_compliance.judge.endpoint.certificates import inspected
from arc_compliance.judge.fold import NameVerdict, failed_words, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement


def judge_websocket(case: Case, view: HostView) -> Judgement:
    """Whether the notification names can be asked for a WebSocket.

    An accepted upgrade shows it. So does the service's own refusal where TLS ends at the service:
    no device on the path can have read the request. Behind inspection it shows nothing.
    """
    expected = "a request for a WebSocket comes through to the service"
    asked = list(_with_websocket(view))
    if not asked:
        return nothing_answered(case, view.required(), expected)
    return fold(case, [_judge_upgrade(m, view) for m in asked], expected=expected)


def _with_websocket(view: HostView) -> Iterator[Measurement]:
    for row in view.rows:
        for name in row.names if row.endpoint.websocket else ():
            if measurement := view.measured(name):
                yield measurement


def _judge_upgrade(measurement: Measurement, view: HostView) -> NameVerdict:
    name, answer = measurement.name, measurement.websocket

    def found(verdict: Verdict, words: str, cause: str = "") -> NameVerdict:
        return NameVerdict(name=name, verdict=verdict, words=words, cause=cause)

    if answer is None:
        if measurement.failed is None:
            return found(Verdict.ERROR, "the evidence holds no upgrade", "probe-failed")
        stage, cause, _ = failed_words(measurement)
        return found(Verdict.BLOCKED, f"not asked, {cause} while at {stage}", cause)
    if answer.failure:
        cause = answer.failure.cause
        return found(Verdict.WARN, f"{cause} upon the upgrade ({answer.failure.detail})", cause)
    if answer.accepted:
        return found(Verdict.PASS, "the upgrade was accepted")
    if answer.status is None:
        return found(Verdict.ERROR, "the evidence holds no answer to the upgrade", "probe-failed")
    words = f"HTTP {answer.status} to the upgrade"
    if answer.status == 101 or answer.status >= 500:
        return found(Verdict.WARN, f"{words}, not as a WebSocket's server answers", "http-failed")
    if inspected(measurement, view):
        return found(Verdict.WARN, f"{words} behind inspection", "http-not-proven")
    return found(Verdict.PASS, f"{words}, by the service itself (TLS ends there)")
