"""What the probe asks beside the endpoints themselves: WebSockets, other proxies, gateways."""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from arc_compliance.probe.python.websocket import websocket_accept
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.measurement import WebSocket
from selftests.probe import peers

NAME, OTHER = "bus.test", "other.test"


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


@pytest.fixture(scope="module")
def roots(authority: peers.Authority, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("beside") / "roots.pem"
    authority.root.cert_pem.write_to_path(path)
    return str(path)


# -- WebSockets ----------------------------------------------------------------------------------


def switches(accept: str | None = None) -> peers.Behaviour:
    """Takes an upgrade, as RFC 6455 says or with *accept*; answers 404 to all else."""

    def behave(connection: socket.socket) -> None:
        head = connection.recv(65536).decode()
        key = re.search("Sec-WebSocket-Key: (.+)\r\n", head)
        if key is None:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\n\r\n")
            return
        digest = hashlib.sha1(f"{key[1]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11".encode()).digest()
        answer = base64.b64encode(digest).decode() if accept is None else accept
        lines = ["HTTP/1.1 101 Switching", "Upgrade: websocket", f"Sec-WebSocket-Accept: {answer}"]
        connection.sendall("\r\n".join([*lines, "", ""]).encode())

    return behave


def asked(authority: peers.Authority, roots: str, behave: peers.Behaviour) -> WebSocket | None:
    """What came of the upgrade at a peer that treats its TLS connections with *behave*."""
    with peers.serve(peers.tls(authority.context(NAME), behave)) as port:
        order = peers.order(
            peers.target(NAME, websocket="/$servicebus/websocket"),
            connect_to=[[NAME, 443, "127.0.0.1", port]],
            trust_file=roots,
            limits={"http": 0.5},
        )
        return peers.measure(order).measurements[0].websocket


def test_the_answer_of_the_rfcs_own_example() -> None:
    """RFC 6455, 1.3."""
    assert websocket_accept("dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_an_upgrade_is_accepted(authority: peers.Authority, roots: str) -> None:
    websocket = asked(authority, roots, switches())

    assert websocket == WebSocket(path="/$servicebus/websocket", status=101, accepted=True)


def test_who_has_not_read_the_request_has_not_accepted_it(
    authority: peers.Authority, roots: str
) -> None:
    websocket = asked(authority, roots, switches(accept="yes"))

    assert websocket
    assert (websocket.status, websocket.accepted) == (101, False)


def test_a_refusal_is_an_answer(authority: peers.Authority, roots: str) -> None:
    websocket = asked(authority, roots, peers.http(b"HTTP/1.1 401 Who\r\n\r\n"))

    assert websocket
    assert (websocket.status, websocket.accepted, websocket.failure) == (401, False, None)


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (peers.unless_upgrade(peers.OK), "http-timeout"),
        (switches(accept="x" * 300_000), "http-failed"),
    ],
    ids=["silence", "flood"],
)
def test_no_answer_to_an_upgrade_is_asked_for_twice(
    authority: peers.Authority, roots: str, behave: peers.Behaviour, cause: str
) -> None:
    requests = []

    def counted(connection: socket.socket) -> None:
        requests.append(connection)
        behave(connection)

    websocket = asked(authority, roots, counted)

    assert websocket
    assert websocket.failure
    assert websocket.failure.cause == cause
    assert len(requests) >= 4  # a GET and an upgrade, both again


def test_names_that_speak_no_websocket_are_not_asked(
    authority: peers.Authority, roots: str
) -> None:
    with peers.serve(peers.tls(authority.context(OTHER))) as port:
        order = peers.order(
            peers.target(OTHER),
            connect_to=[[OTHER, 443, "127.0.0.1", port]],
            trust_file=roots,
        )
        assert peers.measure(order).measurements[0].websocket is None


# -- the certificate that is asked for ------------------------------------------------------------


@pytest.mark.parametrize("body", ["certificate", "page"])
def test_a_certificate_is_told_from_a_page(authority: peers.Authority, body: str) -> None:
    der = peers.ssl.PEM_cert_to_DER_cert(authority.root.cert_pem.bytes().decode())
    content = der if body == "certificate" else b"<html>Blocked</html>"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(content)
    with peers.serve(peers.http(head + content)) as port:
        target = peers.target("pki.test", 80, "http", "/pkiops/certs/ca.crt")
        order = peers.order(target, connect_to=[["pki.test", 80, "127.0.0.1", port]])
        (measurement,) = peers.measure(order).measurements

    assert measurement.observations[-1].is_certificate is (body == "certificate")


# -- proxies -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def order(authority: peers.Authority, roots: str) -> Iterator[dict[str, Any]]:
    """An order for two endpoints that cannot be reached straight, with a proxy in the shell."""
    with (
        peers.serve(peers.tls(authority.context(NAME))) as port,
        peers.serve(peers.tls(authority.context(OTHER))) as other,
    ):
        yield peers.order(
            peers.target(NAME),
            {**peers.target(OTHER), "client": "installer"},
            connect_to=[[NAME, 443, "127.0.0.1", port], [OTHER, 443, "127.0.0.1", other]],
            trust_file=roots,
            proxy="auto",
            proxy_bypass=None,
            limits={"http": 1},
        )


def with_shells_proxy(order: dict[str, Any], url: str) -> Evidence:
    """The evidence where the shell names *url*."""
    return peers.measure(order, env={"https_proxy": url, "PATH": "/usr/bin:/bin"})


def test_a_proxy_of_the_shell_is_tried_for_the_agent(order: dict[str, Any]) -> None:
    with peers.serve(peers.proxy(credentials="arc:hunter2")) as port:
        seen = with_shells_proxy(order, f"http://arc:hunter2@127.0.0.1:{port}")

    (trial,) = seen.proxy_trials
    assert (trial.proxy, trial.places, trial.credentials) == (
        f"127.0.0.1:{port}",
        ("shell",),
        True,
    )
    assert (trial.reached, trial.failures) == ((NAME,), ())
    assert [m.observations[0].stage.value for m in seen.measurements] == ["resolve", "proxy"]
    assert seen.vantage.proxy is None
    assert seen.facts.proxy.clients["installer"] == f"127.0.0.1:{port}"
    assert "hunter2" not in seen.model_dump_json()


def test_a_proxy_that_is_not_there_is_tried_once(order: dict[str, Any]) -> None:
    twice = {**order, "targets": [*order["targets"], peers.target("third.invalid")]}
    with peers.refusing() as port:
        seen = with_shells_proxy(twice, f"http://127.0.0.1:{port}")

    (trial,) = seen.proxy_trials
    assert [(f.name, f.cause) for f in trial.failures] == [(NAME, "proxy-unreachable")]


def signs(order: dict[str, Any], behave: peers.Behaviour) -> dict[str, tuple[bool, str | None]]:
    """(answered, cause) of each question about the proxy that treats connections with *behave*."""
    gateway = {"lets_through": ["monitor.test"], "refuses": [NAME], "known": ["localhost"]}
    closed = [["monitor.test", 443, "127.0.0.1", 1], [NAME, 80, "127.0.0.1", 1]]
    with peers.serve(behave) as port:
        changed = {
            **order,
            "proxy": f"http://127.0.0.1:{port}",
            "gateway": gateway,
            "connect_to": [*closed, *order["connect_to"]],
        }
        seen = peers.measure(changed)
    known = seen.facts.proxy.settings[-1]
    assert (known.place, "127.0.0.1" in known.addresses) == ("known-gateway", True)
    return {c.target: (c.answered, c.cause) for c in seen.gateway}


def test_an_open_proxy_lets_the_agents_names_through(order: dict[str, Any]) -> None:
    assert signs(order, peers.proxy()) == {
        "CONNECT monitor.test:443": (False, "proxy-failed"),
        f"CONNECT {NAME}:443": (True, None),
        f"GET http://{NAME}/": (False, "proxy-denied"),
    }


def test_a_proxy_that_refuses_all(order: dict[str, Any]) -> None:
    assert set(signs(order, peers.proxy("403 No")).values()) == {(False, "proxy-denied")}


def test_a_proxy_that_hangs_up(order: dict[str, Any]) -> None:
    assert set(signs(order, peers.resets).values()) <= {
        (False, "proxy-failed"),
        (False, "http-failed"),
    }


def test_nothing_is_asked_of_a_proxy_that_is_none(order: dict[str, Any]) -> None:
    seen = peers.measure({**order, "proxy": None})

    assert (seen.gateway, seen.proxy_trials) == ((), ())
