"""Reach: every name of an endpoint row answers HTTP, by the route that the host uses."""

from __future__ import annotations

from arc_compliance.judge.endpoint.certificates import public_verdict
from arc_compliance.judge.fold import NameVerdict, failed_words, judge_row, notes_on
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

EXPECTED = "an HTTP answer of the service, any status"
TLS_ELSEWHERE = {"tls-version", "tls-client-disabled"}
"""Handshake causes that make the row's tls/1.2 case red, and block its reach case."""


def judge_reach(case: Case, view: HostView) -> Judgement:
    """Whether the case's row can be reached from the host."""
    return judge_row(case, view, lambda m: _judge_answer(m, view), expected=EXPECTED)


def _judge_answer(measurement: Measurement, view: HostView) -> NameVerdict:
    name = measurement.name
    http = measurement.at(Stage.HTTP)
    if measurement.failed is not None:
        _, cause, words = failed_words(measurement)
        verdict = Verdict.BLOCKED if cause in TLS_ELSEWHERE else Verdict.FAIL
        return NameVerdict(name=name, verdict=verdict, cause=cause, words=words)
    status = http.status if http else None
    if status is None:
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words="the evidence holds no HTTP answer",
        )
    if status == 407:
        return NameVerdict(
            name=name,
            verdict=Verdict.FAIL,
            cause="proxy-auth-required",
            words="HTTP 407: a proxy answered in the endpoint's place",
        )
    if not _proven(measurement, view):
        return NameVerdict(
            name=name,
            verdict=Verdict.WARN,
            cause="http-not-proven",
            words=f"HTTP {status} behind inspection, with no sign of the service itself",
        )
    return NameVerdict(
        name=name, verdict=Verdict.PASS, words=f"HTTP {status}{notes_on(measurement)}"
    )


def _proven(measurement: Measurement, view: HostView) -> bool:
    """Whether the answer is the service's own.

    Under a public certificate any answer is. Behind inspection it may be a block page: then a
    header of the service (``x-ms-…``) has to show, or the certificate that was asked for. Over
    plain HTTP the same.
    """
    if measurement.scheme == "https":
        public = public_verdict(measurement, view)
        if public is None or public.cause != "cert-untrusted":
            return True
    http = measurement.at(Stage.HTTP)
    if http and http.is_certificate:
        return True
    return any(header.startswith("x-ms-") for header in measurement.headers)
