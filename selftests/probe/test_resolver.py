"""Names: how long they are waited for, how many are asked for at once, and which server is slow."""

from __future__ import annotations

import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from arc_compliance.probe.python import resolver as resolver_module
from arc_compliance.probe.python.resolve import Question, is_address
from arc_compliance.probe.python.resolver import Resolver, pinned_names
from arc_compliance.probe.python.steps import StepFailed
from selftests.probe.replacing import replace

BOTH, V4, V6 = socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6
NEVER = None
AGAIN = socket.gaierror(socket.EAI_AGAIN, "temporary failure")
NO_NAME = socket.gaierror(socket.EAI_NONAME, "no such name")
NO_DATA = socket.gaierror(socket.EAI_NODATA, "no address of the name")
Answers = dict[int, Any]


def found(*addresses: str) -> list[tuple[Any, ...]]:
    return [(V6 if ":" in a else V4, socket.SOCK_STREAM, 6, "", (a, 0)) for a in addresses]


def answering(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, patience: tuple[float, float] = (0.05, 0.1)
) -> list[tuple[str, int]]:
    """Have the host's resolver answer so by family; what it is asked is in the list returned."""
    asked: list[tuple[str, int]] = []

    def ask(name: str, family: int, told: queue.Queue[tuple[int, Any]]) -> None:
        asked.append((name, family))
        if answers.get(family) is not NEVER:
            told.put((family, answers[family]))

    replace(monkeypatch, "query_resolver", ask)
    replace(monkeypatch, "PATIENCE", patience)
    replace(monkeypatch, "GRACE", 0.1)
    return asked


def hopeful() -> bool:
    return False


@pytest.mark.parametrize(
    ("answers", "expected", "families"),
    [
        ({BOTH: found("192.0.2.1", "2001:db8::1", "192.0.2.1")}, ["192.0.2.1", "2001:db8::1"], 1),
        ({BOTH: NEVER, V4: found("192.0.2.1"), V6: NEVER}, ["192.0.2.1"], 3),
        ({BOTH: NEVER, V4: NEVER, V6: found("2001:db8::1")}, ["2001:db8::1"], 3),
        ({BOTH: NEVER, V4: found("192.0.2.1"), V6: NO_DATA}, ["192.0.2.1"], 3),
        ({BOTH: NEVER, V4: found("192.0.2.1"), V6: AGAIN}, ["192.0.2.1"], 3),
        (
            {BOTH: NEVER, V4: found("192.0.2.1"), V6: found("2001:db8::1")},
            ["192.0.2.1", "2001:db8::1"],
            3,
        ),
        ({BOTH: AGAIN, V4: found("192.0.2.1"), V6: AGAIN}, ["192.0.2.1"], 3),
        ({BOTH: AGAIN, V4: AGAIN, V6: found("2001:db8::1")}, ["2001:db8::1"], 3),
    ],
)
def test_one_record_type_does_not_hold_back_the_other(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, expected: list[str], families: int
) -> None:
    asked = answering(monkeypatch, answers)
    began = time.monotonic()

    assert Question("a.test", 5).ask(hopeful) == expected

    assert len(asked) >= families
    assert time.monotonic() - began < 3


@pytest.mark.parametrize(
    ("answers", "cause", "detail"),
    [
        ({BOTH: NO_NAME}, "dns-not-found", "no such name"),
        ({BOTH: NO_DATA}, "dns-not-found", "no address of the name"),
        ({BOTH: AGAIN, V4: AGAIN, V6: AGAIN}, "dns-failed", "temporary failure"),
        ({BOTH: AGAIN, V4: NO_DATA, V6: AGAIN}, "dns-failed", "temporary failure"),
        ({BOTH: NEVER, V4: NO_DATA, V6: NO_DATA}, "dns-not-found", "no address of the name"),
        ({BOTH: NEVER, V4: NO_DATA, V6: NEVER}, "dns-not-found", "no address of the name"),
        ({BOTH: RuntimeError("odd"), V4: AGAIN, V6: AGAIN}, "dns-failed", "RuntimeError: odd"),
        ({}, "dns-failed", "no answer within 0.5 s"),
    ],
)
def test_that_there_is_no_name_is_one_thing_and_that_nobody_could_tell_another(
    monkeypatch: pytest.MonkeyPatch, answers: Answers, cause: str, detail: str
) -> None:
    answering(monkeypatch, answers)

    with pytest.raises(StepFailed) as failed:
        Question("a.test", 0.5).ask(hopeful)

    assert (failed.value.cause, failed.value.detail) == (cause, detail)


# -- the names of a run ----------------------------------------------------------------------------


@pytest.fixture
def resolver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """A resolver whose name servers are not asked."""
    replace(monkeypatch, "ask_name_server", lambda *_: (0.01, None))
    replace(monkeypatch, "REPEAT_PAUSE", (0.0, 0.01))
    return Resolver(1)


def at_once(function: Callable[..., Any], *arguments: Any) -> list[Any]:
    """What *function* does with each of *arguments* at once."""
    results: dict[int, Any] = {}

    def one(number: int, argument: Any) -> None:
        try:
            results[number] = function(argument)
        except StepFailed as failed:
            results[number] = failed.cause

    threads = [threading.Thread(target=one, args=pair) for pair in enumerate(arguments)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    return [results[number] for number in range(len(arguments))]


def test_a_name_is_asked_for_once(monkeypatch: pytest.MonkeyPatch, resolver: Resolver) -> None:
    asked = answering(monkeypatch, {BOTH: found("192.0.2.1")}, (9, 9))

    assert at_once(resolver.addresses, *["a.test", "A.Test"] * 10) == [["192.0.2.1"]] * 20

    assert len(asked) == 1


def test_what_failed_is_asked_for_again_when_that_is_wanted(
    monkeypatch: pytest.MonkeyPatch, resolver: Resolver
) -> None:
    asked = answering(monkeypatch, {BOTH: NO_NAME}, (9, 9))
    assert at_once(resolver.addresses, "a.test", "a.test") == ["dns-not-found"] * 2
    assert len(asked) == 1

    asked = answering(monkeypatch, {BOTH: found("192.0.2.1")}, (9, 9))
    assert at_once(resolver.addresses, "a.test") == ["dns-not-found"]
    resolver.forget_failures()
    assert at_once(resolver.addresses, "a.test", "a.test") == [["192.0.2.1"]] * 2
    resolver.forget_failures()
    assert at_once(resolver.addresses, "a.test") == [["192.0.2.1"]]

    assert len(asked) == 1


@pytest.mark.parametrize("name", ["192.0.2.1", "2001:db8::1"])
def test_an_address_is_not_asked_for(
    monkeypatch: pytest.MonkeyPatch, resolver: Resolver, name: str
) -> None:
    assert answering(monkeypatch, {}) == []
    assert resolver.addresses(name) == [name]
    assert is_address(name)
    assert not is_address("192.0.2.1.test")


@pytest.mark.parametrize("name", ["invalid", "a.Invalid."])
def test_invalid_is_answered_without_asking(
    monkeypatch: pytest.MonkeyPatch, resolver: Resolver, name: str
) -> None:
    """Names under .invalid never reach the resolver (RFC 6761 section 6.4)."""
    replace(monkeypatch, "query_resolver", None)

    with pytest.raises(StepFailed) as failed:
        resolver.addresses(name)

    assert failed.value.cause == "dns-not-found"


@pytest.mark.parametrize("fails", [False, True])
def test_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch, resolver: Resolver, fails: bool) -> None:
    """As many as at first while nothing is answered, one more with each answer, half as many with
    each failure."""
    most, now, lock = [0], [0], threading.Lock()

    def ask(name: str, family: int, told: queue.Queue[tuple[int, Any]]) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        told.put((family, AGAIN if fails else found("192.0.2.1")))

    answering(monkeypatch, {}, (9, 9))
    replace(monkeypatch, "query_resolver", ask)
    replace(monkeypatch, "SLOW", 0.01)
    at_once(resolver.addresses, *(f"{n}.test" for n in range(40)))

    first = resolver_module.FIRST_AT_ONCE
    assert first <= most[0] <= (2 * first if fails else 40)
    assert resolver.allowed == (1 if fails else first + 40)


def test_where_no_server_answers_the_limit_is_the_old_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not what the resolver would take for servers of which none is there."""
    answering(monkeypatch, {})
    replace(monkeypatch, "ask_name_server", lambda *_: (None, "no answer"))
    replace(monkeypatch, "file_or_nothing", lambda _path: "nameserver 192.0.2.53\n")
    resolver = Resolver(0.3)
    began = time.monotonic()

    with pytest.raises(StepFailed) as failed:
        resolver.addresses("a.test")

    assert resolver.limit == 11
    assert failed.value.cause == "dns-failed"
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("", 11),
        ("nameserver 192.0.2.1\nnameserver 192.0.2.2\n", 15),
        ("nameserver 192.0.2.1\noptions timeout:1\n", 5),
        ("nameserver 192.0.2.1\noptions timeout:2 attempts:4\n", 9),
        ("options timeout:30 attempts:5\n", 15),
        ("options timeout:999999 attempts:0 timeout:x rotate\n", 15),
        ("options timeout:1 attempts:1\n" + "nameserver 192.0.2.1\n" * 2000, 5),
        ("\0\xff" * 1000, 11),
    ],
)
def test_the_limit_is_what_the_hosts_resolver_may_take(
    monkeypatch: pytest.MonkeyPatch, text: str, limit: float
) -> None:
    replace(monkeypatch, "file_or_nothing", lambda _path: text)

    assert Resolver(5).limit == limit


def test_lines_of_a_hosts_file(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "127.0.0.1 localhost\n# old\n192.0.2.9 A.test b.test # c.test\n\n::1\n192.0.2.7 a.test"
    replace(monkeypatch, "file_or_nothing", lambda _path: text)
    resolver = Resolver(5)

    assert pinned_names(text)["a.test"] == [(3, "192.0.2.9"), (6, "192.0.2.7")]
    assert resolver.pinned_by("a.TEST", ["192.0.2.7"]) == "/etc/hosts:6"
    assert resolver.pinned_by("b.test", ["192.0.2.9", "192.0.2.1"]) == "/etc/hosts:3"
    assert resolver.pinned_by("b.test", ["192.0.2.1"]) is None
    assert resolver.pinned_by("c.test", ["192.0.2.9"]) is None


@pytest.mark.parametrize(
    ("server", "seconds"), [("192.0.2.53", 0.4), ("127.0.0.53", 0.8)], ids=["remote", "stub"]
)
def test_a_dead_resolver_costs_twice_the_limit_for_all_names(
    monkeypatch: pytest.MonkeyPatch, server: str, seconds: float
) -> None:
    """Whatever their number, both attempts together; a server on this host may be waiting itself,
    so that the first attempt takes all of that."""
    answering(monkeypatch, {})
    replace(monkeypatch, "ask_name_server", lambda *_: (None, "no answer"))
    replace(monkeypatch, "file_or_nothing", lambda _path: f"nameserver {server}\n")
    resolver = Resolver(0.4)
    began = time.monotonic()

    first = at_once(resolver.addresses, *(f"{n}.test" for n in range(40)))
    between = time.monotonic() - began
    resolver.forget_failures()
    again = at_once(resolver.addresses, *(f"{n}.test" for n in range(40)))

    assert {*first, *again} == {"dns-failed"}
    assert seconds <= between < seconds + 4
    assert time.monotonic() - began < 8  # not forty times anything


def test_a_dead_server_beside_one_that_answers_holds_up_no_queue(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each look-up waits for the dead one, hence all do at once."""
    replace(monkeypatch, "ENOUGH", 0.2)
    answers = {"192.0.2.1": (None, "no answer"), "192.0.2.2": (0.01, None)}
    replace(monkeypatch, "ask_name_server", lambda address, *_: answers[address])
    text = "".join(f"nameserver {one}\n" for one in answers)
    replace(monkeypatch, "file_or_nothing", lambda _path: text)

    def ask(name: str, family: int, told: queue.Queue[tuple[int, Any]]) -> None:
        time.sleep(0.5)
        told.put((family, found("192.0.2.1")))

    replace(monkeypatch, "query_resolver", ask)
    resolver = Resolver(5)
    began = time.monotonic()

    at_once(resolver.addresses, *(f"{n}.test" for n in range(40)))

    assert time.monotonic() - began < 2
