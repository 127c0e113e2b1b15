"""What a client that follows the host's own TLS policy negotiates."""

import errno
import os
import re
import threading

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.order import Order, Target
from arc_compliance.probe.python.proxy_server import host_and_port, shown_proxy
from arc_compliance.probe.python.resolve import mapped
from arc_compliance.probe.python.routes import DirectRoute, ProxyRoute, Route
from arc_compliance.probe.python.scrubbing import scrubbed
from arc_compliance.probe.python.threads import start_thread


class DefaultClient:
    """What the host's ``openssl s_client`` negotiates, under the host's own policy.

    Tried once, with the first target that completed a handshake, while the rest is measured.
    """

    def __init__(self, order: Order) -> None:
        self.order = order
        self.facts: Record | None = None
        self.lock = threading.Lock()
        self.thread: threading.Thread | None = None

    def try_with(self, route: Route) -> None:
        """Start the one trial, unless there was one or the proxy wants credentials."""
        with self.lock:
            arguments = self._route_arguments(route)
            if self.thread is None and arguments:
                self.thread = start_thread(self._try, route.target, arguments)

    def _route_arguments(self, route: Route) -> "list[str] | None":
        if isinstance(route, DirectRoute):
            return ["-connect", host_and_port(route.address, route.port)]
        if not isinstance(route, ProxyRoute) or route.proxy.credentials:
            return None
        host, port, _ = mapped(self.order, route.target)
        return ["-connect", host_and_port(host, port), "-proxy", shown_proxy(route.proxy)]

    def _try(self, target: Target, route_arguments: "list[str]") -> None:
        arguments = ["openssl", "s_client", *route_arguments, "-servername", target.name]
        status, output = run_command(arguments, self.order.limits.http)
        if status is None and output == os.strerror(errno.ENOENT):
            return  # there is no such command
        protocol, cipher, failure = negotiated(output)
        facts: Record = {
            "endpoint": host_and_port(target.name, target.port),
            "protocol": protocol,
        }
        facts.update(cipher=cipher, failure=failure)
        self.facts = facts

    def wait(self) -> None:
        """Return when the trial, if any, is over."""
        if self.thread is not None:
            self.thread.join()


def negotiated(output: str) -> "tuple[str | None, str | None, str | None]":
    """(protocol, cipher, failure) in the output of ``openssl s_client``."""
    summary = re.search(r"^New, (\S+), Cipher is (\S+)", output, re.MULTILINE)
    if summary and summary.group(2) != "(NONE)":
        # Before OpenSSL 1.1.1 the summary says TLSv1/SSLv3 for everything.
        session = re.search(r"^ *Protocol *: (\S+)", output, re.MULTILINE)
        return (session or summary).group(1), summary.group(2), None
    reasons = re.findall(r":error:[0-9A-Fa-f]+:[^:]*:[^:]*:([^:\n]+)", output)
    last_line = (output.strip().splitlines() or ["no output"])[-1]
    return None, None, scrubbed(reasons[-1] if reasons else last_line)
