"""Peers as public bug reports have them: what stands in Azure's place, or on the way there.

The certificates are official where nothing else is said: their root is in the host's trust store.
"""

from __future__ import annotations

import gzip
import json
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from selftests.probe import peers
from selftests.probe.peers import Authority, Behaviour
from selftests.reference.client_hello import TLS13, signature_algorithms, versions

LARGE_HELLO = 1200
"""A ClientHello of more bytes than this does not fit the one segment that some devices look at."""

MLDSA = {0x0904, 0x0905, 0x0906}
"""ML-DSA-44, -65 and -87 as signature algorithms of TLS."""


def behaviours(authority: Authority, folder: Path, name: str, lists: str) -> dict[str, Behaviour]:
    """What each peer does, answering for *name*; those with an allow-list answer for *lists*."""
    tls = peers.tls
    official = authority.context(name)
    well = tls(official)
    tls13 = tls(peers.only(authority.context(name), ssl.TLSVersion.TLSv1_3))
    files = Issuing(authority, folder)
    tls12_rsa = _tls12(files.server(name, "-newkey", "rsa:2048"), "AES256-GCM-SHA384")
    tls12_dhe = _tls12(files.server(name, "-newkey", "rsa:2048"), "DHE-RSA-AES256-GCM-SHA384")
    tls12_dhe.load_dh_params(str(files.dh_parameters()))
    http2 = authority.context(name)
    http2.set_alpn_protocols(["h2"])
    access = "authorityInfoAccess=caIssuers;URI:http://pki.example/issuing.crt"
    for_clients = ("-addext", "extendedKeyUsage=clientAuth")
    return {
        "tls13_only_closes": where(offers_tls13, tls13, peers.closes),
        "tls13_only_resets": where(offers_tls13, tls13, resets),
        "tls13_only_silent": where(offers_tls13, tls13, peers.hangs),
        "closes_tls13_hello": where(offers_tls13, peers.closes, well),
        "resets_tls13_hello": where(offers_tls13, resets, well),
        "ignores_tls13_hello": where(offers_tls13, peers.hangs, well),
        "resets_large_hello": where(is_large, resets, well),
        "ignores_large_hello": where(is_large, peers.hangs, well),
        "resets_mldsa_hello": where(offers_mldsa, resets, well),
        "rsa_key_exchange_only": tls(tls12_rsa),
        "dhe_only": tls(tls12_dhe),
        "resets_every_hello": resets,
        "many_headers": tls(official, _many_headers),
        "http2_only": tls(http2, speaks_http2),
        "refuses_the_name": alert(112),
        "sha1_leaf": tls(files.server(name, "-sha1")),
        "leaf_for_clients_only": tls(files.server(name, *for_clients)),
        "leaf_and_root": tls(files.server(name, "-addext", access, sends=authority.root)),
        "allow_list_with_bom": _allow_list(authority.context(lists), b"\xef\xbb\xbf%s"),
        "allow_list_gzip": _allow_list(authority.context(lists), b"%s", packed=True),
        "allow_list_utf16": _allow_list(authority.context(lists), b"%s", encoding="utf-16"),
    }


# -- by the ClientHello --------------------------------------------------------------------------


def where(test: Callable[[bytes], bool], then: Behaviour, otherwise: Behaviour) -> Behaviour:
    """Behaves by the ClientHello that comes: as *then* where the *test* holds for it."""

    def behave(connection: socket.socket) -> None:
        (then if test(_first_record(connection)) else otherwise)(connection)

    return behave


def _first_record(connection: socket.socket) -> bytes:
    """The first TLS record, looked at and left where it is."""
    until = time.monotonic() + 5
    seen = connection.recv(65536, socket.MSG_PEEK)
    while time.monotonic() < until and len(seen) < 5 + int.from_bytes(seen[3:5], "big"):
        time.sleep(0.005)
        seen = connection.recv(65536, socket.MSG_PEEK)
    return seen


def offers_tls13(hello: bytes) -> bool:
    """Whether the ClientHello offers TLS 1.3."""
    return TLS13 in versions(hello)


def is_large(hello: bytes) -> bool:
    """Whether the ClientHello is one that does not fit a segment."""
    return len(hello) > LARGE_HELLO


def offers_mldsa(hello: bytes) -> bool:
    """Whether the ClientHello offers post-quantum signatures, as Go does since 1.27."""
    return not MLDSA.isdisjoint(signature_algorithms(hello))


def resets(connection: socket.socket) -> None:
    """Takes the whole hello and resets the connection."""
    connection.recv(65536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def alert(number: int) -> Behaviour:
    """Answers the hello with a fatal alert."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x15\x03\x03\x00\x02\x02" + bytes([number]))

    return behave


# -- HTTP ----------------------------------------------------------------------------------------


def _many_headers(connection: socket.socket) -> None:
    lines = "".join(f"X-Policy-{number}: on\r\n" for number in range(120))
    peers.http(f"HTTP/1.1 204 No Content\r\n{lines}\r\n".encode())(connection)


def _allow_list(
    context: ssl.SSLContext, form: bytes, *, encoding: str = "utf-8", packed: bool = False
) -> Behaviour:
    """A service of allow-lists that answers in an unusual form."""
    body = form % json.dumps(["azgnchinaeast-1.servicebus.chinacloudapi.cn"]).encode(encoding)
    body = gzip.compress(body) if packed else body
    head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    head += "Content-Encoding: gzip\r\n" if packed else ""
    answer = f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
    return peers.tls(context, peers.by_path({"/urls/allowlist": answer}, nothing))


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEADERS, SETTINGS, GOAWAY = 1, 4, 7
END_OF_BOTH, ACK = 5, 1
STATUS_204 = b"\x89"
"""Of HPACK's static table (RFC 7541, appendix A)."""

HTTP_1_1_REQUIRED = 13


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    """A frame of HTTP/2 (RFC 9113, 4.1)."""
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


def speaks_http2(connection: socket.socket) -> None:
    """Answers 204 to a request in HTTP/2; to one in HTTP/1.1 it says in HTTP/2 that it will not."""
    received = connection.recv(65536)
    connection.sendall(frame(SETTINGS, 0, 0))
    if not received.startswith(PREFACE[:14]):
        connection.sendall(frame(GOAWAY, 0, 0, struct.pack(">II", 0, HTTP_1_1_REQUIRED)))
        return
    received = received[len(PREFACE) :]
    while True:
        while len(received) >= 9 and len(received) >= 9 + int.from_bytes(received[:3], "big"):
            size, kind = int.from_bytes(received[:3], "big"), received[3]
            stream = int.from_bytes(received[5:9], "big")
            acknowledged = received[4] & ACK
            received = received[9 + size :]
            if kind == SETTINGS and not acknowledged:
                connection.sendall(frame(SETTINGS, ACK, 0))
            if kind == HEADERS:
                connection.sendall(frame(HEADERS, END_OF_BOTH, stream, STATUS_204))
        more = connection.recv(65536)
        if not more:
            return
        received += more


# -- certificates --------------------------------------------------------------------------------


class Issuing:
    """Certificates of an authority that trustme does not make, by ``openssl req``."""

    def __init__(self, authority: Authority, folder: Path) -> None:
        self.folder = folder / "field"
        self.folder.mkdir()
        self.authority = authority
        self._made = 0
        authority.intermediate.cert_pem.write_to_path(self.folder / "issuer.pem")
        authority.intermediate.private_key_pem.write_to_path(self.folder / "issuer.key")

    def server(self, name: str, *options: str, sends: object = None) -> ssl.SSLContext:
        """A server for *name*, its certificate made with *options*; after it the server *sends* a
        certificate of an authority, that of the issuer by default."""
        self._made += 1
        key, chain = (self.folder / f"{self._made}.{end}" for end in ("key", "pem"))
        command = ["openssl", "req", "-x509", "-nodes", "-days", "9", "-subj", f"/CN={name}"]
        if "-newkey" not in options:
            command += ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
        command += ["-CA", "issuer.pem", "-CAkey", "issuer.key", "-keyout", key, "-out", chain]
        command += ["-addext", f"subjectAltName=DNS:{name}", "-addext", "basicConstraints=CA:FALSE"]
        subprocess.run([*command, *options], cwd=self.folder, check=True, capture_output=True)
        after = sends or self.authority.intermediate
        chain.write_bytes(chain.read_bytes() + after.cert_pem.bytes())  # type: ignore[attr-defined]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")  # which takes a certificate signed with SHA-1
        context.load_cert_chain(chain, key)
        return context

    def dh_parameters(self) -> Path:
        """A file of parameters for finite-field key exchange."""
        path = self.folder / "dh.pem"
        command = ["openssl", "dhparam", "-dsaparam", "-out", str(path), "2048"]
        subprocess.run(command, check=True, capture_output=True)
        return path


def _tls12(context: ssl.SSLContext, suites: str) -> ssl.SSLContext:
    """*context* for TLS 1.2 alone, with *suites*."""
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suites)
    return context
