"""The agent's processes and sockets, which as a rule only root may see."""

import contextlib
import os
import re
import socket
import struct
from typing import Collection, Iterator

from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.files import why_unreadable
from arc_compliance.probe.python.limits import MAX_SOCKETS, MAX_TEXT
from arc_compliance.probe.python.proxy_server import host_and_port

AGENT_PROCESSES = frozenset(
    ("himds", "gc_linux_service", "gc_extension_service", "arcproxy", "arcproxyd")
)
PROC_NET = "/proc/net"
TCP_LISTENING = "0A"


class AgentSockets:
    """The sockets of the agent's processes."""

    def __init__(self) -> None:
        self.facts: Record = {"processes": [], "found": [], "failure": "not read in time"}

    def read(self) -> None:
        """Find the processes by their names, and their sockets in the kernel's tables."""
        owners: dict[str, str] = {}
        failure: str | None = None
        processes = list(processes_of(AGENT_PROCESSES))
        for pid, name in processes:
            try:
                owners.update((inode, name) for inode in socket_inodes(pid))
            except OSError as problem:
                if not isinstance(problem, FileNotFoundError):  # it has ended meanwhile
                    failure = why_unreadable(problem)
        found = []
        if owners:
            try:
                found = [one for kind in ("tcp", "udp") for one in sockets_of(kind, owners)]
            except OSError as problem:
                failure = why_unreadable(problem)
        if len(found) > MAX_SOCKETS:
            failure = f"more than {MAX_SOCKETS} sockets"
        self.facts = {
            "processes": sorted({name for _, name in processes}),
            "found": found[:MAX_SOCKETS],
            "failure": failure,
        }


def processes_of(names: "Collection[str]") -> "Iterator[tuple[int, str]]":
    """(pid, name) of the processes that were started as one of *names*."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as stream:
            program = os.path.basename(stream.read(MAX_TEXT).split(b"\0")[0])
            name = program.decode("ascii", "replace")
            if name in names:
                yield int(pid), name


def socket_inodes(pid: int) -> "Iterator[str]":
    """The inodes of the sockets that the process *pid* has open."""
    folder = f"/proc/{pid}/fd"
    for fd in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            match = re.match(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{fd}"))
            if match:
                yield match.group(1)


def sockets_of(kind: str, owners: "dict[str, str]") -> "Iterator[Record]":
    """The sockets of *kind* in the kernel's tables that belong to *owners*, by inode."""
    for family in ("", "6"):
        with contextlib.suppress(FileNotFoundError), open(f"{PROC_NET}/{kind}{family}") as lines:
            next(lines)
            for line in lines:
                words = line.split()
                if len(words) > 9 and words[9] in owners:
                    local, remote = socket_address(words[1]), socket_address(words[2])
                    connected = not remote.endswith(":0")
                    yield {
                        "process": owners[words[9]],
                        "kind": kind,
                        "listening": kind == "tcp" and words[3] == TCP_LISTENING,
                        "local": local,
                        "remote": remote if connected else None,
                    }


def socket_address(text: str) -> str:
    """``0100007F:1F90`` of the kernel's tables as 127.0.0.1:8080."""
    packed, port = text.split(":")
    words = [packed[i : i + 8] for i in range(0, len(packed), 8)]
    raw = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    family = socket.AF_INET6 if len(raw) == 16 else socket.AF_INET
    return host_and_port(socket.inet_ntop(family, raw), int(port, 16))
