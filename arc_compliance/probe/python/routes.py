"""How a target is reached: straight, or through a forward proxy."""

import re
import socket
import time
from typing import Container

from arc_compliance.probe.python.channels import PlainChannel
from arc_compliance.probe.python.connect import Race
from arc_compliance.probe.python.contract import (
    CONNECT,
    PROXY,
    PROXY_AUTH_REQUIRED,
    PROXY_DENIED,
    PROXY_FAILED,
    PROXY_UNREACHABLE,
    RESOLVE,
    Record,
)
from arc_compliance.probe.python.http1 import read_answer, request
from arc_compliance.probe.python.http_messages import ANSWER_FAULTS, Answer, Incoming
from arc_compliance.probe.python.limits import MAX_DETAIL, MAX_PROXY_HEAD, MAX_SCHEMES
from arc_compliance.probe.python.order import Order, Target
from arc_compliance.probe.python.proxy_server import ProxyServer, host_and_port, shown_proxy
from arc_compliance.probe.python.resolve import mapped
from arc_compliance.probe.python.resolver import Resolver
from arc_compliance.probe.python.scrubbing import SECRETS, describe, scrubbed, secrets_in
from arc_compliance.probe.python.steps import Attempt, StepFailed

PROXY_CAUSES = {407: PROXY_AUTH_REQUIRED, 403: PROXY_DENIED, 405: PROXY_DENIED}


class Route:
    """The route from this host to one target."""

    def __init__(self, order: Order, resolver: Resolver, target: Target) -> None:
        self.order = order
        self.resolver = resolver
        self.target = target
        self.races: list[Race] = []

    def open(self, attempt: Attempt) -> socket.socket:
        """The first connection; its steps are recorded in *attempt*."""
        raise NotImplementedError

    def open_again(self) -> socket.socket:
        """A further connection by the same route."""
        raise NotImplementedError

    def anew(self) -> "Route":
        """A route to the same place, with connections of its own."""
        raise NotImplementedError

    def close(self) -> None:
        """Close every connection."""
        for race in self.races:
            race.close()


class DirectRoute(Route):
    """The route straight to the target, to one of the *preferred* addresses where one answers."""

    def __init__(
        self, order: Order, resolver: Resolver, target: Target, preferred: "Container[str]" = ()
    ) -> None:
        super().__init__(order, resolver, target)
        self.preferred = preferred
        self.address = ""
        self.port = 0
        self.dead: list[Record] = []
        self.first_race: Race | None = None

    def open(self, attempt: Attempt) -> socket.socket:
        """The first connection; its steps are recorded in *attempt*."""
        with attempt.step(RESOLVE) as data:
            host, self.port, by_order = mapped(self.order, self.target)
            data["via"] = "connect-to" if by_order else "resolver"
            look_up = self.resolver.look_up(host)
            addresses = data["addresses"] = look_up.needed()
            data["duration"] = look_up.seconds  # not that of the wait for its turn
            if not by_order:
                data["hosts_file"] = self.resolver.pinned_by(host, addresses)
        with attempt.step(CONNECT) as data:
            self.first_race = self._race(addresses)
            self.address, sock = self.first_race.winner(self.preferred)
            source = sock.getsockname()[0]
            data.update(address=self.address, port=self.port, source=source, dead=self.dead)
        return sock

    def open_again(self) -> socket.socket:
        """A further connection to the same address."""
        return self.open_at(self.address)

    def anew(self) -> "DirectRoute":
        """A route to the same address, with connections of its own."""
        route = DirectRoute(self.order, self.resolver, self.target)
        route.address, route.port = self.address, self.port
        return route

    def open_at(self, address: str) -> socket.socket:
        """A connection to *address*, one of the target's."""
        return self._race([address]).winner()[1]

    def _race(self, addresses: "list[str]") -> Race:
        race = Race(addresses, self.port, self.order.limits.connect)
        self.races.append(race)
        return race

    def close(self) -> None:
        """Record the dead addresses and close every connection."""
        if self.address and self.first_race:
            self.dead += self.first_race.dead()  # the list that the step's record has
        super().close()


class ProxyRoute(Route):
    """The route through the forward proxy: CONNECT for https, absolute-form GET for http.

    The target's own name is left to the proxy: it is neither resolved nor connected to here.
    """

    def __init__(
        self, order: Order, resolver: Resolver, target: Target, proxy: ProxyServer
    ) -> None:
        super().__init__(order, resolver, target)
        self.proxy = proxy
        if proxy.credentials is not None:
            SECRETS.update(secrets_in(proxy.credentials))

    def open(self, attempt: Attempt) -> socket.socket:
        """The first connection; its step is recorded in *attempt*."""
        with attempt.step(PROXY) as data:
            return self._open(data)

    def open_again(self) -> socket.socket:
        """A further connection through the same proxy."""
        return self._open({})

    def anew(self) -> "ProxyRoute":
        """A route through the same proxy, with connections of its own."""
        return ProxyRoute(self.order, self.resolver, self.target, self.proxy)

    def _open(self, data: Record) -> socket.socket:
        data["proxy"] = shown_proxy(self.proxy)
        if self.proxy.fault:
            raise StepFailed(PROXY_FAILED, self.proxy.fault)
        try:
            addresses = self.resolver.addresses(self.proxy.host)
            race = Race(addresses, self.proxy.port or 80, self.order.limits.connect)
            self.races.append(race)
            data["address"], sock = race.winner()
        except StepFailed as problem:
            detail = f"{problem.cause}: {problem.detail}"
            raise StepFailed(PROXY_UNREACHABLE, detail) from problem
        data["source"] = sock.getsockname()[0]
        if self.target.scheme == "https":
            self._tunnel(sock, data)
        return sock

    def _tunnel(self, sock: socket.socket, data: Record) -> None:
        host, port, _ = mapped(self.order, self.target)
        authority = host_and_port(host, port)
        head = [f"CONNECT {authority} HTTP/1.1", "Host: " + authority]
        head += ["User-Agent: " + self.order.user_agent, *self.authorization()]
        deadline = time.monotonic() + self.order.limits.http
        try:
            channel = PlainChannel(sock)
            channel.send(request(head), deadline)
            # One byte at a time: what follows the head is the target's, not the proxy's.
            answer = read_answer(Incoming(channel, deadline, MAX_PROXY_HEAD, at_once=1))
        except ANSWER_FAULTS as problem:
            raise StepFailed(PROXY_FAILED, "CONNECT: " + describe(problem)) from problem
        data.update(proxys_answer(answer))
        if not 200 <= answer.status < 300:
            detail = f"CONNECT was answered {answer.status} {answer.reason}"
            raise StepFailed(PROXY_CAUSES.get(answer.status, PROXY_FAILED), detail)

    def authorization(self) -> "list[str]":
        """The proxy's credentials as header lines, none where it has none."""
        if self.proxy.credentials is None:
            return []
        return ["Proxy-Authorization: Basic " + self.proxy.credentials]

    def request_target(self) -> str:
        """The absolute form of the target's URL, for a request that the proxy reads."""
        host, port, _ = mapped(self.order, self.target)
        return "http://" + host_and_port(host, port, 80) + self.target.path

    def own_answer(self, answer: Answer) -> "StepFailed | None":
        """The failure that *answer* stands for where it is the proxy's own, or None.

        A 403, 502 or 503 may come from either; it is taken for the service's only where it bears
        the service's sign, an x-ms-* header.
        """
        signed = any(name.startswith("x-ms-") for name, _ in answer.headers)
        if answer.status == 407 or (answer.status in (403, 502, 503) and not signed):
            detail = f"GET was answered {answer.status} {answer.reason}"
            return StepFailed(PROXY_CAUSES.get(answer.status, PROXY_FAILED), detail, PROXY)
        return None


def proxys_answer(answer: Answer) -> Record:
    """What is told of an answer that a proxy gives itself."""
    said: Record = {"status": answer.status}
    schemes = [v for name, v in answer.headers if name == "proxy-authenticate"]
    if answer.status == 407:
        said["schemes"] = schemes_in(schemes)
    if 300 <= answer.status < 400:
        said["location"] = scrubbed(answer.header("location") or "", MAX_DETAIL)
    return said


def schemes_in(challenges: "list[str]") -> "list[str]":
    """The authentication schemes that the values of Proxy-Authenticate offer (RFC 9110, 11.6.1)."""
    found: list[str] = []
    for challenge in challenges:
        unquoted = re.sub(r'"(?:[^"\\]|\\.)*"', "", challenge)
        for part in unquoted.split(","):
            # A scheme stands alone or before a parameter; a parameter has its = at once.
            match = re.match(r"\s*([A-Za-z][A-Za-z0-9-]*)(?:\s+[^\s=]|\s*\Z)", part)
            if match and match.group(1) not in found:
                found.append(match.group(1))
    return [scrubbed(one, 40) for one in found[:MAX_SCHEMES]]


def request_tunnel(order: Order, resolver: Resolver, target: Target, proxy: ProxyServer) -> None:
    """Have *proxy* make a tunnel to *target* and close it; raise StepFailed where it does not."""
    route = ProxyRoute(order, resolver, target, proxy)
    try:
        route.open_again()
    finally:
        route.close()
