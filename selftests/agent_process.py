"""A process that has sockets, in the place of one of the agent's.

Each argument is kind,address,port: ``listen`` takes any port, ``tcp`` and ``udp`` connect. It
prints the port of each socket, and ends when it is killed.
"""

from __future__ import annotations

import socket
import sys
import threading


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
    print(one.getsockname()[1], flush=True)
    return one


if __name__ == "__main__":
    sockets = [held(text) for text in sys.argv[1:]]
    threading.Event().wait()
