"""All targets and discovery calls of an order, measured at once."""

import collections
import threading
from typing import Sequence

from arc_compliance.probe.python.contract import HTTP, TLS, Record
from arc_compliance.probe.python.discovery import names_in
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.limits import MAX_AT_ONCE
from arc_compliance.probe.python.measure import measure_once, planned_stages, route_by
from arc_compliance.probe.python.order import Discovery, Target, agents_target
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.steps import Attempt, StepFailed, as_record
from arc_compliance.probe.python.threads import ThreadPool


class Measurement:
    """One name and port to measure, with its attempts."""

    def __init__(self, target: Target, origin: str) -> None:
        self.target = target
        self.origin = origin
        self.attempts: list[Attempt] = []

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
        return {
            "name": self.target.name,
            "port": self.target.port,
            "scheme": self.target.scheme,
            "origin": self.origin,
            "rows": self.target.rows,
            "attempts": len(attempts),
            "flaky": flaky(attempts),
            "observations": attempts[-1].cut_off(),
            "websocket": attempts[-1].websocket,
        }


class DiscoveryCall:
    """One discovery call, with its attempts and the names it returned."""

    def __init__(self, discovery: Discovery) -> None:
        self.discovery = discovery
        self.target = agents_target(discovery.name, discovery.path, discovery.bypass)
        self.attempts: list[Attempt] = []
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


def flaky(attempts: "list[Attempt]") -> "Record | None":
    """What the first of two attempts failed with where the second went well, else None."""
    if len(attempts) < 2 or attempts[1].failure():
        return None
    failed = attempts[0].failure()
    if failed is None:
        return None
    stage, failure = failed
    seen = {"stage": stage, "cause": failure["cause"], "detail": failure["detail"]}
    return {**seen, "failed": 1, "of": len(attempts)}


def failed_once(subject: "Measurement | DiscoveryCall") -> bool:
    """Whether the first attempt failed, be it for its WebSocket only, and there was no second."""
    attempt = subject.attempts[0]
    refused = attempt.websocket and attempt.websocket["failure"]
    return len(subject.attempts) == 1 and bool(attempt.failure() or refused)


class Survey:
    """All targets and discovery calls of an order, measured at once."""

    def __init__(self, equipment: Equipment, proxies: ClientProxies) -> None:
        self.equipment = equipment
        self.order = order = equipment.order
        self.proxies = proxies
        self.pool = ThreadPool(MAX_AT_ONCE)
        self.lock = threading.Lock()
        unique: dict[tuple[str, int], Target] = collections.OrderedDict(
            ((target.name, target.port), target) for target in order.targets
        )
        self.measurements = [Measurement(target, "ordered") for target in unique.values()]
        self.known = {(name.lower(), port) for name, port in unique}
        self.calls = [DiscoveryCall(discovery) for discovery in order.discoveries]
        self._plan(self.measurements, self.calls)

    def _plan(self, measurements: "list[Measurement]", calls: "list[DiscoveryCall]") -> None:
        for measurement in measurements:
            measurement.attempts.append(self._attempt(measurement.target, verified=True))
        for call in calls:
            call.attempts.append(self._attempt(call.target, verified=False))

    def _attempt(self, target: Target, *, verified: bool) -> Attempt:
        proxy = self.proxies.proxy_of(target)
        return Attempt(target, planned_stages(proxy, target, verified=verified))

    def run(self) -> None:
        """Measure everything, then what failed once more, until nothing is left to repeat."""
        measurements, calls = list(self.measurements), list(self.calls)
        while measurements or calls:
            for measurement in measurements:
                self.pool.add(self._measure, measurement)
            for call in calls:
                self.pool.add(self._discover, call)
            self.pool.wait()
            measurements = [one for one in self.measurements if failed_once(one)]
            calls = [call for call in self.calls if failed_once(call)]
            self.equipment.resolver.forget_failures()
            self._plan(measurements, calls)

    def _measure(self, measurement: Measurement) -> None:
        attempt, proxy = measurement.attempts[-1], self.proxies.proxy_of(measurement.target)
        route = route_by(proxy, self.equipment, attempt.target, measurement.good_addresses())
        measure_once(attempt, route, self.equipment)

    def _discover(self, call: DiscoveryCall) -> None:
        attempt = call.attempts[-1]
        route = route_by(self.proxies.proxy_of(attempt.target), self.equipment, attempt.target)
        body = measure_once(attempt, route, self.equipment, read_body=True)
        if body is None:
            return
        try:
            call.names = names_in(body, call.discovery.accept)
        except StepFailed as problem:
            attempt.ended[HTTP]["failure"] = as_record(problem)
        for name in call.names:
            self._discovered(name, call.discovery)

    def _discovered(self, name: str, discovery: Discovery) -> None:
        """Have *name* measured too, unless it is already or there are enough."""
        accepting = [one for one in discovery.accept if one.takes(name)]
        target = agents_target(name, bypass=discovery.bypass)._replace(
            rows=[one.row for one in accepting],
            websocket=next((one.websocket for one in accepting if one.websocket), None),
        )
        with self.lock:
            if (name, 443) in self.known or len(self.measurements) >= self.order.limits.names:
                return
            self.known.add((name, 443))
            measurement = Measurement(target, "discovered")
            self._plan([measurement], [])
            self.measurements.append(measurement)
        self.pool.add(self._measure, measurement)
