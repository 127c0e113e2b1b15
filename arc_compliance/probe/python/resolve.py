"""All addresses of one name, and where the order sends a target."""

import collections
import os
import queue
import socket
import time
from typing import Any, Callable

from arc_compliance.probe.python.contract import DNS_FAILED, DNS_NOT_FOUND
from arc_compliance.probe.python.order import Order, Target
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed
from arc_compliance.probe.python.threads import start_thread

PATIENCE = (1.5, 3.0)  # seconds, drawn by lot, until A and AAAA are asked for apart
GRACE = 0.5  # seconds that the second of them may take longer than the first
NO_ADDRESS = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", -5), -9)  # -9: none of the family


def mapped(order: Order, target: Target) -> "tuple[str, int, bool]":
    """(host, port, whether ``connect_to`` names the host): where *target* is to be found."""
    for rule in order.connect_to:
        if rule.host in ("", target.name.lower()) and rule.port in (None, target.port):
            host, port = rule.address or target.name, rule.to_port or target.port
            return host, port, bool(rule.address)
    return target.name, target.port, False


def is_address(text: str) -> bool:
    """Whether *text* is an address already."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            socket.inet_pton(family, text)
        except (OSError, ValueError):
            continue
        return True
    return False


class Question:
    """One name that the host's resolver is asked for.

    IPv4 and IPv6 are asked for together. Where that takes long they are asked for apart as well:
    one record type that nobody ever answers must not hold back the other.
    """

    def __init__(self, name: str, limit: float) -> None:
        self.name = name
        self.limit = limit
        self.deadline = time.monotonic() + limit
        self.answers: queue.Queue[tuple[int, Any]] = queue.Queue()
        self.told: dict[int, Any] = {}
        self.began = 0.0

    def ask(self, hopeless: "Callable[[], bool]") -> "list[str]":
        """The addresses, in the resolver's order; *hopeless* says to wait no longer.

        Raise StepFailed where there are none.
        """
        self.began = time.monotonic()
        apart_at = self.began + by_lot(*PATIENCE)
        self._start(socket.AF_UNSPEC)
        while not self._is_enough():
            now = time.monotonic()
            if now >= self.deadline or hopeless():
                break
            if apart_at <= now:
                apart_at = self.deadline
                self._start(socket.AF_INET)
                self._start(socket.AF_INET6)
            try:
                wait = max(0.0, min(self.deadline, apart_at) - now)
                family, answer = self.answers.get(timeout=min(wait, 0.5))
            except queue.Empty:
                continue
            self._take(family, answer)
            if family == socket.AF_UNSPEC and is_temporary(answer) and apart_at < self.deadline:
                apart_at = now
        return self._outcome()

    def _start(self, family: int) -> None:
        start_thread(query_resolver, self.name, family, self.answers)

    def _take(self, family: int, answer: "Any") -> None:
        self.told[family] = answer
        if family != socket.AF_UNSPEC and isinstance(answer, list):
            now = time.monotonic()
            self.deadline = min(self.deadline, now + max(GRACE, now - self.began))

    def _is_enough(self) -> bool:
        """Whether what was told answers the question."""
        both = self.told.get(socket.AF_UNSPEC)
        if isinstance(both, list):
            return True
        apart = [self.told.get(family) for family in (socket.AF_INET, socket.AF_INET6)]
        found = any(isinstance(one, list) for one in apart)
        if None not in apart:
            return found or both is not None
        return both is not None and not is_temporary(both) and not found

    def _outcome(self) -> "list[str]":
        told = [self.told.get(one) for one in (socket.AF_UNSPEC, socket.AF_INET, socket.AF_INET6)]
        found = next((one for one in told if isinstance(one, list)), None)
        if found is not None:
            rest = [] if found is told[0] else [one for one in told[1:] if isinstance(one, list)]
            entries = [entry for one in (rest or [found]) for entry in one]
            return list(collections.OrderedDict.fromkeys(entry[4][0] for entry in entries))
        failures = [one for one in told if one is not None]
        if not failures:
            seconds = min(self.limit, time.monotonic() - self.began)
            raise StepFailed(DNS_FAILED, f"no answer within {seconds:.1f} s")
        worst = next((one for one in failures if is_temporary(one)), failures[0])
        if isinstance(worst, socket.gaierror):
            cause = DNS_FAILED if is_temporary(worst) else DNS_NOT_FOUND
            raise StepFailed(cause, worst.strerror)
        raise StepFailed(DNS_FAILED, describe(worst))


def by_lot(least: float, most: float) -> float:
    """A number between the two; hosts that are measured at once draw different ones."""
    return least + (most - least) * int.from_bytes(os.urandom(2), "big") / 0xFFFF


def is_temporary(answer: "Any") -> bool:
    """Whether *answer* says that nobody could tell; false for addresses and for none."""
    if isinstance(answer, socket.gaierror):
        return answer.errno not in NO_ADDRESS
    return isinstance(answer, Exception)


def query_resolver(name: str, family: int, answers: "queue.Queue[tuple[int, Any]]") -> None:
    """Put what getaddrinfo returns or raises into *answers*; it may hang for minutes."""
    try:
        # As bytes, so that Python's own IDNA rules do not refuse what the resolver would take.
        found = socket.getaddrinfo(name.encode("ascii"), None, family, socket.SOCK_STREAM)
        answers.put((family, found))
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is the answer
        answers.put((family, problem))
