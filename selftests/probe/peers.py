"""Local peers for the probe's self-tests, one function per behaviour, and how to run the probe.

A peer is a function of a connected socket; :func:`serve` gives it a port on 127.0.0.1. The names
end in .test (RFC 6761) and reach their peers through the order's ``connect_to``.
"""

from __future__ import annotations

import atexit
import base64
import contextlib
import datetime as dt
import functools
import json
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import trustme

from arc_compliance.probe.bundle import bundled
from arc_compliance.probe.python.contract import BEGIN, END
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.frame import evidence_from
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Observation

Behaviour = Callable[[socket.socket], None]

OK = b"HTTP/1.1 204 No Content\r\nX-MS-Request-Id: 1\r\nServer: peer\r\nSet-Cookie: a=b\r\n\r\n"


# ------------------------------------------------------------------------------ listening


@contextlib.contextmanager
def serve(behave: Behaviour, address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """The port of a peer that treats each connection with *behave*, in a thread of its own."""
    with socket.create_server((address, port), backlog=128) as listener:
        threading.Thread(target=_accept, args=(listener, behave), daemon=True).start()
        yield listener.getsockname()[1]
        listener.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serve_all(behaviours: dict[str, Behaviour]) -> Iterator[list[list[Any]]]:
    """The connect_to of an order for peers that answer for the names in *behaviours*."""
    with contextlib.ExitStack() as listening:
        yield [
            [name, 443, "127.0.0.1", listening.enter_context(serve(behave))]
            for name, behave in behaviours.items()
        ]


def _accept(listener: socket.socket, behave: Behaviour) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=_treat, args=(connection, behave), daemon=True).start()


def _treat(connection: socket.socket, behave: Behaviour) -> None:
    connection.settimeout(10)
    with contextlib.suppress(OSError), connection:
        behave(connection)


@contextlib.contextmanager
def refusing() -> Iterator[int]:
    """A port at which nobody listens, kept from others."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@contextlib.contextmanager
def dropping(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """A port at which connections are neither accepted nor refused: its backlog is full."""
    with contextlib.ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((address, port))
        listener.listen(0)
        for _ in range(4):
            filler = sockets.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


# ----------------------------------------------------------------------------- behaviours


def hangs(connection: socket.socket) -> None:
    """Accepts and says nothing."""
    while connection.recv(4096):
        pass


def resets(connection: socket.socket) -> None:
    """Resets the connection at the first bytes, as name filters do."""
    connection.recv(1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closes(connection: socket.socket) -> None:
    """Closes the connection when all of the ClientHello is there."""
    connection.recv(65536)


def drips(connection: socket.socket) -> None:
    """Sends a TLS record (RFC 5246, 6.2.1) of 16 KiB, a byte every fifth of a second."""
    connection.recv(65536)
    for byte in b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc" + bytes(100):
        connection.sendall(bytes([byte]))
        time.sleep(0.2)


def http(answer: bytes = OK) -> Behaviour:
    """Speaks plain HTTP: one request, one *answer*."""

    def behave(connection: socket.socket) -> None:
        _read_head(connection)
        connection.sendall(answer)

    return behave


def by_path(answers: dict[str, bytes], otherwise: bytes) -> Behaviour:
    """Speaks HTTP, with an answer for each path, and one for all others."""

    def behave(connection: socket.socket) -> None:
        path = _read_head(connection).split()[1].decode().partition("?")[0]
        connection.sendall(answers.get(path, otherwise))

    return behave


def unless_upgrade(answer: bytes) -> Behaviour:
    """Speaks HTTP, but says nothing to who asks for another protocol."""

    def behave(connection: socket.socket) -> None:
        if b"upgrade: websocket" in _read_head(connection).lower():
            hangs(connection)
        else:
            connection.sendall(answer)

    return behave


def speaks_http_only(connection: socket.socket) -> None:
    """Answers whatever comes, a ClientHello too, in plain HTTP."""
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


def tls(context: ssl.SSLContext, then: Behaviour | None = None) -> Behaviour:
    """Shakes hands with *context*, then behaves as *then*, HTTP by default."""

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            (then or http())(secured)

    return behave


def second_time_well(first: Behaviour, then: Behaviour) -> Behaviour:
    """Treats the first connection with *first*, all others with *then*."""
    turns = iter([first])

    def behave(connection: socket.socket) -> None:
        next(turns, then)(connection)

    return behave


def proxy(status: str = "", *, credentials: str | None = None) -> Behaviour:
    """A CONNECT proxy that lets everything through, or answers *status* to everything.

    With *credentials*, ``user:password``, it asks for them.
    """

    def behave(connection: socket.socket) -> None:
        head = _read_head(connection)
        if status:
            connection.sendall(f"HTTP/1.1 {status}\r\nVia: 1.1 peer\r\n\r\n".encode())
        elif credentials and _authorization(credentials) not in head:
            connection.sendall(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\n\r\n")
        elif not head.startswith(b"CONNECT "):
            connection.sendall(b"HTTP/1.1 403 Tunnels only\r\n\r\n")
        else:
            host, _, port = head.split()[1].decode().rpartition(":")
            with socket.create_connection((host, int(port))) as onward:
                connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
                threading.Thread(target=_pipe, args=(onward, connection), daemon=True).start()
                _pipe(connection, onward)

    return behave


def _authorization(credentials: str) -> bytes:
    return b"Proxy-Authorization: Basic " + base64.b64encode(credentials.encode())


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (chunk := connection.recv(65536)):
        head += chunk
    return head


def json_answer(document: object) -> Behaviour:
    """Answers with *document* as chunked JSON."""
    body = json.dumps(document).encode()
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return http(head + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body))


# ---------------------------------------------------------------------------- certificates


class Authority:
    """A root, an intermediate below it, and server contexts with certificates of both."""

    def __init__(self) -> None:
        self.root = trustme.CA()
        self.intermediate = self.root.create_child_ca()

    def context(self, *names: str, **dates: dt.datetime) -> ssl.SSLContext:
        """A server for *names* that sends its whole chain."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.intermediate.issue_cert(*names, **dates).configure_cert(context)
        return context

    def expired(self, *names: str) -> ssl.SSLContext:
        """A server whose certificate ended yesterday."""
        return self.context(*names, not_before=_days(-9), not_after=_days(-1))

    def not_yet_valid(self, *names: str) -> ssl.SSLContext:
        """A server whose certificate begins tomorrow."""
        return self.context(*names, not_before=_days(1), not_after=_days(9))

    def incomplete(self, *names: str) -> ssl.SSLContext:
        """A server that sends its leaf alone."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf = self.intermediate.issue_cert(*names)
        with leaf.cert_chain_pems[0].tempfile() as chain, leaf.private_key_pem.tempfile() as key:
            context.load_cert_chain(chain, key)
        return context


def _days(number: int) -> dt.datetime:
    return dt.datetime.now(dt.timezone.utc) + dt.timedelta(days=number)


def only(context: ssl.SSLContext, version: ssl.TLSVersion) -> ssl.SSLContext:
    """*context*, for *version* alone, however old."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = version
        context.minimum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    return context


# --------------------------------------------------------------------------- the probe's run


def target(
    name: str,
    port: int = 443,
    scheme: str = "https",
    path: str = "/",
    websocket: str | None = None,
) -> dict[str, Any]:
    """One target of an order."""
    return {
        "name": name,
        "port": port,
        "scheme": scheme,
        "path": path,
        "rows": ["urls/test"],
        "websocket": websocket,
    }


def order(*targets: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """An order for *targets*, with short limits and *changes*."""
    limits = {"connect": 1, "http": 1.5, "deadline": 20, "names": 50, **changes.pop("limits", {})}
    return {
        "order": 2,
        "run": "run-1",
        "host": "web01",
        "targets": list(targets),
        "discoveries": [],
        "proxy": None,
        "proxy_bypass": [],
        "gateway": None,
        "controls": {"name": "control.invalid", "address": "127.0.0.1"},
        "connect_to": [],
        "trust_file": None,
        "limits": limits,
        "user_agent": "arc-compliance-selftest/1",
        **changes,
    }


@functools.cache
def program() -> Path:
    """The probe as a file, for as long as this process runs."""
    folder = Path(tempfile.mkdtemp(prefix="arc-compliance-probe-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    path = folder / "probe.py"
    path.write_bytes(bundled())
    return path


def run(what: object, python: str = sys.executable, **options: Any) -> subprocess.CompletedProcess:
    """The probe's run with the order *what*; another program than the probe by ``program``."""
    text = what if isinstance(what, bytes) else json.dumps(what).encode()
    command = [python, str(options.pop("program", None) or program())]
    return subprocess.run(
        command, input=text, capture_output=True, timeout=40, check=False, **options
    )


def measure(what: object, python: str = sys.executable, **options: Any) -> Evidence:
    """The evidence of the probe's run with the order *what*, validated."""
    done = run(what, python, **options)
    assert (done.returncode, done.stderr) == (0, b"")
    begin, evidence, end = done.stdout.decode("ascii").splitlines()
    assert (begin, end) == (BEGIN, END)
    return evidence_from(json.loads(evidence))


def seen(observation: Observation | None) -> dict[str, Any]:
    """What the probe told of a step, beside its times and its failure."""
    assert observation is not None
    common = {"stage", "started", "duration", "failure"}
    return observation.model_dump(mode="json", exclude=common, exclude_unset=True)


def fault(measurement: Measurement | None) -> tuple[str, str] | None:
    """(stage, cause) of the first step that failed, or None."""
    assert measurement is not None
    failed = [o for o in measurement.observations if o.failure]
    return (failed[0].stage.value, failed[0].failure.cause) if failed else None


def stages(measurement: Measurement | None) -> list[str]:
    """The steps that *measurement* went through."""
    assert measurement is not None
    return [o.stage.value for o in measurement.observations]
