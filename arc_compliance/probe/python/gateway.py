"""Requests by whose answers a Log Analytics gateway is recognised."""

import threading
import time
from typing import Callable

from arc_compliance.probe.python.contract import HTTP, PROXY, Record
from arc_compliance.probe.python.controls import Control
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.measure import measure_once, route_by
from arc_compliance.probe.python.order import Target, agents_target
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxy_server import ProxyServer, host_and_port
from arc_compliance.probe.python.routes import request_tunnel
from arc_compliance.probe.python.steps import Attempt, StepFailed
from arc_compliance.probe.python.threads import start_thread


class GatewayDetection:
    """What the agent's proxy lets through and what not."""

    def __init__(self, equipment: Equipment, proxies: ClientProxies) -> None:
        self.equipment = equipment
        self.order = order = equipment.order
        self.queries: list[tuple[Control, Callable[[], str]]] = []
        proxy = proxies.agents()
        if proxy is None or proxy.fault or not order.gateway.refuses:
            return
        for name in order.gateway.lets_through + order.gateway.refuses:
            target = agents_target(name)
            control = Control(PROXY, "CONNECT " + host_and_port(name, target.port))
            self.queries.append((control, self._connecting(target, proxy)))
        plain = agents_target(order.gateway.refuses[0])._replace(port=80, scheme="http")
        control = Control(PROXY, f"GET http://{plain.name}/")
        self.queries.append((control, self._getting(plain, proxy)))

    def start(self) -> "list[threading.Thread]":
        """Make all requests at once; return the threads."""
        return [start_thread(control.run, query) for control, query in self.queries]

    def ask_again(self, pause: float) -> None:
        """Ask what the proxy refused once more, one request after the other."""
        for control, query in self.queries:
            if not control.answered:
                time.sleep(pause)
                control.run(query)

    def records(self) -> "list[Record]":
        """All answers, as the evidence has them."""
        return [control.record() for control, _ in self.queries]

    def _connecting(self, target: Target, proxy: ProxyServer) -> "Callable[[], str]":
        def query() -> str:
            request_tunnel(self.order, self.equipment.resolver, target, proxy)
            return "the proxy agreed"

        return query

    def _getting(self, target: Target, proxy: ProxyServer) -> "Callable[[], str]":
        def query() -> str:
            attempt = Attempt(target, [PROXY, HTTP])
            measure_once(attempt, route_by(proxy, self.equipment, target), self.equipment)
            failed = attempt.failure()
            if failed is not None:
                raise StepFailed(failed[1]["cause"], failed[1]["detail"])
            return "answered {status}".format(**attempt.ended[HTTP])

        return query
