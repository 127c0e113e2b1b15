"""The agent's handshake, verified against the trust store of the agent."""

import collections
import socket
import ssl
import time
from typing import Callable

from arc_compliance.probe.python.channels import TlsChannel
from arc_compliance.probe.python.contract import (
    CERT_EXPIRED,
    CERT_NAME_MISMATCH,
    CERT_NOT_YET_VALID,
    CERT_UNTRUSTED,
    Record,
)
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.scrubbing import describe, scrubbed
from arc_compliance.probe.python.steps import StepFailed
from arc_compliance.probe.python.tls import (
    TLS_FAULTS,
    agents_client,
    is_about_certificate,
    shake_hands,
)

# Codes of X509_verify_cert
UNSPECIFIED, NOT_YET_VALID, EXPIRED, NAME_MISMATCH, ADDRESS_MISMATCH = 1, 9, 10, 62, 64
CERTIFICATE_CAUSES = {
    NOT_YET_VALID: CERT_NOT_YET_VALID,
    EXPIRED: CERT_EXPIRED,
    NAME_MISMATCH: CERT_NAME_MISMATCH,
    ADDRESS_MISMATCH: CERT_NAME_MISMATCH,
}


class Opened(collections.namedtuple("Opened", "channel data failure")):
    """A TLS channel, and what verifying its certificate showed: the data and the failure of that
    step, None where the agent would trust it."""

    __slots__ = ()
    channel: TlsChannel
    data: Record
    failure: "StepFailed | None"


def shake_hands_verified(
    sock: socket.socket,
    again: "Callable[[], socket.socket]",
    name: str,
    trust: TrustStore,
    limit: float,
) -> Opened:
    """The agent's handshake over *sock*.

    A certificate that the agent would not trust ends it, as it ends the agent's; the channel is
    then that of a further one, over a connection that *again* opens, which verifies nothing.
    """
    data: Record = {"verified": False}
    try:
        client = trust.usable_client()
    except StepFailed as missing:
        return Opened(shake_hands(sock, agents_client(), name, limit), data, missing)
    try:
        channel = shake_hands(sock, client, name, limit)
    except TLS_FAULTS as problem:
        code, message = certificate_fault(problem)
        unverified = shake_hands(again(), agents_client(), name, limit)
        if code == UNSPECIFIED:
            code, message = fault_by_dates(again, trust, name, limit)
        data.update(verify_code=code, verify_message=scrubbed(message))
        cause = CERTIFICATE_CAUSES.get(code, CERT_UNTRUSTED)
        return Opened(unverified, data, StepFailed(cause, message))
    data.update(verified=True, verify_code=0, verify_message="ok", protocol=channel.protocol())
    return Opened(channel, data, None)


def certificate_fault(problem: BaseException) -> "tuple[int, str]":
    """(code, message) of an exception that is about the certificate.

    The codes are those of X509_verify_cert. Python 3.6 does not have them: a wrong name is an
    exception of its own there, and everything else is code 1.
    """
    if isinstance(problem, ssl.CertificateError):
        code = getattr(problem, "verify_code", NAME_MISMATCH)
        return code, getattr(problem, "verify_message", None) or str(problem)
    return UNSPECIFIED, "certificate verify failed"


def fault_by_dates(
    again: "Callable[[], socket.socket]", trust: TrustStore, name: str, limit: float
) -> "tuple[int, str]":
    """(code, message) for Python 3.6: the handshake once more, blind to dates.

    If that succeeds, the dates were the fault; if not, what it fails with is.
    """
    channel = TlsChannel(again(), trust.timeless_client(), name)
    try:
        channel.handshake(limit)
    except TLS_FAULTS as problem:
        if is_about_certificate(problem):
            return certificate_fault(problem)
        return UNSPECIFIED, describe(problem)
    certificate = channel.tls.getpeercert() or {}
    if time.time() < ssl.cert_time_to_seconds(str(certificate["notBefore"])):
        return NOT_YET_VALID, "certificate is not yet valid"
    return EXPIRED, "certificate has expired"
