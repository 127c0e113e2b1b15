"""The simulated Azure as a process of its own, in the namespace in which it is started.

``python -m selftests.lab.azure FILE`` writes into FILE where everything is, once it is there: the
services, and beside them peers that answer for one name in ways in which Azure should not.
"""

from __future__ import annotations

import json
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from arc_compliance.base.files import write_whole
from arc_compliance.catalogue import load_catalogue
from arc_compliance.lab.azure import SimulatedAzure
from selftests.lab import field_peers
from selftests.probe import peers

NAME = "login.chinacloudapi.cn"
"""The name that most peers answer for."""

NOTIFICATIONS = "guestnotificationservice.azure.cn"
MONITOR = "global.handler.control.monitor.azure.cn"

NOT_FOUND = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
SERVER_ERROR = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
TEN_MEGABYTES = b'["' + b"a" * 10_000_000 + b'"]'


def behaviours(authority: peers.Authority, folder: Path) -> dict[str, peers.Behaviour]:
    """What each peer does; the certificates are official where nothing else is said."""
    good, tls = authority.context(NAME), peers.tls
    notifications = authority.context(NOTIFICATIONS)

    def allow_list(answer: bytes) -> peers.Behaviour:
        return tls(notifications, peers.by_path({"/urls/allowlist": answer}, NOT_FOUND))

    return {
        "accepts_and_hangs": peers.hangs,
        "expired": tls(authority.expired(NAME)),
        "not_yet_valid": tls(authority.not_yet_valid(NAME)),
        "wrong_name": tls(authority.context("other.example")),
        "unknown_authority": tls(peers.Authority().context(NAME)),
        "self_signed": tls(made_by_openssl(folder / "self_signed", NAME)),
        "negative_serial": tls(made_by_openssl(folder / "negative", NAME, "-set_serial", "-5")),
        "chain_incomplete": tls(_without_its_issuer(authority, folder)),
        "tls10_only": tls(peers.only(authority.context(NAME), ssl.TLSVersion.TLSv1)),
        "tls11_only": tls(peers.only(authority.context(NAME), ssl.TLSVersion.TLSv1_1)),
        "tls13_only": tls(peers.only(authority.context(NAME), ssl.TLSVersion.TLSv1_3)),
        "no_tls_at_all": peers.speaks_http_only,
        "no_answer": tls(good, peers.hangs),
        "no_http": tls(good, peers.http(b"220 mail ready\r\n")),
        "forbidden": tls(good, peers.http(b"HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")),
        "not_found": tls(good, peers.http(NOT_FOUND)),
        "server_error": tls(good, peers.http(SERVER_ERROR)),
        "redirects_out_of_tls": tls(
            good, peers.http(b"HTTP/1.1 302 Go\r\nLocation: http://portal.example/\r\n\r\n")
        ),
        "slow_but_healthy": tls(good, _slowly),
        "front_door": tls(good, peers.http(NOT_FOUND)),
        "outside_azure": tls(good, peers.http(NOT_FOUND)),
        "allow_list_is_an_error": allow_list(SERVER_ERROR),
        "allow_list_is_nonsense": allow_list(b"HTTP/1.1 200 OK\r\n\r\n<html>Log in</html>"),
        "allow_list_of_10_MB": allow_list(b"HTTP/1.1 200 OK\r\n\r\n" + TEN_MEGABYTES),
        "no_websockets": tls(notifications, peers.unless_upgrade(NOT_FOUND)),
        "monitor": tls(authority.context(MONITOR)),
        "proxy_that_agrees_and_closes": peers.proxy("200 Connected"),
        **field_peers.behaviours(authority, folder, NAME, NOTIFICATIONS),
    }


def made_by_openssl(prefix: Path, name: str, *options: str) -> ssl.SSLContext:
    """A server for *name* with a certificate signed by itself, as ``openssl req`` makes it."""
    key, certificate = prefix.with_suffix(".key"), prefix.with_suffix(".pem")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "9"]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", *options]
    command += ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


def _without_its_issuer(authority: peers.Authority, folder: Path) -> ssl.SSLContext:
    """A server that leaves its intermediate out, whose certificate says where that can be had."""
    issuer, key = folder / "issuing.pem", folder / "issuing.key"
    authority.intermediate.cert_pem.write_to_path(issuer)
    authority.intermediate.private_key_pem.write_to_path(key)
    access = "authorityInfoAccess=caIssuers;URI:http://pki.example/issuing.crt"
    signed = ("-CA", str(issuer), "-CAkey", str(key), "-addext", access)
    return made_by_openssl(folder / "incomplete", NAME, *signed)


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
            for name, behave in behaviours(authority, ready.parent).items()
        }
        roots = ready.with_name("roots.pem")
        official = azure.public_roots.read_bytes() + authority.root.cert_pem.bytes()
        negative = ready.with_name("negative.pem").read_bytes()
        roots.write_bytes(official + negative)
        told = {"connect_to": azure.connect_to, "public_roots": str(roots), "peers": ports}
        write_whole(ready, json.dumps(told))
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
