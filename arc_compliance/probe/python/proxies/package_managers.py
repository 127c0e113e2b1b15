"""The proxies of apt, dnf (yum) and zypper, each from where it has them."""

import base64
import configparser
import os
import urllib.parse
from typing import Callable

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.files import files_of, read_text
from arc_compliance.probe.python.limits import MAX_SETTINGS
from arc_compliance.probe.python.proxies.apt import apt_environment, apt_settings
from arc_compliance.probe.python.proxies.assignments import environment_file
from arc_compliance.probe.python.proxies.exemptions import curl_rules
from arc_compliance.probe.python.proxies.setting import (
    STRAIGHT,
    Setting,
    setting_of,
    settings_of,
)
from arc_compliance.probe.python.proxy_server import proxy_server

DNF_FILES = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
DNF_REPOSITORIES = "/etc/yum.repos.d"
ZYPPER_FILE = "/etc/sysconfig/proxy"


def package_manager_settings(
    environment: "dict[str, str]",
) -> "tuple[list[Setting], list[Setting]]":
    """(what the package managers' own places say, what they take from *environment* without it)."""
    status, output = run_command(["apt-config", "dump"], 3)
    past = curl_rules(environment.get("no_proxy") or environment.get("NO_PROXY") or "")
    settings = apt_settings(output, environment) if status == 0 else []
    for path in sorted({os.path.realpath(path) for path in DNF_FILES}):
        settings += dnf_settings(path, past)
    settings += zypper_settings()
    if status == 0:
        return settings, apt_environment(environment)
    url = environment.get("https_proxy") or environment.get("HTTPS_PROXY")
    return settings, settings_of("shell", url, proxy_server, past)


def dnf_settings(path: str, past: "Callable[[str, int], bool]") -> "list[Setting]":
    """The proxies of dnf or yum: those of its repositories' hosts, then the one of all."""
    main_options = options_in(path)
    if main_options is None or not main_options.has_section("main"):
        return []
    settings: list[Setting] = []
    for file in files_of(DNF_REPOSITORIES):
        repositories = options_in(file) if file.endswith(".repo") else None
        for name in repositories.sections() if repositories else ():
            section = dict(repositories.items(name)) if repositories else {}
            if "proxy" in section and len(settings) < MAX_SETTINGS:
                hosts = hosts_in(section.get("baseurl") or "")
                settings += [
                    one._replace(hosts=hosts) for one in dnf_section(section, past) if hosts
                ]
    main_section = dict(main_options.items("main"))
    if dnf_names_none(main_section):
        return settings  # dnf then takes the variables
    return settings + dnf_section(main_section, past)


def options_in(path: str) -> "configparser.RawConfigParser | None":
    """The options of a file of dnf's, None where it cannot be read."""
    options = configparser.RawConfigParser(strict=False)
    try:
        options.read_string(read_text(path))
    except (OSError, configparser.Error):
        return None
    return options


def dnf_names_none(section: "dict[str, str]") -> bool:
    """Whether a section of dnf's has no proxy, or an empty one."""
    return (section.get("proxy") or "_none_").strip() == "_none_"


def dnf_section(section: "dict[str, str]", past: "Callable[[str, int], bool]") -> "list[Setting]":
    """The setting of a section, whose user and password stand in lines of their own."""
    if dnf_names_none(section):
        return [setting_of("dnf", STRAIGHT)]
    server = proxy_server(section["proxy"])
    user, password = section.get("proxy_username") or "", section.get("proxy_password") or ""
    if user and server.host:
        pair = (user + ":" + password).encode("utf-8", "replace")
        server = server._replace(credentials=base64.b64encode(pair).decode("ascii"))
    return [setting_of("dnf", server, past)]


def hosts_in(urls: str) -> "tuple[str, ...]":
    """The hosts of the URLs of a repository."""
    found = set()
    for url in urls.replace(",", " ").split()[:MAX_SETTINGS]:
        try:
            host = urllib.parse.urlsplit(url).hostname
        except ValueError:
            continue
        if host and "$" not in host:
            found.add(host.lower())
    return tuple(sorted(found))


def zypper_settings() -> "list[Setting]":
    """The proxy of zypper, in a list."""
    try:
        variables = environment_file(read_text(ZYPPER_FILE))
    except OSError:
        return []
    if variables.get("PROXY_ENABLED", "").lower() != "yes":
        return []
    past = curl_rules(variables.get("NO_PROXY", ""))
    return settings_of("zypper", variables.get("HTTPS_PROXY"), proxy_server, past)
