"""TCP connections to all addresses of a name at once."""

import collections
import errno
import selectors
import socket
import time
from typing import Container, Iterator

from arc_compliance.probe.python.contract import (
    CONNECT_REFUSED,
    CONNECT_TIMEOUT,
    CONNECT_UNREACHABLE,
    Cause,
    Record,
)
from arc_compliance.probe.python.limits import MAX_ADDRESSES
from arc_compliance.probe.python.steps import StepFailed

CONNECT_CAUSES = {
    errno.ECONNREFUSED: CONNECT_REFUSED,
    errno.ECONNRESET: CONNECT_REFUSED,
    errno.ETIMEDOUT: CONNECT_TIMEOUT,
}
MOST_TELLING = (CONNECT_REFUSED, CONNECT_UNREACHABLE, CONNECT_TIMEOUT)


class Race:
    """TCP connections to all addresses of a name at once; the first that answers wins.

    The others go on while the winner is already in use: :meth:`others` has those that answer,
    :meth:`dead` those that do not. One thread at a time may wait here.
    """

    def __init__(self, addresses: "list[str]", port: int, limit: float) -> None:
        self.limit = limit
        self.deadline = time.monotonic() + limit
        self.causes: dict[str, Cause] = collections.OrderedDict()
        self.connected: list[tuple[str, socket.socket]] = []
        self.won: str | None = None
        self.selector = selectors.DefaultSelector()
        self.addresses = addresses[:MAX_ADDRESSES]
        for address in self.addresses:
            self._enter(address, port)

    def _enter(self, address: str, port: int) -> None:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            self.causes[address] = CONNECT_UNREACHABLE  # the kernel has no such family
            return
        sock.settimeout(0)  # connect_ex returns at once
        code = sock.connect_ex((address, port))
        if code in (0, errno.EINPROGRESS):
            self.selector.register(sock, selectors.EVENT_WRITE, (address, sock))
        else:
            self._lost(address, sock, code)

    def _lost(self, address: str, sock: socket.socket, code: int) -> None:
        self.causes[address] = CONNECT_CAUSES.get(code, CONNECT_UNREACHABLE)
        sock.close()

    def _pending(self) -> "list[tuple[str, socket.socket]]":
        return [key.data for key in self.selector.get_map().values()]

    def _wait(self) -> bool:
        """Take in the next answers; false when there are none to come."""
        pending = self._pending()
        if not pending:
            return False
        events = self.selector.select(max(0.0, self.deadline - time.monotonic()))
        for key, _ in events:
            address, sock = key.data
            self.selector.unregister(sock)
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._lost(address, sock, code)
            else:
                self.connected.append((address, sock))
        if not events and time.monotonic() >= self.deadline:
            for address, sock in pending:
                self.selector.unregister(sock)
                self._lost(address, sock, errno.ETIMEDOUT)
        return True

    def winner(self, preferred: "Container[str]" = ()) -> "tuple[str, socket.socket]":
        """(address, socket) of the first connection, to a *preferred* address where one answers."""
        wanted = [address for address in self.addresses if address in preferred]
        while self._wait_for(wanted or self.addresses) and self._wait():
            pass
        if self.connected:
            first = self.connected[0]
            first = next((one for one in self.connected if one[0] in wanted), first)
            self.won = first[0]
            return first
        cause = next((c for c in MOST_TELLING if c in self.causes.values()), CONNECT_UNREACHABLE)
        tried = ", ".join(f"{a} {c}" for a, c in self.causes.items())
        raise StepFailed(cause, f"within {self.limit:g} s: {tried or 'no address'}")

    def _wait_for(self, addresses: "list[str]") -> bool:
        """Whether none of *addresses* has answered yet, and one of them still may."""
        if any(address in addresses for address, _ in self.connected):
            return False
        return any(address in addresses for address, _ in self._pending())

    def others(self) -> "Iterator[tuple[str, socket.socket]]":
        """(address, socket) of each further connection as soon as it is there; waits until the
        limit."""
        given = 0
        more = True
        while more or given < len(self.connected):
            if given == len(self.connected):
                more = self._wait()
                continue
            if self.connected[given][0] != self.won:
                yield self.connected[given]
            given += 1

    def dead(self) -> "list[Record]":
        """The addresses that did not answer; waits for each until the limit."""
        while self._wait():
            pass
        return [{"address": a, "cause": c} for a, c in self.causes.items()]

    def close(self) -> None:
        """Close every connection, the winner's too."""
        for _, sock in self._pending() + self.connected:
            sock.close()
        self.selector.close()
