"""Discovery calls name further endpoints, which are measured in the same run."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest

from arc_compliance.wire.evidence import Evidence
from selftests.probe import peers

CALL = "gbl.test"
BROKEN = "answer is gzip that is broken or cut off"
BOMB = gzip.compress(b" " * 10_000_000)
DOCUMENT = {
    "endpoints": ["HTTPS://One.svc.test/path", {"deep": [["two.svc.test", None, 7, True]]}],
    "others": ["svc.test", "evil.example", "not a name.svc.test", "-x.svc.test", "a\n.svc.test"],
}


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    """Who issued the certificates."""
    return peers.Authority()


@pytest.fixture(scope="module")
def service(authority: peers.Authority) -> Iterator[int]:
    """The port of a healthy endpoint."""
    with peers.serve(peers.tls(authority.context("*.svc.test"))) as port:
        yield port


@pytest.fixture
def discover(authority: peers.Authority, service: int, tmp_path: Any) -> Any:
    """A function that measures what one discovery call, answered by a behaviour, leads to."""
    roots = tmp_path / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)

    def measure(behave: peers.Behaviour, *endpoints: Any, **limits: Any) -> Evidence:
        accept = [{"row": "urls/svc", "patterns": ["*.svc.test"], "websocket": None}]
        call = {"name": CALL, "path": "/discovery?l=x", "location": "x", "accept": accept}
        with peers.serve(behave) as port:
            order = peers.order(
                *endpoints,
                discoveries=[call],
                connect_to=[[CALL, 443, "127.0.0.1", port], ["", 443, "127.0.0.1", service]],
                trust_file=str(roots),
                limits=limits,
            )
            return peers.measure(order)

    return measure


@pytest.fixture
def answering(authority: peers.Authority) -> Any:
    """A function that makes a behaviour over plain HTTP one over TLS."""
    return lambda behave: peers.tls(authority.context(CALL), behave)


def test_names_are_measured(discover: Any, answering: Any) -> None:
    """Names at any depth, bare or in URLs, if they match; they are measured like all others."""
    evidence = discover(answering(peers.json_answer(DOCUMENT)))
    assert evidence.discovered[0].names == ("one.svc.test", "two.svc.test")
    assert evidence.discovered[0].failure is None
    assert [(m.name, m.port, m.origin) for m in evidence.measurements] == [
        ("one.svc.test", 443, "discovered"),
        ("two.svc.test", 443, "discovered"),
    ]
    assert [peers.fault(m) for m in evidence.measurements] == [None, None]
    assert [m.rows for m in evidence.measurements] == [("urls/svc",), ("urls/svc",)]


def test_ordered_names_are_not_measured_again(discover: Any, answering: Any) -> None:
    """A name that is ordered and discovered is measured once, as ordered."""
    evidence = discover(answering(peers.json_answer(DOCUMENT)), peers.target("two.svc.test"))
    origins = {m.name: m.origin for m in evidence.measurements}
    assert origins == {"two.svc.test": "ordered", "one.svc.test": "discovered"}


def test_number_of_names_is_bounded(discover: Any, answering: Any) -> None:
    """No more than ``limits.names`` endpoints are measured; the answer is reported whole."""
    evidence = discover(answering(peers.json_answer(DOCUMENT)), names=1)
    assert (len(evidence.measurements), len(evidence.discovered[0].names)) == (1, 2)


@pytest.mark.parametrize(
    ("answer", "detail"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nnonsense", "answer is not JSON"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"[" * 100_000, "answer is not JSON"),
        (b"HTTP/1.1 404 Not Found\r\n\r\n[]", "answered 404"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b" " * 10_000_000, "answer larger than 1 MiB"),
        (b"HTTP/1.1 200 OK\r\n\r\n\x1f\x8bx" + bytes(20), BROKEN),
        (b"HTTP/1.1 200 OK\r\n\r\n" + gzip.compress(b"[1]")[:-9], BROKEN),
        (b"HTTP/1.1 200 OK\r\n\r\n" + BOMB, "answer larger than 1 MiB"),
        (b"HTTP/1.1 200 OK\r\n\r\n" + b"\xff\xfe[", "answer is not JSON"),
    ],
    ids=["nonsense", "too-deep", "404", "10-MB", "no-gzip", "half", "bomb", "half-utf-16"],
)
def test_call_fails(discover: Any, answering: Any, answer: bytes, detail: str) -> None:
    """A useless answer leaves the names unknown and says why; no endpoint is red for it."""
    evidence = discover(answering(peers.http(answer)))
    failure = evidence.discovered[0].failure
    assert (failure.cause, failure.detail) == ("http-failed", detail)
    assert (evidence.complete, evidence.measurements) == (True, ())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32-be"])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("declared", [False, True])
def test_forms_of_json(
    discover: Any, answering: Any, encoding: str, packed: bool, declared: bool
) -> None:
    """Names are read in any encoding of JSON, with a byte order mark or without, and packed."""
    body = json.dumps(["One.svc.test"]).encode(encoding)
    body = gzip.compress(body) if packed else body
    head = b"HTTP/1.1 200 OK\r\n"
    head += b"Content-Encoding: gzip\r\n" if packed and declared else b""
    answer = head + b"Content-Length: %d\r\n\r\n" % len(body) + body

    evidence = discover(answering(peers.http(answer)))

    assert evidence.discovered[0].failure is None
    assert evidence.discovered[0].names == ("one.svc.test",)


def test_call_is_repeated(discover: Any, answering: Any) -> None:
    """A call that failed is made once more, and its names are then measured."""
    behave = peers.second_time_well(peers.resets, answering(peers.json_answer(DOCUMENT)))
    evidence = discover(behave)
    assert evidence.discovered[0].failure is None
    assert [peers.fault(m) for m in evidence.measurements] == [None, None]
