"""All targets and discovery calls of an order, measured at once."""

import collections
import threading
import time
from typing import Sequence

from arc_compliance.probe.python.contract import HTTP
from arc_compliance.probe.python.crowding import PAUSE, ask_alone, refused_together, settle
from arc_compliance.probe.python.discovery import names_in
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.limits import MAX_AT_ONCE
from arc_compliance.probe.python.measure import measure_once, planned_stages, route_by
from arc_compliance.probe.python.order import Discovery, Target, agents_target
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxy_server import ProxyServer
from arc_compliance.probe.python.steps import ASKED_BESIDE, Attempt, StepFailed, as_record
from arc_compliance.probe.python.subjects import DiscoveryCall, Measurement, Subject
from arc_compliance.probe.python.threads import ThreadPool


class Survey:
    """All targets and discovery calls of an order, measured at once.

    What failed is measured once more when all else is done: one after the other where being many
    may have been the fault, else at once again.
    """

    def __init__(self, equipment: Equipment, proxies: ClientProxies) -> None:
        self.equipment = equipment
        self.order = equipment.order
        self.proxies = proxies
        self.pool = ThreadPool(MAX_AT_ONCE)
        self.lock = threading.Lock()
        unique: dict[tuple[str, int], Target] = collections.OrderedDict(
            ((target.name, target.port), target) for target in self.order.targets
        )
        self.measurements = [Measurement(target, "ordered") for target in unique.values()]
        self.known = {(name.lower(), port) for name, port in unique}
        self.calls = [DiscoveryCall(discovery) for discovery in self.order.discoveries]
        self.alone = False  # whether nothing may be measured beside
        self.waiting: list[Measurement] = []  # what is discovered meanwhile
        # What is asked slowly leaves time for the rest.
        self.until = time.monotonic() + self.order.limits.deadline * 0.75
        self._plan([*self.calls, *self.measurements])

    def crowded(self) -> bool:
        """Whether something failed for being one of many."""
        return any(one.crowded for one in [*self.calls, *self.measurements])

    def run(self) -> None:
        """Measure everything, what failed twice."""
        self._measure_at_once([*self.calls, *self.measurements])
        self.equipment.resolver.forget_failures()
        self._measure_refused()
        failed = self._failed_once()
        while failed:  # what a repeated call discovers may fail as well
            self._plan(failed)
            self._measure_at_once(failed)
            failed = self._failed_once()
        doubts = [doubt for one in self.measurements for doubt in one.attempts[-1].doubts]
        doubts.sort(key=lambda doubt: ASKED_BESIDE.index(doubt.outcome[0]))
        settle(doubts, PAUSE if self.crowded() else 0.0, self.until)

    def _failed_once(self) -> "list[Subject]":
        return [one for one in [*self.calls, *self.measurements] if one.failed_once()]

    def _measure_at_once(self, subjects: "Sequence[Subject]") -> None:
        for subject in subjects:
            self.pool.add(self._measure, subject)
        self.pool.wait()

    def _measure_refused(self) -> None:
        """Measure alone what several were refused while others were not."""
        self.alone = True
        for members in refused_together([*self.calls, *self.measurements], self._way_of):
            ask_alone(members, self._measure_again, self.until)
        for found in self.waiting:
            time.sleep(PAUSE)
            self._measure(found)
        self.alone = False

    def _way_of(self, subject: Subject) -> "ProxyServer | None":
        return self.proxies.proxy_of(subject.target)

    def _measure_again(self, subject: Subject) -> None:
        self._plan([subject])
        self._measure(subject)

    def _plan(self, subjects: "Sequence[Subject]") -> None:
        for one in subjects:
            verified = isinstance(one, Measurement)
            stages = planned_stages(self._way_of(one), one.target, verified=verified)
            one.attempts.append(Attempt(one.target, stages))

    def _measure(self, subject: Subject) -> None:
        attempt, way = subject.attempts[-1], self._way_of(subject)
        if isinstance(subject, DiscoveryCall):
            route = route_by(way, self.equipment, subject.target)
            body = measure_once(attempt, route, self.equipment, read_body=True)
            if body is not None:
                self._read_names(subject, attempt, body)
        elif isinstance(subject, Measurement):
            good = subject.good_addresses()
            route = route_by(way, self.equipment, subject.target, good)
            measure_once(attempt, route, self.equipment, alone=self.alone)

    def _read_names(self, call: DiscoveryCall, attempt: Attempt, body: bytes) -> None:
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
            self._plan([measurement])
            self.measurements.append(measurement)
        if self.alone:
            self.waiting.append(measurement)
        else:
            self.pool.add(self._measure, measurement)
