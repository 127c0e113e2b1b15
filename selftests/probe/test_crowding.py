"""A proxy or firewall that refuses many at once: whoever gets through alone is well."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from arc_compliance.probe.python.contract import HTTP_FAILED, PROXY_FAILED, TLS_RESET, Cause
from arc_compliance.probe.python.crowding import SEVERAL, ask_alone, refused_together, settle
from arc_compliance.probe.python.order import agents_target
from arc_compliance.probe.python.steps import Attempt, Doubt, StepFailed
from arc_compliance.probe.python.subjects import Measurement as Subject
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.observation import Stage
from selftests.lab.field_peers import resets
from selftests.probe import peers
from selftests.probe.peers import Behaviour
from selftests.probe.replacing import replace

NAMES = [f"n{number}.many.test" for number in range(14)]


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


@pytest.fixture(scope="module")
def roots(authority: peers.Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("crowding") / "roots.pem"
    authority.root.cert_pem.write_to_path(path)
    return str(path)


# -- peers that mind a crowd -----------------------------------------------------------------------


def no_more_than(most: int, then: Behaviour, refuse: Behaviour) -> Behaviour:
    """Treats so many connections at once with *then*, the others with *refuse*."""
    lock, now = threading.Lock(), [0]

    def behave(connection: socket.socket) -> None:
        with lock:
            now[0] += 1
            crowd = now[0] > most
        try:
            (refuse if crowd else then)(connection)
        finally:
            with lock:
                now[0] -= 1

    return behave


def no_faster_than(most: int, then: Behaviour, refuse: Behaviour) -> Behaviour:
    """Treats so many connections within a second with *then*, the others with *refuse*."""
    lock, begun = threading.Lock(), deque[float]()

    def behave(connection: socket.socket) -> None:
        now = time.monotonic()
        with lock:
            while begun and now - begun[0] > 1:
                begun.popleft()
            crowd = len(begun) >= most
            if not crowd:
                begun.append(now)
        (refuse if crowd else then)(connection)

    return behave


def unhurried(behave: Behaviour) -> Behaviour:
    def slowly(connection: socket.socket) -> None:
        time.sleep(0.15)
        behave(connection)

    return slowly


def measured(roots: str, behave: Behaviour, through: Behaviour | None = None) -> Evidence:
    """What is seen of NAMES, all at a peer that behaves so, or through a proxy that does."""
    with peers.serve(behave) as port, peers.serve(through or peers.hangs) as proxy:
        order = peers.order(
            *map(peers.target, NAMES),
            connect_to=[["", 443, "127.0.0.1", port]],
            trust_file=roots,
            proxy=f"http://127.0.0.1:{proxy}" if through else None,
            limits={"deadline": 40},
        )
        return peers.measure(order)


def healthy(authority: peers.Authority) -> ssl.SSLContext:
    return authority.context("*.many.test")


@pytest.mark.parametrize("status", ["503 Busy", "429 Too Many Requests"])
def test_a_proxy_that_takes_a_few_at_once(
    authority: peers.Authority, roots: str, status: str
) -> None:
    through = no_more_than(5, unhurried(peers.proxy()), peers.proxy(status))

    evidence = measured(roots, peers.tls(healthy(authority)), through)

    all_are_well_and_some_were_crowded(evidence, "proxy", "proxy-failed")
    assert any(status[:3] in its.crowded.detail for its in evidence.measurements if its.crowded)


@pytest.mark.parametrize("refuse", [resets, peers.closes])
def test_a_firewall_that_takes_a_few_a_second(
    authority: peers.Authority, roots: str, refuse: Behaviour
) -> None:
    behave = no_faster_than(8, peers.tls(healthy(authority)), refuse)

    evidence = measured(roots, behave)

    all_are_well_and_some_were_crowded(evidence, "tls", "tls-reset")


def all_are_well_and_some_were_crowded(evidence: Evidence, stage: str, cause: str) -> None:
    assert evidence.complete
    assert [peers.fault(its) for its in evidence.measurements] == [None] * len(NAMES)
    assert not any(its.flaky for its in evidence.measurements)
    crowded = [its.crowded for its in evidence.measurements if its.crowded]
    assert len(crowded) >= SEVERAL
    assert {(one.stage.value, one.cause) for one in crowded} == {(stage, cause)}
    for its in evidence.measurements:  # nothing of it sticks to what is asked beside either
        step = its.at(Stage.TLS)
        assert step
        assert step.tls12 is None or step.tls12.negotiated
        assert step.large_hello is None or step.large_hello.answer == "server-hello"


def test_who_is_refused_alone_as_well_fails(authority: peers.Authority, roots: str) -> None:
    """Three are asked alone; the others are believed, and asked once more at once."""
    filtered = NAMES[: SEVERAL + 3]
    context = healthy(authority)
    with peers.serve(resets) as refusing, peers.serve(peers.tls(context)) as port:
        order = peers.order(
            *map(peers.target, NAMES),
            connect_to=[
                *([name, 443, "127.0.0.1", refusing] for name in filtered),
                ["", 443, "127.0.0.1", port],
            ],
            trust_file=roots,
        )
        began = time.monotonic()
        evidence = peers.measure(order)

    for its in evidence.measurements:
        assert its.crowded is None
        expected = ("tls", "tls-reset") if its.name in filtered else None
        assert (peers.fault(its), its.attempts) == (expected, 2 if expected else 1)
    assert time.monotonic() - began < 8


def test_where_nobody_gets_through_nobody_is_asked_alone(roots: str) -> None:
    began = time.monotonic()

    evidence = measured(roots, resets)

    assert {peers.fault(its) for its in evidence.measurements} == {("tls", "tls-reset")}
    assert not any(its.crowded for its in evidence.measurements)
    assert time.monotonic() - began < 4


def test_a_discovery_call_in_a_crowd(authority: peers.Authority, roots: str) -> None:
    """Its names are found all the same, and measured alone, and then asked for a WebSocket."""
    names = ["a.svc.test", "b.svc.test"]
    context = authority.context("*.many.test", "*.svc.test")
    answers: Callable[[socket.socket], None] = peers.tls(context, peers.json_answer(names))
    through = no_more_than(3, unhurried(peers.proxy()), peers.proxy("503 Busy"))
    calls = [
        {
            "name": f"call{number}.many.test",
            "path": "/list",
            "location": "x",
            "accept": [{"row": "urls/svc", "patterns": ["*.svc.test"], "websocket": "/ws"}],
        }
        for number in range(4)
    ]
    with peers.serve(answers) as port, peers.serve(through) as proxy:
        order = peers.order(
            *map(peers.target, NAMES),
            discoveries=calls,
            connect_to=[["", 443, "127.0.0.1", port]],
            trust_file=roots,
            proxy=f"http://127.0.0.1:{proxy}",
            limits={"deadline": 40},
        )
        evidence = peers.measure(order)

    assert [one.failure for one in evidence.discovered] == [None] * 4
    assert [peers.fault(evidence.of(name, 443)) for name in names] == [None, None]
    assert [evidence.of(name, 443).websocket.status for name in names] == [200, 200]
    assert [peers.fault(its) for its in evidence.measurements] == [None] * (len(NAMES) + 2)


# -- the rules -------------------------------------------------------------------------------------


def subject(stage: str = "", cause: Cause = TLS_RESET) -> Subject:
    """A subject whose attempt failed at *stage*, or went well."""
    one = Subject(agents_target("a.test"), "ordered")
    attempt = Attempt(one.target, ["resolve", "connect", "tls", "http"])
    for each in attempt.planned:
        with pytest.raises(StepFailed) if each == stage else nothing(), attempt.step(each):
            if each == stage:
                raise StepFailed(cause)
        if each == stage:
            break
    attempt.done = True
    one.attempts.append(attempt)
    return one


@contextmanager
def nothing() -> Iterator[None]:
    yield


def way(one: Subject) -> Any:
    return None


@pytest.mark.parametrize(
    ("subjects", "number"),
    [
        ([subject("tls")] * 2 + [subject()], 0),
        ([subject("tls") for _ in range(3)], 0),
        ([subject("tls") for _ in range(3)] + [subject()], 3),
        ([subject("tls") for _ in range(3)] + [subject("http", HTTP_FAILED)], 3),
        ([subject("http", HTTP_FAILED) for _ in range(3)] + [subject("tls")], 0),
        ([subject("tls", PROXY_FAILED) for _ in range(2)] + [subject("tls"), subject()], 0),
        ([subject("tls", Cause("tls-failed")) for _ in range(9)] + [subject()], 0),
        ([subject("tls", Cause("tls-timeout")) for _ in range(9)] + [subject()], 0),
    ],
    ids=range(8),
)
def test_who_may_have_been_crowded_out(subjects: list[Subject], number: int) -> None:
    """Several refusals of one kind, where others got past that stage."""
    groups = refused_together(subjects, way)

    assert sum(len(one) for one in groups) == number


def test_what_takes_long_is_no_refusal() -> None:
    """A proxy that waits for a target in vain is dear to ask alone."""
    slow = [subject("tls", PROXY_FAILED) for _ in range(5)]
    for one in slow:
        one.attempts[0].ended["tls"]["duration"] = 15.0

    assert refused_together([*slow, subject()], way) == []


def test_only_refusals_of_the_same_way_count() -> None:
    proxied = [subject("tls"), subject("tls")]
    others = [subject("tls"), subject()]

    assert refused_together([*proxied, *others], lambda one: one in proxied) == []  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(("well", "asked"), [([], 3), ([0], 4), ([2], 6), ([0, 1, 2, 3, 4, 5], 6)])
def test_three_in_a_row_speak_for_the_others(
    monkeypatch: pytest.MonkeyPatch, well: list[int], asked: int
) -> None:
    replace(monkeypatch, "QUIET", 0)
    replace(monkeypatch, "PAUSE", 0)
    members = [subject("tls") for _ in range(6)]
    order: list[int] = []

    def measure(one: Subject) -> None:
        number = members.index(one)
        order.append(number)
        one.attempts.append(subject("" if number in well else "tls").attempts[0])

    ask_alone(members, measure, time.monotonic() + 5)

    assert order == [*range(asked)]
    assert [n for n, one in enumerate(members) if one.crowded] == well


def test_nobody_is_asked_alone_beyond_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    replace(monkeypatch, "QUIET", 0)
    ask_alone([subject("tls")], pytest.fail, time.monotonic() - 1)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("then", "asked", "forgotten"),
    [("again", 3, 0), ("well", 6, 0)],
)
def test_doubts(then: str, asked: int, forgotten: int) -> None:
    calls: list[str] = []

    def ask() -> tuple[str, str | None]:
        calls.append("asked")
        return "tls12", "tls-reset" if then == "again" else ""

    settle(
        [Doubt(("tls12", "tls-reset"), ask, lambda: calls.append("forgotten")) for _ in range(6)],
        0,
        time.monotonic() + 5,
    )

    assert (calls.count("asked"), calls.count("forgotten")) == (asked, forgotten)


def test_what_there_is_no_time_to_ask_again_is_forgotten_where_others_were_well() -> None:
    forgotten: list[int] = []

    def doubt(number: int) -> Doubt:
        def ask() -> tuple[str, str | None]:
            time.sleep(0.6)
            return "tls12", ""

        return Doubt(("tls12", "tls-reset"), ask, lambda: forgotten.append(number))

    settle([doubt(number) for number in range(4)], 0, time.monotonic() + 1)

    assert forgotten == [2, 3]
