"""The proxies of apt: apt-config dump, and variables."""

import re

from arc_compliance.probe.python.limits import MAX_SETTINGS
from arc_compliance.probe.python.proxies.exemptions import apt_rules
from arc_compliance.probe.python.proxies.setting import STRAIGHT, Setting, setting_of
from arc_compliance.probe.python.proxy_server import ProxyServer, proxy_server

APT_LINE = re.compile(
    r"^Acquire::(https?)::(Proxy|ProxyAutoDetect|Proxy-Auto-Detect)(?:::(\S+))? \"(.*)\";$",
    re.MULTILINE | re.IGNORECASE,
)
APT_DETECTS = "a program of its own names it (Acquire::https::ProxyAutoDetect)"


def apt_settings(dump: str, environment: "dict[str, str]") -> "list[Setting]":
    """The settings by which apt reaches an https URL: those for one host, then that for all."""
    by_host: dict[str, dict[str, str]] = {}
    detects = False
    for scheme, option, host, value in APT_LINE.findall(dump):
        if option.lower() != "proxy":
            detects = detects or (scheme.lower() == "https" and bool(value))
        elif value:
            by_host.setdefault(host.lower(), {})[scheme.lower()] = value
    past = apt_rules(environment.get("no_proxy", ""))
    settings = []
    if detects:
        unknown = ProxyServer("", 0, None, APT_DETECTS)
        settings.append(setting_of("apt", unknown, past, certain=False))
    for host, found in sorted(by_host.items(), reverse=True)[:MAX_SETTINGS]:
        server = apt_server(found.get("https") or found["http"])
        settings.append(setting_of("apt", server, past, hosts=(host,) if host else ()))
    return settings


def apt_environment(environment: "dict[str, str]") -> "list[Setting]":
    """The setting of the variables, which counts where apt's own settings name none."""
    url = environment.get("https_proxy") or environment.get("http_proxy")
    past = apt_rules(environment.get("no_proxy", ""))
    return [setting_of("shell", apt_server(url), past)] if url else []


def apt_server(value: str) -> ProxyServer:
    """The proxy that a value of apt's names, or STRAIGHT."""
    if value.lower() in ("direct", "false"):
        return STRAIGHT
    if "://" not in value:
        return ProxyServer("", 0, None, "apt wants a scheme before it: http://host:port")
    return proxy_server(value)
