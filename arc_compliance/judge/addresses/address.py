"""What can be said of an address, and which ones a name has."""

from __future__ import annotations

import ipaddress

from netaddr import AddrFormatError, IPSet

from arc_compliance.wire.measurement import Measurement

_SHARED = ipaddress.ip_network("100.64.0.0/10")

_PRIVATE = (
    *(ipaddress.ip_network(n) for n in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")),
    _SHARED,
    ipaddress.ip_network("fc00::/7"),
)
"""RFC 1918, RFC 6598 and unique local addresses (RFC 4193): what a private endpoint may have."""


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_private(address: str) -> bool:
    """Whether *address* is one that a private endpoint may have; false for other text."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(ip.version == net.version and ip in net for net in _PRIVATE)


def is_public(address: str) -> bool:
    """Whether *address* can be one of a public endpoint: neither private nor this machine's.

    Raise ValueError for a text that is not an address.
    """
    ip = _unmapped(address)
    if ip.is_loopback or ip.is_link_local or ip.is_unspecified or ip.is_multicast:
        return False
    return not is_private(str(ip))


def is_loopback(place: str) -> bool:
    """Whether the address:port *place* is on this machine only; false for other text."""
    try:
        return _unmapped(place.rpartition(":")[0].strip("[]")).is_loopback
    except ValueError:
        return False


def _unmapped(address: str) -> _Address:
    """*address*; an IPv4 address mapped into IPv6 as itself."""
    ip = ipaddress.ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, ipaddress.IPv6Address) else None
    return mapped or ip


def address_set(measurement: Measurement | None) -> IPSet:
    """What the name resolved to on the host; empty behind a proxy, and where one is malformed."""
    try:
        return IPSet(measurement.addresses if measurement else ())
    except (AddrFormatError, ValueError, TypeError):
        return IPSet()
