"""The HTTP request that shows that the service itself answers."""

import http.client
import socket
import ssl
import time

from arc_compliance.probe.python.channels import Channel
from arc_compliance.probe.python.contract import HTTP, HTTP_FAILED, HTTP_TIMEOUT
from arc_compliance.probe.python.discovery import check_discovery
from arc_compliance.probe.python.http_messages import (
    Incoming,
    TooLarge,
    read_answer,
    request,
    selected_headers,
)
from arc_compliance.probe.python.limits import MAX_BODY, MAX_HEAD
from arc_compliance.probe.python.order import Order
from arc_compliance.probe.python.proxy_server import host_and_port
from arc_compliance.probe.python.routes import ProxyRoute, Route
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import Attempt, StepFailed
from arc_compliance.probe.python.tls import tls_client


def get(
    attempt: Attempt, route: Route, channel: Channel, via: str, order: Order, *, read_body: bool
) -> "bytes | None":
    """Send one GET and record the answer; return its body where *read_body*, else None.

    ``via`` is plain, tls12 or tls: what *channel* is.
    """
    target = attempt.target
    deadline = time.monotonic() + order.limits.http
    plain_proxy = route if via == "plain" and isinstance(route, ProxyRoute) else None
    head = [f"GET {plain_proxy.request_target() if plain_proxy else target.path} HTTP/1.1"]
    default_port = 443 if target.scheme == "https" else 80
    head += ["Host: " + host_and_port(target.name, target.port, default_port)]
    head += ["User-Agent: " + order.user_agent, "Accept: */*", "Connection: close"]
    head += plain_proxy.authorization() if plain_proxy else []
    with attempt.step(HTTP) as data:
        try:
            channel.send(request(head), deadline)
            at_most = MAX_HEAD + (2 * MAX_BODY if read_body else 0)
            answer = read_answer(Incoming(channel, deadline, at_most))
            status = {"status": answer.status}
            data.update(status, headers=selected_headers(answer), via=via)
            if target.path.endswith(".crt"):
                data["is_certificate"] = is_certificate(answer.read(MAX_HEAD // 2))
            body = answer.read(MAX_BODY + 1) if read_body else None
        except (socket.timeout, TimeoutError):
            late = f"no answer within {order.limits.http:g} s"
            raise StepFailed(HTTP_TIMEOUT, late) from None
        except (OSError, EOFError, http.client.HTTPException, TooLarge) as problem:
            raise StepFailed(HTTP_FAILED, describe(problem)) from problem
        refusal = plain_proxy.own_answer(answer) if plain_proxy else None
        if refusal is not None:
            data.clear()
            data.update(status)
            raise refusal
        if body is not None:
            check_discovery(answer.status, body)
    return body


def is_certificate(body: bytes) -> bool:
    """Whether *body* is an X.509 certificate in DER."""
    try:
        tls_client().load_verify_locations(cadata=body)
    except (ssl.SSLError, ValueError):
        return False
    return True
