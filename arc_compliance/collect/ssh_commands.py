"""Commands about keys that help where ssh refuses, with the host's own names and files filled in.

What they change is taken from ssh's settings. A path or a name that stands in ssh's words alone
is not used: the host may have written them.
"""

from __future__ import annotations

import os
import re
import shlex

from arc_compliance.collect.login import Login, Settings, locked_key

_OFFENDING = re.compile(r"Offending (?:\S+ )?key (?:for IP )?in (?P<file>.+):\d+")
_KNOWN_HOSTS = ("userknownhostsfile", "globalknownhostsfile")
_SSH_PORT = "22"


def check_key(login: Login, settings: Settings, *, proxied: bool) -> str:
    """The command that prints the fingerprints of the host's keys; "" behind a jump host."""
    if proxied or not login.settings_command:
        return ""
    name, port = _address(login, settings)
    scan = ["ssh-keyscan", *(["-p", port] if port != _SSH_PORT else []), name]
    return f"{shlex.join(scan)} | ssh-keygen -l -f -"


def accept_key(login: Login, *, strict: bool) -> str:
    """The command that asks whether the host's key is right, and keeps it upon "yes"."""
    asking = ("-o", "StrictHostKeyChecking=ask") if strict else ()
    return login.command("true", options=asking)


def remove_key(login: Login, settings: Settings, lines: tuple[str, ...]) -> str:
    """The command that takes the host's old key out of the file that ssh names in *lines*."""
    if not login.settings_command:
        return ""
    name, port = _address(login, settings)
    alias = _first(settings, "hostkeyalias")
    stored = alias if alias not in ("", "none") else name
    if stored is name and port != _SSH_PORT:
        stored = f"[{name}]:{port}"
    words = " ".join(_first(settings, key) for key in _KNOWN_HOSTS).split(" ")
    files = f" {' '.join(map(_expanded, words))} "  # ssh quotes none, and a path may hold spaces
    offending = (_OFFENDING.fullmatch(line) for line in reversed(lines))
    named = next((found["file"] for found in offending if found), "")
    default = _expanded("~/.ssh/known_hosts")
    known = named and f" {named} " in files
    file = ["-f", named] if known and named != default else []
    return shlex.join(["ssh-keygen", *file, "-R", stored])


def use_one_key(login: Login, settings: Settings) -> str:
    """The command that offers one key, not every key of the agent."""
    named = login.identity_file or _first(settings, "identityfile")
    key = () if login.identity_file or not named else ("-i", _expanded(named))
    return login.command("true", options=("-o", "IdentitiesOnly=yes", *key))


def use_key_file(login: Login, settings: Settings, path: str, *, too_open: bool) -> str:
    """The command that makes the key file *path* usable, or tells what is wrong with it."""
    named = (login.identity_file, *settings.get("identityfile", ()))
    if path not in (_expanded(one) for one in named if one):
        return login.command("true", options=("-v",))
    return shlex.join(("chmod", "600", path) if too_open else ("ssh-keygen", "-y", "-f", path))


def unlock_key(login: Login, settings: Settings) -> str:
    """The command that unlocks the key with a passphrase; "" where there is none, or another."""
    locked = locked_key(login, settings)
    return shlex.join(["ssh-add", locked]) if locked else ""


def name_look_up(login: Login, settings: Settings) -> str:
    """The command that looks the host's name up as ssh does."""
    return shlex.join(["getent", "ahosts", _address(login, settings)[0]]) if login.name else ""


def _address(login: Login, settings: Settings) -> tuple[str, str]:
    """The name, or address, and the port that ssh connects to."""
    name = _first(settings, "hostname") or login.name.strip("[]")
    return name, _first(settings, "port") or login.port or _SSH_PORT


def _first(settings: Settings, keyword: str) -> str:
    return next(iter(settings.get(keyword, ())), "")


def _expanded(path: str) -> str:
    return os.path.expanduser(path)  # noqa: PTH111 - Path raises where there is no home
