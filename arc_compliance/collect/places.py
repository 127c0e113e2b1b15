"""How many hosts are measured at once: so many begin, and the slow make room for the next."""

from __future__ import annotations

import contextlib
import os
import resource
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio

from arc_compliance.base.fault import Fault

_DESCRIPTORS = 4
"""Open files of one host here: its three pipes, and one while its client starts."""
_SPARE = 40
"""Open files for all else, on top of those that are open already: reports, worker threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many hosts begin at once (``forks``), and how many are at work at ``most``.

    ``lowered`` says in a sentence why these are fewer than asked for, empty where they are not.
    """

    forks: int
    most: int
    lowered: str = ""


def make_room(*, hosts: int, forks: int) -> Room:
    """Room for *hosts* of which *forks* begin at once, within this process's limit of open files.

    The limit is raised as far as the system lets us. Raise Fault where not even one host fits.
    """
    in_use = _open_files() + _SPARE
    limit = _raised(in_use + _DESCRIPTORS * hosts)
    most = min(hosts, (limit - in_use) // _DESCRIPTORS)
    if most < 1 <= hosts:
        raise Fault(
            f"this process may have {limit} files open (ulimit -n) and needs "
            f"{in_use + _DESCRIPTORS} to measure a host; raise the limit",
            where=f"--forks={forks}",
        )
    if most >= min(hosts, forks):
        return Room(forks=min(forks, max(1, most)), most=max(1, most))
    return Room(
        forks=most,
        most=most,
        lowered=f"--forks={forks} is lowered to {most}: this process may have {limit} files open "
        "(ulimit -n)",
    )


def _open_files() -> int:
    try:
        return len(os.listdir("/dev/fd"))  # noqa: PTH208 - the names alone
    except OSError:
        return 64


def _raised(wanted: int) -> int:
    """The limit of open files, raised to *wanted* or as near as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft in (resource.RLIM_INFINITY, -1):
        return wanted
    if soft < wanted:
        allowed = wanted if hard in (resource.RLIM_INFINITY, -1) else min(wanted, hard)
        with contextlib.suppress(OSError, ValueError):  # macOS has a limit below its hard one
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, allowed), hard))
            soft = max(soft, allowed)
    return soft


class Place:
    """The place of one host among those that begin."""

    def __init__(self, forks: anyio.Semaphore, patience: float) -> None:
        self._forks = forks
        self._until = anyio.current_time() + patience
        self._held = True

    def seen(self) -> None:
        """Make room for another host once this one has taken long; it goes on all the same."""
        if self._held and anyio.current_time() >= self._until:
            self.leave()

    def leave(self) -> None:
        """Make room for another host."""
        if self._held:
            self._held = False
            self._forks.release()


class Places:
    """The places of a run. A host keeps its own for *patience* seconds at the most."""

    def __init__(self, room: Room, patience: float) -> None:
        self._most = anyio.Semaphore(room.most)
        self._forks = anyio.Semaphore(room.forks)
        self._patience = patience

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """A place, as soon as there is one."""
        async with self._most:
            await self._forks.acquire()
            place = Place(self._forks, self._patience)
            try:
                yield place
            finally:
                place.leave()
