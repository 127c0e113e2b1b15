"""Which proxy each program has on the lab's host, read as the program, or who starts it, reads it.

The agent's daemons have the agent's own settings, or the environment that their service manager
gives them; the install script and the package manager run in a login shell.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from selftests.lab.network import Network
from selftests.lab.situations import AGENT_SETTINGS


@dataclass(frozen=True)
class AgentSettings:
    """The proxy of the agent's own settings, and the groups that go past it."""

    proxy: str = ""
    bypass: frozenset[str] = frozenset()


def agent_settings(lab: Network, told: dict[str, Any]) -> AgentSettings:
    """What the operator says, else what the agent's file on the host says."""
    bypass = frozenset(group.value for group in told.get("proxy_bypass", ()))
    if "proxy" in told:
        return AgentSettings(told["proxy"] or "-", bypass)
    done = lab.on_host("cat", AGENT_SETTINGS, well=False)
    if done.returncode:
        return AgentSettings()
    settings = json.loads(done.stdout)
    return AgentSettings(
        settings.get("proxy.url", ""), frozenset(settings.get("proxy.bypass", ())) | bypass
    )


def daemons_environment(lab: Network, told: dict[str, Any]) -> dict[str, str]:
    """The environment in which systemd starts the agent's daemons (systemd.exec(5)): the manager's
    own, then that of the unit, then its environment files."""
    if "proxy" in told:
        return {}
    found = _assignments(_systemctl(lab, "show-environment").splitlines())
    shown = _systemctl(lab, "show", "himdsd", "-p", "Environment", "-p", "EnvironmentFiles")
    for line in shown.splitlines():
        key, _, value = line.partition("=")
        if key == "Environment":
            found |= _assignments([value])
        elif key == "EnvironmentFiles":
            path = value.rpartition(" (")[0] or value
            lines = lab.on_host("cat", path, well=False).stdout.decode().splitlines()
            found |= _assignments(one for one in lines if one[:1] not in ("#", ";"))
    return found


def _systemctl(lab: Network, *arguments: str) -> str:
    command = ["sh", "-c", 'command -v systemctl >/dev/null && exec systemctl "$@"', "sh"]
    return lab.on_host(*command, *arguments, well=False).stdout.decode()


def _assignments(lines: Any) -> dict[str, str]:
    words = (word for line in lines for word in shlex.split(line) if "=" in word)
    return dict(word.split("=", 1) for word in words)


def login_shell(lab: Network, told: dict[str, Any]) -> list[str]:
    """The command that runs another as root's login shell does: with what pam_env(8) reads from
    /etc/environment, then the files of bash(1). What the operator says comes last."""
    environment = lab.on_host("cat", "/etc/environment", well=False).stdout.decode()
    lines = [line for line in environment.splitlines() if line[:1] != "#"]
    command = ["env", "-i", "HOME=/root", "USER=root", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
    command += [f"{name}={value}" for name, value in _assignments(lines).items()]
    proxy = told.get("proxy", "")
    given = f"export http_proxy={shlex.quote(proxy)} https_proxy={shlex.quote(proxy)}; "
    told_so = given if proxy else ("unset http_proxy https_proxy; " if "proxy" in told else "")
    return [*command, "bash", "-lc", f'{told_so}exec "$@"', "bash"]
