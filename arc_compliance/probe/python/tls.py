"""The agent's TLS: its contexts, and what failures are called."""

import functools
import socket
import ssl

from arc_compliance.probe.python.channels import TlsChannel
from arc_compliance.probe.python.contract import (
    TLS_CLIENT_DISABLED,
    TLS_FAILED,
    TLS_RESET,
    TLS_TIMEOUT,
    TLS_VERSION,
    Cause,
    Record,
)
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed

# The agent is a Go program: it follows neither openssl.cnf nor the system's crypto policy. These
# are the cipher suites of a current Go for TLS 1.2 by OpenSSL's names (crypto/tls, defaults.go);
# those of TLS 1.3 are the same in both. So is the lowest security level that takes no SHA-1.
GO_CIPHERS = (
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
    "ECDHE-ECDSA-AES128-SHA",
    "ECDHE-RSA-AES128-SHA",
    "ECDHE-ECDSA-AES256-SHA",
    "ECDHE-RSA-AES256-SHA",
)
EVERY_CIPHER = ("ALL", "!aNULL")
SECURITY_LEVEL = "@SECLEVEL=1"

# Go takes servers without secure renegotiation (OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, named since
# Python 3.12), and net/http keeps no sessions.
OP_LEGACY_SERVER_CONNECT = 0x4
OLD_VERSIONS = ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
NO_TLS13 = getattr(ssl, "OP_NO_TLSv1_3", 0)

HTTP_1, HTTP_2 = "http/1.1", "h2"
GO_PROTOCOLS = (HTTP_2, HTTP_1)  # by ALPN, as net/http has them

VERSION_REASONS = ("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION")
TLS_RECORDS = (b"\x15\x03", b"\x16\x03")  # an alert, a handshake record
NEWER_ALERTS = {"CERTIFICATE_REQUIRED": 116, "NO_APPLICATION_PROTOCOL": 120}  # than Python's list
TLS_FAULTS = (OSError, EOFError, ValueError)  # SSLError is an OSError, CertificateError either


def tls_client(
    ciphers: "tuple[str, ...]" = GO_CIPHERS,
    protocols: "tuple[str, ...]" = GO_PROTOCOLS,
    *,
    only_tls12: bool = False,
) -> ssl.SSLContext:
    """A new context that verifies nothing, for TLS 1.2 and 1.3 or for TLS 1.2 alone."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= OP_LEGACY_SERVER_CONNECT | ssl.OP_NO_TICKET
    context.options &= ~(ssl.OP_NO_TLSv1_2 | NO_TLS13)
    if hasattr(context, "minimum_version"):  # Python 3.7; overrules openssl.cnf
        newest = ssl.TLSVersion.TLSv1_2 if only_tls12 else ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = newest
    else:
        context.options |= OLD_VERSIONS | (NO_TLS13 if only_tls12 else 0)
    try:
        context.set_ciphers(":".join((*ciphers, SECURITY_LEVEL)))
    except ssl.SSLError:  # before OpenSSL 1.1 there are no security levels
        context.set_ciphers(":".join(ciphers))
    if ssl.HAS_ALPN:
        context.set_alpn_protocols(list(protocols))
    return context


@functools.lru_cache(maxsize=None)
def agents_client(
    ciphers: "tuple[str, ...]" = GO_CIPHERS,
    protocols: "tuple[str, ...]" = GO_PROTOCOLS,
    *,
    only_tls12: bool = False,
) -> ssl.SSLContext:
    """As :func:`tls_client`, one for all of a kind, not to be changed; StepFailed where the host's
    own TLS has none."""
    try:
        return tls_client(ciphers, protocols, only_tls12=only_tls12)
    except (ValueError, ssl.SSLError) as problem:
        raise StepFailed(TLS_CLIENT_DISABLED, describe(problem)) from problem


def shake_hands(
    sock: socket.socket, context: ssl.SSLContext, name: str, limit: float
) -> TlsChannel:
    """A TLS channel over *sock*; StepFailed where the peer does not shake hands.

    What *context* says of a certificate is left to the caller: that is raised as it comes.
    """
    channel = TlsChannel(sock, context, name)
    try:
        channel.handshake(limit)
    except TLS_FAULTS as problem:
        if is_about_certificate(problem):
            raise
        raise tls_failure(problem, channel, limit) from problem
    return channel


def is_about_certificate(problem: BaseException) -> bool:
    """Whether an exception of a handshake says that the certificate was not accepted here."""
    refused = getattr(problem, "reason", None) == "CERTIFICATE_VERIFY_FAILED"
    return refused or isinstance(problem, ssl.CertificateError)


def tls_failure(problem: BaseException, channel: TlsChannel, limit: float) -> StepFailed:
    """The failure that an exception of a handshake stands for."""
    seen: Record = {"received": len(channel.received)}
    if isinstance(problem, (socket.timeout, TimeoutError)):
        seen["out_of_order"] = channel.plain.out_of_order()
        return StepFailed(TLS_TIMEOUT, f"no handshake within {limit:g} s", seen=seen)
    if not isinstance(problem, ssl.SSLError) or isinstance(problem, ssl.SSLEOFError):
        return StepFailed(TLS_RESET, describe(problem), seen=seen)
    detail = problem.reason or str(problem)
    seen["alert"] = alert = alert_number(bytes(channel.received), detail)
    if alert is not None:
        detail += f" (the peer's alert {alert})"
    elif channel.received[:5] == b"HTTP/":
        detail += " (the answer is plain HTTP)"
    words = f"{problem.reason} {problem}".upper().replace(" ", "_")
    return StepFailed(cause_by_words(words, bytes(channel.received[:5])), detail, seen=seen)


def cause_by_words(words: str, start: bytes) -> Cause:
    """The cause that OpenSSL's *words* stand for, where the peer's first bytes are *start*."""
    if "NO_PROTOCOLS_AVAILABLE" in words:
        return TLS_CLIENT_DISABLED
    old = "WRONG_VERSION_NUMBER" in words and start.startswith(TLS_RECORDS)
    if old or any(reason in words for reason in VERSION_REASONS):
        return TLS_VERSION
    return TLS_FAILED


def alert_number(received: bytes, reason: str) -> "int | None":
    """The number of the fatal alert that a peer sent (RFC 8446, 6), None where it sent none.

    OpenSSL's *reason* names it, encrypted or not; one that it has no name for stands in *received*.
    """
    name = reason.partition("_ALERT_")[2]
    number = getattr(ssl, "ALERT_DESCRIPTION_" + name, NEWER_ALERTS.get(name))
    if number is not None:
        return int(number)
    plain = len(received) == 7 and received[:2] == TLS_RECORDS[0] and received[5] == 2
    return received[6] if plain else None
