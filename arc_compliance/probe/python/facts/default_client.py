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

OWN_REFUSALS = (
    "no protocols available",
    "no ciphers available",
    "unsupported protocol",
    "version too low",
    "version too high",
)
"""What OpenSSL says where its own policy leaves nothing to speak, without an alert of the peer."""

CONFIGURATION_FAULT = re.compile(
    r"^(?:Error configuring OpenSSL|.*FATAL: Startup failure|Auto configuration failed)",
    re.MULTILINE,
)


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
        self.facts = dict(
            negotiated(output if status is not None else f"it gave up: {output}"),
            endpoint=host_and_port(target.name, target.port),
        )

    def wait(self) -> None:
        """Return when the trial, if any, is over."""
        if self.thread is not None:
            self.thread.join()


def negotiated(output: str) -> Record:
    """Protocol, cipher, failure and who refused, in the output of ``openssl s_client``."""
    facts: Record = {"protocol": None, "cipher": None, "failure": None, "refused_by": None}
    summary = re.search(r"^New, (\S+), Cipher is (\S+)", output, re.MULTILINE)
    if summary and summary.group(2) != "(NONE)":
        # Before OpenSSL 1.1.1 the summary says TLSv1/SSLv3 for everything.
        session = re.search(r"^ *Protocol *: (\S+)", output, re.MULTILINE)
        facts.update(protocol=(session or summary).group(1), cipher=summary.group(2))
        return facts
    reasons = re.findall(r":error:[0-9A-Fa-f]+:[^:]*:[^:]*:([^:\n]+)", output)
    own = [reason for reason in reasons if reason.strip() in OWN_REFUSALS]
    telling = re.search(r"^.*(?:unknown option|CONNECT failed|errno=).*$", output, re.MULTILINE)
    if own or CONFIGURATION_FAULT.search(output):
        facts["refused_by"] = "host"
    elif re.search(r"SSL alert number \d", output):
        facts["refused_by"] = "peer"
    elif telling:
        reasons = [telling.group()]
    last_line = (output.strip().splitlines() or ["no output"])[-1]
    facts["failure"] = scrubbed((own or reasons[-1:] or [last_line])[0])
    return facts
