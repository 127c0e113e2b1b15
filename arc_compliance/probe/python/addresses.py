"""Every address of a name through TCP and TLS: a client meets any of them."""

import hashlib
import socket

from arc_compliance.probe.python.certificate import Opened, shake_hands_verified
from arc_compliance.probe.python.contract import PROBE_FAILED, Record
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.routes import DirectRoute
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed, as_record
from arc_compliance.probe.python.threads import Jobs


class EveryAddress:
    """The agent's handshake with each further address of a name, over the connections that the
    race for the first one has made."""

    def __init__(self, route: DirectRoute, equipment: Equipment, jobs: Jobs) -> None:
        self.route = route
        self.trust = equipment.trust
        self.limit = equipment.order.limits.http
        self.jobs = jobs
        self.race = route.races[0]
        self.tried: dict[str, Record] = {}

    def try_all(self) -> None:
        """Have the handshakes made, each as soon as the address answers."""
        for address, sock in self.race.others():
            self.jobs.add(self._try, address, sock)

    def _try(self, address: str, sock: socket.socket) -> None:
        name = self.route.target.name

        def again() -> socket.socket:
            return self.route.open_at(address)

        try:
            opened = shake_hands_verified(sock, again, name, self.trust, self.limit)
            self.tried[address] = address_record(address, opened, None)
        except StepFailed as failed:
            self.tried[address] = address_record(address, None, as_record(failed))
        except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
            ours = as_record(StepFailed(PROBE_FAILED, describe(problem)))
            self.tried[address] = address_record(address, None, ours)

    def records(self, main: Record) -> "list[Record]":
        """All addresses in the resolver's order; *main* is the record of the one in use."""
        found = {**self.tried, main["address"]: main}
        for address, cause in self.race.causes.items():
            failure = {"cause": cause, "detail": f"within {self.race.limit:g} s"}
            found[address] = address_record(address, None, failure)
        return [found[address] for address in self.race.addresses if address in found]


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
