"""What proxies let through to clients of this host that do not use them."""

import collections

from arc_compliance.probe.python.contract import HTTP, PROXY, PROXY_UNREACHABLE, TLS, Record
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.measure import measure_once, route_by
from arc_compliance.probe.python.order import Target
from arc_compliance.probe.python.proxies.clients import Trial
from arc_compliance.probe.python.proxy_server import shown_proxy
from arc_compliance.probe.python.steps import Attempt
from arc_compliance.probe.python.threads import ThreadPool


class ProxyTrial:
    """What a proxy of this host lets through to clients that do not use it."""

    def __init__(self, equipment: Equipment, trial: Trial) -> None:
        self.equipment = equipment
        self.proxy = trial.proxy
        self.places = trial.places
        unique: dict[str, Target] = collections.OrderedDict(
            (target.name, target) for target in trial.targets
        )
        self.attempts = [Attempt(target, [PROXY, TLS, HTTP]) for target in unique.values()]

    def run(self, pool: ThreadPool) -> None:
        """Have *pool* try each target, where the proxy is there at all."""
        if not self.attempts:
            return
        first_attempt, *others = self.attempts
        self._try(first_attempt)
        failed = first_attempt.failure()
        if failed is None or failed[1]["cause"] != PROXY_UNREACHABLE:
            for attempt in others:
                pool.add(self._try, attempt)

    def _try(self, attempt: Attempt) -> None:
        measure_once(attempt, route_by(self.proxy, self.equipment, attempt.target), self.equipment)

    def record(self) -> Record:
        """The outcome as the evidence has it."""
        over = [(one.target.name, one.failure()) for one in self.attempts if one.done]
        return {
            "proxy": shown_proxy(self.proxy),
            "places": self.places,
            "credentials": self.proxy.credentials is not None,
            "reached": [name for name, failed in over if failed is None],
            "failures": [dict(failed[1], name=name) for name, failed in over if failed],
        }
