"""What /etc/os-release, /etc/resolv.conf and the user database say."""

import os
import pwd
import shlex

from arc_compliance.probe.python.files import read_text
from arc_compliance.probe.python.scrubbing import scrubbed


def os_facts() -> "dict[str, str]":
    """What /etc/os-release says."""
    try:
        lines = read_text("/etc/os-release").splitlines()
    except OSError:
        return {}
    release = {}
    for line in lines:
        key, equals, value = line.partition("=")
        if equals:
            release[key] = value
    keys = {"id": "ID", "version": "VERSION_ID", "name": "PRETTY_NAME"}
    return {ours: unquoted(release.get(theirs, "")) for ours, theirs in keys.items()}


def unquoted(text: str) -> str:
    """*text* without the quotes of a shell, as it is where they do not match."""
    try:
        return scrubbed(" ".join(shlex.split(text)))
    except ValueError:
        return scrubbed(text)


def resolvers() -> "list[str]":
    """The name servers of /etc/resolv.conf."""
    try:
        lines = read_text("/etc/resolv.conf").splitlines()[:1000]
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [scrubbed(w[1]) for w in words if len(w) > 1 and w[0] == "nameserver"]


def user_name() -> str:
    """Who the probe runs as."""
    try:
        return scrubbed(pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return str(os.geteuid())
