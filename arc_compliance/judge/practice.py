"""Advice of our own: what the document does not ask for, and the field has taught."""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Iterator
from functools import lru_cache

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from arc_compliance.base.wording import first_few
from arc_compliance.judge.certificates import public_verdict
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.names import NameVerdict, failed_words, fold
from arc_compliance.judge.networking import nothing_answered, required
from arc_compliance.plan.cases import Case, names_of
from arc_compliance.wire.evidence import Evidence, Measurement, Stage


def judge_websocket(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the notification names can be asked for a WebSocket.

    An accepted upgrade shows it. So does the service's own refusal where TLS ends at the service:
    nobody on the way can have read the request. Behind inspection it shows nothing.
    """
    expected = "a request for a WebSocket comes through to the service"
    asked = list(_with_websocket(evidence, grounds))
    if not asked:
        return nothing_answered(case, required(evidence, grounds), expected)
    return fold(case, [_judge_upgrade(m, grounds) for m in asked], expected=expected)


def _with_websocket(evidence: Evidence, grounds: Grounds) -> Iterator[Measurement]:
    for requirement in grounds.catalogue.requirements:
        row = requirement.endpoint
        if row is None or not row.websocket or grounds.scope.not_applicable(requirement):
            continue
        for name in names_of(row, grounds.scope, evidence):
            if measurement := evidence.of(name, 443):
                yield measurement


def _judge_upgrade(measurement: Measurement, grounds: Grounds) -> NameVerdict:
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
    words = f"HTTP {answer.status} to the upgrade"
    if answer.status == 101 or (answer.status or 0) >= 500:
        return found(Verdict.WARN, f"{words}, not as a WebSocket's server answers", "http-failed")
    public = public_verdict(measurement, grounds)
    if public is not None and public.cause == "cert-untrusted":
        return found(Verdict.WARN, f"{words} behind inspection", "http-not-proven")
    return found(Verdict.PASS, f"{words}, by the service itself (TLS ends there)")


def judge_negative_serial(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether a certificate that was sent has a negative serial number (RFC 5280, 4.1.2.2)."""
    expected = "no certificate has a negative serial number"
    chains = {m.name: chain for m in evidence.measurements if (chain := _chain(m))}
    if not chains:
        return nothing_answered(case, required(evidence, grounds), expected)
    found = [name for name, chain in chains.items() if any(map(_has_negative_serial, chain))]
    if found:
        shown = first_few(found, 4)
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"a certificate of {shown} has one; agents refuse it from February 2027",
            failing=found,
            mend="network team: Renew the certificates, or the CA, of whatever answers for "
            f"{shown}, with positive serial numbers.",
        )
    return judged(
        case, Verdict.PASS, expected=expected, actual=f"none in the chains of {len(chains)} names"
    )


def _chain(measurement: Measurement) -> list[str]:
    tls = measurement.at(Stage.TLS)
    chain = tls.data.get("chain") if tls else None
    return [str(one) for one in chain] if isinstance(chain, list) else []


@lru_cache(maxsize=1024)  # the hosts of a fleet see the same certificates
def _has_negative_serial(certificate: str) -> bool:
    """Whether the serial number of *certificate* (base64 of DER) is negative; what cannot be parsed
    is judged elsewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            der = base64.b64decode(certificate, validate=True)
            return x509.load_der_x509_certificate(der).serial_number < 0
        except (ValueError, binascii.Error):
            return False
