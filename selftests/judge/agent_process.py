"""A process that has sockets, in the place of one of the agent's.

Each argument is kind,address,port: ``listen`` takes any port, ``tcp`` and ``udp`` connect. When
it has them all it prints their ports in a line, and ends when it is killed.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


@contextmanager
def agent_process(name: str, *sockets: str, within: Sequence[str] = ()) -> Iterator[list[int]]:
    """A process that shows itself as *name* and has *sockets*, started by the command *within*.

    Gives the sockets' ports, once it has them: until then a process may have no name to see.
    """
    as_name = [*within, "bash", "-c", 'exec -a "$0" "$@"', name, sys.executable, __file__]
    with subprocess.Popen([*as_name, *sockets], stdout=subprocess.PIPE) as running:
        try:
            assert running.stdout
            yield [int(port) for port in running.stdout.readline().split()]
        finally:
            running.kill()


def held(text: str) -> socket.socket:
    """The socket that *text* asks for."""
    kind, address, port = text.split(",")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
    if kind == "listen":
        one.bind((address, 0))
        one.listen()
    else:
        one.connect((address, int(port)))
    return one


if __name__ == "__main__":
    sockets = [held(text) for text in sys.argv[1:]]
    print(*(one.getsockname()[1] for one in sockets), flush=True)
    threading.Event().wait()
