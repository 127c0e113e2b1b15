"""Raises at every call and every await of arc_compliance/collect, one at a time.

``python -m selftests.collect.faults_everywhere FOLDER`` measures three hosts that answer at once,
again and again. In the first run it notes every place in the package that calls something, or goes
on after an await. Then, for each such place, it measures once more and has that call raise. A run
that hangs ends the program with a traceback of where it stands. It prints a line for each run in
which another host was harmed, a host has no record, or something is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import inspect
import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import anyio
import anyio.to_thread
import pytest

import arc_compliance.collect
from arc_compliance.wire.record import HostRecord
from selftests.collect.fleet_of_fakes import (
    children,
    descriptors,
    fake_ssh,
    measured,
    outcome,
    save_answers,
)

PACKAGE = Path(arc_compliance.collect.__file__).parent
HOSTS = ("saved-1", "saved-2", "saved-3")
HARD_LIMIT = 60
ERRORS = (
    lambda: RuntimeError("injected"),
    lambda: asyncio.CancelledError("injected"),
    MemoryError,
    lambda: OSError(24, "injected"),
    lambda: RecursionError("injected"),
    lambda: SystemExit(3),
    lambda: TimeoutError("injected"),
    lambda: StopIteration("injected"),
)
NOT_OURS = {"__aexit__", "__exit__", "__del__", "_remove"}
"""The end of a context manager is not ours to break, and the garbage collector runs anywhere."""
AWAITED = (
    (anyio, "wait_readable"),
    (anyio, "wait_writable"),
    (anyio, "sleep"),
    (anyio.to_thread, "run_sync"),
)
OF_THE_RUN = {
    "collect",
    "everyone",
    "__enter__",
    "__exit__",
    "ends",
    "make_room",
    "_open_files",
    "_raised",
}
"""Functions that work for the run as a whole: what fails there ends the run."""
CLEANING = {"end", "_stop", "_discard"}
"""Functions that leave nothing behind, unless what they call fails."""

Site = tuple[str, int, str, str]


class Faults:
    """A profiler that counts the sites, and raises at one."""

    def __init__(self, site: Site | None = None, occurrence: int = 1, error: Any = None) -> None:
        self.seen: Counter[Site] = Counter()
        self.site, self.occurrence, self.error = site, occurrence, error
        self.struck = False
        self._begun: set[FrameType] = set()

    def __call__(self, frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            caller, called = frame.f_back, frame.f_code.co_name
            if frame in self._begun:
                return  # a coroutine goes on; what it awaits may raise, but not it by itself
            if frame.f_code.co_flags & (inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR):
                self._begun.add(frame)
        elif event == "c_call":
            caller, called = frame, getattr(argument, "__name__", "")
        else:
            return
        self.pass_by(caller, called)

    def pass_by(self, caller: FrameType | None, called: str) -> None:
        """Count the site where *caller* calls *called*, and raise if it is the one."""
        if caller is None or called in NOT_OURS:
            return
        path = Path(caller.f_code.co_filename)
        if path.parent != PACKAGE:
            return
        site = (path.name, caller.f_lineno, caller.f_code.co_name, called)
        self.seen[site] += 1
        if site == self.site and self.seen[site] == self.occurrence and not self.struck:
            self.struck = True
            raise self.error()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """Every call of the package passes by, and every await of it when it is over."""
        with pytest.MonkeyPatch.context() as patch:
            for module, name in AWAITED:
                patch.setattr(module, name, self._passing_by(getattr(module, name)))
            threading.setprofile(self)
            sys.setprofile(self)
            try:
                yield
            finally:
                sys.setprofile(None)
                threading.setprofile(None)
                self._begun.clear()

    def _passing_by(self, awaited: Any) -> Any:
        async def wait(*arguments: Any, **options: Any) -> Any:
            caller = sys._getframe(1)
            given = await awaited(*arguments, **options)
            self.pass_by(caller, f"{awaited.__name__} is over")
            return given

        return wait


def run(faults: Faults) -> str:
    """What is wrong after one run with *faults*; empty where nothing is."""
    kept: dict[str, str] = {}
    told: dict[str, HostRecord] = {}
    before, raised = descriptors(), ""
    try:
        with faults.at_work():
            told = measured(HOSTS, keep=lambda one: kept.update({one.host: outcome(one)}))
    except BaseException as error:  # noqa: BLE001 - it is what is looked for
        raised = repr(error)
    file, _, where, called = faults.site or ("", 0, "", "")
    of_the_run = where in OF_THE_RUN or (file, where) == ("places.py", "__init__")
    wrong = []
    if raised and not of_the_run:
        wrong.append(f"the run raised {raised}")
    if not raised:
        wrong += _wrong_with(told, kept)
    if not of_the_run and not {where, called} & CLEANING:
        wrong += _left_behind(before)
    for pid in children():
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return "; ".join(wrong)


def _wrong_with(told: dict[str, HostRecord], kept: dict[str, str]) -> Iterator[str]:
    if missing := set(HOSTS) - set(told):
        yield f"no record of {sorted(missing)}"
    harmed = {name: one.failure for name, one in told.items() if outcome(one) != "measured"}
    if len(harmed) > 1:
        yield f"harmed: {harmed}"
    if kept != {name: outcome(one) for name, one in told.items()}:
        yield f"saved otherwise than told: {kept}"


def _left_behind(before: set[str]) -> Iterator[str]:
    if left := children():
        yield f"processes left: {left}"
    if still := descriptors() - before:
        yield f"open: {still}"
    for one in threading.enumerate():
        if one is not threading.main_thread():
            one.join(5)
            if one.is_alive():
                yield f"thread left: {one}"


def main(folder: Path, errors_each: int) -> int:
    """Inject everywhere; the number of runs with something wrong."""
    os.environ["PATH"] = f"{fake_ssh(folder)}:{os.environ['PATH']}"
    save_answers(folder, HOSTS)
    faulthandler.dump_traceback_later(HARD_LIMIT, exit=True)
    run(Faults())  # imports
    clean = Faults()
    assert run(clean) == "", "a run without faults"
    runs = wrongs = unstruck = 0
    for number, (site, times) in enumerate(sorted(clean.seen.items())):
        for turn in range(errors_each):
            error = ERRORS[(number + turn * 3) % len(ERRORS)]
            occurrence = 1 if turn % 2 == 0 or times == 1 else max(2, times // 2)
            faulthandler.dump_traceback_later(HARD_LIMIT, exit=True)
            faults = Faults(site, occurrence, error)
            wrong = run(faults)
            runs += 1
            unstruck += not faults.struck
            if wrong:
                wrongs += 1
                print(f"{site} at {occurrence}: {error()!r}: {wrong}", flush=True)
    print(f"{len(clean.seen)} places, {runs} runs, {unstruck} without a fault, {wrongs} wrong")
    return wrongs


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), int(sys.argv[2])) > 0)
