"""How an operator logs in to a host by hand: the commands that a report gives, ready to paste."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl

from arc_compliance.collect.backends import Access, backend_of
from arc_compliance.hosts.addresses import ANSIBLE, HostSpec
from arc_compliance.plan.order import Limits

CONTAINERS = ("docker", "podman", "kubectl")
_SETTINGS_TIME = 5.0
"""Seconds that ``ssh -G`` may take; a ``Match exec`` of the configuration runs in it."""

Settings = Mapping[str, tuple[str, ...]]
"""What ``ssh -G`` prints: the values of each keyword, which is in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """The way to one host: ``kind`` is the transport that is used in the end, ansible's too.

    ``flags`` are options of kubectl. ``ansible`` is the command that takes the place of ssh's
    where the ansible inventory has ssh arguments of its own: those may hold a password.
    """

    kind: str
    name: str = ""
    user: str = ""
    port: str = ""
    config: str = ""
    identity_file: str = ""
    flags: tuple[str, ...] = ()
    ansible: tuple[str, ...] = ()
    sudo: bool = False
    sudo_user: str = ""
    installed: bool = True

    def command(self, *words: str, options: tuple[str, ...] = ()) -> str:
        """The local command that runs *words* on the host, quoted for a shell; "" where there is
        none. *options* are those of ssh."""
        return shlex.join(self._arguments(words, options))

    @property
    def settings_command(self) -> tuple[str, ...]:
        """The command that prints ssh's settings for the host, not quoted."""
        return self._ssh(("-G",)) if self._safe else ()

    @property
    def sudo_command(self) -> str:
        """The command that shows whether sudo works without a prompt."""
        user = ("-u", self.sudo_user) if self.sudo_user else ()
        return self.command("sudo", "-n", *user, "true")

    def engine_command(self, *, state: bool) -> str:
        """The command that shows whether the container's engine works, or its containers."""
        if self.kind != "kubectl":
            return f"{self.kind} info" if state else f"{self.kind} ps --all"
        pairs = zip(self.flags[::2], self.flags[1::2], strict=True)
        flags = (word for pair in pairs if pair[0] != "--container" for word in pair)
        return shlex.join(["kubectl", *flags, *(["cluster-info"] if state else ["get", "pods"])])

    def _arguments(self, words: tuple[str, ...], options: tuple[str, ...]) -> tuple[str, ...]:
        if self.kind == "local":
            return words
        if not self._safe:
            return ()
        if self.ansible:
            return (*self.ansible, "-m", "raw", "-a", shlex.join(words))
        if self.kind == "ssh":
            return (*self._ssh(options), *words)
        if self.kind == "kubectl":
            return ("kubectl", *self.flags, "exec", self.name, "--", *words)
        user = ("-u", self.user) if self.user else ()
        return (self.kind, "exec", *user, self.name, *words)

    def _ssh(self, options: tuple[str, ...]) -> tuple[str, ...]:
        given = ("-F", self.config), ("-i", self.identity_file), ("-p", self.port)
        target = f"{self.user}@{self.name}" if self.user else self.name
        return "ssh", *options, *(word for one in given if one[1] for word in one), target

    @property
    def _safe(self) -> bool:
        """Whether no client can take the target for an option, as a name in a foreign inventory."""
        return bool(self.name) and not f"{self.user}{self.name}".startswith("-")


def login_to(host: HostSpec, access: Access, limits: Limits) -> Login:
    """The way to *host*. Raise Fault as `backends.command_line` does."""
    backend = backend_of(host, access, limits)
    kind = backend.get_connection_type()
    target = getattr(backend, "host", None)
    ansible: tuple[str, ...] = ()
    if host.backend == ANSIBLE and getattr(backend, "ssh_extra_args", None):
        inventory = ("-i", access.ansible_inventory) if access.ansible_inventory else ()
        ansible = ("ansible", *inventory, host.label)
    return Login(
        kind=kind,
        name=str(getattr(target, "name", None) or getattr(backend, "name", None) or ""),
        user=str(getattr(target, "user", None) or getattr(backend, "user", None) or ""),
        port=str(getattr(target, "port", None) or ""),
        config=str(getattr(backend, "ssh_config", None) or ""),
        identity_file=str(getattr(backend, "ssh_identity_file", None) or ""),
        flags=_kubectl_flags(host),
        ansible=ansible,
        sudo=bool(access.sudo or access.sudo_user or backend.sudo or backend.sudo_user),
        sudo_user=str(access.sudo_user or backend.sudo_user or ""),
        installed=kind == "local" or shutil.which(kind) is not None,
    )


def ssh_settings(login: Login) -> Settings:
    """The settings of ssh for the host, empty where ssh does not tell them.

    They are taken from ssh itself and not from what it printed: a host that ends its session with
    255 can print what it likes, and must not choose the file that a command changes.
    """
    if not login.settings_command:
        return {}
    try:
        told = subprocess.run(
            login.settings_command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_SETTINGS_TIME,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return {}
    found: dict[str, tuple[str, ...]] = {}
    for line in told.stdout.decode("utf-8", "replace").splitlines() if not told.returncode else ():
        keyword, _, value = line.partition(" ")
        found[keyword.lower()] = (*found.get(keyword.lower(), ()), value)
    return found


def locked_key(login: Login, settings: Settings) -> str:
    """The key file with a passphrase that nobody could type: "" where another key was there.

    With an ssh agent that is unknown: it may hold the key, unlocked.
    """
    if os.environ.get("SSH_AUTH_SOCK"):
        return ""
    named = [login.identity_file, *settings.get("identityfile", ())]
    files = [path for path in map(_expanded, filter(None, named)) if path.is_file()]
    return str(files[0]) if files and all(map(_has_passphrase, files)) else ""


def _expanded(path: str) -> Path:
    return Path(os.path.expanduser(path))  # noqa: PTH111 - Path raises for an unknown user


def _has_passphrase(path: Path) -> bool:
    """Whether ``ssh-keygen`` needs a passphrase to read the key."""
    try:
        tried = subprocess.run(
            ["ssh-keygen", "-y", "-P", "", "-f", str(path)],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SETTINGS_TIME,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return False
    return b"passphrase" in tried.stderr


def _kubectl_flags(host: HostSpec) -> tuple[str, ...]:
    if host.backend != "kubectl":
        return ()
    asked = parse_qsl(host.address.partition("?")[2])
    return tuple(word for key, value in asked for word in (f"--{key}", value))
