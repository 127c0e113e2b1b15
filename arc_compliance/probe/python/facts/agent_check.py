"""The agent's own check of the network, beside ours."""

import contextlib
import re

from arc_compliance.probe.python.agent_files import (
    AGENT_PROGRAM,
    agent_has_program,
    lower_keys,
)
from arc_compliance.probe.python.commands import printed_json
from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.facts.agent import agent_region
from arc_compliance.probe.python.limits import MAX_CHECKED
from arc_compliance.probe.python.order import Order
from arc_compliance.probe.python.scrubbing import scrubbed

REACHABLE_WORDS: "dict[str, bool]" = {
    "true": True,
    "reachable": True,
    "yes": True,
    "false": False,
    "unreachable": False,
    "no": False,
}


class AgentCheck:
    """The agent's own check of the network; nothing of ours depends on it."""

    def __init__(self, order: Order) -> None:
        self.scope = order.agent_check
        self.limit = 2 * order.limits.connect + 3
        self.facts: Record | None = None

    def read(self) -> None:
        """Run it where the agent is installed, for its own region where the order has none."""
        if self.scope is None or not agent_has_program():
            return
        self.facts = {"found": [], "failure": "not ended in time"}
        cloud, location = self.scope
        if location is None:
            with contextlib.suppress(OSError, ValueError, RecursionError):
                location = agent_region()
        arguments = [AGENT_PROGRAM, "check", "-j", "--cloud", cloud]
        arguments += ["--location", location] if location else []
        document, why, _ = printed_json(arguments, self.limit, "[")
        found = [one for one in map(checked_endpoint, document or ()) if one]
        self.facts = {"found": found[:MAX_CHECKED], "failure": why}


def checked_endpoint(entry: object) -> "Record | None":
    """What ``azcmagent check -j`` says of one endpoint; None where it cannot be told."""
    said = lower_keys(entry)
    match = re.match(r"(?:https?://)?([A-Za-z0-9._-]{1,253})", str(said.get("endpoint", "")))
    word = str(said.get("reachable", "")).strip().lower()
    if not match or word not in REACHABLE_WORDS:
        return None
    reachable = REACHABLE_WORDS[word]
    return {"name": match.group(1).lower(), "reachable": reachable, "says": scrubbed(said, 300)}
