"""Answers of HTTP/1: those that a Go client takes are taken, the others are not."""

from __future__ import annotations

import contextlib
import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.channels import Channel
from arc_compliance.probe.python.http1 import read_answer
from arc_compliance.probe.python.http_messages import ANSWER_FAULTS, Answer, BadAnswer, Incoming
from arc_compliance.probe.python.limits import MAX_HEAD


class Recorded(Channel):
    """A channel that has received *data*, in parts of a size, and then its end."""

    def __init__(self, data: bytes, size: int = 65536) -> None:
        self.data = data
        self.size = size
        self.sent = b""

    def receive(self, at_most: int, deadline: float) -> bytes:
        part = self.data[: min(at_most, self.size)]
        self.data = self.data[len(part) :]
        return part

    def send(self, data: bytes, deadline: float) -> None:
        self.sent += data


def incoming(data: bytes, size: int = 65536, at_most: int = MAX_HEAD) -> Incoming:
    return Incoming(Recorded(data, size), time.monotonic() + 5, at_most)


def answer(data: bytes, size: int = 65536) -> Answer:
    return read_answer(incoming(data, size))


@pytest.mark.parametrize(
    ("data", "version", "status", "body"),
    [
        (b"HTTP/1.1 204 No Content\r\n\r\n", "1.1", 204, b""),
        (b"HTTP/1.1 204\r\n\r\n", "1.1", 204, b""),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", "1.0", 200, b"abc"),
        (b"HTTP/1.1 200 OK\nContent-Length: 2\n\nabc", "1.1", 200, b"ab"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nabc",
            "1.1",
            200,
            b"ab",
        ),
        (b"HTTP/1.1 304 Same\r\nContent-Length: 9\r\n\r\n", "1.1", 304, b""),
        (
            b"HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n",
            "1.1",
            403,
            b"",
        ),
        (b"HTTP/1.1 103 Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\nx", "1.1", 200, b"x"),
        (b"HTTP/1.1 101 Switching\r\n\r\nabc", "1.1", 101, b""),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"2;x=y\r\nab\r\n1 \r\nc\r\n0\r\nTrailer: x\r\n\r\n",
            "1.1",
            200,
            b"abc",
        ),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 65536])
def test_what_is_an_answer(data: bytes, version: str, status: int, body: bytes, size: int) -> None:
    its = answer(data, size)

    assert (its.version, its.status, its.body(100)) == (version, status, body)


@pytest.mark.parametrize(
    "data",
    [
        b"220 mail ready\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/11 200 OK\r\n\r\n",
        b"http/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n: no name\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n Server: folded at once\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nSer\x01ver: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServer: \x1b[31m\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 100 Go on\r\n\r\n" * 6 + b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
def test_what_is_none(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        answer(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"HTTP/1.1 200 OK",
        b"HTTP/1.1 200 OK\r\nServer: x\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
    ],
)
def test_what_is_cut_off(data: bytes) -> None:
    with pytest.raises(EOFError):
        answer(data).body(100)


@pytest.mark.parametrize("body", [b"x\r\n", b"-1\r\n\r\n", b"1\r\nabc\r\n", b"fffffffff\r\n"])
def test_chunks_that_are_none(body: bytes) -> None:
    its = answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body)

    with pytest.raises(BadAnswer):
        its.body(100)


@pytest.mark.parametrize("number", [120, 500, 4000])
def test_headers_are_bounded_by_bytes_not_by_their_number(number: int) -> None:
    lines = b"".join(b"X-Policy-%d: on\r\n" % n for n in range(number))

    its = answer(b"HTTP/1.1 204 No Content\r\n" + lines + b"X-Ms-Id: 1\r\n\r\n")

    assert len(its.headers) == number + 1
    assert its.selected_headers() == {"x-ms-id": "1"}


def test_headers_that_go_on_and_on() -> None:
    for flood in (b"X: " + b"y" * MAX_HEAD, b"X: y\r\n" * MAX_HEAD):
        with pytest.raises(ANSWER_FAULTS, match="answer too large"):
            answer(b"HTTP/1.1 200 OK\r\n" + flood)


def test_folded_and_repeated_headers() -> None:
    its = answer(b"HTTP/1.1 200 OK\r\nVia: a\r\n\t b\r\nVIA: c\r\nDate :  d \r\n\r\n")

    assert its.headers == [("via", "a b"), ("via", "c"), ("date ", "d")]
    assert its.header("via") == "a b, c"


def test_no_byte_beyond_the_head_is_taken_where_that_matters() -> None:
    """What follows the head of a CONNECT's answer is the target's."""
    channel = Recorded(b"HTTP/1.1 200 OK\r\nA: b\r\n\r\n\x16\x03")

    read_answer(Incoming(channel, time.monotonic() + 5, MAX_HEAD, at_once=1))

    assert channel.data == b"\x16\x03"


@given(some.binary(max_size=300), some.integers(1, 50))
def test_hostile_bytes(data: bytes, size: int) -> None:
    """Whatever comes is an answer or one of the faults that are caught."""
    for prefix in (
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ):
        with contextlib.suppress(ANSWER_FAULTS):
            assert len(answer(prefix + data, size).body(50)) <= 50
