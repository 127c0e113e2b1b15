"""What is said between this machine and one host: the request goes out, the answer comes in.

A host has answered when its standard output ends or its evidence is whole. Nothing waits for a pipe
that some other process holds open: the exit status is the client's own, taken when it ends.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import IO, Any

import anyio

from arc_compliance.collect.backends import STARTED
from arc_compliance.collect.lifeline import GO, Client, Lifeline
from arc_compliance.wire.frame import END, MAX_EVIDENCE_BYTES

MAX_STDERR_BYTES = 64 * 1024
_PIECE = 64 * 1024
_GRACE = 1.0
"""Seconds that a client has to end in, when all of the evidence is here."""
_STATUS_GRACE = 5.0
"""The same where its exit status has to tell why there is no evidence."""
_LOOK = 1.0
"""Seconds of silence after which it is looked whether the client has ended without closing its
output, since something that it started holds it."""


@dataclass(slots=True)
class Conversation:
    """What a host has said so far; *heard* is called whenever it is looked after.

    ``started`` is the time (anyio's clock) when its shell said that the login is done; ``status``
    is None while its client runs.
    """

    heard: Callable[[], None]
    out: bytearray = field(default_factory=bytearray)
    err: bytearray = field(default_factory=bytearray)
    started: float | None = None
    whole: bool = False
    flooded: bool = False
    status: int | None = None

    async def hold(self, lifeline: Lifeline, command: str, request: bytes) -> None:
        """Run *command* with *request* as its standard input until it has answered.

        Whatever happens, nothing of it runs when this returns or raises. Raise what starting it,
        sending or receiving raises.
        """
        client = lifeline.start(command)
        try:
            failures: list[BaseException] = []
            async with anyio.create_task_group() as beside:
                aside = _aside(failures, beside.cancel_scope)
                beside.start_soon(aside, _send, client.stdin, GO + request)
                beside.start_soon(aside, self._hear_errors, client.stderr)
                await aside(self._hear, client)
                await aside(self._see_end, client)
                beside.cancel_scope.cancel()
            if failures:
                raise failures[0]
            self._hear_last_errors(client.stderr)
        finally:
            client.end()

    async def _hear(self, client: Client) -> None:
        """Read until the host has answered, or has sent too much."""
        until = float("inf")
        while anyio.current_time() < until:
            self.heard()
            piece: bytes | None = None
            with anyio.move_on_after(min(_LOOK, until - anyio.current_time())):
                await anyio.wait_readable(client.stdout.fileno())
                piece = _read(client.stdout)
            if piece:
                self._take(piece)
                if self.flooded:
                    return
            elif piece == b"" or client.status() is not None:
                return
            if self.whole:
                until = min(until, anyio.current_time() + _GRACE)

    def _take(self, piece: bytes) -> None:
        searched = len(self.out)
        self.out += piece
        if self.started is None and self.out.find(STARTED, _before(searched, STARTED)) >= 0:
            self.started = anyio.current_time()
        self.whole = self.whole or self.out.find(END, _before(searched, END)) >= 0
        self.flooded = len(self.out) > MAX_EVIDENCE_BYTES

    async def _hear_errors(self, pipe: IO[bytes]) -> None:
        """Read *pipe* as long as there is something to come, and keep the last of it."""
        while True:
            await anyio.wait_readable(pipe.fileno())
            piece = _read(pipe)
            if piece == b"":
                return
            self._take_error(piece or b"")

    def _hear_last_errors(self, pipe: IO[bytes]) -> None:
        """What stands in *pipe* by now; whoever still holds it is not waited for."""
        for _ in range(MAX_STDERR_BYTES // 4096):
            piece = _read(pipe)
            if not piece:
                return
            self._take_error(piece)

    def _take_error(self, piece: bytes) -> None:
        self.err += piece
        del self.err[:-MAX_STDERR_BYTES]

    async def _see_end(self, client: Client) -> None:
        """Take the exit status, as soon as the client itself has ended."""
        pause, until = 0.001, anyio.current_time() + (_GRACE if self.whole else _STATUS_GRACE)
        while not self.flooded and anyio.current_time() < until:
            self.status = client.status()
            if self.status is not None:
                return
            await anyio.sleep(pause)
            pause = min(2 * pause, 0.05)


def is_cancelled(error: BaseException) -> bool:
    """Whether *error* is what a deadline or the end of the run sends, and not somebody's own."""
    ours = anyio.current_effective_deadline() == float("-inf")
    return ours and isinstance(error, anyio.get_cancelled_exc_class())


def _aside(
    failures: list[BaseException], scope: anyio.CancelScope
) -> Callable[..., Coroutine[Any, Any, None]]:
    """Runs what may fail beside the rest: its failure is noted, and ends the rest."""

    async def run(what: Callable[..., Coroutine[Any, Any, None]], *arguments: object) -> None:
        try:
            await what(*arguments)
        except BaseException as error:
            if is_cancelled(error):
                raise
            failures.append(error)
            scope.cancel()

    return run


async def _send(pipe: IO[bytes], request: bytes) -> None:
    """Send *request* and close *pipe*; whoever ends without reading it says why in other ways."""
    left = memoryview(request)
    try:
        while left:
            await anyio.wait_writable(pipe.fileno())
            try:
                left = left[os.write(pipe.fileno(), left[:_PIECE]) :]
            except BlockingIOError:
                continue
    except (BrokenPipeError, ConnectionResetError):
        pass
    pipe.close()


def _read(pipe: IO[bytes]) -> bytes | None:
    """What *pipe* holds, up to a limit; None where it holds nothing now, b"" where it has ended."""
    try:
        return os.read(pipe.fileno(), _PIECE)
    except BlockingIOError:
        return None


def _before(searched: int, mark: bytes) -> int:
    """Where a search for *mark* begins, when all before *searched* was searched without it."""
    return max(0, searched - len(mark))
