"""What a run is about: cloud, location, phase, features, scenario, private link, proxy.

A scope decides, before anything is measured, which requirements apply to a host and why the
others do not.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from urllib.parse import urlsplit

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import redact
from arc_compliance.base.wording import did_you_mean
from arc_compliance.catalogue.model import Bypass, Condition, Endpoint, Requirement

AUTO = "auto"
"""What the host's own agent has: the region in its configuration, or the proxy that it uses."""


class Phase(str, Enum):
    """Which of the document's "when required" rows count; each includes the "always" rows."""

    ALL = "all"
    INSTALL = "install"
    CONNECT = "connect"
    OPERATE = "operate"


class Feature(str, Enum):
    """What the server is used for beyond the agent itself."""

    SSH = "ssh"
    WAC = "wac"


class Scenario(str, Enum):
    """Arc-enabled servers as a whole, or Extended Security Updates only."""

    SERVERS = "servers"
    ESU = "esu"


class PrivateLink(str, Enum):
    """Which private endpoints are in use."""

    ARC = "arc"
    ARM = "arm"


class Role(str, Enum):
    """What a machine is for: being Arc-enabled, or onboarding others."""

    SERVER = "server"
    ONBOARDING_MACHINE = "onboarding-machine"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What one run requires of a host.

    ``location`` is an Azure region, AUTO, or None for all known regions. ``proxy`` is a URL, AUTO
    for what each client on the host would use, or None for the direct route; ``proxy_bypass`` are
    the endpoint groups that do not take it, None for those of the host's agent.
    ``known_gateways`` are Log Analytics gateways, host or host:port. ``given_names`` maps a row's
    label to names that an operator gave.
    """

    cloud: str
    location: str | None = None
    phase: Phase = Phase.ALL
    features: frozenset[Feature] = frozenset()
    scenario: Scenario = Scenario.SERVERS
    private_link: frozenset[PrivateLink] = frozenset()
    proxy: str | None = None
    proxy_bypass: frozenset[Bypass] | None = None
    known_gateways: tuple[str, ...] = ()
    role: Role = Role.SERVER
    given_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    strict_inspection: bool = False
    strict_should: bool = False

    def resolves_privately(self, row: Endpoint) -> bool:
        """Whether the document has *row* on a private endpoint under this scope."""
        return row.private in {link.value for link in self.private_link}

    def words(self) -> tuple[tuple[str, str], ...]:
        """What sets this host apart, as an inventory names it, for people; redacted."""
        pairs = {
            "location": self.location,
            "proxy": redact(self.proxy) if self.proxy not in (None, AUTO) else None,
            "proxy_bypass": _listed(self.proxy_bypass or ()),
            "private_link": _listed(self.private_link),
            "features": _listed(self.features),
            "scenario": None if self.scenario is Scenario.SERVERS else self.scenario.value,
            "role": None if self.role is Role.SERVER else self.role.value,
        }
        return tuple((name, value) for name, value in pairs.items() if value)

    def location_of(self, agent_location: str | None) -> str | None:
        """The region that counts for a host whose agent is in *agent_location*, or None."""
        return agent_location if self.location == AUTO else self.location

    def regional_names(self, row: Endpoint, agent_location: str | None) -> tuple[str, ...]:
        """The names of *row* in the region that counts; in every known one where none does."""
        location = self.location_of(agent_location)
        if location is not None:
            return row.regional_names.get(location, ())
        return tuple(name for names in row.regional_names.values() for name in names)

    def not_applicable(self, requirement: Requirement) -> str | None:
        """Why *requirement* does not apply under this scope, or None where it does.

        Every host of this edition is a Linux host. Whether an agent is installed, whether a
        firewall filters by address, and with AUTO whether the agent uses a proxy, is the host's to
        say, so those conditions are left to the judges.
        """
        for condition in requirement.when:
            if reason := self.unmet(condition):
                return reason
        return None

    def unmet(self, condition: Condition) -> str | None:
        """Why *condition* does not hold under this scope, or None where it does."""
        esu = self.scenario is Scenario.ESU
        met = {
            Condition.ALWAYS: True,
            Condition.AGENT_INSTALLED: True,
            Condition.AGENT_BEFORE_1_24: True,
            Condition.LINUX: True,
            Condition.WINDOWS: False,
            Condition.INSTALL: self.phase in (Phase.ALL, Phase.INSTALL),
            Condition.CONNECT: self.phase in (Phase.ALL, Phase.CONNECT),
            Condition.SSH_OR_WAC: bool(self.features),
            Condition.WAC: Feature.WAC in self.features,
            Condition.PROXY: self.proxy is not None,
            Condition.PRIVATE_LINK: bool(self.private_link),
            Condition.NO_PRIVATE_LINK: not self.private_link,
            Condition.ONBOARDING_MACHINE: self.role is Role.ONBOARDING_MACHINE,
            Condition.ADDRESS_FILTER: True,
            Condition.SERVERS: not esu,
            Condition.ESU: esu,
        }
        return None if met[condition] else _REASONS[condition]


_REASONS = {
    Condition.WINDOWS: "concerns Windows; this host runs Linux",
    Condition.INSTALL: "needed while installing only; the phase leaves installation out",
    Condition.CONNECT: "needed while connecting or disconnecting only; the phase leaves that out",
    Condition.SSH_OR_WAC: "SSH and Windows Admin Center are not in use (--features=ssh,wac)",
    Condition.WAC: "Windows Admin Center is not in use (--features=wac)",
    Condition.PROXY: "no proxy is in use",
    Condition.PRIVATE_LINK: "no private endpoint is in use (--private-link=arc)",
    Condition.NO_PRIVATE_LINK: "private endpoints are in use; the row is for public ones",
    Condition.ONBOARDING_MACHINE: "this host is not an onboarding machine (role in --inventory)",
    Condition.SERVERS: "the scenario is Extended Security Updates; its own rows apply instead",
    Condition.ESU: "concerns Extended Security Updates only (--scenario=esu)",
}


def _listed(words: Iterable[Enum]) -> str:
    return ",".join(sorted(str(word.value) for word in words))


def location_named(text: str, regions: Sequence[str]) -> str:
    """*text* where it is one of *regions* or AUTO; raise Fault for anything else."""
    known = (*regions, AUTO)
    if text in known:
        return text
    raise Fault(f"unknown region {text!r}{did_you_mean(text, known)}; known: {', '.join(known)}")


def proxy_named(text: str) -> str | None:
    """The proxy URL *text*, AUTO, or None for ``none``; raise Fault for what the agent would
    not take.

    The error's text holds no credentials.
    """
    if text in ("none", AUTO):
        return None if text == "none" else AUTO
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        url, port = urlsplit(""), None
    whole = not url.path.strip("/") and not url.query and not url.fragment and port != 0
    if url.scheme == "http" and url.hostname and whole and not re.search(r"\s", text):
        return text
    before, at, address = redact(text).rpartition("@")  # before an @ there may be a secret
    shown = f"***@{address}" if at and "://" not in before else f"{before}{at}{address}"
    hint = "the agent takes http:// proxies only; " if url.scheme == "https" else ""
    raise Fault(f"{shown!r} is not a proxy; {hint}write auto, none or http://[user:pw@]host[:port]")


def private_links(links: Iterable[PrivateLink]) -> frozenset[PrivateLink]:
    """*links* as they go together; raise Fault where ARM stands without ARC."""
    known = frozenset(links)
    if known and PrivateLink.ARC not in known:
        raise Fault("arm goes with arc; write arc,arm")
    return known
