"""One attempt at a target through all its stages."""

from typing import Container

from arc_compliance.probe.python.agents_handshake import open_tls
from arc_compliance.probe.python.beside import Beside
from arc_compliance.probe.python.certificate import Opened
from arc_compliance.probe.python.channels import PlainChannel
from arc_compliance.probe.python.contract import CERTIFICATE, CONNECT, HTTP, PROXY, RESOLVE, TLS
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.http_get import get
from arc_compliance.probe.python.order import Target
from arc_compliance.probe.python.proxy_server import ProxyServer
from arc_compliance.probe.python.routes import DirectRoute, ProxyRoute, Route
from arc_compliance.probe.python.steps import Attempt, StepFailed


def planned_stages(proxy: "ProxyServer | None", target: Target, *, verified: bool) -> "list[str]":
    """The stages that an attempt at *target* goes through if none fails."""
    stages = [PROXY] if proxy else [RESOLVE, CONNECT]
    if target.scheme == "https":
        stages += [TLS, CERTIFICATE] if verified else [TLS]
    return [*stages, HTTP]


def route_by(
    proxy: "ProxyServer | None",
    equipment: Equipment,
    target: Target,
    preferred: "Container[str]" = (),
) -> Route:
    """The route to *target*: through *proxy*, straight where it is None, there to one of the
    *preferred* addresses where one answers."""
    if proxy:
        return ProxyRoute(equipment.order, equipment.resolver, target, proxy)
    return DirectRoute(equipment.order, equipment.resolver, target, preferred)


def measure_once(
    attempt: Attempt,
    route: Route,
    equipment: Equipment,
    *,
    alone: bool = False,
    read_body: bool = False,
) -> "bytes | None":
    """Go through all stages of *attempt* by *route*; return the body of the answer if *read_body*.

    The first stage that fails ends the attempt, except for the certificate. Where that is planned,
    more is asked beside, on connections of its own, unless *alone*.
    """
    target, order = attempt.target, equipment.order
    opened: Opened | None = None
    beside: Beside | None = None
    try:
        sock = route.open(attempt)
        if target.scheme != "https":
            plain = PlainChannel(sock)
            return get(attempt, route, plain, "plain", order, read_body=read_body)
        if CERTIFICATE in attempt.planned:
            beside = Beside(attempt, route, equipment)
            if not alone:
                beside.start()
        opened = open_tls(attempt, route, sock, equipment.trust, order.limits.http)
        if beside is not None:
            equipment.default_client.try_with(route)
        via = "tls12" if opened.channel.protocol() == "TLSv1.2" else "tls"
        return get(attempt, route, opened.channel, via, order, read_body=read_body)
    except StepFailed:
        return None  # it is recorded
    except Exception as problem:  # noqa: BLE001 - between the steps, hence not recorded yet
        attempt.broken(problem)
        return None
    finally:
        if beside is not None:
            if alone and opened is None:
                beside.start()  # what failed alone is not for others to disturb
            beside.finish(opened)
        route.close()
        attempt.done = True
