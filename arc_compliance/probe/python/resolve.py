"""All addresses of a name, and where the order's ``connect_to`` sends it."""

import collections
import queue
import socket
from typing import Any

from arc_compliance.probe.python.contract import DNS_FAILED, DNS_NOT_FOUND
from arc_compliance.probe.python.order import Order, Target
from arc_compliance.probe.python.scrubbing import describe
from arc_compliance.probe.python.steps import StepFailed
from arc_compliance.probe.python.threads import start_thread


def mapped(order: Order, target: Target) -> "tuple[str, int, bool]":
    """(host, port, whether ``connect_to`` names the host): where *target* is to be found."""
    for rule in order.connect_to:
        if rule.host in ("", target.name.lower()) and rule.port in (None, target.port):
            host, port = rule.address or target.name, rule.to_port or target.port
            return host, port, bool(rule.address)
    return target.name, target.port, False


def resolve(name: str, limit: float) -> "list[str]":
    """All addresses of *name*, IPv4 and IPv6, in the resolver's order."""
    if name.lower().rstrip(".").rpartition(".")[2] == "invalid":
        raise StepFailed(DNS_NOT_FOUND, ".invalid names do not exist (RFC 6761 section 6.4)")
    answers: queue.Queue[Any] = queue.Queue()
    start_thread(query_resolver, name, answers)
    try:
        answer = answers.get(timeout=limit)
    except queue.Empty:
        raise StepFailed(DNS_FAILED, f"no answer within {limit:g} s") from None
    if isinstance(answer, socket.gaierror):
        negative = answer.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", -5))
        raise StepFailed(DNS_NOT_FOUND if negative else DNS_FAILED, answer.strerror)
    if isinstance(answer, Exception):
        raise StepFailed(DNS_FAILED, describe(answer))
    return list(collections.OrderedDict.fromkeys(entry[4][0] for entry in answer))


def query_resolver(name: str, answers: "queue.Queue[Any]") -> None:
    """Put what getaddrinfo returns or raises into *answers*; it may hang for minutes."""
    try:
        # As bytes, so that Python's own IDNA rules do not refuse what the resolver would take.
        answers.put(socket.getaddrinfo(name.encode("ascii"), None, 0, socket.SOCK_STREAM))
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is the answer
        answers.put(problem)
