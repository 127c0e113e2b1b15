"""The Go client says what happened to it: each stage and fault, and what it sends."""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from selftests.probe import peers
from selftests.reference.client_hello import described

CONNECTED = "https://localhost:{port}/"
AUTHORITY = peers.Authority()
UNAUTHORIZED = (
    b"HTTP/1.1 407 Who\r\nProxy-Authenticate: NTLM\r\nProxy-Authenticate: Negotiate\r\n"
    b"Content-Length: 0\r\n\r\n"
)


def ask(client: Path, *arguments: str, roots: Path | None = None, **environment: str) -> Any:
    """What the client says of one URL."""
    trusted = {"SSL_CERT_FILE": str(roots)} if roots else {}
    done = subprocess.run(
        [client, "ask", "-timeout=3s", *arguments],
        env={**environment, **trusted},
        capture_output=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A trust store with the root of AUTHORITY."""
    path = tmp_path_factory.mktemp("roots") / "roots.pem"
    AUTHORITY.root.cert_pem.write_to_path(path)
    return path


def tls(*names: str) -> peers.Behaviour:
    return peers.tls(AUTHORITY.context(*names))


def old_tls() -> peers.Behaviour:
    return peers.tls(peers.only(AUTHORITY.context("localhost"), ssl.TLSVersion.TLSv1_1))


def another_group() -> peers.Behaviour:
    """One for which Go has no key share ready."""
    context = AUTHORITY.context("localhost")
    context.set_ecdh_curve("secp384r1")
    return peers.tls(context)


def stranger() -> peers.Behaviour:
    return peers.tls(peers.Authority().context("localhost"))


FAULTS: dict[str, tuple[peers.Behaviour, str, str]] = {
    "resets": (peers.resets, "tls", "reset"),
    "closes": (peers.closes, "tls", "closed"),
    "hangs": (peers.hangs, "tls", "timeout"),
    "speaks no TLS": (peers.speaks_http_only, "tls", "not-tls"),
    "too old": (old_tls(), "tls", "alert-70"),
    "expired": (peers.tls(AUTHORITY.expired("localhost")), "certificate", "dates"),
    "another name": (tls("other.test"), "certificate", "name"),
    "unknown": (stranger(), "certificate", "unknown-authority"),
    "silent": (peers.tls(AUTHORITY.context("localhost"), peers.hangs), "http", "timeout"),
    "no HTTP": (
        peers.tls(AUTHORITY.context("localhost"), peers.http(b"220 mail ready\r\n")),
        "http",
        "malformed",
    ),
    "hangs up": (peers.tls(AUTHORITY.context("localhost"), peers.closes), "http", "closed"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_its_stage(go_client: Path, roots: Path, name: str) -> None:
    behave, stage, fault = FAULTS[name]
    with peers.serve(behave) as port:
        said = ask(go_client, CONNECTED.format(port=port), roots=roots)

    assert (said["reached"], said["stage"], said["fault"]) == (False, stage, fault)
    assert said.get("unverified", {}).get("reached", False) == (stage == "certificate")


def test_an_answer_has_its_connection(go_client: Path, roots: Path) -> None:
    with peers.serve(tls("localhost")) as port:
        said = ask(go_client, CONNECTED.format(port=port), roots=roots)

    assert (said["status"], said["tls"], said["proto"]) == (204, "TLS 1.3", "HTTP/1.1")
    assert said["address"] == f"127.0.0.1:{port}"


def test_nobody_there_is_a_refusal(go_client: Path) -> None:
    with peers.refusing() as port:
        said = ask(go_client, CONNECTED.format(port=port))

    assert (said["stage"], said["fault"]) == ("connect", "refused")


def test_a_proxy_that_refuses_is_told_with_what_it_offers(go_client: Path) -> None:
    with peers.serve(peers.http(UNAUTHORIZED)) as port:
        said = ask(go_client, "https://h.example/", HTTPS_PROXY=f"http://127.0.0.1:{port}")

    assert (said["stage"], said["fault"]) == ("proxy", "status-407")
    assert said["offered"] == ["NTLM", "Negotiate"]


def test_a_dead_proxy_is_the_proxys_fault(go_client: Path) -> None:
    with peers.refusing() as port:
        said = ask(go_client, f"-proxy=http://127.0.0.1:{port}", "https://h.example/")

    assert (said["stage"], said["fault"]) == ("proxy", "refused")


def test_a_proxy_url_that_go_cannot_parse_is_no_proxy(go_client: Path) -> None:
    said = ask(go_client, "-proxy=http://CORP\\arc:pw@127.0.0.1:1", "https://h.example/")

    assert (said["stage"], said["fault"]) == ("proxy-url", "malformed")


@pytest.mark.parametrize("options", [(), ("-older",)], ids=["current", "older"])
def test_the_hello_that_is_shown_is_the_one_that_is_sent(
    go_client: Path, options: tuple[str, ...]
) -> None:
    received: list[bytes] = []
    arrived = threading.Event()

    def note(connection: socket.socket) -> None:
        head = connection.recv(5, socket.MSG_WAITALL)
        rest = connection.recv(int.from_bytes(head[3:5], "big"), socket.MSG_WAITALL)
        received.append(head + rest)
        arrived.set()

    with peers.serve(note) as port:
        ask(go_client, *options, CONNECTED.format(port=port))
    assert arrived.wait(5)
    command = [go_client, "hello", *options, "-name", "localhost"]
    shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert described(received[0]) == described(bytes.fromhex(shown["hello"]))
    assert shown["size"] == len(received[0])


ANSWERS: dict[str, tuple[peers.Behaviour, str]] = {
    "server-hello": (tls("localhost"), "server-hello"),
    "another group": (another_group(), "retry-request"),
    "alert": (old_tls(), "alert-70"),
    "reset": (peers.resets, "reset"),
    "closed": (peers.closes, "closed"),
    "silence": (peers.hangs, "timeout"),
    "not TLS": (peers.speaks_http_only, "not-tls"),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_what_answers_a_hello(go_client: Path, name: str) -> None:
    behave, answer = ANSWERS[name]
    with peers.serve(behave) as port:
        command = [go_client, "hello", "-timeout=1s", "-name=localhost", f"127.0.0.1:{port}"]
        said = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)

    assert said["answer"] == answer
