"""The local command line that starts the probe on a host, as its testinfra backend builds it."""

from __future__ import annotations

import shlex
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import NoReturn

from testinfra.backend import get_backend
from testinfra.backend.ansible import AnsibleBackend
from testinfra.backend.base import BaseBackend
from testinfra.utils.ansible_runner import AnsibleRunner

from arc_compliance.base.fault import Fault
from arc_compliance.hosts.addresses import (
    ANSIBLE,
    BACKENDS,
    HostSpec,
    parse_host,
    refuse_twins,
)
from arc_compliance.plan.order import Limits

NO_PYTHON = 97
"""The exit status of a host that has no Python."""

_PYTHONS = "python3 /usr/libexec/platform-python python3.12 python3.11 python3.9 python3.8"
_MAX_PROGRAM_BYTES = 1024 * 1024
LOADER = (
    "import sys, zlib; b = sys.stdin.buffer; d = zlib.decompressobj(); "
    f"PROGRAM = d.decompress(b.read(int(b.readline())), {_MAX_PROGRAM_BYTES}); "
    "d.eof or sys.exit('the probe arrived cut off'); "
    "exec(compile(PROGRAM, 'probe.py', 'exec'))"
)
"""What a Python on the host runs first: it reads the program from standard input and runs it.

The order follows there, for the program to read. The program finds its own bytes in PROGRAM, to say
in the evidence what ran.
"""

STARTED = b"-----ARC-COMPLIANCE STARTED-----"
"""What a host says when the login is over and its shell begins with the probe."""

_START = (
    f"echo {STARTED.decode()}; for p in {_PYTHONS}; do command -v $p >/dev/null 2>&1 && "
    f"exec $p -I -B -c {shlex.quote(LOADER)}; done; exit {NO_PYTHON}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How hosts are reached: testinfra's own options."""

    ssh_config: str | None = None
    ssh_identity_file: str | None = None
    ansible_inventory: str | None = None
    sudo: bool = False
    sudo_user: str | None = None


class _CommandLine(Exception):  # noqa: N818 - carries a value out of testinfra, is not an error
    """The command line that a backend was about to run."""


def request_for(program: bytes, order: bytes) -> bytes:
    """The standard input of :func:`command_line`: *program*, compressed, and its *order*."""
    packed = _packed(program)
    return b"%d\n%b%b" % (len(packed), packed, order)


@cache
def _packed(program: bytes) -> bytes:
    return zlib.compress(program, 9)


def expand(hosts: Iterable[HostSpec], access: Access) -> tuple[HostSpec, ...]:
    """*hosts* with each ``ansible://`` pattern replaced by the hosts of the ansible inventory.

    Raise Fault where ansible knows none, names one that cannot be measured, and where two
    hosts have one label.
    """
    found: list[HostSpec] = []
    for host in hosts:
        found += _ansible_hosts(host, access) if host.backend == ANSIBLE else [host]
    refuse_twins(found)
    return tuple(found)


def command_line(host: HostSpec, access: Access, limits: Limits) -> str:
    """The local shell's command line that starts the probe on *host*, with its standard input.

    Raise Fault where testinfra gives none.
    """
    backend = backend_of(host, access, limits)
    sudo, user = access.sudo or backend.sudo, access.sudo_user or backend.sudo_user
    backend.sudo = False  # testinfra's sudo would ask for a password
    start = f"exec /bin/sh -c {shlex.quote(_START)}"
    if sudo or user:
        start = f"exec sudo -n{f' -u {shlex.quote(user)}' if user else ''} -- {start[5:]}"
    return _taken_from(backend, start)


def _taken_from(backend: BaseBackend, command: str) -> str:
    """The command line by which *backend* would run *command*, with standard input passed on."""

    def take(template: str, *arguments: str) -> NoReturn:
        passed_on = template
        if backend.get_connection_type() in ("docker", "podman", "kubectl"):
            passed_on = template.replace("exec ", "exec -i ", 1)
        raise _CommandLine(backend.quote(passed_on, *arguments))

    backend.run_local = take
    try:
        backend.run(command)
    except _CommandLine as taken:
        line = str(taken)
        return line if line.startswith("exec ") else f"exec {line}"
    raise Fault(f"testinfra's {backend.get_connection_type()} backend gives no command line")


def backend_of(host: HostSpec, access: Access, limits: Limits) -> BaseBackend:
    """The backend of *host*. Raise Fault for a host of ansible that cannot be measured."""
    if host.backend == ANSIBLE:
        backend = _ansible_backend(host, access)
    else:
        backend = get_backend(
            host.address,
            ssh_config=access.ssh_config,
            ssh_identity_file=access.ssh_identity_file,
        )
    backend.timeout = max(1, round(limits.connect))
    backend.controlpersist = 0  # one command a host needs no master connection to stay behind
    return backend


def _ansible_hosts(pattern: HostSpec, access: Access) -> list[HostSpec]:
    try:
        names = AnsibleBackend.get_hosts(pattern.label, ansible_inventory=access.ansible_inventory)
        hosts = [parse_host(f"{ANSIBLE}://{name}") for name in names]
        for host in hosts:
            _ansible_backend(host, access)
    except Fault:
        raise
    except (AssertionError, RuntimeError, ValueError, KeyError) as error:
        said = str(error).strip().splitlines()
        raise Fault(
            f"ansible://{pattern.label}: ansible-inventory gives no hosts"
            f" ({said[-1][:200] if said else type(error).__name__}); is ansible installed, and "
            "--ansible-inventory=FILE right?"
        ) from error
    if not hosts:
        raise Fault(f"ansible://{pattern.label}: no host of the ansible inventory is called so")
    return hosts


def _ansible_backend(host: HostSpec, access: Access) -> BaseBackend:
    """The backend that testinfra takes for a host of an ansible inventory."""
    found = AnsibleRunner.get_runner(access.ansible_inventory).get_host(
        host.label,
        ssh_config=access.ssh_config,
        ssh_identity_file=access.ssh_identity_file,
    )
    kind = found.backend.get_connection_type() if found else "of that kind"
    if found is None or kind not in BACKENDS:
        raise Fault(
            f"{host.label}: no command line for its ansible_connection ({kind}); ssh, local and "
            "docker can be measured"
        )
    backend: BaseBackend = found.backend
    if getattr(getattr(backend, "host", None), "password", None):
        raise Fault(
            f"{host.label}: its password in the ansible inventory would show in the process list; "
            "use a key or an ssh agent"
        )
    return backend
