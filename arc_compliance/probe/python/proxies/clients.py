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
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment, daemons_settings
from arc_compliance.probe.python.proxies.monitor import monitor_settings
from arc_compliance.probe.python.proxies.package_managers import package_manager_settings
from arc_compliance.probe.python.proxies.setting import (
    Setting,
    first_for,
    hides,
    is_straight,
    setting_of,
)
from arc_compliance.probe.python.proxies.shell import login_shell, shell_settings
from arc_compliance.probe.python.proxies.wget import read_wgetrc, wget_settings, wgetrc_paths
from arc_compliance.probe.python.proxy_server import ProxyServer, any_scheme_server, shown_proxy
from arc_compliance.probe.python.steps import StepFailed

PLACES_OF_OTHERS = ("agent", "daemons", "wgetrc", "shell", "apt", "dnf", "zypper")


class Trial(collections.namedtuple("Trial", "proxy places targets")):
    """A proxy to try, the places that name it, and the targets of clients that do not use it."""

    __slots__ = ()
    proxy: ProxyServer
    places: "list[str]"
    targets: "list[Target]"


class ClientProxies:
    """Which proxy each client on this host goes through, if any.

    The agent takes ``proxy.url`` of its own configuration, then HTTPS_PROXY of its daemons, never
    a shell's. wget takes wgetrc's, then the shell's, a package manager its own before that. What
    is not certain is no client's. Where the order names a proxy, or none, that holds for all.
    """

    def __init__(self, order: Order) -> None:
        self.settings: list[Setting] = []
        self.names = sorted({target.name for target in order.targets})
        self.by_client: dict[str, list[Setting]] = {client: [] for client in CLIENTS}
        self.bypass: frozenset[str] = frozenset(order.proxy_bypass or ())
        self.failure: str | None = None
        if isinstance(order.proxy, ProxyServer):
            self.settings.append(setting_of("order", order.proxy))
            self.by_client = {client: list(self.settings) for client in CLIENTS}
        self.search = order.proxy == AUTO
        self.known_gateways = order.gateway.known
        self.addresses: dict[str, list[str]] = {}
        self.bypass_ordered = order.proxy_bypass is not None

    def find(self, daemons: DaemonsEnvironment) -> None:
        """Read what the host says; *daemons* is the environment of the agent's daemons."""
        self.settings += monitor_settings()
        known = [any_scheme_server(name) for name in self.known_gateways]
        self.settings += [setting_of("known-gateway", proxy) for proxy in known]
        if not self.search:
            return
        own = agent_proxy()
        self.failure = own.failure
        if own.bypass is not None and not self.bypass_ordered:
            self.bypass = own.bypass
        by_daemons, daemons_go_by = daemons_settings(daemons.get())
        if not own.settings:
            self.failure = self.failure or daemons.failure
        environment, may = login_shell()
        by_wget = wget_settings(environment, read_wgetrc(wgetrc_paths(environment)))
        by_manager, without_it = package_manager_settings(environment)
        self.settings[:0] = own.settings + by_daemons
        self.settings += [one for one in by_wget if one.place != "shell"]
        self.settings += shell_settings(environment, may)
        self.settings += [one for one in by_manager if not is_straight(one)]
        self.by_client[AGENT] = own.settings or daemons_go_by
        self.by_client[INSTALLER] = by_wget
        self.by_client[PACKAGE_MANAGER] = by_manager + without_it

    def agents(self) -> "ProxyServer | None":
        """The agent's proxy, or None."""
        return next((setting.proxy for setting in self.by_client[AGENT]), None)

    def way_of(self, client: str, name: str = "") -> "Setting | None":
        """The setting by which *client* goes to *name*, None where it goes straight."""
        setting = first_for(self.by_client[client], name)
        return None if setting is None or is_straight(setting) else setting

    def proxy_of(self, target: Target) -> "ProxyServer | None":
        """The proxy through which *target* is to be reached, or None."""
        setting = self.way_of(target.client, target.name)
        if setting is None or target.bypass in self.bypass:
            return None
        return None if hides(setting, target.name, target.port) else setting.proxy

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
        straight = [one for one in targets if self.way_of(one.client, one.name) is None]
        tried = [t for t in straight if t.client != AGENT or before_onboarding]
        return [Trial(proxy, places, tried) for proxy, places in found.items()][:MAX_TRIALS]

    def look_up(self, addresses: "Callable[[str], list[str]]") -> None:
        """Get the *addresses* of the settings' hosts, so that one under two names is recognised."""
        for host in {setting.proxy.host for setting in self.settings if setting.proxy.host}:
            with contextlib.suppress(StepFailed):
                self.addresses[host] = addresses(host)[:MAX_ADDRESSES]

    def shown(self, client: str) -> "str | None":
        """The proxy of *client*, as the evidence has it."""
        setting = self.way_of(client)
        return shown_proxy(setting.proxy) if setting else None

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
                    "certain": one.certain,
                }
                for one in self.settings[:MAX_SETTINGS]
            ],
            "read": self.search,
            "clients": {client: self.shown(client) for client in self.by_client},
            "bypass": sorted(self.bypass),
            "failure": self.failure,
        }
