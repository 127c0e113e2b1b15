"""A simulated Azure on loopback: real TCP, TLS and HTTP for every name of a catalogue.

The probe is sent to it by ``connect_to`` mappings; everything else is what it does with real hosts.
It needs no root and no network, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory
from types import TracebackType
from urllib.parse import parse_qs, urlsplit

from arc_compliance.catalogue.model import Catalogue, Endpoint
from arc_compliance.lab.authorities import Authorities
from arc_compliance.lab.faults import Fault, FaultKind
from arc_compliance.plan.order import CONTROL_ADDRESS, CONTROL_NAME

LOOPBACK = "127.0.0.1"
WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_REQUEST = 64 * 1024
REQUEST_SECONDS = 10
MISSING = "missing.invalid"
"""A name that never exists, and that the probe does not ask any name server for (RFC 6761)."""


class SimulatedAzure:
    """A context manager: started on entry, stopped and cleaned up on exit.

    ``connect_to`` maps every name that the catalogue knows, and every name that the discovery calls
    return, to the simulation; ``controls`` to where nobody is, what the negative controls and the
    signs of a gateway ask for;
    ``trust_file`` is what the simulated host trusts; ``public_roots`` what counts as officially
    signed.
    """

    def __init__(self, catalogue: Catalogue, faults: Iterable[Fault] = ()) -> None:
        self.connect_to: tuple[tuple[str, int, str, int], ...] = ()
        self.controls: tuple[tuple[str, int, str, int], ...] = ()
        self.trust_file = Path()
        self.public_roots = Path()
        self._catalogue = catalogue
        self._faults = {fault.name: fault.kind for fault in faults}
        self._stack = ExitStack()

    def __enter__(self) -> SimulatedAzure:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _start(self, stack: ExitStack) -> None:
        authorities = Authorities()
        directory = Path(stack.enter_context(TemporaryDirectory(prefix="arc-compliance-")))
        root, inspector = (ca.cert_pem.bytes() for ca in (authorities.root, authorities.inspector))
        self.public_roots = directory / "public-roots.pem"
        self.public_roots.write_bytes(root)
        self.trust_file = directory / "trusted.pem"
        self.trust_file.write_bytes(root + inspector)

        site = _Site(self._catalogue, authorities.intermediate)
        targets = sorted(
            {*_known_targets(self._catalogue), *((n, 443, "https") for n in site.names)}
        )
        if unknown := self._faults.keys() - {name for name, _, _ in targets}:
            raise ValueError(
                f"faults of names that are not simulated: {', '.join(sorted(unknown))}"
            )
        closed = stack.enter_context(socket.socket())  # bound, not listening: refuses
        closed.bind((LOOPBACK, 0))
        loop = stack.enter_context(_LoopThread()).loop

        def serve(context: ssl.SSLContext | None) -> int:
            return stack.enter_context(_Server(loop, site, context)).port

        names = {name for name, _, scheme in targets if scheme == "https"}
        old = {name for name in names if self._faults.get(name) is FaultKind.TLS10_ONLY}
        contexts = {n: authorities.server(n, self._faults.get(n)) for n in names - old}
        entry = authorities.official("unknown.invalid")
        entry.sni_callback = lambda tls, name, _: _choose(tls, contexts.get(name or ""))
        https, http = serve(entry), serve(None)
        own_ports = {name: serve(authorities.tls10_only(name)) for name in old}

        def target(name: str, scheme: str) -> tuple[str, int]:
            kind = self._faults.get(name)
            if kind is FaultKind.MISSING:
                return MISSING, 443
            if kind is FaultKind.REFUSED:
                return LOOPBACK, closed.getsockname()[1]
            return LOOPBACK, http if scheme == "http" else own_ports.get(name, https)

        self.connect_to = tuple(
            (name, port, *target(name, scheme)) for name, port, scheme in targets
        )
        refused = (LOOPBACK, closed.getsockname()[1])
        self.controls = (
            (CONTROL_NAME, 443, MISSING, 443),
            (CONTROL_ADDRESS, 443, *refused),
            *((name, port, *refused) for name, port in _gateway_doors(self._catalogue)),
        )


def _choose(tls: ssl.SSLObject | ssl.SSLSocket, context: ssl.SSLContext | None) -> None:
    if context is not None:
        tls.context = context


def _known_targets(catalogue: Catalogue) -> Iterator[tuple[str, int, str]]:
    for requirement in catalogue.requirements:
        row = requirement.endpoint
        if row is None:
            continue
        regional = [name for names in row.regional_names.values() for name in names]
        spelled_out = [pattern for pattern in row.patterns if "*" not in pattern]
        for name in (*spelled_out, *row.names, *regional):
            for port in row.ports:
                yield name, port.port, port.scheme


def _gateway_doors(catalogue: Catalogue) -> Iterator[tuple[str, int]]:
    """What a proxy is asked for, to see whether it is a Log Analytics gateway."""
    known = catalogue.log_analytics_gateway
    for name in known.lets_through if known else ():
        for region in catalogue.regions:
            yield name.replace("{location}", region), 443
    for name in known.refuses if known else ():
        yield name, 80


class _Site:
    """What the simulated services answer, by host name and path."""

    def __init__(self, catalogue: Catalogue, intermediate: bytes) -> None:
        self._der = ssl.PEM_cert_to_DER_cert(intermediate.decode("ascii"))
        self._paths: dict[tuple[str, str], list[Endpoint]] = {}
        self._rows = [r.endpoint for r in catalogue.requirements if r.endpoint]
        self.names: set[str] = set()
        rows = {r.id: r.endpoint for r in catalogue.requirements}
        for discovery in catalogue.discoveries:
            found = [row for one in discovery.rows if (row := rows[one])]
            self._paths[discovery.name, urlsplit(discovery.path).path] = found
            for region in catalogue.regions:
                self.names |= set(_names_behind(found, region))

    def speaks_websocket(self, host: str, path: str) -> bool:
        """Whether *host* takes an upgrade to a WebSocket at *path*."""
        return any(row.websocket == path and row.matches(host) for row in self._rows)

    def answer(self, host: str, target: str) -> tuple[int, str, bytes]:
        """Status, content type and body for a GET of *target* from *host*."""
        url = urlsplit(target)
        rows = self._paths.get((host, url.path))
        if rows is not None:
            location = parse_qs(url.query).get("location", ["nowhere"])[0]
            return 200, "application/json", json.dumps(_names_behind(rows, location)).encode()
        if url.path.endswith(".crt"):
            return 200, "application/pkix-cert", self._der
        return 403, "text/plain", b"simulated\n"


def _websocket_accept(key: str) -> str:
    """What shows a client that its request for a WebSocket was read (RFC 6455, 4.2.2)."""
    digest = hashlib.sha1((key + WEBSOCKET_GUID).encode("latin-1"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode("ascii")


def _names_behind(rows: list[Endpoint], location: str) -> list[str]:
    """The names that a discovery call returns: for each wildcard without names of its own, two."""
    patterns = dict.fromkeys(
        p for row in rows if not row.regional_names for p in row.patterns if "*" in p
    )
    narrow = [p for p in patterns if not p.startswith("*.") or "servicebus" not in p]
    return [p.replace("*", f"{location}-{i}", 1) for p in narrow for i in (1, 2)]


class _LoopThread:
    """An event loop in a thread of its own, for as long as the simulation runs."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        # Clients that hang up in a handshake are what the simulation is for, and no news.
        self.loop.set_exception_handler(lambda *_: None)
        self._thread = threading.Thread(target=self.loop.run_forever, name="simulated-azure")

    def __enter__(self) -> _LoopThread:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(_finish_tasks(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


async def _finish_tasks() -> None:
    """End every connection; the listeners are closed already."""
    while tasks := asyncio.all_tasks() - {asyncio.current_task()}:
        await asyncio.sleep(0)  # a task that has not begun could not clean up
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0)


class _Server:
    """One listening port of the simulation, with TLS where *context* is given."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, site: _Site, context: ssl.SSLContext | None
    ) -> None:
        self._loop = loop
        self._site = site
        self._context = context
        self.port = 0

    def __enter__(self) -> _Server:
        start = asyncio.start_server(
            self._serve,
            LOOPBACK,
            0,
            ssl=self._context,
            ssl_handshake_timeout=REQUEST_SECONDS if self._context else None,
            limit=MAX_REQUEST,
            backlog=256,
        )
        self._server = asyncio.run_coroutine_threadsafe(start, self._loop).result(10)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)

    async def _stop(self) -> None:
        for listener in self._server.sockets:
            self._loop.remove_reader(listener.fileno())
        for _ in range(3):  # what was accepted last becomes a task, then a transport of this server
            await asyncio.sleep(0)
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await asyncio.wait_for(self._exchange(reader, writer), REQUEST_SECONDS)
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, IndexError, ValueError):
            pass  # whoever asks like this gets no answer
        except asyncio.LimitOverrunError:
            pass  # nor does a flood
        finally:
            writer.transport.abort()  # also where the simulation ends before its client does

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request and its answer, until the client has taken note of the end."""
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        target = lines[0].split(" ")[1]
        headers = {
            name.lower(): value.strip() for name, _, value in (x.partition(":") for x in lines)
        }
        host = headers["host"].partition(":")[0].lower()
        about = (
            f"Date: {formatdate(usegmt=True)}\r\nServer: simulated-azure\r\n"
            "x-ms-request-id: simulated\r\n"
        )
        if "sec-websocket-key" in headers and self._site.speaks_websocket(host, target):
            accept = _websocket_accept(headers["sec-websocket-key"])
            answer = (
                f"HTTP/1.1 101 Simulated\r\n{about}Connection: Upgrade\r\nUpgrade: websocket\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\n\r\n"
            ).encode("ascii")
        else:
            status, kind, body = self._site.answer(host, target)
            answer = (
                f"HTTP/1.1 {status} Simulated\r\n{about}Content-Type: {kind}\r\n"
                f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
            ).encode("ascii") + body
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()
