"""A hello of the size that current Go clients send: whether it gets through to every endpoint."""

from __future__ import annotations

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.fold import NameVerdict, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import LargeHello, Stage

CAUSE = "tls-large-hello"
_ACCEPTED = ("server-hello", "hello-retry-request")
_WORDS = {
    "alert": "was refused with an alert",
    "reset": "was answered with a reset",
    "closed": "was answered by closing the connection",
    "silence": "was not answered",
    "not-tls": "was answered with something that is not TLS",
}


def judge_large_hello(case: Case, view: HostView) -> Judgement:
    """Whether a ClientHello with a post-quantum key share is answered by every endpoint of the
    agent that answers a smaller one."""
    expected = "a ClientHello of more than one segment is answered"
    agents = view.required(Client.AGENT)
    asked = [m for m in agents if m.passed(Stage.TLS)]
    found = [_judge(m, hello) for m in asked if (hello := _large_hello(m))]
    if found:
        return fold(case, found, expected=expected)
    if not asked:
        return nothing_answered(case, agents, expected)
    return judged(
        case,
        Verdict.NOT_TESTED,
        expected=expected,
        actual="this evidence was collected without such a hello; measure again",
    )


def _large_hello(measurement: Measurement) -> LargeHello | None:
    tls = measurement.at(Stage.TLS)
    return tls.large_hello if tls else None


def _judge(measurement: Measurement, hello: LargeHello) -> NameVerdict:
    if hello.answer in _ACCEPTED:
        words = f"a hello of {hello.size} bytes was answered"
        return NameVerdict(name=measurement.name, verdict=Verdict.PASS, words=words)
    detail = f" ({hello.detail})" if hello.detail else ""
    words = f"a hello of {hello.size} bytes {_WORDS[hello.answer]}{detail}, a smaller one passes"
    return NameVerdict(name=measurement.name, verdict=Verdict.WARN, words=words, cause=CAUSE)
