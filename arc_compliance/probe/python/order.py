"""The order: what one run wants to know from this host (docs/order.md)."""

import collections
import re

from arc_compliance.probe.python.proxy_server import ProxyServer

AUTO = "auto"  # the proxy that each client on the host would use
AGENT, INSTALLER, PACKAGE_MANAGER = "agent", "installer", "package-manager"
CLIENTS = (AGENT, INSTALLER, PACKAGE_MANAGER, "os")


class Target(collections.namedtuple("Target", "name port scheme path bypass client")):
    """One name and port to measure, for the client that needs it."""

    __slots__ = ()
    name: str
    port: int
    scheme: str
    path: str
    bypass: "str | None"
    client: str


class Discovery(collections.namedtuple("Discovery", "name path location accept bypass")):
    """One call whose answer names further targets, those that match one of ``accept``."""

    __slots__ = ()
    name: str
    path: str
    location: str
    accept: "list[re.Pattern[str]]"
    bypass: "str | None"


class Mapping(collections.namedtuple("Mapping", "host port address to_port")):
    """One ``connect_to``: where a host and port are to be found in place of DNS."""

    __slots__ = ()
    host: str
    port: "int | None"
    address: str
    to_port: "int | None"


class Controls(collections.namedtuple("Controls", "name address")):
    """What the negative controls use: a name and an address that nobody has."""

    __slots__ = ()
    name: str
    address: str


class Gateway(collections.namedtuple("Gateway", "lets_through refuses known")):
    """The names by which a Log Analytics gateway is recognised, and the gateways that are known."""

    __slots__ = ()
    lets_through: "list[str]"
    refuses: "list[str]"
    known: "list[str]"


class Limits(collections.namedtuple("Limits", "connect http deadline names")):
    """Three times in seconds and a number of names."""

    __slots__ = ()
    connect: float
    http: float
    deadline: float
    names: int


class Order(
    collections.namedtuple(
        "Order",
        "run host endpoints discoveries websockets proxy proxy_bypass gateway controls connect_to "
        "trust_file limits user_agent agent_check",
    )
):
    """One order, checked."""

    __slots__ = ()
    run: str
    host: str
    endpoints: "list[Target]"
    discoveries: "list[Discovery]"
    websockets: "list[tuple[re.Pattern[str], str]]"  # names, path
    proxy: "str | ProxyServer | None"  # a text is AUTO
    proxy_bypass: "list[str] | None"
    gateway: Gateway
    controls: Controls
    connect_to: "list[Mapping]"
    trust_file: "str | None"
    limits: Limits
    user_agent: str
    agent_check: "tuple[str, str | None] | None"  # cloud, region


def agents_target(name: str, path: str = "/", bypass: "str | None" = None) -> Target:
    """A target at port 443 to which the agent goes."""
    return Target(name, 443, "https", path, bypass, AGENT)
