"""The frames of HTTP/2 (RFC 9113), over a channel."""

import collections
import struct

from arc_compliance.probe.python.http_messages import BadAnswer, Incoming
from arc_compliance.probe.python.limits import MAX_FRAMES

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
ACK = END_STREAM = 0x1
END_HEADERS, PADDED, WITH_PRIORITY = 0x4, 0x8, 0x20

MAX_FRAME = 16384  # bytes of payload, where no SETTINGS of ours allow more
FRAME_HEAD = 9
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
ERRORS = (
    "NO_ERROR",
    "PROTOCOL_ERROR",
    "INTERNAL_ERROR",
    "FLOW_CONTROL_ERROR",
    "SETTINGS_TIMEOUT",
    "STREAM_CLOSED",
    "FRAME_SIZE_ERROR",
    "REFUSED_STREAM",
    "CANCEL",
    "COMPRESSION_ERROR",
    "CONNECT_ERROR",
    "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY",
    "HTTP_1_1_REQUIRED",
)


class Frame(collections.namedtuple("Frame", "kind flags stream payload")):
    """One frame."""

    __slots__ = ()
    kind: int
    flags: int
    stream: int
    payload: bytes

    def content(self) -> bytes:
        """The payload of DATA or HEADERS without padding and priority (RFC 9113, 6.1 and 6.2)."""
        begin, padding = 0, 0
        if self.flags & PADDED:
            padding, begin = self.payload[0] if self.payload else 0, 1
        if self.kind == HEADERS and self.flags & WITH_PRIORITY:
            begin += 5
        end = len(self.payload) - padding
        if begin > end:
            raise BadAnswer("HTTP/2: a frame that is all padding")
        return self.payload[begin:end]

    def number(self, at: int) -> int:
        """The 32-bit number at *at*."""
        if len(self.payload) < at + 4:
            raise BadAnswer("HTTP/2: a frame that is cut off")
        return int.from_bytes(self.payload[at : at + 4], "big")


def frame_bytes(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame on the wire."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def settings_bytes(settings: "dict[int, int]") -> bytes:
    """A SETTINGS frame."""
    parts = (struct.pack(">HI", *one) for one in sorted(settings.items()))
    return frame_bytes(SETTINGS, 0, 0, b"".join(parts))


def error_name(code: int) -> str:
    """An error code by its name, or in figures."""
    return ERRORS[code] if code < len(ERRORS) else f"error {code}"


class FrameReader:
    """The frames that come in, up to a number of them."""

    def __init__(self, incoming: Incoming) -> None:
        self.incoming = incoming
        self.left = MAX_FRAMES

    def frame(self) -> Frame:
        """The next frame; BadAnswer where it is larger than was agreed upon."""
        self.left -= 1
        if self.left < 0:
            raise BadAnswer(f"HTTP/2: more than {MAX_FRAMES} frames")
        head = self.incoming.exactly(FRAME_HEAD)
        size, (kind, flags, stream) = (
            int.from_bytes(head[:3], "big"),
            struct.unpack(">BBI", head[3:]),
        )
        if size > MAX_FRAME:
            raise BadAnswer(f"HTTP/2: a frame of {size} bytes, or none: {head!r}")
        return Frame(kind, flags, stream & 0x7FFFFFFF, self.incoming.exactly(size))
