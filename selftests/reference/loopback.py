"""Servers on loopback that note who is asked for what, and hang up."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator


class Listener:
    """A port on 127.0.0.1; ``heard`` has the first line of each connection."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                connection.settimeout(5)
                with contextlib.suppress(OSError), connection:
                    first = connection.recv(4096).partition(b"\r\n")[0]
                    self.heard.append(
                        first.decode("ascii", "replace") if first[:1] != b"\x16" else "TLS"
                    )
                    connection.sendall(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@contextlib.contextmanager
def listeners(*names: str) -> Iterator[dict[str, Listener]]:
    """A listener for each of *names*."""
    found = {name: Listener() for name in names}
    try:
        yield found
    finally:
        for one in found.values():
            one.close()
