"""The host as such: its system, its user, its resolvers, its clock."""

import os

from arc_compliance.probe.python.facts.clock import clock_synchronised
from arc_compliance.probe.python.facts.operating_system import os_facts, resolvers, user_name


class HostFacts:
    """What is read in files and from the user database, which may hang too."""

    def __init__(self) -> None:
        self.os: dict[str, str] = {}
        self.user = str(os.geteuid())
        self.resolvers: list[str] = []
        self.synchronised: bool | None = None

    def read(self) -> None:
        """Read all of it."""
        self.os = os_facts()
        self.resolvers = resolvers()
        self.user = user_name()
        self.synchronised = clock_synchronised()
