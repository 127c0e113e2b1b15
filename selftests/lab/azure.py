"""The simulated Azure as a process of its own, in the namespace in which it is started.

``python -m selftests.lab.azure FILE`` writes into FILE where everything is, once it is there: the
services, and beside them peers that answer for one name in ways in which Azure should not.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from arc_compliance.catalogue import load_catalogue
from arc_compliance.files import write_whole
from arc_compliance.lab.azure import SimulatedAzure
from selftests import probe_peers as peers

NAME = "login.chinacloudapi.cn"
"""The name that the peers answer for."""


def behaviours(authority: peers.Authority) -> dict[str, peers.Behaviour]:
    """What each peer does; the certificates are official where nothing else is said."""
    good, tls = authority.context(NAME), peers.tls
    return {
        "expired": tls(authority.expired(NAME)),
        "not_yet_valid": tls(authority.not_yet_valid(NAME)),
        "wrong_name": tls(authority.context("other.example")),
        "unknown_authority": tls(
            peers.Authority().context(NAME), peers.http(b"HTTP/1.1 200 OK\r\n\r\n")
        ),
        "tls11_only": tls(peers.only(authority.context(NAME), ssl.TLSVersion.TLSv1_1)),
        "tls13_only": tls(peers.only(authority.context(NAME), ssl.TLSVersion.TLSv1_3)),
        "no_tls_at_all": peers.speaks_http_only,
        "no_answer": tls(good, peers.hangs),
        "no_http": tls(good, peers.http(b"220 mail ready\r\n")),
        "not_found": tls(good, peers.http(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")),
        "server_error": tls(good, peers.http(b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n")),
        "slow_but_healthy": tls(good, _slowly),
    }


def _slowly(connection: socket.socket) -> None:
    """Takes as long as real healthy answers were seen to take."""
    time.sleep(12)
    peers.http()(connection)


def main(ready: Path) -> None:
    """Serve until somebody ends the process."""
    authority = peers.Authority()
    with SimulatedAzure(load_catalogue("AzureChinaCloud")) as azure, ExitStack() as stack:
        ports = {
            name: stack.enter_context(peers.serve(behave))
            for name, behave in behaviours(authority).items()
        }
        roots = ready.with_name("roots.pem")
        roots.write_bytes(azure.public_roots.read_bytes() + authority.root.cert_pem.bytes())
        told = {"connect_to": azure.connect_to, "public_roots": str(roots), "peers": ports}
        write_whole(ready, json.dumps(told))
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
