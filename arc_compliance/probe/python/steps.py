"""One attempt at a target, step by step, as the evidence has it."""

import collections
import contextlib
import time
from typing import Callable, Iterator, Sequence

from arc_compliance.probe.python.contract import PROBE_FAILED, PROBE_TIMEOUT, STAGES, Cause, Record
from arc_compliance.probe.python.order import Target
from arc_compliance.probe.python.scrubbing import describe, scrubbed


class StepFailed(Exception):
    """A step ended without success: its cause, and a detail in words.

    ``stage`` is given where the fault belongs to an earlier step than the one that noticed.
    ``seen`` is what the step saw all the same.
    """

    def __init__(
        self,
        cause: Cause,
        detail: object = "",
        stage: "str | None" = None,
        seen: "Record | None" = None,
    ) -> None:
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = scrubbed(detail)
        self.stage = stage
        self.seen = seen or {}


# What is asked beside the main connection, that first on which most hangs
WEBSOCKET, ADDRESS, LARGE_HELLO, TLS12_ALONE = "websocket", "address", "large hello", "TLS 1.2"
ASKED_BESIDE = (WEBSOCKET, ADDRESS, LARGE_HELLO, TLS12_ALONE)


class Doubt(collections.namedtuple("Doubt", "outcome ask_again forget")):
    """An answer that may be due to all that was asked at once: of which kind it was and what it
    said, what asks for it alone and returns the same of then, and what makes it unknown."""

    __slots__ = ()
    outcome: "tuple[str, str | None]"
    ask_again: "Callable[[], tuple[str, str | None]]"
    forget: "Callable[[], None]"


def as_record(failure: StepFailed) -> Record:
    """The failure as the evidence has it."""
    return {"cause": failure.cause, "detail": failure.detail}


def observation(
    stage: str, started: float, clock: float, data: Record, failure: "StepFailed | None"
) -> Record:
    """One step as the evidence has it; every timed observation of the evidence is made here."""
    return {
        "stage": stage,
        "started": round(started, 6),
        "duration": round(max(0.0, time.monotonic() - clock), 6),
        "failure": failure and as_record(failure),
        **data,
    }


class Attempt:
    """One attempt at a target: the steps it plans, those that ended, and those that are running."""

    def __init__(self, target: Target, planned: "Sequence[str]") -> None:
        self.target = target
        self.planned = planned
        self.ended: dict[str, Record] = {}
        self.running: dict[str, tuple[float, float]] = {}
        self.websocket: Record | None = None
        self.doubts: list[Doubt] = []
        self.address_failure: Record | None = None  # of one that was well when it was tried again
        self.done = False

    @contextlib.contextmanager
    def step(self, stage: str) -> "Iterator[Record]":
        """Time *stage* and record it with the data that the body fills in."""
        data: Record = {}
        failure: StepFailed | None = None
        started, clock = time.time(), time.monotonic()
        self.running[stage] = started, clock
        try:
            yield data
        except StepFailed as problem:
            failure = problem
            data.update(problem.seen)
            raise
        except Exception as problem:  # a fault of ours must show in the evidence, not vanish
            failure = StepFailed(PROBE_FAILED, describe(problem))
            raise failure from problem
        finally:
            self._record(stage, started, clock, data, failure)

    def _record(
        self,
        stage: str,
        started: float,
        clock: float,
        data: Record,
        failure: "StepFailed | None",
    ) -> None:
        if failure is not None and failure.stage is not None:
            self.ended[failure.stage].update(data, failure=as_record(failure))
        else:
            self.ended[stage] = observation(stage, started, clock, data, failure)
        del self.running[stage]

    def note(
        self, stage: str, data: Record, failure: "StepFailed | None", *, with_stage: str
    ) -> None:
        """Record *stage*, which the step of another stage decided in the same time."""
        same = {key: self.ended[with_stage][key] for key in ("started", "duration")}
        its = {"stage": stage, "failure": failure and as_record(failure)}
        self.ended[stage] = {**its, **same, **data}

    def broken(self, problem: Exception) -> None:
        """Record *problem*, a fault of ours, at the stage that would have come next."""
        stage = next((stage for stage in self.planned if stage not in self.ended), self.planned[-1])
        with contextlib.suppress(StepFailed), self.step(stage):
            raise problem

    def failure(self) -> "tuple[str, Record] | None":
        """(stage, failure) of the first step that failed, or None."""
        ended = self.observations()
        return next(((o["stage"], o["failure"]) for o in ended if o["failure"]), None)

    def observations(self) -> "list[Record]":
        """The steps that ended, in order."""
        ended = dict(self.ended)
        return [ended[stage] for stage in STAGES if stage in ended]

    def cut_off(self) -> "list[Record]":
        """The observations when time is up: what has not ended is failed with probe-timeout."""
        running, ended = dict(self.running), self.observations()
        if self.done:
            return ended
        missing = [stage for stage in self.planned if stage not in {o["stage"] for o in ended}]
        late = StepFailed(PROBE_TIMEOUT, "not done when the probe's own deadline came")
        cut = [
            observation(stage, *running.get(stage, (time.time(), time.monotonic())), {}, late)
            for stage in [stage for stage in missing if stage in running] or missing[:1]
        ]
        return sorted(ended + cut, key=lambda one: STAGES.index(one["stage"]))
