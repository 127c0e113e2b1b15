"""The proxy in the agent's own settings, and the groups that bypass it."""

import collections
import json

from arc_compliance.probe.python.agent_files import AGENT_SETTINGS, lower_keys
from arc_compliance.probe.python.files import read_text, why_unreadable
from arc_compliance.probe.python.limits import MAX_BYPASSES
from arc_compliance.probe.python.proxies.go_url import go_proxy
from arc_compliance.probe.python.proxies.setting import Setting, settings_of
from arc_compliance.probe.python.scrubbing import scrubbed


class AgentProxy(collections.namedtuple("AgentProxy", "settings bypass failure")):
    """What the agent's settings say; ``bypass`` is None where they do not say it."""

    __slots__ = ()
    settings: "list[Setting]"
    bypass: "frozenset[str] | None"
    failure: "str | None"


def agent_proxy() -> AgentProxy:
    """``proxy.url`` and ``proxy.bypass`` of the agent, or why they could not be read."""
    try:
        document = json.loads(read_text(AGENT_SETTINGS))
    except FileNotFoundError:
        return AgentProxy([], None, None)
    except OSError as problem:
        return AgentProxy([], None, why_unreadable(problem))
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        return AgentProxy([], None, AGENT_SETTINGS + ": not JSON")
    settings = lower_keys(document)
    groups = settings.get("proxy.bypass")
    bypass = None
    if isinstance(groups, (str, list)):
        words = groups.split(",") if isinstance(groups, str) else groups
        bypass = frozenset(scrubbed(word, 40) for word in words[:MAX_BYPASSES])
    return AgentProxy(settings_of("agent", settings.get("proxy.url"), go_proxy), bypass, None)
