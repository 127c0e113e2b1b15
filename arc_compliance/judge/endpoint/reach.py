"""Reach: every name of an endpoint row answers HTTP, by the route that the host uses."""

from __future__ import annotations

from arc_compliance.judge.endpoint.certificates import inspected
from arc_compliance.judge.fold import NameVerdict, failed_words, judge_row, notes_on
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import AddressHandshake, Stage

EXPECTED = "an HTTP answer of the service, any status"
GATEWAY_ERRORS = {403, 502, 503, 504}
"""What a device on the way answers by itself where it refuses, or cannot get out."""

TLS_ELSEWHERE = {"tls-version", "tls-client-disabled"}
"""Handshake causes that make the row's tls/1.2 case red, and block its reach case."""


def judge_reach(case: Case, view: HostView) -> Judgement:
    """Whether the case's row can be reached from the host."""
    return judge_row(case, view, lambda m: _judge_answer(m, view), expected=EXPECTED)


def _judge_answer(measurement: Measurement, view: HostView) -> NameVerdict:
    name = measurement.name

    def found(verdict: Verdict, words: str, cause: str = "") -> NameVerdict:
        return NameVerdict(name=name, verdict=verdict, cause=cause, words=words)

    http = measurement.at(Stage.HTTP)
    if measurement.failed is not None:
        return _judge_failure(measurement)
    status = http.status if http else None
    if status is None:
        return found(Verdict.ERROR, "the evidence holds no HTTP answer", "probe-failed")
    if status == 407:
        words = "HTTP 407: a proxy answered in the endpoint's place"
        return found(Verdict.FAIL, words, "proxy-auth-required")
    if not _proven(measurement, view):
        if status in GATEWAY_ERRORS:
            words = f"HTTP {status} behind inspection: the device's own error, not the service's"
            return found(Verdict.FAIL, words, "http-gateway-error")
        words = f"HTTP {status} behind inspection, with no sign of the service itself"
        return found(Verdict.WARN, words, "http-not-proven")
    if partly := _partly_broken(measurement):
        return partly
    if crowded := measurement.crowded:
        words = f"HTTP {status} when measured alone; {crowded.cause} while others were measured too"
        return found(Verdict.WARN, words, "rate-limited")
    return found(Verdict.PASS, f"HTTP {status}{notes_on(measurement)}")


def _judge_failure(measurement: Measurement) -> NameVerdict:
    """The verdict on a name whose measurement failed before an answer came."""
    _, cause, words = failed_words(measurement)
    tls = measurement.at(Stage.TLS)
    if tls and tls.failure and any(one.failure is None for one in tls.addresses):
        return _partly_broken(measurement) or NameVerdict(
            name=measurement.name, verdict=Verdict.FAIL, cause=cause, words=words
        )
    verdict = Verdict.BLOCKED if cause in TLS_ELSEWHERE else Verdict.FAIL
    return NameVerdict(name=measurement.name, verdict=verdict, cause=cause, words=words)


def _partly_broken(measurement: Measurement) -> NameVerdict | None:
    """A warning where some of the name's addresses fail the TLS handshake: the agent connects to
    any of them. None where none does, or all do."""
    tls = measurement.at(Stage.TLS)
    tried = tls.addresses if tls else ()
    broken = [(one.address, cause) for one in tried if (cause := _fault_in_tls(one))]
    if not broken or len(broken) == len(tried):
        return None
    shown = ", ".join(f"{address} ({cause})" for address, cause in broken[:4])
    return NameVerdict(
        name=measurement.name,
        verdict=Verdict.WARN,
        cause="address-partly-broken",
        words=f"{len(broken)} of its {len(tried)} addresses fail the TLS handshake: {shown}",
    )


def _fault_in_tls(one: AddressHandshake) -> str | None:
    """Why *one*, which accepted a connection, then failed; None where it did not, or is dead: that
    stays a note."""
    if one.failure is None or one.failure.cause.startswith("connect-"):
        return None
    return one.failure.cause


def _proven(measurement: Measurement, view: HostView) -> bool:
    """Whether the answer is the service's own.

    Under a public certificate any answer is. Behind inspection it may be a block page: then a
    header of the service (``x-ms-…``) has to show, or the certificate that was asked for. Over
    plain HTTP the same.
    """
    if measurement.scheme == "https" and not inspected(measurement, view):
        return True
    http = measurement.at(Stage.HTTP)
    if http and http.is_certificate:
        return True
    return any(header.startswith("x-ms-") for header in measurement.headers)
