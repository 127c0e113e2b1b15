"""What is asked of an endpoint beside its main connection."""

from arc_compliance.probe.python.addresses import EveryAddress, address_record
from arc_compliance.probe.python.certificate import Opened
from arc_compliance.probe.python.channels import TlsChannel, chain_texts
from arc_compliance.probe.python.contract import CONNECT, HTTP, TLS, TLS_VERSION
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.hidden_chain import chain_by_openssl
from arc_compliance.probe.python.large_hello import LargeHello
from arc_compliance.probe.python.routes import DirectRoute, Route
from arc_compliance.probe.python.steps import Attempt
from arc_compliance.probe.python.threads import Jobs
from arc_compliance.probe.python.tls12 import Tls12
from arc_compliance.probe.python.websocket import upgrade

CHAIN_IS_HIDDEN = (
    "TLS 1.3 encrypts it, this Python tells the leaf alone, and neither a handshake with TLS 1.2 "
    "nor openssl s_client showed the rest"
)


class Beside:
    """What is asked of an https endpoint as soon as a connection to it is there, while that is in
    use: whether it speaks TLS 1.2, what it answers to a large hello, whether each of its addresses
    is as good, and whether it takes a WebSocket where one is needed."""

    def __init__(self, attempt: Attempt, route: Route, equipment: Equipment) -> None:
        self.attempt = attempt
        self.route = route
        self.jobs = Jobs(equipment.beside)
        self.order = equipment.order
        name, limit = attempt.target.name, self.order.limits.http
        self.tls12 = Tls12(route, name, limit)
        self.large_hello = LargeHello(route, name, limit)
        self.every_address: EveryAddress | None = None
        if isinstance(route, DirectRoute) and len(route.races[0].addresses) > 1:
            self.every_address = EveryAddress(route, equipment, self.jobs)

    def start(self) -> None:
        """Ask everything; nothing here waits."""
        self.jobs.add(self.tls12.ask)
        self.jobs.add(self.large_hello.ask)
        if self.every_address is not None:
            self.jobs.add(self.every_address.try_all)
        websocket = self.attempt.target.websocket
        if websocket is not None:
            self.jobs.add(upgrade, self.attempt, self.route, self.order, websocket)

    def finish(self, opened: "Opened | None") -> None:
        """Wait for the answers and add them to the steps that they are about.

        *opened* is the main connection, None where its handshake failed.
        """
        self.jobs.wait()
        if HTTP not in self.attempt.ended:
            self.attempt.websocket = None  # the main connection says why there can be none
        step = self.attempt.ended.get(TLS)
        if step is None:
            return
        step["tls12"] = self.tls12.record
        step["large_hello"] = self.large_hello.record
        if self.every_address is not None:
            address = self.attempt.ended[CONNECT]["address"]
            main = address_record(address, opened, step["failure"])
            step["addresses"] = self.every_address.records(main)
        if step["failure"]:
            if self.tls12.answered_older():
                step["failure"]["cause"] = TLS_VERSION  # it closes on versions it does not know
            more = self.tls12.beside_failure()
            step["failure"]["detail"] += f"; {more}" if more else ""
        elif opened is not None and opened.channel.chain() is None:
            self._uncover_chain(opened.channel)

    def _uncover_chain(self, channel: TlsChannel) -> None:
        """Get the chain that the handshake hid; what is of another leaf is not this one's."""
        step, leaf = self.attempt.ended[TLS], channel.leaf()
        chain = self.tls12.chain
        if chain[:1] != [leaf]:
            chain = chain_by_openssl(self.route)
        if chain[:1] != [leaf]:
            step["chain_failure"] = CHAIN_IS_HIDDEN
        else:
            step["chain"] = chain_texts(chain)
