"""The upgrade to a WebSocket (RFC 6455), on a connection of its own."""

import base64
import hashlib
import os
import socket
import time

from arc_compliance.probe.python.contract import (
    HTTP_FAILED,
    HTTP_TIMEOUT,
    PROBE_FAILED,
    Record,
)
from arc_compliance.probe.python.http1 import read_answer, request
from arc_compliance.probe.python.http_messages import ANSWER_FAULTS, Incoming
from arc_compliance.probe.python.limits import MAX_HEAD
from arc_compliance.probe.python.order import Order
from arc_compliance.probe.python.proxy_server import host_and_port
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import Attempt, StepFailed, as_record
from arc_compliance.probe.python.tls import HTTP_1, agents_client, shake_hands


def upgrade(attempt: Attempt, route: Route, order: Order, path: str) -> None:
    """Request a WebSocket (RFC 6455, 4.1) and record the answer."""
    target, limit = attempt.target, order.limits.http
    key = base64.b64encode(os.urandom(16)).decode("ascii")
    head = [f"GET {path} HTTP/1.1", "Host: " + host_and_port(target.name, target.port, 443)]
    head += ["User-Agent: " + order.user_agent, "Connection: Upgrade", "Upgrade: websocket"]
    head += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key]
    head += ["Sec-WebSocket-Protocol: AMQPWSB10"]  # what message buses speak; others ignore it
    record: Record = {"path": path, "status": None, "accepted": False, "failure": None}
    try:
        client = agents_client(protocols=(HTTP_1,))  # HTTP/2 has no upgrade
        channel = shake_hands(route.open_again(), client, target.name, limit)
        deadline = time.monotonic() + limit
        channel.send(request(head), deadline)
        answer = read_answer(Incoming(channel, deadline, MAX_HEAD))
        record["status"] = answer.status
        accepted = answer.header("sec-websocket-accept") == websocket_accept(key)
        record["accepted"] = answer.status == 101 and accepted
    except StepFailed as problem:
        record["failure"] = as_record(problem)
    except (socket.timeout, TimeoutError):
        late = f"no answer to the upgrade within {limit:g} s"
        record["failure"] = as_record(StepFailed(HTTP_TIMEOUT, late))
    except ANSWER_FAULTS as problem:
        record["failure"] = as_record(StepFailed(HTTP_FAILED, describe(problem)))
    except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
        record["failure"] = as_record(StepFailed(PROBE_FAILED, describe(problem)))
    attempt.websocket = record


def websocket_accept(key: str) -> str:
    """What a server that has read *key* answers (RFC 6455, 4.2.2)."""
    text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(text.encode("ascii")).digest()).decode("ascii")  # noqa: S324
