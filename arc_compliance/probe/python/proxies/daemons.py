"""The environment of the agent's daemons, from the service manager."""

import glob
import threading

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.files import read_text, why_unreadable
from arc_compliance.probe.python.limits import MAX_SETTINGS
from arc_compliance.probe.python.proxies.assignments import (
    assignments,
    environment_file,
    shell_words,
)
from arc_compliance.probe.python.proxies.exemptions import go_rules
from arc_compliance.probe.python.proxies.go_environment import go_variable
from arc_compliance.probe.python.proxies.go_url import go_environment_proxy, go_environment_url
from arc_compliance.probe.python.proxies.setting import Setting, settings_of

DAEMONS = ("himdsd", "gcad", "extd")
UNIT_PROPERTIES = ("Environment", "EnvironmentFiles", "UnsetEnvironment")
MANAGER_SECONDS = 3


class DaemonsEnvironment:
    """The agent's daemons' environment, as the service manager starts them (systemd.exec(5)): its
    own, that of the unit, that of the unit's files. ``failure`` is why a file was not read."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.found: dict[str, str] | None = None
        self.failure: str | None = None

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
        show = ["systemctl", "show", *DAEMONS]
        for name in UNIT_PROPERTIES:
            show += ["-p", name]
        status, output = run_command(show, MANAGER_SECONDS)
        if status == 0:
            for unit in reversed(output.split("\n\n")):  # himdsd, the first, has the last word
                self._add_unit(environment, unit.splitlines())
        return environment

    def _add_unit(self, environment: "dict[str, str]", lines: "list[str]") -> None:
        shown = [line.partition("=")[::2] for line in lines]
        environment.update(assignments(value for key, value in shown if key == "Environment"))
        for key, value in shown:
            if key == "EnvironmentFiles":
                self._add_files(environment, value.rpartition(" (")[0] or value)
        for key, value in shown:
            for word in shell_words(value) if key == "UnsetEnvironment" else ():
                name, equals, unwanted = word.partition("=")
                if not equals or environment.get(name) == unwanted:
                    environment.pop(name, None)

    def _add_files(self, environment: "dict[str, str]", pattern: str) -> None:
        paths = sorted(glob.glob(pattern))[:MAX_SETTINGS]
        for path in paths or [pattern]:
            try:
                environment.update(environment_file(read_text(path)))
            except FileNotFoundError:
                continue
            except (OSError, ValueError) as problem:  # ValueError: a NUL in the path
                self.failure = (
                    why_unreadable(problem) if isinstance(problem, OSError) else str(problem)
                )


def daemons_settings(environment: "dict[str, str]") -> "tuple[list[Setting], list[Setting]]":
    """(the setting that the daemons' *environment* has, the one by which they go), each in a list.

    They differ where Go passes over what it cannot parse at all, and goes straight out.
    """
    url = go_variable(environment, "https_proxy")
    past = go_rules(go_variable(environment, "no_proxy"))
    settings = settings_of("daemons", url, go_environment_proxy, past)
    return settings, settings if go_environment_url(url) else []
