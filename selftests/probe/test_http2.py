"""HTTP/2, where a peer chooses it: its frames, and peers that do it wrong."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.hpack import encoded
from arc_compliance.probe.python.http2 import Http2Exchange
from arc_compliance.probe.python.http2_frames import MAX_FRAME, PREFACE, frame_bytes
from arc_compliance.probe.python.http_messages import ANSWER_FAULTS, Answer, BadAnswer, Incoming
from arc_compliance.probe.python.limits import MAX_FRAMES, MAX_HEAD
from arc_compliance.wire.observation import Stage
from selftests.probe import peers
from selftests.probe.test_http1 import Recorded

DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY = range(8)
WINDOW_UPDATE, CONTINUATION = 8, 9
END_STREAM, ACK, END_HEADERS, PADDED, WITH_PRIORITY = 1, 1, 4, 8, 32
FINAL = END_STREAM | END_HEADERS
STATUS_200, STATUS_204 = b"\x88", b"\x89"

frame = frame_bytes
BEGIN = frame(SETTINGS, 0, 0)


# -- frames (RFC 9113) -----------------------------------------------------------------------------


def exchange(*frames: bytes, at_most: int = MAX_HEAD) -> tuple[Answer, Recorded]:
    channel = Recorded(b"".join(frames))
    incoming = Incoming(channel, time.monotonic() + 5, at_most)
    return Http2Exchange(channel, incoming).ask("a.test", "/", [("accept", "*/*")]), channel


def padded(payload: bytes, padding: int) -> bytes:
    return bytes([padding]) + payload + bytes(padding)


ANSWER = frame(HEADERS, FINAL, 1, STATUS_204)


@pytest.mark.parametrize(
    "frames",
    [
        [BEGIN, ANSWER],
        [frame(SETTINGS, 0, 0, struct.pack(">HI", 3, 100)), frame(SETTINGS, ACK, 0), ANSWER],
        [BEGIN, frame(PING, 0, 0, b"12345678"), ANSWER],
        [BEGIN, frame(WINDOW_UPDATE, 0, 0, b"\0\0\1\0"), frame(200, 255, 7, b"new"), ANSWER],
        [BEGIN, frame(GOAWAY, 0, 0, struct.pack(">II", 2**31 - 1, 0)), ANSWER],
        [BEGIN, frame(HEADERS, END_HEADERS, 1, b"\x08\x03103"), ANSWER],
        [BEGIN, frame(HEADERS, FINAL | PADDED, 1, padded(STATUS_204, 9))],
        [BEGIN, frame(HEADERS, FINAL | WITH_PRIORITY, 1, bytes(5) + STATUS_204)],
        [
            BEGIN,
            frame(HEADERS, FINAL | PADDED | WITH_PRIORITY, 1, padded(bytes(5) + STATUS_204, 3)),
        ],
        [
            BEGIN,
            frame(HEADERS, END_STREAM, 1, STATUS_204 + b"\x00\x01a"),
            frame(CONTINUATION, 0, 1, b"\x01"),
            frame(CONTINUATION, END_HEADERS, 1, b"b"),
        ],
        [BEGIN, frame(RST_STREAM, 0, 3, bytes(4)), ANSWER],
    ],
)
def test_what_is_an_answer(frames: list[bytes]) -> None:
    answer, channel = exchange(*frames)

    assert (answer.version, answer.status, answer.body(10)) == ("2", 204, b"")
    assert channel.sent.startswith(PREFACE)
    assert frame(SETTINGS, ACK, 0) in channel.sent
    pinged = any(one[3] == PING for one in frames)
    assert (frame(PING, ACK, 0, b"12345678") in channel.sent) == pinged


def test_a_body_in_frames() -> None:
    answer, _ = exchange(
        BEGIN,
        frame(HEADERS, END_HEADERS, 1, STATUS_200),
        frame(DATA, 0, 1, b"ab"),
        frame(DATA, PADDED, 1, padded(b"cd", 3)),
        frame(PING, 0, 0, b"12345678"),
        frame(DATA, 0, 1, b""),
        frame(HEADERS, FINAL, 1, b"\x00\x07trailer\x01x"),
    )

    assert answer.body(100) == b"abcd"


@pytest.mark.parametrize(
    ("frames", "why"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "a frame of 4740180 bytes"),
        ([ANSWER], "does not begin with SETTINGS"),
        ([BEGIN, frame(GOAWAY, 0, 0, struct.pack(">II", 0, 13))], "GOAWAY HTTP_1_1_REQUIRED"),
        ([BEGIN, frame(GOAWAY, 0, 0, struct.pack(">II", 0, 11))], "GOAWAY ENHANCE_YOUR_CALM"),
        ([BEGIN, frame(GOAWAY, 0, 0, b"\0\0")], "cut off"),
        ([BEGIN, frame(RST_STREAM, 0, 1, struct.pack(">I", 7))], "RST_STREAM REFUSED_STREAM"),
        ([BEGIN, frame(RST_STREAM, 0, 1, struct.pack(">I", 99))], "RST_STREAM error 99"),
        ([BEGIN, frame(DATA, END_STREAM, 1, b"x")], "a body without headers"),
        ([BEGIN, frame(DATA, 0, 3, b"x")], "a stream that nobody opened"),
        ([BEGIN, frame(HEADERS, FINAL, 3, STATUS_204)], "a stream that nobody opened"),
        ([BEGIN, frame(PUSH_PROMISE, 4, 1, bytes(4))], "a stream that nobody opened"),
        ([BEGIN, frame(CONTINUATION, 4, 1, STATUS_204)], "a stream that nobody opened"),
        ([BEGIN, frame(HEADERS, 0, 1, STATUS_204), ANSWER], "headers that are not continued"),
        ([BEGIN, frame(HEADERS, FINAL | PADDED, 1, b"")], "all padding"),
        ([BEGIN, frame(HEADERS, FINAL | PADDED, 1, b"\xff" + STATUS_204)], "all padding"),
        ([BEGIN, frame(HEADERS, FINAL, 1, b"\xbe")], "headers: no field has the index 62"),
        ([BEGIN, frame(HEADERS, FINAL, 1, b"\x00\x01a\x01b")], "without a status"),
        ([BEGIN, frame(HEADERS, FINAL, 1, b"\x08\x02ab")], "without a status"),
        ([BEGIN, frame(HEADERS, FINAL, 1, STATUS_200 + STATUS_204)], "without a status"),
        ([BEGIN, frame(HEADERS, FINAL, 1, STATUS_200 + b"\x00\x01A\x01b")], "not in lower case"),
        (
            [BEGIN, frame(HEADERS, END_HEADERS, 1, b"\x08\x03103") * 9000],
            f"than {MAX_FRAMES} frames",
        ),
        ([BEGIN, frame(PING, 0, 0, bytes(8)) * 9000], f"more than {MAX_FRAMES} frames"),
        ([BEGIN, frame(SETTINGS, 0, 0, bytes(6000)) * 9000], "answer too large"),
        (
            [BEGIN, frame(HEADERS, 0, 1), frame(CONTINUATION, 0, 1) * 9000],
            f"than {MAX_FRAMES} frames",
        ),
        ([BEGIN, frame(HEADERS, 0, 1), frame(CONTINUATION, 0, 1, bytes(9000)) * 90], "too large"),
        ([BEGIN, struct.pack(">I", MAX_FRAME + 1)[1:] + bytes(6)], f"a frame of {MAX_FRAME + 1}"),
    ],
)
def test_what_is_none(frames: list[bytes], why: str) -> None:
    with pytest.raises(ANSWER_FAULTS, match=why):
        exchange(*frames)


@pytest.mark.parametrize("frames", [[], [BEGIN], [BEGIN, ANSWER[:-1]], [BEGIN, ANSWER[:5]]])
def test_what_is_cut_off(frames: list[bytes]) -> None:
    with pytest.raises(EOFError):
        exchange(*frames)


def test_a_body_that_breaks_off() -> None:
    answer, _ = exchange(
        BEGIN, frame(HEADERS, END_HEADERS, 1, STATUS_200), frame(RST_STREAM, 0, 1, bytes(4))
    )

    with pytest.raises(BadAnswer, match="RST_STREAM NO_ERROR"):
        answer.body(10)


@given(
    some.lists(
        some.builds(
            frame,
            some.integers(0, 10),
            some.integers(0, 255),
            some.integers(0, 2),
            some.binary(max_size=20),
        ),
        max_size=10,
    ),
    some.binary(max_size=20),
)
def test_hostile_frames(frames: list[bytes], rest: bytes) -> None:
    try:
        answer, _ = exchange(BEGIN, *frames, rest)
        assert 200 <= answer.status <= 999 or answer.status < 100
        answer.body(50)
    except ANSWER_FAULTS:
        pass


# -- at a peer -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


def measured_at(
    authority: peers.Authority, folder: Path, then: peers.Behaviour, *protocols: str
) -> peers.Measurement:
    """What is seen of a peer that has *protocols* by ALPN and behaves as *then*."""
    roots = folder / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)
    context = authority.context("h2.test")
    context.set_alpn_protocols([*protocols])
    with peers.serve(peers.tls(context, then)) as port:
        order = peers.order(
            peers.target("h2.test"),
            connect_to=[["h2.test", 443, "127.0.0.1", port]],
            trust_file=str(roots),
        )
        return peers.measure(order).measurements[0]


def answering(*frames: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"".join(frames))
        peers.hangs(connection)

    return behave


def test_a_peer_that_chooses_http_2(authority: peers.Authority, tmp_path: Path) -> None:
    many = encoded([(f"x-policy-{n}", "on") for n in range(500)] + [("x-ms-request-id", "7")])
    block = STATUS_200 + many
    parts = [block[at : at + 5000] for at in range(0, len(block), 5000)]
    frames = [frame(HEADERS, END_STREAM, 1, parts[0])]
    frames += [frame(CONTINUATION, 0, 1, part) for part in parts[1:]]
    frames.append(frame(CONTINUATION, END_HEADERS, 1))

    its = measured_at(authority, tmp_path, answering(BEGIN, *frames), "h2", "http/1.1")

    assert peers.fault(its) is None
    assert its.at(Stage.TLS).alpn == "h2"
    answered = its.at(Stage.HTTP)
    assert (answered.version, answered.status) == ("2", 200)
    assert answered.headers == {"x-ms-request-id": "7"}


def test_a_peer_that_chooses_http_1_1(authority: peers.Authority, tmp_path: Path) -> None:
    its = measured_at(authority, tmp_path, peers.http(), "http/1.1")

    assert its.at(Stage.TLS).alpn == "http/1.1"
    assert its.at(Stage.HTTP).version == "1.1"


def test_a_peer_that_chooses_http_2_and_speaks_1_1(
    authority: peers.Authority, tmp_path: Path
) -> None:
    its = measured_at(authority, tmp_path, peers.http(), "h2")

    assert peers.fault(its) == ("http", "http-failed")


def test_a_peer_that_says_nothing_in_http_2(authority: peers.Authority, tmp_path: Path) -> None:
    its = measured_at(authority, tmp_path, answering(BEGIN), "h2")

    assert peers.fault(its) == ("http", "http-timeout")
