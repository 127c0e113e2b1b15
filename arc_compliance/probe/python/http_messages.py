"""An answer of HTTP, whatever its version, and what is kept of it."""

import collections
from typing import Callable

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
TOKEN_BYTES = frozenset(
    b"!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
)
"""What the name of a header is made of (RFC 9110, 5.6.2)."""


class TooLarge(Exception):
    """The peer sent more than it was allowed to."""


class BadAnswer(Exception):
    """What the peer sent is not an answer of HTTP that a Go client takes."""


ANSWER_FAULTS = (OSError, EOFError, TooLarge, BadAnswer)  # a timeout is an OSError


class Answer(collections.namedtuple("Answer", "version status reason headers body")):
    """An answer whose head is read. ``headers`` are (name in lower case, value) as they came.

    ``body`` reads so many bytes of it, fewer at its end.
    """

    __slots__ = ()
    version: str
    status: int
    reason: str
    headers: "list[tuple[str, str]]"
    body: "Callable[[int], bytes]"

    def header(self, name: str) -> "str | None":
        """The values of one header, joined; None where there is none."""
        values = [value for its, value in self.headers if its == name]
        return ", ".join(values) if values else None

    def selected_headers(self) -> "dict[str, str]":
        """The headers that identify who answered."""
        selected: dict[str, str] = {}
        for name, value in self.headers:
            if name in SELECTED_HEADERS or (name.startswith("x-ms-") and len(name) <= 64):
                earlier = selected.get(name)
                joined = value if earlier is None else earlier + ", " + value
                if earlier is not None or len(selected) < MAX_HEADERS:
                    selected[name] = scrubbed(joined, MAX_HEADER_VALUE)
        return selected


class Incoming:
    """What a channel receives, bounded in time and size; never more than *at_once* is taken ahead
    of what is asked for."""

    def __init__(
        self, channel: Channel, deadline: float, at_most: int, at_once: int = 8 * KIB
    ) -> None:
        self.channel = channel
        self.deadline = deadline
        self.left = at_most
        self.at_once = at_once
        self.ahead = bytearray()

    def _fill(self) -> bool:
        """Take in some more; false at the end."""
        if self.left <= 0:
            raise TooLarge("answer too large")
        chunk = self.channel.receive(min(self.at_once, self.left), self.deadline)
        self.left -= len(chunk)
        self.ahead += chunk
        return bool(chunk)

    def line(self) -> bytes:
        """A line without its end; EOFError where the connection was closed before that."""
        searched = 0
        while True:
            end = self.ahead.find(b"\n", searched)
            if end >= 0:
                line = bytes(self.ahead[:end])
                del self.ahead[: end + 1]
                return line[:-1] if line.endswith(b"\r") else line
            searched = len(self.ahead)
            if not self._fill():
                raise EOFError("the connection was closed")

    def exactly(self, size: int) -> bytes:
        """So many bytes; EOFError where the connection was closed before that."""
        taken = self.some(size)
        if len(taken) < size:
            raise EOFError("the connection was closed")
        return taken

    def some(self, at_most: int) -> bytes:
        """So many bytes, fewer where the connection was closed before that."""
        while len(self.ahead) < at_most and self._fill():
            pass
        taken = bytes(self.ahead[:at_most])
        del self.ahead[:at_most]
        return taken
