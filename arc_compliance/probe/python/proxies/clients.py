"""Which proxy each client on this host uses, if any."""

import collections
import contextlib
from typing import Callable

from arc_compliance.probe.python.agent_files import agent_is_onboarded
from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.limits import (
    MAX_ADDRESSES,
    MAX_HIDDEN,
    MAX_SETTINGS,
    MAX_TRIALS,
)
from arc_compliance.probe.python.order import (
    AGENT,
    AUTO,
    CLIENTS,
    INSTALLER,
    PACKAGE_MANAGER,
    Order,
    Target,
)
from arc_compliance.probe.python.proxies.agent import agent_proxy
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from arc_compliance.probe.python.proxies.monitor import monitor_settings
from arc_compliance.probe.python.proxies.package_managers import package_manager_settings
from arc_compliance.probe.python.proxies.setting import Setting, environment_settings, hides
from arc_compliance.probe.python.proxies.shell import shell_settings
from arc_compliance.probe.python.proxy_server import ProxyServer, any_scheme_server, shown_proxy
from arc_compliance.probe.python.steps import StepFailed

PLACES_OF_OTHERS = ("agent", "daemons", "shell", "apt", "dnf", "zypper")


class Trial(collections.namedtuple("Trial", "proxy places targets")):
    """A proxy to try, the places that name it, and the targets of clients that do not use it."""

    __slots__ = ()
    proxy: ProxyServer
    places: "list[str]"
    targets: "list[Target]"


class ClientProxies:
    """Which proxy each client on this host goes through, if any.

    The agent takes ``proxy.url`` of its own configuration, then HTTPS_PROXY of its daemons, never
    a shell's. wget takes the shell's, a package manager its own before that. Where the order names
    a proxy, or none, that holds for all of them.
    """

    def __init__(self, order: Order) -> None:
        self.settings: list[Setting] = []
        self.names = sorted({target.name for target in order.targets})
        self.by_client: dict[str, Setting | None] = dict.fromkeys(CLIENTS)
        self.bypass: frozenset[str] = frozenset(order.proxy_bypass or ())
        self.failure: str | None = None
        if isinstance(order.proxy, ProxyServer):
            self.settings.append(Setting("order", order.proxy, ""))
            self.by_client = dict.fromkeys(CLIENTS, self.settings[0])
        self.search = order.proxy == AUTO
        self.known_gateways = order.gateway.known
        self.addresses: dict[str, list[str]] = {}
        self.bypass_ordered = order.proxy_bypass is not None

    def find(self, daemons: DaemonsEnvironment) -> None:
        """Read what the host says; *daemons* is the environment of the agent's daemons."""
        self.settings += monitor_settings()
        known = [any_scheme_server(name) for name in self.known_gateways]
        self.settings += [Setting("known-gateway", proxy, "") for proxy in known]
        if not self.search:
            return
        own = agent_proxy()
        self.failure = own.failure
        if own.bypass is not None and not self.bypass_ordered:
            self.bypass = own.bypass
        by_agent = own.settings + environment_settings("daemons", daemons.get())
        by_shell = shell_settings()
        by_manager = package_manager_settings()
        self.settings[:0] = by_agent + by_shell + by_manager
        self.by_client[AGENT] = next(iter(by_agent), None)
        self.by_client[INSTALLER] = next(iter(by_shell), None)
        self.by_client[PACKAGE_MANAGER] = next(iter(by_manager + by_shell), None)

    def agents(self) -> "ProxyServer | None":
        """The agent's proxy, or None."""
        setting = self.by_client[AGENT]
        return setting.proxy if setting else None

    def proxy_of(self, target: Target) -> "ProxyServer | None":
        """The proxy through which *target* is to be reached, or None."""
        setting = self.by_client[target.client]
        if setting is None or target.bypass in self.bypass:
            return None
        return None if hides(setting, target.name) else setting.proxy

    def hidden_by(self, setting: Setting) -> "list[str]":
        """The names of the order that the setting's own no_proxy exempts from it."""
        return [name for name in self.names if hides(setting, name)][:MAX_HIDDEN]

    def trials(self, targets: "list[Target]") -> "list[Trial]":
        """The proxies to try for those of *targets* that are reached without one.

        Other clients' proxies are tried for the agent only before it is onboarded: afterwards it
        has what it was given.
        """
        before_onboarding = not self.failure and not agent_is_onboarded()
        found: dict[ProxyServer, list[str]] = collections.OrderedDict()
        for setting in self.settings if self.search else ():
            if setting.place in PLACES_OF_OTHERS and not setting.proxy.fault:
                places = found.setdefault(setting.proxy, [])
                if setting.place not in places:
                    places.append(setting.place)
        straight = [target for target in targets if self.by_client[target.client] is None]
        tried = [t for t in straight if t.client != AGENT or before_onboarding]
        return [Trial(proxy, places, tried) for proxy, places in found.items()][:MAX_TRIALS]

    def look_up(self, addresses: "Callable[[str], list[str]]") -> None:
        """Get the *addresses* of the settings' hosts, so that one under two names is recognised."""
        for host in {setting.proxy.host for setting in self.settings if setting.proxy.host}:
            with contextlib.suppress(StepFailed):
                self.addresses[host] = addresses(host)[:MAX_ADDRESSES]

    def record(self) -> Record:
        """What was found, as the evidence has it."""
        return {
            "settings": [
                {
                    "place": one.place,
                    "proxy": shown_proxy(one.proxy),
                    "addresses": self.addresses.get(one.proxy.host, []),
                    "fault": one.proxy.fault,
                    "credentials": one.proxy.credentials is not None,
                    "hides": self.hidden_by(one),
                }
                for one in self.settings[:MAX_SETTINGS]
            ],
            "read": self.search,
            "clients": {
                client: setting and shown_proxy(setting.proxy)
                for client, setting in self.by_client.items()
            },
            "bypass": sorted(self.bypass),
            "failure": self.failure,
        }
