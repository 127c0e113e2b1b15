"""Where the Connected Machine agent keeps its program and settings."""

import os

from arc_compliance.probe.python.contract import Record

AGENT_PROGRAM = "/opt/azcmagent/bin/azcmagent"
AGENT_CONFIGURATION = "/var/opt/azcmagent/agentconfig.json"  # written when it is onboarded
AGENT_SETTINGS = "/var/opt/azcmagent/localconfig.json"  # azcmagent config set


def agent_has_program() -> bool:
    """Whether the agent's program is installed."""
    return os.path.exists(AGENT_PROGRAM)


def agent_is_onboarded() -> bool:
    """Whether the agent has the configuration of an onboarded machine."""
    return os.path.exists(AGENT_CONFIGURATION)


def lower_keys(document: object) -> Record:
    """A JSON object with its keys in lower case; an empty one in place of anything else."""
    items = document.items() if isinstance(document, dict) else ()
    return {key.lower(): value for key, value in items}
