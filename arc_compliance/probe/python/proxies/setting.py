"""One place that names a proxy."""

import collections
from typing import Callable

from arc_compliance.probe.python.proxies.exemptions import never_past
from arc_compliance.probe.python.proxy_server import ProxyServer

HTTPS_PORT = 443
STRAIGHT = ProxyServer("", None, None, None)  # what a place says that wants no proxy


class Setting(collections.namedtuple("Setting", "place proxy past certain hosts")):
    """One place that names a proxy.

    ``past`` says of a name and port whether the place takes them past that proxy. ``certain`` is
    false where the place may name it, but nobody knows before it is run. ``hosts`` are the only
    ones that it is for; empty where it is for all.
    """

    __slots__ = ()
    place: str
    proxy: ProxyServer
    past: "Callable[[str, int], bool]"
    certain: bool
    hosts: "tuple[str, ...]"


def setting_of(
    place: str,
    proxy: ProxyServer,
    past: "Callable[[str, int], bool]" = never_past,
    certain: bool = True,  # noqa: FBT001, FBT002 - a field like the others
    hosts: "tuple[str, ...]" = (),
) -> Setting:
    """A setting that is certain and for all hosts, where nothing else is said."""
    return Setting(place, proxy, past, certain, hosts)


def settings_of(
    place: str,
    url: object,
    server: "Callable[[str], ProxyServer]",
    past: "Callable[[str, int], bool]" = never_past,
) -> "list[Setting]":
    """The setting of *place* in a list; an empty one where *url* is not a text or an empty one."""
    return [setting_of(place, server(url), past)] if isinstance(url, str) and url else []


def hides(setting: Setting, name: str, port: int = HTTPS_PORT) -> bool:
    """Whether the place itself takes *name* past its proxy."""
    return setting.past(name, port)


def is_straight(setting: Setting) -> bool:
    """Whether the place says that there is no proxy."""
    return setting.proxy == STRAIGHT


def first_for(settings: "list[Setting]", name: str) -> "Setting | None":
    """The first certain one of *settings* that is for *name*; those for it alone come first."""
    certain = [one for one in settings if one.certain]
    own = [one for one in certain if name.lower() in one.hosts]
    return next(iter(own + [one for one in certain if not one.hosts]), None)
