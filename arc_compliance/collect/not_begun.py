"""Why the probe never began on a host, from what its client said and how it ended."""

from __future__ import annotations

import re

from arc_compliance.collect.backends import NO_PYTHON
from arc_compliance.collect.client_words import in_one, last_lines, with_command
from arc_compliance.collect.login import CONTAINERS, Login
from arc_compliance.collect.ssh_failures import ssh_failure
from arc_compliance.wire.fields import Failure

UNREACHABLE = "host-unreachable"

SSH_FAILED = 255
"""ssh's own exit status; any other is that of the command on the host."""
_NOT_FOUND = 127
_NOT_IN = {1, 125, 126, 127}
"""The exit statuses of docker, podman and kubectl where the command did not run in a container."""

_SUDO: dict[str, tuple[str, ...]] = {
    "sudo-password-wanted": (
        r"sudo: .*(?:terminal|tty) is required.*read the password.*",
        r"sudo: .*password is required.*",
        r"sudo: interactive auth.+",
    ),
    "sudo-terminal-wanted": (r"sudo: .*must have a tty.*",),
    "sudo-missing": (r".*\bsudo: (?:command )?not found.*", r".*: sudo: .*No such file.*"),
    "sudo-refused": (
        r"sudo: .+",
        r"Sorry, user .+ (?:may not run|is not allowed to) .+",
        r".+ is not in the sudoers file\b.*",
    ),
}
"""sudo speaks the language of the host, but its name stands before what it says: ``sudo: .+``."""

_CONTAINER: dict[str, tuple[str, ...]] = {
    "container-engine-unusable": (
        r".*cannot connect to (?:the docker daemon|podman).*",
        r".*permission denied while trying to connect to the docker.*",
        r"the connection to the server .+ was refused.*",
        r"unable to connect to the server.*",
        r"error: you must be logged in to the server.*",
        r"error from server \(forbidden\).*",
        r"error: (?:context .+ does not exist|current-context .*|.*invalid configuration.*)",
    ),
    "container-not-found": (
        r".*no such container.*",
        r".*no container with name or id.*",
        r".*container not found.*",
        r"error from server \(notfound\).*",
        r".*container .+ is not valid for pod.*",
    ),
    "container-not-running": (
        r".*container .+ is (?:not running|paused|restarting).*",
        r".*can only create exec sessions on running containers.*",
        r".*cannot exec (?:into|in) a (?:container in a completed pod|stopped container).*",
        r".*container is not (?:created or )?running.*",
    ),
}


def why_not_begun(out: bytes, err: bytes, status: int, login: Login) -> Failure | None:
    """Why nothing ran on the host, whose client ended with *status*; None where that is unknown."""
    if status == _NOT_FOUND and not login.installed:
        lead = f"{login.kind} is not installed on this machine. Try"
        words = with_command(in_one(last_lines(err)[-2:]), lead, f"command -v {login.kind}")
        return Failure(cause="client-missing", detail=words)
    if login.kind == "ssh" and status == SSH_FAILED:
        return ssh_failure(err, login) or _unreachable(err, status, login)
    if login.sudo:
        cause, line = _cause_in(last_lines(err), _SUDO)
        if cause:
            words = with_command(line, "To check it", login.sudo_command)
            return Failure(cause=cause, detail=words)
    if login.kind in CONTAINERS and status in _NOT_IN:
        cause, line = _cause_in(last_lines(err), _CONTAINER)
        if cause:
            look = login.engine_command(state=cause == "container-engine-unusable")
            words = with_command(line, "To check it", look)
            return Failure(cause=cause, detail=words)
        return _unreachable(err, status, login)
    if login.kind == "ssh" and status != NO_PYTHON:
        return _refused(out, err, status, login)
    return None


def to_try(words: str, login: Login) -> str:
    """*words*, and the command that shows whether the host can be reached."""
    return with_command(words, "Try", login.command("true"))


def _unreachable(err: bytes, status: int, login: Login) -> Failure:
    silent = f"{login.kind} ended with {status} and without a word"
    return Failure(cause=UNREACHABLE, detail=to_try(in_one(last_lines(err)[-3:]) or silent, login))


def _refused(out: bytes, err: bytes, status: int, login: Login) -> Failure:
    """The login went well, and the host did something else than what it was told."""
    said = in_one((*last_lines(out[:4000])[:3], *last_lines(err)[-3:])) or "nothing"
    words = f"the host let the user in and did not run the probe (exit status {status}); it said: "
    command = login.command("echo", "it runs commands")
    return Failure(cause="ssh-command-refused", detail=with_command(words + said, "Try", command))


def _cause_in(lines: tuple[str, ...], known: dict[str, tuple[str, ...]]) -> tuple[str, str]:
    """The first of *known* that one of *lines* shows, and that line."""
    for cause, patterns in known.items():
        for line in reversed(lines):
            if any(re.fullmatch(pattern, line, re.IGNORECASE) for pattern in patterns):
                return cause, line
    return "", ""
