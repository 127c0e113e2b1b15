"""HTTP/1.1: a request, and an answer as a Go client reads it."""

import re
from typing import Callable, Iterable

from arc_compliance.probe.python.http_messages import TOKEN_BYTES, Answer, BadAnswer, Incoming
from arc_compliance.probe.python.scrubbing import scrubbed

STATUS_LINE = re.compile(rb"HTTP/([0-9])\.([0-9]) +([0-9]{3})(?: (.*))?\Z", re.DOTALL)
VERSIONS = {b"11": "1.1", b"10": "1.0"}
CONTROLS = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
MAX_INFORMATIONAL = 5  # answers before the answer, as Go has it
SWITCHING = 101
BODILESS = (204, 304)


def request(lines: "Iterable[str]") -> bytes:
    """The head of a request."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def read_answer(incoming: Incoming) -> Answer:
    """The answer to a GET or CONNECT, its head read and its body still to read."""
    for _ in range(MAX_INFORMATIONAL + 1):
        version, status, reason = read_status(incoming.line())
        headers = read_headers(incoming)
        if not 100 <= status < 200 or status == SWITCHING:
            return Answer(version, status, reason, headers, body_reader(incoming, status, headers))
    raise BadAnswer("too many informational answers")


def read_status(line: bytes) -> "tuple[str, int, str]":
    """(version, status, reason) of a status line."""
    match = STATUS_LINE.match(line)
    if match is None:
        raise BadAnswer(f"not a status line: {scrubbed(line[:60].decode('latin-1'))}")
    version = VERSIONS.get(match.group(1) + match.group(2), "1.1")
    return version, int(match.group(3)), scrubbed((match.group(4) or b"").decode("latin-1"), 200)


def read_headers(incoming: Incoming) -> "list[tuple[str, str]]":
    """The headers up to the empty line, as many as there are; BadAnswer for a line that is none."""
    fields: list[bytearray] = []
    while True:
        line = incoming.line()
        if not line:
            return [header_in(bytes(field)) for field in fields]
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] += b" " + line.strip()  # RFC 9112, 5.2
        else:
            fields.append(bytearray(line))


def header_in(line: bytes) -> "tuple[str, str]":
    """(name in lower case, value) of a header's line."""
    name, colon, value = line.partition(b":")
    if (
        not colon
        or not name.strip()
        or name[:1] == b" "
        or not TOKEN_BYTES.issuperset(name.replace(b" ", b""))
    ):
        raise BadAnswer(f"not a header: {scrubbed(line[:60].decode('latin-1'))}")
    if CONTROLS.search(value):
        raise BadAnswer(f"control characters in the header {name.decode('latin-1')}")
    return name.decode("latin-1").lower(), value.strip().decode("latin-1")


def body_reader(
    incoming: Incoming, status: int, headers: "list[tuple[str, str]]"
) -> "Callable[[int], bytes]":
    """What reads the body, by the way in which the headers say that it is delimited."""
    codings = [value.lower() for name, value in headers if name == "transfer-encoding"]
    lengths = {value for name, value in headers if name == "content-length"}
    if status < 200 or status in BODILESS:
        return lambda _: b""
    if codings:
        if codings != ["chunked"]:
            raise BadAnswer("a transfer encoding that is not chunked")
        return Chunks(incoming).read
    if len(lengths) > 1 or not all(re.match(r"[0-9]{1,18}\Z", one) for one in lengths):
        raise BadAnswer("a content length that is not a number")
    if not lengths:
        return incoming.some
    (length,) = lengths
    return lambda at_most: incoming.exactly(min(at_most, int(length)))


class Chunks:
    """A body in chunks (RFC 9112, 7.1)."""

    def __init__(self, incoming: Incoming) -> None:
        self.incoming = incoming
        self.left = 0  # of the present chunk
        self.ended = False

    def read(self, at_most: int) -> bytes:
        """So many bytes, fewer at the end."""
        found = bytearray()
        while len(found) < at_most and not self.ended:
            if not self.left:
                size = re.match(rb"([0-9A-Fa-f]{1,8})[ \t]*(?:;.*)?\Z", self.incoming.line())
                if size is None:
                    raise BadAnswer("a chunk without a size")
                self.left = int(size.group(1), 16)
                self.ended = not self.left
                continue
            part = self.incoming.exactly(min(self.left, at_most - len(found)))
            found += part
            self.left -= len(part)
            if not self.left and self.incoming.line():
                raise BadAnswer("a chunk that is longer than it says")
        return bytes(found)
