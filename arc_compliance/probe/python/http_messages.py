"""HTTP/1.1 over a channel: a request, an answer bounded in time and size."""

import http.client
import io
from typing import Any, Iterable

from arc_compliance.probe.python.channels import Channel
from arc_compliance.probe.python.limits import KIB, MAX_HEADER_VALUE, MAX_HEADERS
from arc_compliance.probe.python.scrubbing import scrubbed

SELECTED_HEADERS = frozenset(
    (
        "date",
        "server",
        "location",
        "content-type",
        "via",
        "x-cache",
        "www-authenticate",
        "proxy-authenticate",
    )
)


class TooLarge(Exception):
    """The peer sent more than it was allowed to."""


class Incoming(io.RawIOBase):
    """What a channel receives, as a file, bounded in time and size."""

    def __init__(
        self, channel: Channel, deadline: float, at_most: int, buffer_size: int = 8 * KIB
    ) -> None:
        super().__init__()
        self.channel = channel
        self.deadline = deadline
        self.left = at_most
        self.buffer_size = buffer_size

    def readable(self) -> bool:
        """Yes; io asks."""
        return True

    def readinto(self, buffer: "Any") -> int:
        """Fill *buffer*, for io."""
        if self.left <= 0:
            raise TooLarge("answer too large")
        chunk = self.channel.receive(min(len(buffer), self.left), self.deadline)
        buffer[: len(chunk)] = chunk
        self.left -= len(chunk)
        return len(chunk)

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The buffered file, for http.client."""
        return io.BufferedReader(self, self.buffer_size)


def request(lines: "Iterable[str]") -> bytes:
    """The head of a request."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def read_answer(incoming: Incoming) -> http.client.HTTPResponse:
    """The answer, its head read and its body still to read."""
    # All that http.client wants of a socket is makefile.
    answer = http.client.HTTPResponse(incoming)  # type: ignore[arg-type]
    answer.begin()
    return answer


def selected_headers(answer: http.client.HTTPResponse) -> "dict[str, str]":
    """The headers that identify who answered, by lower-case name."""
    selected: dict[str, str] = {}
    for header, value in answer.headers.items():
        name = header.lower()
        if name in SELECTED_HEADERS or (name.startswith("x-ms-") and len(name) <= 64):
            earlier = selected.get(name)
            joined = value if earlier is None else earlier + ", " + value
            if earlier is not None or len(selected) < MAX_HEADERS:
                selected[name] = scrubbed(joined, MAX_HEADER_VALUE)
    return selected
