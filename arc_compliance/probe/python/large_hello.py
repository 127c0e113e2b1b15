"""The hello of a current Go client, which does not fit one segment."""

import contextlib
import socket
import time

from arc_compliance.probe.python.channels import PlainChannel
from arc_compliance.probe.python.client_hello import X25519MLKEM768, go_client_hello
from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.limits import KIB, MAX_SERVER_HELLO
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.scrubbing import describe, scrubbed
from arc_compliance.probe.python.steps import StepFailed

SERVER_HELLO, HELLO_RETRY_REQUEST, ALERT = "server-hello", "hello-retry-request", "alert"
RESET, CLOSED, SILENCE, NOT_TLS = "reset", "closed", "silence", "not-tls"

# The random of a ServerHello that asks for another key share (RFC 8446, 4.1.3).
RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
GROUPS = {X25519MLKEM768: "X25519MLKEM768", 0x1D: "X25519", 0x17: "P-256", 0x18: "P-384"}


# The alerts by which a peer says that it can do nothing with what is offered
NOTHING_IN_COMMON = (40, 47, 71)  # handshake_failure, illegal_parameter, insufficient_security


class LargeHello:
    """What a target answers to that hello: the record of it, None where no connection was made.

    ``refused`` is the answer where it refuses what Go offers even without its post-quantum parts.
    """

    def __init__(self, route: Route, name: str, limit: float) -> None:
        self.route = route
        self.name = name
        self.limit = limit
        self.record: Record | None = None
        self.refused: str | None = None

    def ask(self) -> None:
        """Send the hello on a connection of its own, and read what comes back."""
        self.record = self.refused = None
        with contextlib.suppress(StepFailed):  # that says nothing about the hello
            hello = go_client_hello(self.name)
            answer, detail = self._answer_to(hello)
            self.record = {"size": len(hello), "answer": answer, "detail": scrubbed(detail)}
            if is_nothing_in_common(answer, detail):
                smaller = self._answer_to(go_client_hello(self.name, post_quantum=False))
                both = f"{detail}; without the post-quantum parts: {smaller[1]}"
                self.record = dict(self.record, detail=scrubbed(both))
                self.refused = detail if is_nothing_in_common(*smaller) else None

    def _answer_to(self, hello: bytes) -> "tuple[str, str]":
        sock = self.route.open_again()
        answer = answer_to(PlainChannel(sock), hello, self.limit)
        sock.close()  # the handshake cannot go on
        return answer

    def outcome(self) -> "str | None":
        """The kind of the answer; None where nobody knows."""
        return str(self.record["answer"]) if self.record else None


def answer_to(channel: PlainChannel, hello: bytes, limit: float) -> "tuple[str, str]":
    """(kind, detail) of what a peer answers to *hello*."""
    deadline = time.monotonic() + limit
    received = bytearray()
    try:
        channel.send(hello, deadline)
        while True:
            kind = kind_of(bytes(received))
            if kind is not None:
                return kind
            part = channel.receive(4 * KIB, deadline)
            if not part:
                return CLOSED, after(received)
            received += part
    except (socket.timeout, TimeoutError):
        return SILENCE, f"nothing within {limit:g} s{after(received)}"
    except OSError as problem:
        return RESET, describe(problem) + after(received)


def is_nothing_in_common(answer: str, detail: str) -> bool:
    """Whether *answer* says that the peer takes nothing of what was offered."""
    return answer == ALERT and detail in [f"alert {number}" for number in NOTHING_IN_COMMON]


def after(received: bytearray) -> str:
    """How much had come before it ended."""
    return f" after {len(received)} bytes" if received else ""


def kind_of(received: bytes) -> "tuple[str, str] | None":
    """(kind, detail) of an answer as far as it is there, None where more of it is needed."""
    if received[:1] not in (b"", b"\x15", b"\x16") or received[1:2] not in (b"", b"\x03"):
        return NOT_TLS, received[:20].decode("latin-1")
    if received[:1] == b"\x15":
        return (ALERT, f"alert {received[6]}") if len(received) >= 7 else None
    size = 5 + int.from_bytes(received[3:5], "big")
    if len(received) < 5 or len(received) < min(size, MAX_SERVER_HELLO):
        return None
    message = received[5:size]
    if message[:1] != b"\x02":
        return NOT_TLS, "a handshake message that is not a ServerHello"
    return of_server_hello(message[: 4 + int.from_bytes(message[1:4], "big")])


def of_server_hello(message: bytes) -> "tuple[str, str]":
    """(kind, detail) of a ServerHello (RFC 8446, 4.1.3)."""
    retry = message[6:38] == RETRY_RANDOM
    extensions = server_extensions(message)
    version = "TLSv1.3" if extensions.get(43) == b"\x03\x04" else "TLSv1.2"
    number = int.from_bytes(extensions.get(51, b"")[:2], "big")
    group = GROUPS.get(number, f"group {number:#06x}")
    if retry:
        return HELLO_RETRY_REQUEST, f"{version}, asks for {group}"
    return SERVER_HELLO, f"{version}, {group}" if number else version


def server_extensions(message: bytes) -> "dict[int, bytes]":
    """The extensions of a ServerHello by number, as far as they are there."""
    at = 38
    at += 1 + (message[at] if len(message) > at else 0) + 3 + 2  # session, suite, method, length
    found = {}
    while at + 4 <= len(message):
        kind = int.from_bytes(message[at : at + 2], "big")
        size = int.from_bytes(message[at + 2 : at + 4], "big")
        found[kind] = message[at + 4 : at + 4 + size]
        at += 4 + size
    return found
