"""Hosts as the user names them: checked syntax, and a label that holds no user and no password."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import scrub

LOCAL_ADDRESS = "local://"
ANSIBLE = "ansible"

BACKENDS = ("local", "ssh", "docker", "podman", "kubectl", ANSIBLE)
"""The testinfra backends that give a command line, so that the probe can be brought through."""

LACKING = {
    "winrm": "Windows hosts are not measured yet in this edition",
    "paramiko": "testinfra's paramiko backend gives no command line; write ssh://{host}",
    "safe-ssh": "safe-ssh writes files on the host and takes no standard input; write ssh://{host}",
    "salt": "testinfra's salt backend takes no standard input; write ssh://{host}, or measure with "
    "--write-order and salt's own cmd.run",
    "lxc": "lxc is not tried in this edition; write ssh://{host}",
    "openshift": "oc is not tried in this edition; write kubectl://{host}",
    "chroot": "a chroot has the network of this machine; write local://",
}
"""What testinfra's other backends lack."""

_ADDRESS = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9_.%\\-]*)(?P<password>:[^@]*)?@)?"
    r"(?P<name>\[[0-9A-Fa-f:.%a-z]+\]|[A-Za-z0-9_][A-Za-z0-9_.-]*)"
    r"(?P<port>:[0-9]{1,5})?"
)
_PATTERN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:*?-]*")
_QUERIES = {"kubectl": ("namespace", "container", "context", "kubeconfig")}
_QUERY = re.compile(r"[a-z]+=[A-Za-z0-9_./:@~-]+(&[a-z]+=[A-Za-z0-9_./:@~-]+)*")

_LONGEST_NAME = 253
"""Of a host: RFC 1035 allows 255 bytes with the lengths of its parts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSpec:
    """One host: ``address`` as testinfra takes it, ``label`` as reports show it."""

    address: str
    label: str

    @property
    def backend(self) -> str:
        """The testinfra backend that the host is reached through."""
        return self.address.partition("://")[0]


def parse_hosts(text: str | None) -> tuple[HostSpec, ...]:
    """The hosts of a comma separated list; this machine where there is no list.

    Raise Fault as `parse_host` does, and for an empty name in the list.
    """
    if text is None:
        return (parse_host(LOCAL_ADDRESS),)
    return tuple(parse_host(one.strip()) for one in text.split(","))


def refuse_twins(hosts: Iterable[HostSpec]) -> None:
    """Raise Fault where two of *hosts* have one label, since reports could not tell them."""
    seen: set[str] = set()
    for host in hosts:
        if host.label in seen:
            raise Fault(f"{host.label!r} is named twice; name each host once")
        seen.add(host.label)


def parse_host(text: str) -> HostSpec:
    """The host that *text* names, as ``backend://[user@]name[:port]``.

    Raise Fault for a wrong syntax, a backend that cannot bring the probe, and a password in
    the address.
    """
    if not text:
        raise Fault("an empty name in the list; write ssh://web01,ssh://web02")
    backend, separator, rest = text.partition("://")
    if not separator:
        raise Fault(f"{_shown(text)!r} names no backend; write ssh://{_shown(text)}")
    if backend in LACKING:
        host = _shown(rest.partition("?")[0])
        raise Fault(f"{backend}://{host}: {LACKING[backend].format(host=host)}")
    if backend not in BACKENDS:
        raise Fault(f"unknown backend {scrub(backend)[:60]!r}; use {', '.join(BACKENDS)}")
    if backend == "local":
        if rest:
            raise Fault(f"local:// takes no name, {_shown(rest)!r} was given")
        return HostSpec(address=LOCAL_ADDRESS, label="local")
    if backend == ANSIBLE:
        if not _PATTERN.fullmatch(rest) or len(rest) > _LONGEST_NAME:
            raise Fault(f"{_shown(rest)[:300]!r} is not a host or group; write ansible://web")
        return HostSpec(address=text, label=rest)
    return _named(text, backend, rest)


def _named(text: str, backend: str, rest: str) -> HostSpec:
    address, asked, query = rest.partition("?")
    keys = _QUERIES.get(backend, ())
    if asked and not (
        _QUERY.fullmatch(query) and all(p.partition("=")[0] in keys for p in query.split("&"))
    ):
        hint = f"; after ? stand {', '.join(keys)}" if keys else "; it takes no ?, see --ssh-config"
        raise Fault(f"{backend}://{_shown(address)}: {_shown(query)!r} is not known{hint}")
    found = _ADDRESS.fullmatch(address)
    if found is None or (found["port"] and backend != "ssh"):
        port = "[:port]" if backend == "ssh" else ""
        raise Fault(
            f"{_shown(address)!r} is not a host; write {backend}://[user@]name{port}, and put "
            "ssh's own settings into the file of --ssh-config"
        )
    if found["password"] is not None:
        raise Fault(
            f"a password in the address of {found['name']!r} would show in the process "
            "list; use a key (--ssh-identity-file=FILE) or an ssh agent"
        )
    if not _is_ipv6(found["name"]):
        raise Fault(f"{found['name']!r} is not an IPv6 address; only those stand in brackets")
    if len(found["name"]) > _LONGEST_NAME:
        raise Fault(
            f"{found['name'][:40]!r}… is not a host: a name has at most {_LONGEST_NAME} characters"
        )
    if found["user"] and backend == "kubectl":
        raise Fault(f"kubectl chooses no user; write kubectl://{found['name']}")
    port = found["port"] or ""
    if port and not 0 < int(port[1:]) < 65536:
        raise Fault(f"{port[1:]} is not a port in {_shown(address)!r}")
    return HostSpec(address=text, label=found["name"] + port)


def _is_ipv6(name: str) -> bool:
    """Whether *name*, if it stands in brackets, is an IPv6 address, with or without a zone."""
    if not name.startswith("["):
        return True
    try:
        ipaddress.IPv6Address(name[1:-1])
    except ValueError:
        return False
    return True


def _shown(address: str) -> str:
    """*address* without what stands before its last ``@``, in case that is a secret."""
    return scrub(address.rpartition("@")[2])
