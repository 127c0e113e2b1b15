"""Hosts as the user names them: checked syntax, and a label that holds no user and no password."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

BACKENDS = ("local", "ssh")
"""The testinfra backends that this edition brings the probe through."""

_ADDRESS = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.%\\-]*)(?P<password>:[^@]*)?@)?"
    r"(?P<name>\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)"
    r"(?P<port>:[0-9]{1,5})?"
)


class HostError(ValueError):
    """A host that cannot be used as it is written; the text says what to write instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host: ``address`` as testinfra takes it, ``label`` as reports show it."""

    address: str
    label: str


LOCAL = HostSpec(address="local://", label="local")


def parse_hosts(text: str | None) -> tuple[HostSpec, ...]:
    """The hosts of a comma separated list; this machine where there is no list.

    Raise HostError for a list that is empty, a syntax that is wrong, a backend that this edition
    lacks, a password in the address, and two hosts with one label.
    """
    if text is None:
        return (LOCAL,)
    hosts = tuple(_parse_host(one.strip()) for one in text.split(","))
    labels: Sequence[str] = [host.label for host in hosts]
    for i, label in enumerate(labels):
        if label in labels[:i]:
            raise HostError(f"--hosts: {label!r} is named twice; name each host once")
    return hosts


def _parse_host(text: str) -> HostSpec:
    if not text:
        raise HostError("--hosts: an empty name in the list; write --hosts=ssh://web01,ssh://web02")
    backend, separator, address = text.partition("://")
    if not separator:
        raise HostError(f"--hosts: {text!r} names no backend; write ssh://{_shown(text)}")
    if backend not in BACKENDS:
        raise HostError(
            f"--hosts: no backend {backend!r} in this edition; use {' or '.join(BACKENDS)}"
        )
    if backend == "local":
        if address:
            raise HostError(f"--hosts: local:// takes no name, {address!r} was given")
        return LOCAL
    address, _, query = address.partition("?")
    found = _ADDRESS.fullmatch(address)
    if found is None or query:
        raise HostError(
            f"--hosts: {_shown(address)!r} is no host; write ssh://[user@]name[:port], and put "
            "ssh's own settings into the file of --ssh-config"
        )
    if found["password"] is not None:
        raise HostError(
            f"--hosts: a password in the address of {found['name']!r} would show in the process "
            "list; use a key (--ssh-identity-file=FILE) or an ssh agent"
        )
    port = found["port"] or ""
    if port and not 0 < int(port[1:]) < 65536:
        raise HostError(f"--hosts: {port[1:]} is no port in {_shown(address)!r}")
    return HostSpec(address=text, label=found["name"] + port)


def _shown(address: str) -> str:
    """*address* without what stands before its last ``@``, in case that is a secret."""
    return address.rpartition("@")[2]
