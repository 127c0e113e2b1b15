"""One attempt at a target through all its stages."""

import contextlib
import threading

from arc_compliance.probe.python.certificate import verify_certificate
from arc_compliance.probe.python.channels import PlainChannel
from arc_compliance.probe.python.contract import CERTIFICATE, CONNECT, HTTP, PROXY, RESOLVE, TLS
from arc_compliance.probe.python.facts.default_client import DefaultClient
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.http_get import get
from arc_compliance.probe.python.order import Order, Target
from arc_compliance.probe.python.proxy_server import ProxyServer
from arc_compliance.probe.python.routes import DirectRoute, ProxyRoute, Route
from arc_compliance.probe.python.steps import Attempt, StepFailed
from arc_compliance.probe.python.threads import start_thread
from arc_compliance.probe.python.tls import open_tls
from arc_compliance.probe.python.websocket import upgrade, websocket_path


def planned_stages(proxy: "ProxyServer | None", target: Target, *, verified: bool) -> "list[str]":
    """The stages that an attempt at *target* goes through if none fails."""
    stages = [PROXY] if proxy else [RESOLVE, CONNECT]
    if target.scheme == "https":
        stages += [TLS, CERTIFICATE] if verified else [TLS]
    return [*stages, HTTP]


def route_by(proxy: "ProxyServer | None", order: Order, target: Target) -> Route:
    """The route to *target*: through *proxy*, straight where it is None."""
    return ProxyRoute(order, target, proxy) if proxy else DirectRoute(order, target)


def measure_once(
    attempt: Attempt,
    route: Route,
    order: Order,
    trust: "TrustStore | None",
    default_client: "DefaultClient | None" = None,
    *,
    read_body: bool = False,
) -> "bytes | None":
    """Go through all stages of *attempt* by *route*; return the body of the answer if *read_body*.

    The first stage that fails ends the attempt, except for the certificate and the WebSocket:
    those are tried on connections of their own while the request is on its way.
    """
    target, limit = attempt.target, order.limits.http
    beside: list[threading.Thread] = []
    try:
        sock = route.open(attempt)
        if target.scheme != "https":
            plain = PlainChannel(sock)
            return get(attempt, route, plain, "plain", order, read_body=read_body)
        channel = open_tls(attempt, route, sock, limit)
        via = "tls12" if channel.protocol() == "TLSv1.2" else "tls"
        if default_client is not None:
            default_client.try_with(route)
        if trust is not None and CERTIFICATE in attempt.planned:
            beside.append(start_thread(verify_quietly, attempt, route, trust, limit))
            path = websocket_path(order, target)
            if path is not None:
                beside.append(start_thread(upgrade, attempt, route, order, path))
        return get(attempt, route, channel, via, order, read_body=read_body)
    except StepFailed:
        return None  # it is recorded
    except Exception as problem:  # noqa: BLE001 - between the steps, hence not recorded yet
        attempt.broken(problem)
        return None
    finally:
        for thread in beside:
            thread.join()
        route.close()
        attempt.done = True


def verify_quietly(attempt: Attempt, route: Route, trust: TrustStore, limit: float) -> None:
    """As :func:`verify_certificate`; what fails is recorded there."""
    with contextlib.suppress(StepFailed):
        verify_certificate(attempt, route, trust, limit)
