"""The TLS handshake, as a Go program makes it; nothing is verified here."""

import socket
import ssl

from arc_compliance.probe.python.channels import TlsChannel
from arc_compliance.probe.python.contract import (
    TLS,
    TLS_CLIENT_DISABLED,
    TLS_FAILED,
    TLS_RESET,
    TLS_TIMEOUT,
    TLS_VERSION,
)
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import Attempt, StepFailed

# The agent is a Go program: it follows neither openssl.cnf nor the system's crypto policy. So
# these clients take every authenticated cipher at the lowest sane security level, and servers
# without secure renegotiation (OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, named since Python 3.12).
CIPHERS = ("ALL:!aNULL:@SECLEVEL=1", "ALL:!aNULL")
OP_LEGACY_SERVER_CONNECT = 0x4
OLD_VERSIONS = ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
NO_TLS13 = getattr(ssl, "OP_NO_TLSv1_3", 0)

VERSION_REASONS = ("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION")
TLS_RECORDS = (b"\x15\x03", b"\x16\x03")  # an alert, a handshake record
TLS_FAULTS = (OSError, EOFError, ValueError)  # SSLError is an OSError, CertificateError either


def tls_client(*, only_tls12: bool) -> ssl.SSLContext:
    """A context that verifies nothing, for TLS 1.2 alone or for TLS 1.2 and newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= OP_LEGACY_SERVER_CONNECT
    context.options &= ~(ssl.OP_NO_TLSv1_2 | NO_TLS13)
    if hasattr(context, "minimum_version"):  # Python 3.7; overrules openssl.cnf
        newest = ssl.TLSVersion.TLSv1_2 if only_tls12 else ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = newest
    else:
        context.options |= OLD_VERSIONS | (NO_TLS13 if only_tls12 else 0)
    try:
        context.set_ciphers(CIPHERS[0])
    except ssl.SSLError:  # before OpenSSL 1.1 there are no security levels
        context.set_ciphers(CIPHERS[1])
    return context


def tls_failure(problem: BaseException, channel: TlsChannel, limit: float) -> StepFailed:
    """The failure that an exception of a handshake stands for."""
    if isinstance(problem, (socket.timeout, TimeoutError)):
        return StepFailed(TLS_TIMEOUT, f"no handshake within {limit:g} s")
    if not isinstance(problem, ssl.SSLError) or isinstance(problem, ssl.SSLEOFError):
        return StepFailed(TLS_RESET, describe(problem))
    words = f"{problem.reason} {problem}".upper().replace(" ", "_")
    detail = problem.reason or str(problem)
    if "NO_PROTOCOLS_AVAILABLE" in words:
        return StepFailed(TLS_CLIENT_DISABLED, detail)
    start = bytes(channel.received[:5])
    if "WRONG_VERSION_NUMBER" in words and start.startswith(TLS_RECORDS):
        return StepFailed(TLS_VERSION, detail)
    if any(reason in words for reason in VERSION_REASONS):
        return StepFailed(TLS_VERSION, detail)
    if start == b"HTTP/":
        detail += " (the answer is plain HTTP)"
    return StepFailed(TLS_FAILED, detail)


def shake_hands(sock: socket.socket, name: str, limit: float, *, only_tls12: bool) -> TlsChannel:
    """A TLS channel over *sock*, unverified, or the failure raised."""
    try:
        context = tls_client(only_tls12=only_tls12)
    except (ValueError, ssl.SSLError) as problem:
        raise StepFailed(TLS_CLIENT_DISABLED, describe(problem)) from problem
    channel = TlsChannel(sock, context, name)
    try:
        channel.handshake(limit)
    except TLS_FAULTS as problem:
        raise tls_failure(problem, channel, limit) from problem
    return channel


def open_tls(attempt: Attempt, route: Route, sock: socket.socket, limit: float) -> TlsChannel:
    """The TLS channel on which HTTP is spoken: TLS 1.2, a newer one only where 1.2 is refused."""
    with attempt.step(TLS) as data:
        name = attempt.target.name
        try:
            channel = shake_hands(sock, name, limit, only_tls12=True)
        except StepFailed as refused:
            channel = newer_than_tls12(refused, route, name, limit)
        protocol = channel.protocol()
        data.update(protocol=protocol, cipher=channel.cipher(), chain=channel.chain())
        data["tls12"] = {"negotiated": protocol == "TLSv1.2"}
    return channel


def newer_than_tls12(refused: StepFailed, route: Route, name: str, limit: float) -> TlsChannel:
    """A channel with a newer version where the peer *refused* TLS 1.2; else that failure again."""
    if refused.cause not in (TLS_VERSION, TLS_FAILED):
        raise refused
    try:
        return shake_hands(route.open_again(), name, limit, only_tls12=False)
    except StepFailed:
        raise refused from None
