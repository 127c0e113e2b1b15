"""Brings the probe to every host through testinfra: many at once, each exactly once per run.

The program and its order travel over standard input, through the command line that the host's
testinfra backend builds; what comes back is bounded, checked and redacted before anyone sees it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import scrub
from arc_compliance.collect.backends import (
    NO_PYTHON,
    Access,
    command_line,
    request_for,
    unreached,
)
from arc_compliance.hosts.addresses import HostSpec
from arc_compliance.plan.order import Limits
from arc_compliance.probe.bundle import bundled, program_sha256
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.frame import BEGIN, MAX_EVIDENCE_BYTES, evidence_in
from arc_compliance.wire.order import Order
from arc_compliance.wire.record import HostRecord

MAX_STDERR_BYTES = 64 * 1024


def collect(
    orders: Mapping[HostSpec, Order],
    *,
    access: Access,
    limits: Limits,
    forks: int,
    measured: Callable[[HostRecord], None],
) -> None:
    """Measure every host of *orders*, at most *forks* at once.

    *measured* is called with each host's record as soon as it is there, once per host. A host
    that cannot be measured gives a record with a failure and delays no other. When interrupted,
    what runs is stopped first.
    """
    try:
        asyncio.run(_collect_all(orders, access, limits, forks, measured))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _collect_all(
    orders: Mapping[HostSpec, Order],
    access: Access,
    limits: Limits,
    forks: int,
    measured: Callable[[HostRecord], None],
) -> None:
    gate = asyncio.Semaphore(forks)

    async def one(host: HostSpec, order: Order) -> None:
        async with gate:
            measured(await _measure(host, order, access, limits))

    everybody = asyncio.gather(*(one(host, order) for host, order in orders.items()))
    # Between two steps of the loop; an exception in the middle of one could leave a process behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, everybody.cancel)
    try:
        await everybody
    finally:
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)


async def _measure(
    host: HostSpec,
    order: Order,
    access: Access,
    limits: Limits,
) -> HostRecord:
    request = request_for(bundled(), order.as_json().encode("ascii"))

    def record(evidence: Evidence | None = None, failure: Failure | None = None) -> HostRecord:
        return HostRecord(
            run=order.run,
            host=host.label,
            order=order.digest,
            collected=time.time(),
            evidence=evidence,
            failure=failure,
        )

    def failed(cause: str, detail: str) -> HostRecord:
        return record(failure=Failure(cause=cause, detail=scrub(detail)[:2000]))

    try:
        answer = await _run(command_line(host, access, limits), request, limits.deadline)
    except asyncio.TimeoutError:
        return failed(
            "host-unreachable", f"no answer within {limits.deadline:g} s (--host-deadline)"
        )
    except (OSError, Fault) as error:
        return failed("host-unreachable", f"the connection could not be started: {error}")
    if BEGIN not in answer.out and unreached(host, answer.status):
        silent = f"{host.backend} ended with {answer.status} and without a word"
        return failed("host-unreachable", answer.last_words or silent)
    if answer.flooded:
        return failed("probe-failed", f"the host sent more than {MAX_EVIDENCE_BYTES} bytes")
    if answer.status == NO_PYTHON:
        return failed("probe-failed", "no python3 on the host, and the probe needs one")
    try:
        return record(evidence=_unpack(answer.out, order))
    except ValueError as error:
        said = f"; the host said: {answer.last_words}" if answer.last_words else ""
        return failed("probe-failed", f"{error} (exit status {answer.status}){said}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    """What a command said: its output up to the limits, and its exit status."""

    out: bytes
    err: bytes
    status: int
    flooded: bool

    @property
    def last_words(self) -> str:
        # As a whole first: a key in PEM has many lines.
        lines = scrub(self.err.decode("utf-8", "replace")).splitlines()
        return "; ".join([line.strip() for line in lines if line.strip()][-3:])


async def _run(command: str, request: bytes, deadline: float) -> _Answer:
    """Run *command* with *request* as its standard input, for at most *deadline* seconds.

    It has a session of its own, so no password prompt finds a terminal, and everything that it
    started ends with it. Raise TimeoutError when the time is up.
    """
    process = await asyncio.create_subprocess_exec(
        "/bin/sh",
        "-c",
        command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "SSH_ASKPASS_REQUIRE": "never"},
    )
    assert process.stdin
    assert process.stdout
    assert process.stderr
    try:
        sending = asyncio.create_task(_send(process.stdin, request))
        errors = asyncio.create_task(_last_of(process.stderr, MAX_STDERR_BYTES))
        out, flooded = await asyncio.wait_for(
            _first_of(process.stdout, MAX_EVIDENCE_BYTES, lambda: _kill(process)), deadline
        )
        status = await asyncio.wait_for(process.wait(), 5)
        err = await asyncio.wait_for(errors, 5)
        await sending
        return _Answer(out=out, err=err, status=status, flooded=flooded)
    finally:
        _kill(process)
        for task in (sending, errors):
            task.cancel()
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), 5)


async def _send(pipe: asyncio.StreamWriter, request: bytes) -> None:
    """Send *request* and close *pipe*; whoever ends without reading it says why in other ways."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        pipe.write(request)
        await pipe.drain()
    pipe.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await pipe.wait_closed()  # else asyncio tells of the broken pipe on our terminal


async def _first_of(
    pipe: asyncio.StreamReader, limit: int, flooded: Callable[[], None]
) -> tuple[bytes, bool]:
    """The first *limit* bytes of *pipe*, and whether there were more.

    *flooded* is called to stop a sender that goes on; what is in the pipe by then is read and
    forgotten, since a process counts as ended only when its pipes are empty.
    """
    kept = bytearray()
    while chunk := await pipe.read(65536):
        if len(kept) <= limit:
            kept += chunk
            if len(kept) > limit:
                flooded()
    return bytes(kept[:limit]), len(kept) > limit


async def _last_of(pipe: asyncio.StreamReader, limit: int) -> bytes:
    """The last *limit* bytes of *pipe*."""
    kept = bytearray()
    while chunk := await pipe.read(65536):
        kept += chunk
        del kept[:-limit]
    return bytes(kept)


def _kill(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)


def _unpack(out: bytes, order: Order) -> Evidence:
    """The evidence in *out*; raise ValueError where it is not of this run, host and program."""
    evidence = evidence_in(out)
    if (evidence.run, evidence.host) != (order.run, order.host):
        raise ValueError("the host sent the evidence of another run or host")
    if evidence.probe.sha256 != program_sha256():
        raise ValueError("the host sent the evidence of a program other than the one sent to it")
    return evidence
