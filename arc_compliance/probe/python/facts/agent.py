"""What the agent says of itself, in its configuration and on request."""

import json
import re
from typing import Iterable

from arc_compliance.probe.python.agent_files import (
    AGENT_CONFIGURATION,
    AGENT_PROGRAM,
    agent_has_program,
    agent_is_onboarded,
    lower_keys,
)
from arc_compliance.probe.python.commands import printed_json, run_command
from arc_compliance.probe.python.contract import PERMISSION_DENIED, Record
from arc_compliance.probe.python.files import read_text, why_unreadable
from arc_compliance.probe.python.scrubbing import scrubbed

AGENT_UNITS = ("himdsd", "gcad", "extd", "arcproxyd")
AGENT_SECONDS = 5.0
# The keys of ``azcmagent show -j`` that are kept, in lower case; agents of other ages have others.
SHOWN_BY_AGENT = {
    "agentversion": "version",
    "status": "status",
    "cloud": "cloud",
    "lastheartbeat": "last_heartbeat",
    "agenterrorcode": "error_code",
    "agenterrordetails": "error_details",
}


class AgentFacts:
    """What the agent says of itself, in its configuration and when its program is run."""

    def __init__(self) -> None:
        self.facts: Record = {
            "installed": False,
            "location": None,
            "failure": "not read in time",
        }

    def read(self) -> None:
        """Read the region in the configuration; run the program and ask the service manager."""
        facts: Record = {
            "installed": agent_has_program(),
            "location": None,
            "failure": None,
        }
        try:
            facts["location"] = agent_region()
            facts["installed"] |= agent_is_onboarded()
        except OSError as problem:
            facts.update(installed=True, failure=why_unreadable(problem))
        except (ValueError, RecursionError):
            facts.update(installed=True, failure=AGENT_CONFIGURATION + ": not JSON")
        self.facts = facts
        if facts["installed"]:
            self.facts = dict(facts, show_failure="not read in time")
            self.facts = dict(facts, units=units_active(AGENT_UNITS), **shown_by_agent())


def agent_region() -> "str | None":
    """The region in the agent's configuration, as Azure names regions, or None where it has none.

    Raise OSError and ValueError where that cannot be read.
    """
    try:
        configuration = lower_keys(json.loads(read_text(AGENT_CONFIGURATION)))
    except FileNotFoundError:
        return None
    location = configuration.get("location")
    if not isinstance(location, str):
        return None
    return scrubbed(location.lower().replace(" ", "")) or None


def shown_by_agent() -> Record:
    """What ``azcmagent show -j`` prints, of SHOWN_BY_AGENT; or why there is nothing of it."""
    document, why, output = printed_json([AGENT_PROGRAM, "show", "-j"], AGENT_SECONDS, "{")
    if why is not None:
        refused = re.search("(?i)permission|root|elevated|sudo", output)
        return {"show_failure": PERMISSION_DENIED if refused else why}
    shown = lower_keys(document)
    return {
        ours: scrubbed(shown[key])
        for key, ours in SHOWN_BY_AGENT.items()
        if isinstance(shown.get(key), (str, int)) and str(shown[key]).strip()
    }


def units_active(units: "Iterable[str]") -> "dict[str, str]":
    """The state of each of *units*; nothing without a service manager."""
    names = list(units)
    _, output = run_command(["systemctl", "is-active", *names], 3)
    states = [line for line in output.splitlines() if re.match(r"[a-z-]+$", line)]
    return dict(zip(names, states)) if len(states) == len(names) else {}
