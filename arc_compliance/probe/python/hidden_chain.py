"""The chain that TLS 1.3 hides from this Python, by the host's openssl."""

import base64
import binascii
import contextlib

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.facts.trust_store import PEM_CERTIFICATE
from arc_compliance.probe.python.limits import MAX_CHAIN
from arc_compliance.probe.python.proxy_server import host_and_port, shown_proxy
from arc_compliance.probe.python.resolve import mapped
from arc_compliance.probe.python.routes import DirectRoute, ProxyRoute, Route

SECONDS = 5


def chain_by_openssl(route: Route) -> "list[bytes]":
    """The certificates that the target sends to ``openssl s_client``, DER; none where it could not
    be asked: there is no such command, or the proxy wants credentials."""
    name = route.target.name
    if isinstance(route, DirectRoute):
        way = ["-connect", host_and_port(route.address, route.port)]
    elif isinstance(route, ProxyRoute) and not route.proxy.credentials:
        host, port, _ = mapped(route.order, route.target)
        way = ["-connect", host_and_port(host, port), "-proxy", shown_proxy(route.proxy)]
    else:
        return []
    _, output = run_command(
        ["openssl", "s_client", *way, "-servername", name, "-showcerts"], SECONDS
    )
    found = []
    for match in PEM_CERTIFICATE.finditer(output):
        with contextlib.suppress(binascii.Error):
            found.append(base64.b64decode(match.group(1)))
    return found[:MAX_CHAIN]
