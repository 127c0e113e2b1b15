"""One place that names a proxy, and the forms in which places name it."""

import collections
import contextlib
import shlex
import string
from typing import Callable, Iterable, Iterator

from arc_compliance.probe.python.files import read_text
from arc_compliance.probe.python.proxy_server import ProxyServer, proxy_server


class Setting(collections.namedtuple("Setting", "place proxy no_proxy")):
    """One place that names a proxy, with the names that it exempts from that proxy."""

    __slots__ = ()
    place: str
    proxy: ProxyServer
    no_proxy: str


def hides(setting: Setting, name: str) -> bool:
    """Whether the setting's own no_proxy exempts *name*: a list of domains, or ``*``.

    The same rule as urllib's, whose module takes longer to import than all of this program.
    """
    if setting.no_proxy == "*":
        return True
    name = name.lower()
    for word in setting.no_proxy.lower().split(","):
        domain = word.strip().lstrip(".")
        if word.strip() and (name == domain or name.endswith("." + domain)):
            return True
    return False


def settings_of(
    place: str,
    url: object,
    no_proxy: str = "",
    server: "Callable[[str], ProxyServer]" = proxy_server,
) -> "list[Setting]":
    """The setting of *place* in a list; an empty one where *url* is not a text, or one that only a
    shell could complete."""
    if not isinstance(url, str) or not url.strip() or "$" in url:
        return []
    return [Setting(place, server(url.strip()), no_proxy)]


def environment_settings(place: str, environment: "dict[str, str]") -> "list[Setting]":
    """The setting in the variables *environment*, in a list."""
    url = environment.get("https_proxy") or environment.get("HTTPS_PROXY")
    no_proxy = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return settings_of(place, url, no_proxy)


def variables_in(path: str) -> "dict[str, str]":
    """The variables that a file of shell assignments sets, each with those before it put in."""
    try:
        lines = read_text(path).splitlines()
    except OSError:
        return {}
    found: dict[str, str] = {}
    for name, value in assignments(line for line in lines if not line.lstrip().startswith("#")):
        found[name] = string.Template(value.rstrip(";")).safe_substitute(found)
    return found


def assignments(lines: "Iterable[str]") -> "Iterator[tuple[str, str]]":
    """The (name, value) of the NAME=value words of *lines*, quoted as for a shell."""
    for line in lines:
        with contextlib.suppress(ValueError):
            for word in shlex.split(line.replace("=$'", "='")):
                name, equals, value = word.partition("=")
                if equals:
                    yield name, value
