"""One order being carried out: network and facts, side by side."""

import os
import time

from arc_compliance.probe.python.controls import NegativeControls
from arc_compliance.probe.python.crowding import PAUSE
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.facts.agent import AgentFacts
from arc_compliance.probe.python.facts.agent_check import AgentCheck
from arc_compliance.probe.python.facts.default_client import DefaultClient
from arc_compliance.probe.python.facts.egress import EgressRules
from arc_compliance.probe.python.facts.host import HostFacts
from arc_compliance.probe.python.facts.sockets import AgentSockets
from arc_compliance.probe.python.facts.tls_policy import TlsStack
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.gateway import GatewayDetection
from arc_compliance.probe.python.limits import MAX_BESIDE
from arc_compliance.probe.python.order import Order
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from arc_compliance.probe.python.resolver import Resolver
from arc_compliance.probe.python.survey import Survey
from arc_compliance.probe.python.threads import ThreadPool, start_thread
from arc_compliance.probe.python.trials import ProxyTrial


class Network:
    """All that is measured of the network, once the proxies of the host are known."""

    def __init__(self, order: Order, proxies: ClientProxies, trust: TrustStore) -> None:
        self.order = order
        self.proxies = proxies
        self.default_client = DefaultClient(order)
        self.resolver = Resolver(order.limits.connect)
        beside = ThreadPool(MAX_BESIDE)
        equipment = Equipment(order, self.resolver, trust, self.default_client, beside)
        self.survey = Survey(equipment, proxies)
        self.controls = NegativeControls(equipment, proxies)
        self.gateway = GatewayDetection(equipment, proxies)
        self.trials = [ProxyTrial(equipment, one) for one in proxies.trials(order.targets)]

    def measure(self) -> None:
        """Start everything, and return when all is answered that has to be."""
        waited = self.controls.start()
        bounded = self.gateway.start()
        bounded.append(start_thread(self.proxies.look_up, self.resolver.addresses))
        for trial in self.trials:
            self.survey.pool.add(trial.run, self.survey.pool)
        self.survey.run()
        for thread in waited:
            thread.join()
        # A proxy that tries an address for long has not agreed by then, as with the controls.
        until = time.monotonic() + self.order.limits.connect
        for thread in bounded:
            thread.join(max(0, until - time.monotonic()))
        if self.survey.crowded():
            self.gateway.ask_again(PAUSE)
        self.default_client.wait()
        self.resolver.servers.wait()


class Run:
    """One order being carried out; ``over`` becomes readable when all is done."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.started = time.time()
        self.daemons = DaemonsEnvironment()
        self.proxies = ClientProxies(order)
        self.trust = TrustStore(order, self.daemons)
        self.tls = TlsStack()
        self.host = HostFacts()
        self.agent = AgentFacts()
        self.check = AgentCheck(order)
        self.egress = EgressRules()
        self.sockets = AgentSockets()
        self.network: Network | None = None
        self.over, self._end = os.pipe()
        self.complete = False

    def carry_out(self) -> None:
        """Measure and read everything."""
        try:
            readers = (
                self.trust.read,
                self.tls.read,
                self.host.read,
                self.agent.read,
                self.egress.read,
                self.sockets.read,
                self.check.read,
            )
            facts = [start_thread(read) for read in readers]
            self.proxies.find(self.daemons)
            self.network = Network(self.order, self.proxies, self.trust)
            self.network.measure()
            for thread in facts:
                thread.join()
            self.complete = True
        finally:
            os.close(self._end)
