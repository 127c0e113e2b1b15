"""What is asked of an endpoint beside its main connection."""

from typing import Callable, Iterator

from arc_compliance.probe.python.addresses import EveryAddress
from arc_compliance.probe.python.certificate import Opened
from arc_compliance.probe.python.channels import TlsChannel, chain_texts
from arc_compliance.probe.python.contract import (
    CERTIFICATE,
    CONNECT,
    CONNECT_REFUSED,
    HTTP,
    HTTP_FAILED,
    PROXY_FAILED,
    TLS,
    TLS_FAILED,
    TLS_RESET,
    TLS_VERSION,
)
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.hidden_chain import chain_by_openssl
from arc_compliance.probe.python.large_hello import CLOSED, RESET, LargeHello
from arc_compliance.probe.python.routes import DirectRoute, Route
from arc_compliance.probe.python.steps import (
    ADDRESS,
    LARGE_HELLO,
    TLS12_ALONE,
    WEBSOCKET,
    Attempt,
    Doubt,
    StepFailed,
    as_record,
)
from arc_compliance.probe.python.threads import Jobs
from arc_compliance.probe.python.tls12 import Tls12
from arc_compliance.probe.python.websocket import upgrade

DOUBTFUL = (None, CONNECT_REFUSED, PROXY_FAILED, TLS_RESET, HTTP_FAILED, RESET, CLOSED)
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
        race = route.first_race if isinstance(route, DirectRoute) else None
        if isinstance(route, DirectRoute) and race and len(race.addresses) > 1:
            self.every_address = EveryAddress(route, race, equipment)

    def start(self) -> None:
        """Ask everything; nothing here waits."""
        self.jobs.add(self.tls12.ask)
        self.jobs.add(self.large_hello.ask)
        if self.every_address is not None:
            self.jobs.add(self.every_address.try_all, self.jobs)
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
        if self.every_address is not None:
            address = self.attempt.ended[CONNECT]["address"]
            self.every_address.note_main(address, opened, step["failure"])
        self._note()
        if self.large_hello.refused and not step["failure"]:
            self._refuse_go(opened)
        if step["failure"]:
            if self.tls12.answered_older():
                step["failure"]["cause"] = TLS_VERSION  # it closes on versions it does not know
            more = self.tls12.beside_failure()
            step["failure"]["detail"] += f"; {more}" if more else ""
            return
        self.attempt.doubts += self._doubts()
        if opened is not None and opened.channel.chain() is None:
            self._uncover_chain(opened.channel)

    def _note(self) -> None:
        """Put what is known into the record of the handshake."""
        step = self.attempt.ended[TLS]
        step["tls12"] = self.tls12.record
        step["large_hello"] = self.large_hello.record
        if self.every_address is not None:
            step["addresses"] = self.every_address.records()

    def _refuse_go(self, opened: "Opened | None") -> None:
        """Fail the handshake that OpenSSL has made, and a Go client could not make."""
        protocol = opened.channel.protocol() if opened else ""
        detail = f"the groups and signature algorithms of a Go client: {self.large_hello.refused}"
        refused = StepFailed(TLS_FAILED, f"the peer refuses {detail}; OpenSSL got {protocol}")
        self.attempt.ended[TLS]["failure"] = as_record(refused)
        for stage in (CERTIFICATE, HTTP):
            self.attempt.ended.pop(stage, None)
        self.attempt.websocket = None

    def _doubts(self) -> "Iterator[Doubt]":
        """What came to nothing in a way that too many connections at once would explain."""
        if self._websocket_outcome()[1] in DOUBTFUL:
            yield Doubt(self._websocket_outcome(), self._upgrading, lambda: None)
        for address in self.every_address.race.addresses if self.every_address else ():
            outcome = self._address_outcome(address)
            if self.every_address and outcome[1] in DOUBTFUL:
                yield Doubt(outcome, self._trying_again(self.every_address, address), lambda: None)
        facts: list[tuple[str, LargeHello | Tls12]] = [(LARGE_HELLO, self.large_hello)]
        for kind, fact in (*facts, (TLS12_ALONE, self.tls12)):
            if fact.outcome() in DOUBTFUL:
                ask, forget = self._asking_again(kind, fact), self._forgetting(fact)
                yield Doubt((kind, fact.outcome()), ask, forget)

    def _asking_again(
        self, kind: str, fact: "Tls12 | LargeHello"
    ) -> "Callable[[], tuple[str, str | None]]":
        def ask() -> "tuple[str, str | None]":
            fact.route = self.route.anew()
            try:
                fact.ask()
            finally:
                fact.route.close()
            self._note()
            return kind, fact.outcome()

        return ask

    def _upgrading(self) -> "tuple[str, str | None]":
        route = self.route.anew()
        try:
            upgrade(self.attempt, route, self.order, self.attempt.target.websocket or "/")
        finally:
            route.close()
        return self._websocket_outcome()

    def _websocket_outcome(self) -> "tuple[str, str | None]":
        """Why there is no answer to the upgrade, empty where there is one or none was needed."""
        if self.attempt.target.websocket is None:
            return WEBSOCKET, ""
        told = self.attempt.websocket
        if told is None:
            return WEBSOCKET, None
        return WEBSOCKET, told["failure"]["cause"] if told["failure"] else ""

    def _forgetting(self, fact: "Tls12 | LargeHello") -> "Callable[[], None]":
        def forget() -> None:
            fact.record = None
            self._note()

        return forget

    def _trying_again(
        self, every_address: EveryAddress, address: str
    ) -> "Callable[[], tuple[str, str | None]]":
        def ask() -> "tuple[str, str | None]":
            before = every_address.tried.get(address, {}).get("failure")
            every_address.try_again(address)
            self._note()
            if before and not every_address.tried[address]["failure"]:
                detail = f"{address}: {before['detail']}"
                self.attempt.address_failure = dict(before, detail=detail)
            return self._address_outcome(address)

        return ask

    def _address_outcome(self, address: str) -> "tuple[str, str | None]":
        """What became of *address*: the cause of its failure, empty for none, None for nothing."""
        record = self.every_address.tried.get(address) if self.every_address else None
        if record is None:
            return ADDRESS, None
        return ADDRESS, record["failure"]["cause"] if record["failure"] else ""

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
