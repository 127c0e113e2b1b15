"""The name servers of the host: what resolv.conf says of them, and how soon each answers."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.name_servers import NameServers, ask_name_server, dns_question
from arc_compliance.probe.python.resolver import pinned_names
from arc_compliance.wire.facts import ResolverFacts
from selftests.probe.replacing import replace


@contextlib.contextmanager
def name_server(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[bytes], bytes | None], lost: int = 0
) -> Iterator[None]:
    """A server at 127.0.0.1 that loses the first questions."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        replace(monkeypatch, "DNS_PORT", sock.getsockname()[1])

        def serve() -> None:
            with contextlib.suppress(OSError):
                for number in range(100):
                    question, whose = sock.recvfrom(4096)
                    its = answer(question)
                    if number >= lost and its is not None:
                        sock.sendto(its, whose)

        threading.Thread(target=serve, daemon=True).start()
        yield


def code(number: int) -> Callable[[bytes], bytes]:
    return lambda question: question[:2] + bytes([0x81, 0x80 | number]) + question[4:]


@pytest.mark.parametrize(
    ("number", "failure"),
    [(0, None), (3, None), (2, "it answered SERVFAIL"), (5, "it answered REFUSED")],
)
def test_a_server_that_answers(
    monkeypatch: pytest.MonkeyPatch, number: int, failure: str | None
) -> None:
    with name_server(monkeypatch, code(number)):
        seconds, why = ask_name_server("127.0.0.1", "a.test", 2)

    assert seconds is not None
    assert 0 <= seconds < 1
    assert why == failure


def test_a_datagram_that_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    replace(monkeypatch, "QUESTIONS_UNTIL", (0.1, 0.3))
    with name_server(monkeypatch, code(0), lost=1):
        seconds, why = ask_name_server("127.0.0.1", "a.test", 2)

    assert seconds is not None
    assert (0.1 <= seconds < 0.5, why) == (True, None)


@pytest.mark.parametrize(
    "answer",
    [
        lambda _: None,
        lambda _: b"",
        lambda question: question,
        lambda question: question[:2] + b"\x81",
        lambda question: b"xx" + code(0)(question)[2:],
    ],
    ids=["silence", "nothing", "echo", "short", "another-question"],
)
def test_a_server_that_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, answer: Callable[[bytes], bytes | None]
) -> None:
    with name_server(monkeypatch, answer):
        assert ask_name_server("127.0.0.1", "a.test", 0.3) == (None, "no answer within 0.3 s")


@pytest.mark.parametrize("address", ["", "nobody.invalid", "999.1.1.1", "fe80::1%none", "a b"])
def test_a_server_that_is_none(address: str) -> None:
    seconds, why = ask_name_server(address, "a.test", 0.3)

    assert seconds is None
    assert why


def test_a_port_at_which_nobody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        replace(monkeypatch, "DNS_PORT", sock.getsockname()[1])
    seconds, why = ask_name_server("127.0.0.1", "a.test", 1)

    assert seconds is None
    assert why
    assert "refused" in why


def test_the_servers_as_the_evidence_has_them(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {"192.0.2.1": (None, "no answer within 5 s"), "192.0.2.2": (0.02, None)}
    replace(monkeypatch, "ask_name_server", lambda address, *_: answers[address])
    servers = NameServers("nameserver 192.0.2.1\nnameserver 192.0.2.2\noptions timeout:3")
    assert servers.record() is None
    servers.began = time.monotonic()
    servers.ask("a.test", 5)

    facts = ResolverFacts.model_validate(servers.record())

    assert (facts.timeout, facts.attempts) == (3, 2)
    assert [(one.address, one.seconds, one.failure) for one in facts.servers] == [
        ("192.0.2.1", None, "no answer within 5 s"),
        ("192.0.2.2", 0.02, None),
    ]


@given(some.text(max_size=300))
def test_hostile_settings(text: str) -> None:
    servers = NameServers(text)

    servers.began = time.monotonic()
    assert 1 <= servers.cost() <= 30 * 5 * 3
    ResolverFacts.model_validate(servers.record())
    pinned_names(text)


def test_the_form_of_a_question() -> None:
    """RFC 1035, 4.1: one question, recursion desired, for A in the internet."""
    asked = dns_question("login.example.cn.")

    assert asked[2:12] == b"\x01\x00\x00\x01" + bytes(6)
    assert asked[12:] == b"\x05login\x07example\x02cn\x00\x00\x01\x00\x01"
