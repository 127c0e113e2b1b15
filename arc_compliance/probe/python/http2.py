"""One GET over HTTP/2 (RFC 9113), as a Go client would send it."""

import re
from typing import Iterable

from arc_compliance.probe.python.channels import Channel
from arc_compliance.probe.python.hpack import HeaderDecoder, encoded
from arc_compliance.probe.python.http2_frames import (
    ACK,
    CONTINUATION,
    DATA,
    END_HEADERS,
    END_STREAM,
    GOAWAY,
    HEADERS,
    MAX_FRAME,
    PING,
    PREFACE,
    PUSH_PROMISE,
    RST_STREAM,
    SETTINGS,
    WINDOW_UPDATE,
    Frame,
    FrameReader,
    error_name,
    frame_bytes,
    settings_bytes,
)
from arc_compliance.probe.python.http_messages import TOKEN_BYTES, Answer, BadAnswer, Incoming
from arc_compliance.probe.python.huffman import BadHeaders
from arc_compliance.probe.python.limits import MAX_BODY, MAX_HEAD

STREAM = 1
ENABLE_PUSH, INITIAL_WINDOW_SIZE, MAX_HEADER_LIST_SIZE = 2, 4, 6
WINDOW = 4 * MAX_BODY  # more than is ever read of an answer, so that no update is needed
FIRST_WINDOW = 65535
UPPER_CASE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ")


class Http2Exchange:
    """One request on a connection of its own, and its answer as far as it is read."""

    def __init__(self, channel: Channel, incoming: Incoming) -> None:
        self.channel = channel
        self.incoming = incoming
        self.frames = FrameReader(incoming)
        self.decoder = HeaderDecoder()
        self.data = bytearray()
        self.ended = False

    def ask(self, authority: str, path: str, fields: "Iterable[tuple[str, str]]") -> Answer:
        """Send a GET and read the head of its answer."""
        pseudo = [(":method", "GET"), (":scheme", "https")]
        pseudo += [(":authority", authority), (":path", path)]
        block = encoded([*pseudo, *fields])
        own = {ENABLE_PUSH: 0, INITIAL_WINDOW_SIZE: WINDOW, MAX_HEADER_LIST_SIZE: MAX_HEAD}
        window = (WINDOW - FIRST_WINDOW).to_bytes(4, "big")
        parts = [PREFACE, settings_bytes(own), frame_bytes(WINDOW_UPDATE, 0, 0, window)]
        first, rest = block[:MAX_FRAME], block[MAX_FRAME:]
        flags = END_STREAM | (0 if rest else END_HEADERS)
        parts.append(frame_bytes(HEADERS, flags, STREAM, first))
        if rest:
            parts.append(frame_bytes(CONTINUATION, END_HEADERS, STREAM, rest))
        self._send(b"".join(parts))
        first_frame = self.frames.frame()
        if first_frame.kind != SETTINGS:
            raise BadAnswer("HTTP/2: the peer does not begin with SETTINGS")
        self._take(first_frame)
        return self._head()

    def _head(self) -> Answer:
        while True:
            fields = self._take(self.frames.frame())
            if fields is not None:
                status, headers = read_fields(fields)
                if not 100 <= status < 200:
                    return Answer("2", status, "", headers, self._body)
            if self.data or self.ended:
                raise BadAnswer("HTTP/2: a body without headers")

    def _body(self, at_most: int) -> bytes:
        while len(self.data) < at_most and not self.ended:
            self._take(self.frames.frame())
        return bytes(self.data[:at_most])

    def _send(self, data: bytes) -> None:
        self.channel.send(data, self.incoming.deadline)

    def _take(self, frame: Frame) -> "list[tuple[bytes, bytes]] | None":
        """Take in a frame; the header fields that it begins, else None."""
        if frame.kind == SETTINGS and not frame.flags & ACK:
            self._send(frame_bytes(SETTINGS, ACK, 0))
        elif frame.kind == PING and not frame.flags & ACK:
            self._send(frame_bytes(PING, ACK, 0, frame.payload[:8]))
        elif frame.kind == GOAWAY:
            if frame.number(0) & 0x7FFFFFFF < STREAM:
                raise BadAnswer(f"HTTP/2: GOAWAY {error_name(frame.number(4))}")
        elif frame.kind == RST_STREAM and frame.stream == STREAM:
            raise BadAnswer(f"HTTP/2: RST_STREAM {error_name(frame.number(0))}")
        elif frame.kind == DATA and frame.stream == STREAM:
            self.data += frame.content()
            self.ended = bool(frame.flags & END_STREAM)
        elif frame.kind == HEADERS and frame.stream == STREAM:
            return self._fields(frame)
        elif frame.kind in (DATA, HEADERS, PUSH_PROMISE, CONTINUATION):
            raise BadAnswer("HTTP/2: a frame of a stream that nobody opened")
        return None

    def _fields(self, frame: Frame) -> "list[tuple[bytes, bytes]]":
        block, last = bytearray(frame.content()), frame
        while not last.flags & END_HEADERS:
            last = self.frames.frame()
            if (last.kind, last.stream) != (CONTINUATION, STREAM):
                raise BadAnswer("HTTP/2: headers that are not continued")
            block += last.payload
        self.ended = bool(frame.flags & END_STREAM)
        try:
            return self.decoder.decode(bytes(block))
        except BadHeaders as problem:
            raise BadAnswer(f"HTTP/2: headers: {problem}") from problem


def read_fields(fields: "list[tuple[bytes, bytes]]") -> "tuple[int, list[tuple[str, str]]]":
    """(status, headers) of an answer's header fields (RFC 9113, 8.2 and 8.3)."""
    statuses = [value for name, value in fields if name == b":status"]
    if len(statuses) != 1 or not re.match(rb"[0-9]{3}\Z", statuses[0]):
        raise BadAnswer("HTTP/2: an answer without a status")
    headers = []
    for name, value in fields:
        if name[:1] != b":":
            if not name or not TOKEN_BYTES.issuperset(name) or not UPPER_CASE.isdisjoint(name):
                raise BadAnswer("HTTP/2: the name of a header is not in lower case")
            headers.append((name.decode("ascii"), value.decode("latin-1")))
    return int(statuses[0]), headers
