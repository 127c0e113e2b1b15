"""A name server that can do only so much: what comes faster than it works, and finds its buffer
full, is lost, as with any name server.

``python -m selftests.lab.own_resolver ADDRESS NAMES.json BUFFER SECONDS`` serves the IPv4 addresses
of NAMES from a receive buffer of BUFFER bytes, each question in SECONDS, until it is ended.
"""

from __future__ import annotations

import ipaddress
import json
import socket
import struct
import sys
import time
from pathlib import Path

A, INTERNET = 1, 1
NO_SUCH_NAME = 3
RESPONSE, RECURSION = 0x8000, 0x0180
POINTER_TO_QUESTION = 0xC00C


def answer(question: bytes, names: dict[str, str]) -> bytes:
    """The answer to a *question* in the form of RFC 1035, section 4: an address for A, nothing for
    another type of a name that is there."""
    identity, _flags, _count = struct.unpack_from(">HHH", question)
    labels, at = [], 12
    while question[at]:
        labels.append(question[at + 1 : at + 1 + question[at]].decode("ascii").lower())
        at += 1 + question[at]
    kind, _ = struct.unpack_from(">HH", question, at + 1)
    address = names.get(".".join(labels))
    records = b""
    if address and kind == A:
        fixed = struct.pack(">HHHIH", POINTER_TO_QUESTION, A, INTERNET, 0, 4)
        records = fixed + ipaddress.IPv4Address(address).packed
    flags = RESPONSE | RECURSION | (0 if address else NO_SUCH_NAME)
    head = struct.pack(">HHHHHH", identity, flags, 1, 1 if records else 0, 0, 0)
    return head + question[12 : at + 5] + records


def serve(address: str, names: dict[str, str], buffer: int, seconds: float) -> None:
    """Answer one question after the other, with *seconds* of work for each."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        server.bind((address, 53))
        while True:
            question, whose = server.recvfrom(4096)
            time.sleep(seconds)
            server.sendto(answer(question, names), whose)


if __name__ == "__main__":
    where, file, size, each = sys.argv[1:]
    serve(where, json.loads(Path(file).read_text()), int(size), float(each))
