"""The name servers of the host, and one plain question to each (RFC 1035)."""

import os
import re
import socket
import threading
import time

from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.limits import MAX_NAME_SERVERS
from arc_compliance.probe.python.scrubbing import describe, scrubbed
from arc_compliance.probe.python.threads import start_thread

DNS_PORT = 53
WITHOUT_LINES = "127.0.0.1"  # which is asked where no server is named (resolv.conf(5))
DEFAULTS = {"timeout": 5, "attempts": 2}
AT_MOST = {"timeout": 30, "attempts": 5}
SERVERS_ASKED = 3  # of those that are named, by the C library
QUESTIONS_UNTIL = (1.0, 3.0)  # seconds, when it is asked again: a datagram may be lost
ENOUGH = 2.0  # seconds that a run waits for a server after all else is done
DNS_REFUSALS = {1: "FORMERR", 2: "SERVFAIL", 4: "NOTIMP", 5: "REFUSED"}


class NameServers:
    """The servers of resolv.conf, with its ``timeout`` and ``attempts`` for each.

    ``began`` is when they were first needed; they are asked once, then.
    """

    def __init__(self, text: str) -> None:
        words = [line.split() for line in text.splitlines()[:1000]]
        named = [scrubbed(w[1]) for w in words if len(w) > 1 and w[0] == "nameserver"]
        self.addresses = named[:MAX_NAME_SERVERS] or [WITHOUT_LINES]
        self.options = dict(DEFAULTS)
        for option in (one for w in words if w[:1] == ["options"] for one in w[1:]):
            match = re.match(r"(timeout|attempts):([0-9]{1,6})\Z", option)
            if match:
                most = AT_MOST[match.group(1)]
                self.options[match.group(1)] = max(1, min(most, int(match.group(2))))
        self.seconds: dict[str, float] = {}
        self.failures: dict[str, str] = {}
        self.began: float | None = None
        self.asked: threading.Event = threading.Event()

    def cost(self) -> float:
        """How many seconds the C library may take for one name."""
        servers = min(SERVERS_ASKED, len(self.addresses))
        return float(self.options["timeout"] * self.options["attempts"] * servers)

    def silent_for(self) -> float:
        """For how many seconds none has answered; 0 where one has, or none was asked."""
        if self.began is None or self.seconds:
            return 0.0
        return time.monotonic() - self.began

    def ask_others(self) -> bool:
        """Whether one of them is on this host: it asks others, and may be waiting itself."""
        return any(one.startswith("127.") or one == "::1" for one in self.addresses)

    def one_is_dead(self) -> bool:
        """Whether one says nothing while another answered at once: who waits, waits for that."""
        if self.began is None or time.monotonic() - self.began < ENOUGH:
            return False
        silent = [one for one in self.addresses if one not in self.seconds]
        return bool(silent) and any(seconds < ENOUGH / 2 for seconds in self.seconds.values())

    def ask(self, name: str, limit: float) -> None:
        """Ask each for the address of *name*, all at once, and wait for their answers."""
        threads = [start_thread(self._ask_one, one, name, limit) for one in self.addresses]
        for thread in threads:
            thread.join()
        self.asked.set()

    def _ask_one(self, address: str, name: str, limit: float) -> None:
        seconds, failure = ask_name_server(address, name, limit)
        if seconds is not None:
            self.seconds[address] = seconds
        if failure is not None:
            self.failures[address] = failure

    def wait(self) -> None:
        """Return when all have answered, or have had enough time for it."""
        if self.began is not None:
            self.asked.wait(max(0.0, self.began + ENOUGH - time.monotonic()))

    def record(self) -> "Record | None":
        """What was read and seen, as the evidence has it; None where no name was asked for."""
        if self.began is None:
            return None
        servers = [
            {"address": a, "seconds": self.seconds.get(a), "failure": self._failure(a)}
            for a in self.addresses
        ]
        return {**self.options, "servers": servers}

    def _failure(self, address: str) -> "str | None":
        if address in self.seconds or address in self.failures:
            return self.failures.get(address)
        return f"no answer within {time.monotonic() - (self.began or 0.0):.1f} s"


def ask_name_server(address: str, name: str, limit: float) -> "tuple[float | None, str | None]":
    """(seconds until it answered or None, why that is no help or None); a few datagrams."""
    began = time.monotonic()
    question = dns_question(name)
    try:
        flags = socket.AI_NUMERICHOST
        found = socket.getaddrinfo(address, DNS_PORT, 0, socket.SOCK_DGRAM, 0, flags)[0]
        with socket.socket(found[0], found[1]) as sock:
            sock.connect(found[4])
            for until in (*QUESTIONS_UNTIL, limit):
                sock.send(question)
                code = await_answer(sock, question, began + min(until, limit))
                if code is not None:
                    failure = DNS_REFUSALS.get(code)
                    seconds = round(time.monotonic() - began, 6)
                    return seconds, f"it answered {failure}" if failure else None
    except (OSError, UnicodeError) as problem:
        return None, scrubbed(describe(problem))
    return None, f"no answer within {limit:g} s"


def await_answer(sock: socket.socket, question: bytes, until: float) -> "int | None":
    """The code of the answer to *question*; None where none came in time."""
    while time.monotonic() < until:
        sock.settimeout(max(0.001, until - time.monotonic()))
        try:
            answer = sock.recv(4096)
        except (socket.timeout, TimeoutError):
            return None
        if len(answer) >= 12 and answer[:2] == question[:2] and answer[2] & 0x80:
            return answer[3] & 0x0F
    return None


def dns_question(name: str) -> bytes:
    """A question for the IPv4 addresses of *name* (RFC 1035, 4)."""
    labels = [label[:63].encode("ascii") for label in name.strip(".").split(".")]
    asked = b"".join(bytes([len(label)]) + label for label in labels) + b"\x00\x00\x01\x00\x01"
    return os.urandom(2) + b"\x01\x00\x00\x01" + bytes(6) + asked
