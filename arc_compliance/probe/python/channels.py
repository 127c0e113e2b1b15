"""Bytes over TCP and over TLS, each call within an absolute deadline."""

import base64
import socket
import ssl
import struct
import time
from typing import Any, Callable

from arc_compliance.probe.python.certificate_message import certificate_message
from arc_compliance.probe.python.limits import KIB, MAX_CERTIFICATE, MAX_CHAIN, MAX_HANDSHAKE

OUT_OF_ORDER_AT = 224  # in the kernel's struct tcp_info


def time_left(deadline: float) -> float:
    """Seconds until *deadline*; raise socket.timeout when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


class Channel:
    """A connection over which bytes are sent and received, each call within a deadline."""

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of *data*."""
        raise NotImplementedError

    def receive(self, at_most: int, deadline: float) -> bytes:
        """Some bytes, none at the end."""
        raise NotImplementedError


class PlainChannel(Channel):
    """Bytes over TCP."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of *data*."""
        self.sock.settimeout(time_left(deadline))
        self.sock.sendall(data)

    def receive(self, at_most: int, deadline: float) -> bytes:
        """Some bytes, none at the end."""
        self.sock.settimeout(time_left(deadline))
        return self.sock.recv(at_most)

    def out_of_order(self) -> "int | None":
        """How many segments came while one before them was missing; None where the kernel does not
        count them (Linux 5.4 and newer do)."""
        try:
            info = self.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, OUT_OF_ORDER_AT + 4)
            (number,) = struct.unpack_from("=I", info, OUT_OF_ORDER_AT)
        except (OSError, struct.error):
            return None
        return int(number)


class TlsChannel(Channel):
    """Bytes over TLS. Its records pass through memory, where the handshake can be read."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, name: str) -> None:
        self.plain = PlainChannel(sock)
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.received = bytearray()

    def handshake(self, limit: float) -> None:
        """Complete the handshake within *limit* seconds, with server_name as in RFC 6066."""
        self._carry_on(self.tls.do_handshake, (), time.monotonic() + limit)

    def send(self, data: bytes, deadline: float) -> None:
        """Send all of *data*."""
        self._carry_on(self.tls.write, (data,), deadline)

    def receive(self, at_most: int, deadline: float) -> bytes:
        """Some bytes, none at the end, whether it is announced by close_notify or not."""
        try:
            chunk: bytes = self._carry_on(self.tls.read, (at_most,), deadline)
        except (EOFError, ssl.SSLZeroReturnError):
            return b""
        return chunk

    def protocol(self) -> str:
        """The version that was negotiated, as OpenSSL names it."""
        return self.tls.version() or ""

    def cipher(self) -> str:
        """The cipher suite that was negotiated, as OpenSSL names it."""
        negotiated_cipher = self.tls.cipher()
        return negotiated_cipher[0] if negotiated_cipher else ""

    def _carry_on(
        self, operation: "Callable[..., Any]", arguments: "tuple[Any, ...]", deadline: float
    ) -> "Any":
        while True:
            wanting = False
            result = None
            try:
                result = operation(*arguments)
            except ssl.SSLWantReadError:
                wanting = True
            if self.outgoing.pending:
                self.plain.send(self.outgoing.read(), deadline)
            if not wanting:
                return result
            self._fill(deadline)

    def _fill(self, deadline: float) -> None:
        records = self.plain.receive(16 * KIB, deadline)
        if not records:
            raise EOFError("the connection was closed")
        if len(self.received) < MAX_HANDSHAKE:
            self.received += records
        self.incoming.write(records)

    def application_protocol(self) -> "str | None":
        """What the peer chose by ALPN (RFC 7301), None where it chose nothing."""
        return self.tls.selected_alpn_protocol() if ssl.HAS_ALPN else None

    def leaf(self) -> bytes:
        """The peer's own certificate, DER."""
        return self.tls.getpeercert(binary_form=True) or b""

    def chain(self) -> "list[bytes] | None":
        """The certificates that the peer sent, leaf first, DER.

        None where they are not to be had: TLS 1.3 encrypts them, and CPython before 3.10 tells the
        leaf alone.
        """
        if self.tls.version() == "TLSv1.2":
            return certificate_message(bytes(self.received))
        if hasattr(self.tls, "get_unverified_chain"):  # Python 3.13
            chain: list[bytes] = self.tls.get_unverified_chain()
            return chain
        inner = getattr(self.tls, "_sslobj", None)
        if inner is not None and hasattr(inner, "get_unverified_chain"):  # Python 3.10
            pem = [one.public_bytes() for one in inner.get_unverified_chain() or ()]
            return [ssl.PEM_cert_to_DER_cert(one) for one in pem]
        return None


def chain_texts(chain: "list[bytes]") -> "list[str]":
    """Certificates as the evidence has them: base64 of DER, up to a number and a size."""
    texts = [base64.b64encode(der).decode("ascii") for der in chain[:MAX_CHAIN]]
    return [text for text in texts if len(text) <= MAX_CERTIFICATE]
