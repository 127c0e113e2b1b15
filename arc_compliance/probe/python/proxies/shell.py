"""The proxies of shells: the one the probe runs in, and the files of all."""

import os

from arc_compliance.probe.python.files import files_of
from arc_compliance.probe.python.proxies.setting import (
    Setting,
    environment_settings,
    variables_in,
)

ENVIRONMENT_FILES = ("/etc/environment", "/etc/profile")
ENVIRONMENT_FOLDER = "/etc/profile.d"


def shell_settings() -> "list[Setting]":
    """The proxies of the shell: this one's first, then what the files of all shells set."""
    settings = environment_settings("shell", dict(os.environ))
    for path in [*ENVIRONMENT_FILES, *sorted(files_of(ENVIRONMENT_FOLDER))]:
        settings += environment_settings("shell", variables_in(path))
    return settings
