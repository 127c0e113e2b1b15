"""TLS 1.2 or newer, negotiated with every endpoint."""

from __future__ import annotations

from arc_compliance.judge.endpoint.certificates import unreadable
from arc_compliance.judge.endpoint.reach import TLS_ELSEWHERE
from arc_compliance.judge.fold import NameVerdict, failed_words, judge_row
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

EXPECTED = "TLS 1.2 or newer"

PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")


def judge_tls12(case: Case, view: HostView) -> Judgement:
    """Whether TLS 1.2 or newer is negotiated with every name of the case's row."""
    return judge_row(case, view, lambda m: _judge_protocol(m, view), expected=EXPECTED)


def _judge_protocol(measurement: Measurement, view: HostView) -> NameVerdict:
    name = measurement.name
    if measurement.scheme == "http":
        return NameVerdict(name=name, verdict=Verdict.PASS, words="plain HTTP, as documented")
    tls = measurement.at(Stage.TLS)
    if tls is None or tls.failure:
        if measurement.failed is None:
            return NameVerdict(
                name=name,
                verdict=Verdict.ERROR,
                cause="probe-failed",
                words="the evidence holds no handshake",
            )
        stage, cause, words = failed_words(measurement)
        if cause in TLS_ELSEWHERE:
            return NameVerdict(name=name, verdict=Verdict.FAIL, cause=cause, words=words)
        return NameVerdict(
            name=name,
            verdict=Verdict.BLOCKED,
            cause=cause,
            words=f"no handshake to judge, {cause} while at {stage}",
        )
    if not tls.protocol:
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words="the evidence does not say which protocol was negotiated",
        )
    if unreadable(measurement, view):
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause="cert-unreadable",
            words="a certificate of its chain cannot be read",
        )
    if rank(tls.protocol) < rank("TLSv1.2"):
        return NameVerdict(
            name=name, verdict=Verdict.FAIL, cause="tls-version", words=f"negotiated {tls.protocol}"
        )
    cipher = f", {tls.cipher}" if tls.cipher else ""
    note = ""
    if tls.tls12 and not tls.tls12.negotiated:
        why = tls.tls12.failure.cause if tls.tls12.failure else "refused"
        note = f" [TLS 1.2 alone is not accepted: {why}]"
    return NameVerdict(name=name, verdict=Verdict.PASS, words=f"{tls.protocol}{cipher}{note}")


def rank(protocol: str | None) -> int:
    """The place of *protocol* among the versions, oldest first; -1 for one that is unknown."""
    wanted = (protocol or "").lower().replace("tlsv1.0", "tlsv1")
    ranks = {name.lower(): rank for rank, name in enumerate(PROTOCOLS)}
    return ranks.get(wanted, -1)
