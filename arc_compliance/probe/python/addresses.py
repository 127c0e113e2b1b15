"""Every address of a name through TCP and TLS: a client meets any of them."""

import hashlib
import socket

from arc_compliance.probe.python.certificate import Opened, shake_hands_verified
from arc_compliance.probe.python.connect import Race
from arc_compliance.probe.python.contract import PROBE_FAILED, Record
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.routes import DirectRoute
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed, as_record
from arc_compliance.probe.python.threads import Jobs


class EveryAddress:
    """The agent's handshake with each further address of a name, over the connections that the
    *race* for the first one has made."""

    def __init__(self, route: DirectRoute, race: Race, equipment: Equipment) -> None:
        self.route = route
        self.race = race
        self.trust = equipment.trust
        self.limit = equipment.order.limits.http
        self.tried: dict[str, Record] = {}

    def try_all(self, jobs: Jobs) -> None:
        """Have the handshakes made, each as soon as the address answers."""
        for address, sock in self.race.others():
            jobs.add(self._try, self.route, address, sock)

    def try_again(self, address: str) -> None:
        """Make the handshake with *address* on a connection of its own."""
        route = self.route.anew()
        try:
            self._try(route, address, None)
        finally:
            route.close()

    def _try(self, route: DirectRoute, address: str, sock: "socket.socket | None") -> None:
        name = route.target.name

        def again() -> socket.socket:
            return route.open_at(address)

        try:
            opened = shake_hands_verified(sock or again(), again, name, self.trust, self.limit)
            self.tried[address] = address_record(address, opened, None)
        except StepFailed as failed:
            self.tried[address] = address_record(address, None, as_record(failed))
        except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
            ours = as_record(StepFailed(PROBE_FAILED, describe(problem)))
            self.tried[address] = address_record(address, None, ours)

    def note_main(self, address: str, opened: "Opened | None", failure: "Record | None") -> None:
        """Take down the address that the main connection uses, and those that did not answer."""
        self.tried[address] = address_record(address, opened, failure)
        for dead, cause in self.race.causes.items():
            late = {"cause": cause, "detail": f"within {self.race.limit:g} s"}
            self.tried.setdefault(dead, address_record(dead, None, late))

    def records(self) -> "list[Record]":
        """All addresses that were tried, in the resolver's order."""
        return [self.tried[address] for address in self.race.addresses if address in self.tried]


def address_record(address: str, opened: "Opened | None", failure: "Record | None") -> Record:
    """One address as the evidence has it: what its handshake showed, or why it failed."""
    record: Record = {"address": address, "failure": failure}
    if opened is None:
        return record
    leaf = opened.channel.leaf()
    return dict(
        record,
        protocol=opened.channel.protocol(),
        leaf=hashlib.sha256(leaf).hexdigest() if leaf else None,
        verified=opened.data["verified"] if "verify_code" in opened.data else None,
    )
