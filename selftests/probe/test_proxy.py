"""Through a proxy there is one stage more, and the target's own name is left to the proxy."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.routes import schemes_in
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage
from selftests.probe import peers

NAME = "healthy.test"
SECRET = "p@ss:w0rd"


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """An order for one healthy endpoint, its proxy still to be set."""
    authority = peers.Authority()
    roots = tmp_path_factory.mktemp("proxy") / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)
    with peers.serve(peers.tls(authority.context(NAME))) as port:
        yield peers.order(
            peers.target(NAME),
            connect_to=[[NAME, 443, "127.0.0.1", port]],
            trust_file=str(roots),
            limits={"http": 0.7},
        )


def through(order: dict[str, Any], port: int, credentials: str = "") -> Measurement:
    """The endpoint, measured through the proxy at *port*."""
    url = f"http://{credentials}127.0.0.1:{port}"
    return peers.measure({**order, "proxy": url}).measurements[0]


def test_allowed(order: dict[str, Any]) -> None:
    """The stages resolve and connect give way to the stage proxy."""
    with peers.serve(peers.proxy()) as port:
        measurement = through(order, port)
    assert peers.fault(measurement) is None
    assert peers.stages(measurement) == ["proxy", "tls", "certificate", "http"]
    assert peers.seen(measurement.at(Stage.PROXY)) == {
        "proxy": f"127.0.0.1:{port}",
        "address": "127.0.0.1",
        "source": "127.0.0.1",
        "status": 200,
    }


@pytest.mark.parametrize(
    ("behave", "cause"),
    [
        (peers.proxy("403 Forbidden"), "proxy-denied"),
        (peers.proxy("405 Method Not Allowed"), "proxy-denied"),
        (peers.proxy("407 Who are you"), "proxy-auth-required"),
        (peers.proxy("502 Bad Gateway"), "proxy-failed"),
        (peers.http(b"garbage\r\n\r\n"), "proxy-failed"),
        (peers.closes, "proxy-failed"),
        (peers.resets, "proxy-failed"),
        (peers.hangs, "proxy-failed"),
    ],
    ids=["403", "405", "407", "502", "garbage", "closes", "resets", "hangs"],
)
def test_connect_fails(order: dict[str, Any], behave: peers.Behaviour, cause: str) -> None:
    """Whatever a proxy does instead of 2xx ends the attempt at the stage proxy."""
    with peers.serve(behave) as port:
        measurement = through(order, port)
    assert peers.fault(measurement) == ("proxy", cause)
    assert peers.stages(measurement) == ["proxy"]


def test_unreachable(order: dict[str, Any]) -> None:
    """A proxy that is not there is named as such, with what happened in the detail."""
    with peers.refusing() as port:
        measurement = through(order, port)
    assert peers.fault(measurement) == ("proxy", "proxy-unreachable")
    assert measurement.failed.failure.detail.startswith("connect-refused: ")


def test_credentials_are_used_and_never_shown(order: dict[str, Any]) -> None:
    """Percent-encoded credentials reach the proxy decoded and the evidence not at all."""
    with peers.serve(peers.proxy(credentials="arc:" + SECRET)) as port:
        done = peers.run({**order, "proxy": f"http://arc:p%40ss%3Aw0rd@127.0.0.1:{port}"})
    assert b'"failure": {' not in done.stdout
    assert b'"status": 204' in done.stdout
    for secret in (b"p%40ss", b"p@ss", b"YXJjOnBAc3M", b"arc:"):
        assert secret not in done.stdout + done.stderr


def test_wrong_credentials(order: dict[str, Any]) -> None:
    """They are answered 407."""
    with peers.serve(peers.proxy(credentials="arc:" + SECRET)) as port:
        measurement = through(order, port, credentials="arc:wrong@")
    assert peers.fault(measurement) == ("proxy", "proxy-auth-required")


@pytest.mark.parametrize(
    ("answer", "fault", "stages"),
    [
        (peers.OK, None, ["proxy", "http"]),
        (b"HTTP/1.1 403 No\r\nX-Ms-Error: 1\r\n\r\n", None, ["proxy", "http"]),
        (b"HTTP/1.1 404 No\r\nVia: 1.1 peer\r\n\r\n", None, ["proxy", "http"]),
        (b"HTTP/1.1 403 No\r\nVia: 1.1 peer\r\n\r\n", ("proxy", "proxy-denied"), ["proxy"]),
        (b"HTTP/1.1 407 Who\r\nX-Ms-Error: 1\r\n\r\n", ("proxy", "proxy-auth-required"), ["proxy"]),
        (b"HTTP/1.1 503 No\r\n\r\n", ("proxy", "proxy-failed"), ["proxy"]),
    ],
    ids=["204", "service-403", "404", "own-403", "407", "own-503"],
)
def test_plain_http(answer: bytes, fault: tuple[str, str] | None, stages: list[str]) -> None:
    """An http endpoint is asked for in absolute form; refusals of the proxy's own are its fault."""
    asked = peers.order(peers.target("pki.test", 80, "http", "/pkiops/certs"))
    with peers.serve(peers.http(answer)) as port:
        measurement = through(asked, port)
    assert (peers.fault(measurement), peers.stages(measurement)) == (fault, stages)
    assert measurement.at(Stage(stages[-1])).status


def test_request_in_absolute_form() -> None:
    """The request target is the URL, and Host the name (RFC 9112 section 3.2.2)."""
    seen: list[bytes] = []

    def behave(connection: Any) -> None:
        seen.append(connection.recv(65536))
        connection.sendall(peers.OK)

    with peers.serve(behave) as port:
        through(peers.order(peers.target("pki.test", 80, "http", "/a?b")), port)
    (request,) = [head for head in seen if not head.startswith(b"CONNECT control.invalid")]
    first, host, *_ = request.split(b"\r\n")
    assert (first, host) == (b"GET http://pki.test/a?b HTTP/1.1", b"Host: pki.test")


def echoes(connection: socket.socket) -> None:
    """Refuses, and repeats the request in its reason and a header, as it came and decoded."""
    said = connection.recv(65536).replace(b"\r\n", b" ")
    (credentials,) = re.findall(rb"Basic (\S+)", said) or [b""]
    said += b" " + base64.b64decode(credentials)
    connection.sendall(b"HTTP/1.1 403 " + said + b"\r\nServer: " + said + b"\r\n\r\n")


@pytest.mark.parametrize("scheme", ["https", "http"])
def test_a_proxy_that_repeats_the_credentials(order: dict[str, Any], scheme: str) -> None:
    """Not even the text that leaves the host, which people send around by hand, has them."""
    target = peers.target(NAME, scheme=scheme, port=443 if scheme == "https" else 80)
    with peers.serve(echoes) as port:
        url = f"http://jo:{quote(SECRET)}@127.0.0.1:{port}"
        said = peers.run({**order, "targets": [target], "proxy": url}).stdout.decode()
    assert "Basic ***" in said
    assert SECRET not in said
    assert base64.b64encode(f"jo:{SECRET}".encode()).decode() not in said


# -- what a proxy says of itself -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("challenges", "schemes"),
    [
        (["Negotiate", "NTLM"], ["Negotiate", "NTLM"]),
        (["Negotiate, NTLM"], ["Negotiate", "NTLM"]),
        (['Basic realm="a, b", Digest realm="c", nonce="d=="'], ["Basic", "Digest"]),
        (['Basic realm = "a"', "Basic realm=b"], ["Basic"]),
        (["Negotiate YIIabc=="], ["Negotiate"]),
        (["  NTLM  ,"], ["NTLM"]),
        (["", ",", "=", '"NTLM"', "a=b"], []),
        ([f"S{n}" for n in range(50)], [f"S{n}" for n in range(10)]),
    ],
)
def test_authentication_schemes(challenges: list[str], schemes: list[str]) -> None:
    assert schemes_in(challenges) == schemes


@given(some.lists(some.text(max_size=80), max_size=20))
def test_hostile_challenges(challenges: list[str]) -> None:
    assert len(schemes_in(challenges)) <= 10


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize(
    ("status", "told"),
    [
        ("407 No\r\nProxy-Authenticate: NTLM", {"status": 407, "schemes": ["NTLM"]}),
        ("407 No", {"status": 407, "schemes": []}),
    ],
)
def test_what_a_refusal_tells(
    order: dict[str, Any], status: str, told: dict[str, Any], scheme: str
) -> None:
    asked = {**order, "targets": [peers.target(NAME, 443, scheme)]}
    with peers.serve(peers.proxy(status)) as port:
        seen = peers.seen(through(asked, port).at(Stage.PROXY))

    assert {key: seen[key] for key in told} == told


def test_where_a_redirection_points(order: dict[str, Any]) -> None:
    with peers.serve(peers.proxy("302 Found\r\nLocation: http://portal.test/login")) as port:
        step = through(order, port).at(Stage.PROXY)

    assert (step.status, step.location) == (302, "http://portal.test/login")
    assert step.failure.detail == "CONNECT was answered 302 Found"
