"""Whatever a reader is given, it gives a value or says in one short line why not, soon.

``make test`` tries the same few files of each kind every time. ``make fuzz`` tries others for as
long as FUZZ_SECONDS says, prints the seed it began with (FUZZ_SEED), and takes the targets that
FUZZ_TARGET names, all of them by default.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import HealthCheck, given, seed, settings

from arc_compliance.base.redact import scrub
from selftests.fuzz.targets import TARGETS, Target

SECONDS = float(os.environ.get("FUZZ_SECONDS", "0"))
"""How long to go on, over all targets; 0 for a few files each, always the same."""

SEED = int(os.environ.get("FUZZ_SEED", "0")) or random.randrange(1, 2**32)
ASKED = os.environ.get("FUZZ_TARGET", "")
MOST_STEPS = 30_000_000
"""Calls of functions for one file of up to 300,000 bytes; sets of addresses in rules take most."""

MOST_SECONDS = 60
"""Of this process's own time, so that a busy machine changes nothing; for what never ends."""

FEW = 25
ROUND = 200

_COMMON = {
    "deadline": None,
    "database": None,
    "suppress_health_check": list(HealthCheck),
}


class TooManySteps(BaseException):
    """A reader went on and on."""


@contextmanager
def bounded() -> Iterator[None]:
    """End what calls more than MOST_STEPS functions, or spends its time within one of them."""
    steps = 0

    def count(frame: FrameType, event: str, argument: object) -> None:
        nonlocal steps
        steps += 1
        if steps > MOST_STEPS:
            raise TooManySteps

    def stop(*_: object) -> None:
        raise TooManySteps

    before, handler = sys.getprofile(), signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(before)
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, handler)


def try_file(target: Target, content: bytes) -> None:
    """Read *content*; whatever else than a value or one short line comes is a fault of ours."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "web01.json"
        path.write_bytes(content)
        said = ""
        try:
            with bounded():
                target.read(path)
        except target.raises as error:
            said = str(error)
    assert len(said) < 5000
    if "hunter2" in said:  # only where damage has left nothing to know a secret by
        assert "hunter2" in scrub(said)
    assert "\x1b" not in said
    assert "\0" not in said


@pytest.mark.parametrize("name", [name for name in TARGETS if ASKED in name])
def test_a_reader_reads_or_says_why_not(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    target = TARGETS[name]

    @settings(max_examples=FEW, derandomize=True, **_COMMON)
    @given(target.files)
    def few(content: bytes) -> None:
        try_file(target, content)

    if not SECONDS:
        few()
        return
    told = _for_a_while(target)
    with capsys.disabled():
        print(f"\n{name}: {next(told)}", end="", flush=True)
        for seeds in told:
            print(f" to {seeds}", end="", flush=True)


def _for_a_while(target: Target) -> Iterator[int]:
    """Try ROUND files with each seed, which is told before."""
    until = time.monotonic() + SECONDS / sum(ASKED in name for name in TARGETS)
    number = SEED
    while time.monotonic() < until:
        yield number

        @seed(number)
        @settings(max_examples=ROUND, **_COMMON)
        @given(target.files)
        def many(content: bytes) -> None:
            try_file(target, content)

        many()
        number += 1
