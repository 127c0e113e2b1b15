"""Brings the probe to every host through testinfra: many at once, each exactly once per run.

The program and its order travel over standard input, through the command line that the host's
testinfra backend builds; what comes back is bounded, checked and redacted before anyone sees it.

A host has a task of its own. Whatever goes wrong in it, anywhere, becomes the record of that host
and concerns no other; only the operator's interrupt ends them all.
"""

from __future__ import annotations

import contextlib
import errno
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TypeVar, cast

import anyio
import anyio.to_thread

from arc_compliance.base.fault import Fault
from arc_compliance.collect.answers import Answer, could_not, out_of_time, record_of
from arc_compliance.collect.backends import Access, command_line, request_for
from arc_compliance.collect.conversation import Conversation, is_cancelled
from arc_compliance.collect.interrupt import Interrupt
from arc_compliance.collect.lifeline import Lifeline
from arc_compliance.collect.login import login_to
from arc_compliance.collect.not_begun import UNREACHABLE
from arc_compliance.collect.places import Place, Places, make_room
from arc_compliance.hosts.addresses import HostSpec
from arc_compliance.plan.order import Limits
from arc_compliance.probe.bundle import bundled
from arc_compliance.wire.order import Order
from arc_compliance.wire.record import HostRecord

_WORKERS = 4
"""How many hosts' evidence is read, redacted and saved at once, beside the loop."""
_OWN_WORK = 10.0
"""Seconds that reading and saving one host's evidence may take at the least. A host that answered
in time is not to be lost because this machine is busy."""
_FULL = (errno.EAGAIN, errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""Why a process cannot be started now, but perhaps when another host is done."""
_PAUSE = 0.2
"""Seconds between two such attempts."""

T = TypeVar("T")


def collect(
    orders: Mapping[HostSpec, Order],
    *,
    access: Access,
    limits: Limits,
    forks: int,
    measured: Callable[[HostRecord], None],
    keep: Callable[[HostRecord], None] = lambda _: None,
) -> None:
    """Measure every host of *orders*; at most *forks* begin at once.

    *keep* is called with each host's record in a thread, to save it. Where that fails, it is called
    once more with a record that says so. Then *measured* is called with the record that counts. A
    host that cannot be measured gives a record with a failure and delays no other. Raise
    KeyboardInterrupt when interrupted, with nothing left running; Fault where this process may not
    have enough files open for one host.
    """
    room = make_room(hosts=len(orders), forks=forks)
    ways = _Ways(access=access, limits=limits, keep=keep, measured=measured)

    async def everyone() -> None:
        with Lifeline() as lifeline:
            async with anyio.create_task_group() as tasks:
                interrupt.ends(tasks.cancel_scope)
                places = Places(room, limits.connect)
                workers = anyio.Semaphore(_WORKERS)
                for host, order in orders.items():
                    one = _One(host, order, ways, lifeline, workers)
                    tasks.start_soon(one.run, places, interrupt)

    with Interrupt() as interrupt:
        anyio.run(everyone)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ways:
    """What is the same for all hosts of a run."""

    access: Access
    limits: Limits
    keep: Callable[[HostRecord], None]
    measured: Callable[[HostRecord], None]


class _One:
    """One host on its way to its record."""

    def __init__(
        self,
        host: HostSpec,
        order: Order,
        ways: _Ways,
        lifeline: Lifeline,
        workers: anyio.Semaphore,
    ) -> None:
        self._host = host
        self._order = order
        self._ways = ways
        self._lifeline = lifeline
        self._workers = workers
        self._until = math.inf
        self._told = False

    async def run(self, places: Places, interrupt: Interrupt) -> None:
        """Measure the host and see to its record; raise nothing but the end of the run."""
        try:
            try:
                async with places.place() as place:
                    await self._conclude(await self._measured(place))
            except BaseException as error:
                if _ends_the_run(error):
                    raise
                if not self._told:
                    await self._conclude(could_not(self._order, "measuring it failed here", error))
        except BaseException as error:
            if is_cancelled(error):
                raise
            if isinstance(error, KeyboardInterrupt):
                interrupt.take()
            # Else not even its failure could be put down. A host without a record is an error.

    async def _measured(self, place: Place) -> HostRecord:
        """The record of the host, of whatever comes of it."""
        order, deadline = self._order, self._ways.limits.deadline
        begun = anyio.current_time()
        self._until = begun + deadline
        talk = Conversation(place.seen)
        try:
            with anyio.CancelScope(deadline=self._until) as time:
                await self._talk(talk, place)
        except BaseException as error:
            if _ends_the_run(error):
                raise
            if isinstance(error, OSError | Fault) and not talk.out:
                return could_not(order, "the connection could not be started", error, UNREACHABLE)
            return could_not(order, "measuring it failed here", error)
        answer = Answer(
            out=bytes(talk.out), err=bytes(talk.err), status=talk.status, flooded=talk.flooded
        )
        login = partial(login_to, self._host, self._ways.access, self._ways.limits)
        try:
            if time.cancelled_caught and not talk.whole:
                took = None if talk.started is None else talk.started - begun
                return await self._beside(
                    lambda: out_of_time(order, answer, login, deadline=deadline, took=took)
                )
            return await self._beside(lambda: record_of(order, answer, login))
        except BaseException as error:
            if _ends_the_run(error):
                raise
            return could_not(order, "its answer could not be read", error)

    async def _talk(self, talk: Conversation, place: Place) -> None:
        """Have the host answer; where there are too many processes or files, wait for others."""
        request = request_for(bundled(), self._order.as_json().encode("ascii"))
        command = command_line(self._host, self._ways.access, self._ways.limits)
        while True:
            try:
                return await talk.hold(self._lifeline, command, request)
            except OSError as error:
                if error.errno not in _FULL or talk.out:
                    raise
                place.seen()
                await anyio.sleep(_PAUSE)

    async def _conclude(self, record: HostRecord) -> None:
        """Save *record* and tell of it; where telling fails, that is the host's failure."""
        record = await self._saved(record)
        try:
            self._ways.measured(record)
            self._told = True
        except BaseException as error:
            if _ends_the_run(error):
                raise
            record = await self._saved(could_not(self._order, "telling of it failed here", error))
            with contextlib.suppress(Exception):
                self._ways.measured(record)

    async def _saved(self, record: HostRecord) -> HostRecord:
        """*record*, saved; where that fails, one that says so, saved if it can be."""
        for _ in range(2):
            try:
                await self._beside(partial(self._ways.keep, record))
            except BaseException as error:
                if _ends_the_run(error):
                    raise
                record = could_not(self._order, "not saved", error)
            else:
                return record
        return record

    async def _beside(self, work: Callable[[], T]) -> T:
        """What *work* gives, done in a thread, within the host's time; raise what it raises.

        Waiting for a free thread does not count: the host has done its part.
        """
        seconds = max(self._until - anyio.current_time(), _OWN_WORK)
        async with self._workers:
            with anyio.move_on_after(seconds):
                given, error = await anyio.to_thread.run_sync(
                    _outcome, work, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
                )
                if error is not None:
                    raise error
                return cast("T", given)
        raise TimeoutError(f"it took more than {seconds:.0f} s")


def _outcome(work: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """What *work* gives, or what it raises: no exception goes through the thread's machinery."""
    try:
        return work(), None
    except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
        return None, error


def _ends_the_run(error: BaseException) -> bool:
    """Whether *error* comes from the operator: everything else is a host's own failure."""
    return isinstance(error, KeyboardInterrupt) or is_cancelled(error)
