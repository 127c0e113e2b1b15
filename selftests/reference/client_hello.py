"""A ClientHello taken apart (RFC 8446, 4.1.2 and 4.2)."""

from __future__ import annotations

import struct
from typing import Any

SERVER_NAME, GROUPS, SIGNATURE_ALGORITHMS, ALPN = 0, 10, 13, 16
SUPPORTED_VERSIONS, KEY_SHARE = 43, 51
TLS13 = 0x0304


def extensions(hello: bytes) -> dict[int, bytes]:
    """The extensions of a ClientHello by number; *hello* is the record, its head included."""
    at = _suites_at(hello)
    at += 2 + int.from_bytes(hello[at : at + 2], "big")
    at += 1 + hello[at]
    at += 2
    found = {}
    while at + 4 <= len(hello):
        kind, size = struct.unpack_from(">HH", hello, at)
        found[kind] = hello[at + 4 : at + 4 + size]
        at += 4 + size
    return found


def _suites_at(hello: bytes) -> int:
    """Where the list of cipher suites begins: after record, message, version, random, session."""
    at = 5 + 4 + 2 + 32
    return at + 1 + hello[at]


def numbers(listed: bytes) -> list[int]:
    """A list of 16-bit numbers."""
    return [one for (one,) in struct.iter_unpack(">H", listed)]


def versions(hello: bytes) -> list[int]:
    """The versions that are offered, where any is newer than TLS 1.2."""
    return numbers(extensions(hello).get(SUPPORTED_VERSIONS, b"\0")[1:])


def signature_algorithms(hello: bytes) -> list[int]:
    """The signature algorithms that are offered."""
    return numbers(extensions(hello).get(SIGNATURE_ALGORITHMS, b"\0\0")[2:])


def described(hello: bytes) -> dict[str, Any]:
    """What a ClientHello offers, in numbers of the IANA's registries; the suites are sorted, since
    their order follows the processor."""
    at = _suites_at(hello)
    size = int.from_bytes(hello[at : at + 2], "big")
    found = extensions(hello)
    return {
        "size": len(hello),
        "suites": sorted(f"{one:04x}" for one in numbers(hello[at + 2 : at + 2 + size])),
        "extensions": list(found),
        "versions": [f"{one:04x}" for one in versions(hello)],
        "groups": [f"{one:04x}" for one in numbers(found[GROUPS][2:])],
        "key_shares": [f"{group:04x}: {size} bytes" for group, size in _shares(found[KEY_SHARE])],
        "signature_algorithms": [f"{one:04x}" for one in signature_algorithms(hello)],
        "alpn": _protocols(found.get(ALPN, b"\0\0")),
    }


def _shares(extension: bytes) -> list[tuple[int, int]]:
    found, at = [], 2
    while at + 4 <= len(extension):
        group, size = struct.unpack_from(">HH", extension, at)
        found.append((group, size))
        at += 4 + size
    return found


def _protocols(extension: bytes) -> list[str]:
    found, at = [], 2
    while at < len(extension):
        found.append(extension[at + 1 : at + 1 + extension[at]].decode("ascii"))
        at += 1 + extension[at]
    return found
