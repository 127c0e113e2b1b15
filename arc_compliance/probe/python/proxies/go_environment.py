"""Go's proxy in the environment (golang.org/x/net/http/httpproxy)."""

import re
import socket


def go_variable(environment: "dict[str, str]", name: str) -> str:
    """The variable *name*, in upper case or, where that is empty, in lower case."""
    return environment.get(name.upper()) or environment.get(name.lower()) or ""


def go_past(no_proxy: str, name: str, port: int) -> bool:
    """Whether Go goes straight to *name* with this NO_PROXY.

    Localhost and loopback addresses always are. A domain counts for those below it, and for itself
    unless it is written with a dot or ``*.`` before it; a port narrows the entry to that port.
    """
    if name == "localhost":
        return True
    address = packed_address(name)
    if address is not None and is_loopback(address):
        return True
    host = name.strip().lower()
    entries = [entry.strip().lower() for entry in no_proxy.split(",")]
    if "*" in entries:
        return True
    return any(entry_matches(entry, host, port, address) for entry in entries if entry)


def entry_matches(entry: str, host: str, port: int, address: "bytes | None") -> bool:
    """Whether one entry of NO_PROXY counts for *host*, whose *address* is given where it is one."""
    network = packed_network(entry)
    if network is not None:
        return address is not None and in_network(address, *network)
    wanted, wanted_port = split_entry(entry)
    if not wanted or (wanted_port and wanted_port != str(port)):
        return False
    single = packed_address(wanted)
    if single is not None:
        return single == address
    if wanted.startswith("*."):
        wanted = wanted[1:]
    domain = wanted if wanted.startswith(".") else "." + wanted
    return host.endswith(domain) or (wanted != domain and host == wanted)


def split_entry(entry: str) -> "tuple[str, str]":
    """(host, port) of an entry; what is not host:port is a host as a whole."""
    bracketed = re.match(r"\[([^\[\]]*)\]:([^:]*)\Z", entry)
    if bracketed:
        return bracketed.group(1), bracketed.group(2)
    plain = re.match(r"([^\[\]:]*):([^\[\]:]*)\Z", entry)
    return (plain.group(1), plain.group(2)) if plain else (entry, "")


def packed_address(text: str) -> "bytes | None":
    """The bytes of an IP address, four of them where it is an IPv4 one in any form, else None."""
    for family in (socket.AF_INET, socket.AF_INET6):
        try:
            packed = socket.inet_pton(family, text)
        except (OSError, ValueError):  # ValueError: a character that is not one byte, or a NUL
            continue
        mapped_prefix = b"\0" * 10 + b"\xff\xff"
        return packed[12:] if packed.startswith(mapped_prefix) else packed
    return None


def packed_network(text: str) -> "tuple[bytes, int] | None":
    """(address, length of the prefix) of a CIDR, else None."""
    found = re.match(r"([0-9a-f.:]+)/([0-9]{1,3})\Z", text)
    if not found:
        return None
    address, length = packed_address(found.group(1)), int(found.group(2))
    if address is None or length > 8 * len(address):
        return None
    return address, length


def in_network(address: bytes, network: bytes, length: int) -> bool:
    """Whether *address* is within the first *length* bits of *network*."""
    if len(address) != len(network):
        return False
    shift = 8 * len(network) - length
    return int.from_bytes(address, "big") >> shift == int.from_bytes(network, "big") >> shift


def is_loopback(address: bytes) -> bool:
    """Whether this is the host itself: 127.0.0.0/8 or ::1."""
    return address[0] == 127 if len(address) == 4 else address == b"\0" * 15 + b"\1"
