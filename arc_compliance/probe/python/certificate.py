"""The default handshake, verified against the trust store of the agent."""

import ssl
import time

from arc_compliance.probe.python.channels import TlsChannel
from arc_compliance.probe.python.contract import (
    CERT_EXPIRED,
    CERT_NAME_MISMATCH,
    CERT_NOT_YET_VALID,
    CERT_UNTRUSTED,
    CERTIFICATE,
)
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.scrubbing import describe, scrubbed
from arc_compliance.probe.python.steps import Attempt, StepFailed
from arc_compliance.probe.python.tls import TLS_FAULTS, tls_failure

# Codes of X509_verify_cert
UNSPECIFIED, NOT_YET_VALID, EXPIRED, NAME_MISMATCH, ADDRESS_MISMATCH = 1, 9, 10, 62, 64
CERTIFICATE_CAUSES = {
    NOT_YET_VALID: CERT_NOT_YET_VALID,
    EXPIRED: CERT_EXPIRED,
    NAME_MISMATCH: CERT_NAME_MISMATCH,
    ADDRESS_MISMATCH: CERT_NAME_MISMATCH,
}


def verify_certificate(attempt: Attempt, route: Route, trust: TrustStore, limit: float) -> None:
    """Record whether the agent would trust the certificate, on a connection of its own."""
    with attempt.step(CERTIFICATE) as data:
        data["verified"] = False
        client = trust.usable_client()
        channel = TlsChannel(route.open_again(), client, attempt.target.name)
        try:
            channel.handshake(limit)
        except TLS_FAULTS as problem:
            fault = certificate_fault(problem)
            if fault is None:
                raise tls_failure(problem, channel, limit) from problem
            if fault[0] == UNSPECIFIED:
                fault = fault_by_dates(route, trust, attempt.target.name, limit)
            data["verify_code"], data["verify_message"] = fault[0], scrubbed(fault[1])
            cause = CERTIFICATE_CAUSES.get(fault[0], CERT_UNTRUSTED)
            raise StepFailed(cause, fault[1]) from problem
        data.update(verified=True, verify_code=0, verify_message="ok")
        data["protocol"] = channel.protocol()


def certificate_fault(problem: BaseException) -> "tuple[int, str] | None":
    """(code, message) where *problem* is about the certificate, else None.

    The codes are those of X509_verify_cert. Python 3.6 does not have them: a wrong name is an
    exception of its own there, and everything else is code 1.
    """
    if isinstance(problem, ssl.CertificateError):
        code = getattr(problem, "verify_code", NAME_MISMATCH)
        return code, getattr(problem, "verify_message", None) or str(problem)
    if getattr(problem, "reason", None) == "CERTIFICATE_VERIFY_FAILED":
        return UNSPECIFIED, "certificate verify failed"
    return None


def fault_by_dates(route: Route, trust: TrustStore, name: str, limit: float) -> "tuple[int, str]":
    """(code, message) for Python 3.6: the handshake once more, blind to dates.

    If that succeeds, the dates were the fault; if not, what it fails with is.
    """
    channel = TlsChannel(route.open_again(), trust.timeless_client(), name)
    try:
        channel.handshake(limit)
    except TLS_FAULTS as problem:
        return certificate_fault(problem) or (UNSPECIFIED, describe(problem))
    certificate = channel.tls.getpeercert() or {}
    if time.time() < ssl.cert_time_to_seconds(str(certificate["notBefore"])):
        return NOT_YET_VALID, "certificate is not yet valid"
    return EXPIRED, "certificate has expired"
