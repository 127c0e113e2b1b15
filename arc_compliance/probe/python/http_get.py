"""The HTTP request that shows that the service itself answers."""

import socket
import ssl
import time

from arc_compliance.probe.python.channels import Channel, TlsChannel
from arc_compliance.probe.python.contract import HTTP, HTTP_FAILED, HTTP_TIMEOUT
from arc_compliance.probe.python.discovery import check_discovery
from arc_compliance.probe.python.http1 import read_answer, request
from arc_compliance.probe.python.http2 import Http2Exchange
from arc_compliance.probe.python.http_messages import ANSWER_FAULTS, Answer, Incoming
from arc_compliance.probe.python.limits import MAX_BODY, MAX_CERTIFICATE, MAX_HEAD
from arc_compliance.probe.python.order import Order, Target
from arc_compliance.probe.python.proxy_server import host_and_port
from arc_compliance.probe.python.routes import ProxyRoute, Route, proxys_answer
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import Attempt, StepFailed
from arc_compliance.probe.python.tls import HTTP_2, tls_client


def get(
    attempt: Attempt, route: Route, channel: Channel, via: str, order: Order, *, read_body: bool
) -> "bytes | None":
    """Send one GET and record the answer; return its body where *read_body*, else None.

    ``via`` is plain, tls12 or tls: what *channel* is.
    """
    target = attempt.target
    plain_proxy = route if via == "plain" and isinstance(route, ProxyRoute) else None
    at_most = MAX_HEAD + (2 * MAX_BODY if read_body else 0)
    incoming = Incoming(channel, time.monotonic() + order.limits.http, at_most)
    with attempt.step(HTTP) as data:
        try:
            if isinstance(channel, TlsChannel) and channel.application_protocol() == HTTP_2:
                answer = ask_http2(incoming, target, order)
            else:
                answer = ask_http1(incoming, target, order, plain_proxy)
            status = {"status": answer.status, "version": answer.version}
            data.update(status, headers=answer.selected_headers(), via=via)
            if target.path.endswith(".crt"):
                data["is_certificate"] = is_certificate(answer.body(MAX_CERTIFICATE))
            body = answer.body(MAX_BODY + 1) if read_body else None
        except (socket.timeout, TimeoutError):
            late = f"no answer within {order.limits.http:g} s"
            raise StepFailed(HTTP_TIMEOUT, late) from None
        except ANSWER_FAULTS as problem:
            raise StepFailed(HTTP_FAILED, describe(problem)) from problem
        refusal = plain_proxy.own_answer(answer) if plain_proxy else None
        if refusal is not None:
            data.clear()
            data.update(proxys_answer(answer))
            raise refusal
        if body is not None:
            check_discovery(answer.status, body)
    return body


def ask_http1(
    incoming: Incoming, target: Target, order: Order, plain_proxy: "ProxyRoute | None"
) -> Answer:
    """The answer to a GET in HTTP/1.1; *plain_proxy* is who reads it where that is a proxy."""
    default_port = 443 if target.scheme == "https" else 80
    head = [f"GET {plain_proxy.request_target() if plain_proxy else target.path} HTTP/1.1"]
    head += ["Host: " + host_and_port(target.name, target.port, default_port)]
    head += ["User-Agent: " + order.user_agent, "Accept: */*", "Connection: close"]
    head += plain_proxy.authorization() if plain_proxy else []
    incoming.channel.send(request(head), incoming.deadline)
    return read_answer(incoming)


def ask_http2(incoming: Incoming, target: Target, order: Order) -> Answer:
    """The answer to a GET in HTTP/2."""
    authority = host_and_port(target.name, target.port, 443)
    fields = (("accept", "*/*"), ("user-agent", order.user_agent))
    return Http2Exchange(incoming.channel, incoming).ask(authority, target.path, fields)


def is_certificate(body: bytes) -> bool:
    """Whether *body* is an X.509 certificate in DER."""
    try:
        tls_client().load_verify_locations(cadata=body)
    except (ssl.SSLError, ValueError):
        return False
    return True
