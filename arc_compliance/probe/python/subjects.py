"""What a run measures: endpoints and discovery calls, with their attempts."""

from typing import Sequence

from arc_compliance.probe.python.contract import TLS, Record
from arc_compliance.probe.python.order import Discovery, Target, agents_target
from arc_compliance.probe.python.steps import Attempt


class Subject:
    """A target with its attempts; ``crowded`` where the second, alone, was well."""

    def __init__(self, target: Target) -> None:
        self.target = target
        self.attempts: list[Attempt] = []
        self.crowded = False

    def failed_once(self) -> bool:
        """Whether the first attempt failed, be it for its WebSocket only, and there was no
        second."""
        attempt = self.attempts[0]
        refused = attempt.websocket and attempt.websocket["failure"]
        return len(self.attempts) == 1 and bool(attempt.failure() or refused)


class Measurement(Subject):
    """One name and port to measure."""

    def __init__(self, target: Target, origin: str) -> None:
        super().__init__(target)
        self.origin = origin

    def good_addresses(self) -> "list[str]":
        """The addresses that shook hands in an earlier attempt, where the name has several."""
        steps = [attempt.ended.get(TLS, {}) for attempt in self.attempts]
        tried = [one for step in steps for one in step.get("addresses", ())]
        return [one["address"] for one in tried if one["failure"] is None]

    def record(self) -> Record:
        """What the attempts saw, as the evidence has it."""
        attempts = list(self.attempts)
        if len(attempts) == 2 and not attempts[1].done:
            attempts.pop()  # cut off: the first attempt says more than half of a second
        first = first_failure(attempts)
        return {
            "name": self.target.name,
            "port": self.target.port,
            "scheme": self.target.scheme,
            "origin": self.origin,
            "rows": self.target.rows,
            "attempts": len(attempts),
            "flaky": None if self.crowded else flaky(attempts, first),
            "crowded": first if self.crowded else None,
            "observations": attempts[-1].cut_off(),
            "websocket": attempts[-1].websocket,
        }


class DiscoveryCall(Subject):
    """One discovery call, with its attempts and the names it returned."""

    def __init__(self, discovery: Discovery) -> None:
        super().__init__(agents_target(discovery.name, discovery.path, discovery.bypass))
        self.discovery = discovery
        self.names: Sequence[str] = ()

    def record(self) -> Record:
        """What the call returned, as the evidence has it."""
        done = [attempt for attempt in self.attempts if attempt.done]
        last = (done or self.attempts)[-1].cut_off()
        return {
            "name": self.discovery.name,
            "path": self.discovery.path,
            "location": self.discovery.location,
            "names": list(self.names),
            "failure": next((o["failure"] for o in last if o["failure"]), None),
        }


def first_failure(attempts: "list[Attempt]") -> "Record | None":
    """What the first of two attempts failed with where the second went well, else None."""
    if len(attempts) < 2 or attempts[1].failure():
        return None
    failed = attempts[0].failure()
    if failed is None:
        return None
    stage, failure = failed
    return {"stage": stage, "cause": failure["cause"], "detail": failure["detail"]}


def flaky(attempts: "list[Attempt]", first: "Record | None") -> "Record | None":
    """How often what failed has failed, where it was well in the end: *first*, of two attempts, or
    one address of several, tried twice."""
    if first is not None:
        return {**first, "failed": 1, "of": len(attempts)}
    address = attempts[-1].address_failure
    if address is not None and attempts[-1].failure() is None:
        return {"stage": TLS, **address, "failed": 1, "of": 2}
    return None
