"""The environment of the agent's daemons, from the service manager."""

import threading

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.proxies.setting import assignments

DAEMONS = ("himdsd", "gcad", "extd")
MANAGER_SECONDS = 3


class DaemonsEnvironment:
    """The agent's daemons' environment: that of their units over that of the service manager."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: dict[str, str] | None = None

    def get(self) -> "dict[str, str]":
        """The variables by name, read once."""
        with self.lock:
            if self.found is None:
                self.found = self._read()
            return self.found

    def _read(self) -> "dict[str, str]":
        environment: dict[str, str] = {}
        status, output = run_command(["systemctl", "show-environment"], MANAGER_SECONDS)
        if status == 0:
            environment.update(assignments(output.splitlines()))
        units = ["systemctl", "show", *DAEMONS, "-p", "Environment"]
        status, output = run_command(units, MANAGER_SECONDS)
        if status == 0:
            lines = [line[len("Environment=") :] for line in output.splitlines() if "=" in line]
            environment.update(assignments(reversed(lines)))  # himdsd, the first, has the last word
        return environment
