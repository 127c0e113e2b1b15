"""A CONNECT proxy with one peculiarity, for what tinyproxy cannot play.

``python -m selftests.lab.own_proxy ADDRESS PORT PECULIARITY [ARGUMENT]`` serves until it is ended.
"""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
import time
from collections.abc import Callable

Refusal = str | None  # a status line and headers, or None: the tunnel is laid
Peculiarity = Callable[[bytes, int], Refusal]

SECONDS_TO_CONNECT = 0.2
"""What a proxy takes for a tunnel where the network is not a cable of some centimetres."""


def wants_a_user_agent(head: bytes, connections: int) -> Refusal:
    """As some filters do: whoever does not say what it is is refused."""
    return None if b"\r\nuser-agent:" in head.lower() else "403 Forbidden"


def takes_ten(head: bytes, connections: int) -> Refusal:
    """Ten connections at once, no more."""
    return None if connections <= 10 else "503 Service Unavailable"


def answering(status: str) -> Peculiarity:
    """*status* for every tunnel, with the headers that belong to it."""
    headers = {
        "302": "\r\nLocation: http://portal.example/login",
        "407": "\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM",
        "429": "\r\nRetry-After: 30",
    }
    return lambda head, connections: status + headers.get(status[:3], "")


PECULIARITIES = {"wants-a-user-agent": wants_a_user_agent, "takes-ten": takes_ten}


class Proxy:
    """The proxy, a thread for each connection."""

    def __init__(self, address: str, port: int, peculiarity: Peculiarity) -> None:
        self._peculiarity = peculiarity
        self._listener = socket.create_server((address, port), backlog=256)
        self._lock = threading.Lock()
        self._connections = 0

    def serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            threading.Thread(target=self._treat, args=(connection,), daemon=True).start()

    def _treat(self, connection: socket.socket) -> None:
        with self._lock:
            self._connections += 1
        try:
            with contextlib.suppress(OSError, ValueError), connection:
                self._tunnel(connection)
        finally:
            with self._lock:
                self._connections -= 1

    def _tunnel(self, connection: socket.socket) -> None:
        head = _head(connection)
        refusal = self._peculiarity(head, self._connections)
        if refusal is not None:
            answer = f"HTTP/1.1 {refusal}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
            connection.sendall(answer.encode())
            return
        time.sleep(SECONDS_TO_CONNECT)
        host, _, port = head.split()[1].decode().rpartition(":")
        try:
            onward = socket.create_connection((host, int(port)), 5)
        except OSError:
            connection.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with onward:
            onward.settimeout(None)
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            back = threading.Thread(target=_pipe, args=(onward, connection), daemon=True)
            back.start()
            _pipe(connection, onward)
            back.join()


def _head(connection: socket.socket) -> bytes:
    head = b""
    while b"\r\n\r\n" not in head and (some := connection.recv(65536)):
        head += some
    return head


def _pipe(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(65536):
            sink.sendall(some)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


if __name__ == "__main__":
    address, port, kind, *argument = sys.argv[1:]
    its = answering(argument[0]) if kind == "answers" else PECULIARITIES[kind]
    Proxy(address, int(port), its).serve()
