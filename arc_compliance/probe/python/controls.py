"""Negative controls: requests that nothing should answer."""

import contextlib
import ssl
import threading
from typing import Callable

from arc_compliance.probe.python.certificate import certificate_fault
from arc_compliance.probe.python.connect import Race
from arc_compliance.probe.python.contract import (
    CERT_UNTRUSTED,
    CERTIFICATE,
    CONNECT,
    PROBE_FAILED,
    PROXY,
    RESOLVE,
    STAGES,
    Cause,
    Record,
)
from arc_compliance.probe.python.control_server import self_signed_greeting
from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.limits import MAX_ADDRESSES
from arc_compliance.probe.python.order import agents_target
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxy_server import host_and_port
from arc_compliance.probe.python.resolve import mapped
from arc_compliance.probe.python.routes import request_tunnel
from arc_compliance.probe.python.scrubbing import describe, scrubbed
from arc_compliance.probe.python.steps import StepFailed, as_record
from arc_compliance.probe.python.threads import start_thread
from arc_compliance.probe.python.tls import TLS_FAULTS, is_about_certificate


class Control:
    """One request whose answer shows who is there: what was requested, and whether it was met."""

    def __init__(self, stage: str, target: str) -> None:
        self.stage = stage
        self.target = target
        self.answered = False
        self.detail = "no answer until all else was done"
        self.addresses: list[str] = []
        self.cause: Cause | None = None
        self.failure: Record | None = None

    def run(self, query: "Callable[[], str]") -> None:
        """Make the request, and record the answer or what came in its place."""
        self.cause = None
        try:
            self.detail = query()
            self.answered = True
        except StepFailed as refused:
            self.cause = refused.cause
            self.detail = f"{refused.cause}: {refused.detail}"
        except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
            self.detail = ""
            self.failure = as_record(StepFailed(PROBE_FAILED, describe(problem)))

    def record(self) -> Record:
        """The control as the evidence has it."""
        return {
            "stage": self.stage,
            "target": self.target,
            "answered": self.answered,
            "detail": scrubbed(self.detail),
            "cause": self.cause,
            "addresses": self.addresses,
            "failure": self.failure,
        }


class NegativeControls:
    """Requests of every stage that nothing should answer, made beside the endpoints'.

    The name and the certificate are waited for, since those answers are bounded and quick; a
    connection or CONNECT that has no answer when all else is done, has none.
    """

    def __init__(self, equipment: Equipment, proxies: ClientProxies) -> None:
        self.order = order = equipment.order
        self.resolver = equipment.resolver
        self.trust = equipment.trust
        self.target = agents_target(order.controls.name)
        self.nobody = agents_target(order.controls.address)
        self.certificate = Control(CERTIFICATE, "a self-signed certificate")
        self.name = Control(RESOLVE, self.target.name)
        self.queries: list[tuple[Control, Callable[[], str]]] = [(self.certificate, self._verify)]
        used = [proxies.proxy_of(target) for target in order.targets]
        self.proxy = next((proxy for proxy in used if proxy), None)
        if None in used:
            self.queries.append((self.name, self._resolve))
            self._plan(CONNECT, host_and_port(self.nobody.name, 443), self._connect)
        if self.proxy:
            self._plan(PROXY, "CONNECT " + host_and_port(self.target.name, 443), self._tunnel)

    def _plan(self, stage: str, target: str, query: "Callable[[], str]") -> None:
        self.queries.append((Control(stage, target), query))

    def start(self) -> "list[threading.Thread]":
        """Make all requests, each in a thread of its own; return those to be waited for."""
        started = [(control, start_thread(control.run, query)) for control, query in self.queries]
        return [thread for control, thread in started if control.stage in (RESOLVE, CERTIFICATE)]

    def records(self) -> "list[Record]":
        """All controls as the evidence has them, in the order of the stages."""
        records = [control.record() for control, _ in self.queries]
        return sorted(records, key=lambda one: STAGES.index(one["stage"]))

    def _resolve(self) -> str:
        host, _, _ = mapped(self.order, self.target)
        self.name.addresses = self.resolver.addresses(host)[:MAX_ADDRESSES]
        return "resolved to " + ", ".join(self.name.addresses)

    def _connect(self) -> str:
        host, port, _ = mapped(self.order, self.nobody)
        race = Race(self.resolver.addresses(host), port, self.order.limits.deadline)
        try:
            address, _ = race.winner()
        finally:
            race.close()
        return f"{address} accepted a connection"

    def _tunnel(self) -> str:
        assert self.proxy
        request_tunnel(self.order, self.resolver, self.target, self.proxy)
        return "the proxy agreed"

    def _verify(self) -> str:
        client = self.trust.usable_client()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = client.wrap_bio(incoming, outgoing, server_hostname=self.order.controls.name)
        try:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            incoming.write(self_signed_greeting())
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
        except TLS_FAULTS as problem:
            if not is_about_certificate(problem):
                raise
            raise StepFailed(CERT_UNTRUSTED, certificate_fault(problem)[1]) from problem
        return "taken for good"
