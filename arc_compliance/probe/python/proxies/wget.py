"""The proxy of wget: lower case variables, wgetrc."""

import base64
import collections
import os
import re
import urllib.parse

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.files import read_text, why_unreadable
from arc_compliance.probe.python.proxies.exemptions import wget_rules, wget_words
from arc_compliance.probe.python.proxies.setting import Setting, setting_of
from arc_compliance.probe.python.proxy_server import ProxyServer, proxy_server
from arc_compliance.probe.python.scrubbing import scrubbed

SYSTEM_WGETRC = ("/etc/wgetrc", "/usr/local/etc/wgetrc")
WGETRC_LINE = re.compile(r"([A-Za-z0-9_-]+)[ \t\v\f\r]*=(.*)\Z", re.DOTALL)
MAX_WGET_WORDS = 1000
WGET_WORDS = {"on": True, "yes": True, "1": True, "off": False, "no": False, "0": False}


class WgetSettings(
    collections.namedtuple(
        "WgetSettings", "https_proxy no_proxy user password fault use_proxy keys"
    )
):
    """What wgetrc files say of proxies; ``fault`` is why wget would not run with them."""

    __slots__ = ()
    https_proxy: "str | None"
    no_proxy: "list[str]"
    user: "str | None"
    password: "str | None"
    fault: "str | None"
    use_proxy: bool
    keys: "frozenset[str]"


WGETRC_PROXIES = ("httpsproxy", "noproxy", "proxyuser", "proxypassword", "proxypasswd", "useproxy")
WGETRC_HARMLESS = (*WGETRC_PROXIES, "httpproxy", "ftpproxy", "passiveftp")  # sure to be known
NO_WGETRC = WgetSettings(None, [], None, None, None, use_proxy=True, keys=frozenset())


def wgetrc_paths(environment: "dict[str, str]") -> "list[str]":
    """The system's file and the user's, in the order in which wget reads them."""
    system = environment.get("SYSTEM_WGETRC")
    systems = [system] if system else [one for one in SYSTEM_WGETRC if os.path.exists(one)][:1]
    home = os.path.join(environment.get("HOME") or "/root", ".wgetrc")
    return [*systems, environment.get("WGETRC") or home]


def read_wgetrc(paths: "list[str]") -> WgetSettings:
    """What the files say; each takes the place of what those before it say."""
    found = NO_WGETRC
    for path in paths:
        try:
            text = read_text(path)
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as problem:
            why = why_unreadable(problem) if isinstance(problem, OSError) else "a NUL in its name"
            return found._replace(fault=f"{path}: {why}")
        found = with_wgetrc(found, text, path)
        if found.fault:
            return found
    others = any(key not in WGETRC_HARMLESS for key in found.keys)
    return found._replace(fault=wgets_own_complaint(paths)) if others else found


def wgets_own_complaint(paths: "list[str]") -> "str | None":
    """What wget itself says against a command of the files, so that it does not run with them."""
    system = [f"SYSTEM_WGETRC={path}" for path in paths[:-1]]
    command = ["env", *system, f"WGETRC={paths[-1]}", "wget", "--version"]
    status, output = run_command(command, 3)
    complaints = [line for line in output.splitlines() if line.startswith("wget: ")]
    return "wget stops: " + scrubbed(complaints[0][6:], 200) if status and complaints else None


def with_wgetrc(found: WgetSettings, text: str, path: str) -> WgetSettings:
    """*found*, with what the text of the file at *path* says."""
    keys = set(found.keys)
    for number, raw in enumerate(text.split("\n"), 1):
        line = raw.strip(" \t\v\f\r")
        if not line or line.startswith("#"):
            continue
        said = WGETRC_LINE.match(line)
        if not said:
            return found._replace(fault=f"wget stops at {path}, line {number}: a syntax error")
        key, value = re.sub("[_-]", "", said.group(1)).lower(), said.group(2).strip(" \t\v\f\r")
        keys.add(key)
        if key == "httpsproxy":
            found = found._replace(https_proxy=value)
        elif key == "noproxy":
            words = found.no_proxy + wget_words(value)
            found = found._replace(no_proxy=words[:MAX_WGET_WORDS] if value else [])
        elif key == "proxyuser":
            found = found._replace(user=value)
        elif key in ("proxypassword", "proxypasswd"):
            found = found._replace(password=value)
        elif key == "useproxy":
            if value.lower() not in WGET_WORDS:
                return found._replace(fault=f"wget stops at {path}, line {number}: not on or off")
            found = found._replace(use_proxy=WGET_WORDS[value.lower()])
    return found._replace(keys=frozenset(keys))


def wget_server(url: str) -> ProxyServer:
    """The proxy that *url* names to wget, which speaks HTTP to it whatever the scheme says."""
    server = proxy_server(url)
    if not server.host:
        return server
    parts = urllib.parse.urlsplit(url if "://" in url else "http://" + url)
    if parts.scheme.lower() not in ("http", "https"):
        return server._replace(fault="wget takes http:// and https:// proxies only")
    port = parts.port or (443 if parts.scheme.lower() == "https" else 80)
    return server._replace(port=port, fault=None)


def wget_settings(environment: "dict[str, str]", files: WgetSettings) -> "list[Setting]":
    """The setting by which wget goes, in a list: that of the *files*, then of its *environment*."""
    if files.fault:
        return [setting_of("wgetrc", ProxyServer("", 0, None, files.fault))]
    url = files.https_proxy
    place = "shell" if url is None else "wgetrc"
    if url is None:
        url = environment.get("https_proxy", "")
    if not files.use_proxy or not url:
        return []
    past = wget_rules(wget_words(environment.get("no_proxy", "")) + files.no_proxy)
    server = wget_server(url)
    if files.user is not None and files.password is not None and server.host:
        pair = f"{files.user}:{files.password}".encode("utf-8", "replace")
        server = server._replace(credentials=base64.b64encode(pair).decode("ascii"))
    return [setting_of(place, server, past)]
