"""The certificates that a TLS 1.2 server sends, as received (RFC 5246).

CPython before 3.13 has no public call for the peer's whole chain; in TLS 1.2 it is not encrypted.
"""

from typing import Iterator


def certificate_message(received: bytes) -> "list[bytes]":
    """The DER certificates of the Certificate message in TLS 1.2 records (RFC 5246, 7.4.2)."""
    messages = handshake_bytes(received)
    at = 0
    while at + 4 <= len(messages):
        kind, size = messages[at], int.from_bytes(messages[at + 1 : at + 4], "big")
        if kind == 11:
            return list(vectors(messages[at + 7 : at + 4 + size]))
        at += 4 + size
    return []


def handshake_bytes(received: bytes) -> bytes:
    """The handshake messages of TLS records, up to ChangeCipherSpec (RFC 5246, 6.2.1)."""
    messages = bytearray()
    at = 0
    while at + 5 <= len(received) and received[at] != 20:
        size = int.from_bytes(received[at + 3 : at + 5], "big")
        if received[at] == 22:
            messages += received[at + 5 : at + 5 + size]
        at += 5 + size
    return bytes(messages)


def vectors(data: bytes) -> "Iterator[bytes]":
    """The items of a list in which each is preceded by its length in three bytes."""
    at = 0
    while at + 3 <= len(data):
        size = int.from_bytes(data[at : at + 3], "big")
        if at + 3 + size <= len(data):
            yield data[at + 3 : at + 3 + size]
        at += 3 + size
