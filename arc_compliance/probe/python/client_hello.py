"""The ClientHello of a current Go client, whatever TLS this host has."""

import os
import struct

from arc_compliance.probe.python.control_server import with_length

# By the IANA's numbers, in Go's order (crypto/tls of Go 1.27 on a processor with AES).
GO_SUITES = (
    "c02b c02f c02c c030 cca9 cca8 c009 c013 c00a c014"  # with TLS 1.2
    "1301 1302 1303"
)
POST_QUANTUM_GROUPS = "11ec 11eb 11ed"
GO_GROUPS = "001d 0017 0018 0019"
POST_QUANTUM_SIGNATURES = "0904 0905 0906"
GO_SIGNATURES = "0804 0403 0807 0805 0806 0401 0501 0601 0503 0603"
OLD_SIGNATURES = "0201 0203"  # in certificates only
GO_VERSIONS = "0304 0303"
X25519MLKEM768, X25519 = 0x11EC, 0x001D

ML_KEM_PRIME = 3329
ML_KEM_COEFFICIENTS = 768


def go_client_hello(name: str, *, post_quantum: bool = True) -> bytes:
    """A ClientHello to *name* in its record (RFC 8446, 4.1.2 and 5.1).

    Without its *post_quantum* parts it is what every Go client offers, of whatever age.
    """
    random, session = os.urandom(32), os.urandom(32)
    body = b"\x03\x03" + random + short(session, 1) + short(bytes.fromhex(GO_SUITES), 2)
    body += b"\x01\x00" + short(go_extensions(name, post_quantum=post_quantum), 2)
    return b"\x16\x03\x01" + short(b"\x01" + with_length(body), 2)


def go_extensions(name: str, *, post_quantum: bool) -> bytes:
    """The extensions in Go's order."""
    x25519 = os.urandom(32)
    shares, groups, signatures = [(X25519, x25519)], GO_GROUPS, GO_SIGNATURES
    if post_quantum:
        shares.insert(0, (X25519MLKEM768, ml_kem_key() + x25519))
        groups = POST_QUANTUM_GROUPS + groups
        signatures = POST_QUANTUM_SIGNATURES + signatures
    key_shares = b"".join(struct.pack(">HH", group, len(key)) + key for group, key in shares)
    protocols = b"".join(short(one, 1) for one in (b"h2", b"http/1.1"))
    found = (
        (0, short(b"\x00" + short(name.rstrip(".").encode("ascii"), 2), 2)),  # server_name
        (11, b"\x01\x00"),  # ec_point_formats: uncompressed
        (65281, b"\x00"),  # renegotiation_info
        (23, b""),  # extended_master_secret
        (18, b""),  # signed_certificate_timestamp
        (5, b"\x01\x00\x00\x00\x00"),  # status_request: OCSP
        (10, short(bytes.fromhex(groups), 2)),  # supported_groups
        (13, short(bytes.fromhex(signatures), 2)),  # signature_algorithms
        (50, short(bytes.fromhex(signatures + OLD_SIGNATURES), 2)),  # signature_algorithms_cert
        (16, short(protocols, 2)),  # application_layer_protocol_negotiation
        (43, short(bytes.fromhex(GO_VERSIONS), 1)),  # supported_versions
        (51, short(key_shares, 2)),  # key_share
    )
    return b"".join(struct.pack(">H", kind) + short(data, 2) for kind, data in found)


def ml_kem_key() -> bytes:
    """What has the form of an ML-KEM-768 encapsulation key (FIPS 203, 7.2), so that a server can
    use it; nobody has the other half."""
    drawn = struct.unpack(f"<{ML_KEM_COEFFICIENTS}H", os.urandom(2 * ML_KEM_COEFFICIENTS))
    packed = bytearray()
    for at in range(0, ML_KEM_COEFFICIENTS, 2):
        low, high = drawn[at] % ML_KEM_PRIME, drawn[at + 1] % ML_KEM_PRIME
        packed += (low | high << 12).to_bytes(3, "little")
    return bytes(packed) + os.urandom(32)


def short(data: bytes, size: int) -> bytes:
    """*data* after its length in *size* bytes."""
    return len(data).to_bytes(size, "big") + data
