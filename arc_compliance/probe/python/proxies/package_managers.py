"""The proxies of apt, dnf (yum) and zypper, each from where it has them."""

import base64
import configparser
import re

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.files import read_text
from arc_compliance.probe.python.proxies.setting import (
    Setting,
    environment_settings,
    settings_of,
    variables_in,
)

DNF_FILES = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
ZYPPER_FILE = "/etc/sysconfig/proxy"


def package_manager_settings() -> "list[Setting]":
    """The proxies of all package managers of the host."""
    settings: list[Setting] = []
    status, output = run_command(["apt-config", "dump"], 3)
    if status == 0:
        found = dict(re.findall('^Acquire::(https?)::Proxy "(.*)";$', output, re.MULTILINE))
        settings += settings_of("apt", found.get("https") or found.get("http"))
    for path in DNF_FILES:
        settings += dnf_settings(path)
    variables = variables_in(ZYPPER_FILE)
    if variables.get("PROXY_ENABLED", "").lower() == "yes":
        settings += environment_settings("zypper", variables)
    return settings


def dnf_settings(path: str) -> "list[Setting]":
    """The proxy of dnf or yum, whose user and password stand in lines of their own."""
    options = configparser.RawConfigParser(strict=False)
    try:
        options.read_string(read_text(path))
        main_section = options["main"]
    except (OSError, KeyError, configparser.Error):
        return []
    if main_section.get("proxy", "_none_") == "_none_":
        return []
    settings = settings_of("dnf", main_section["proxy"])
    user = main_section.get("proxy_username", "")
    password = main_section.get("proxy_password", "")
    if not user:
        return settings
    credentials = base64.b64encode((user + ":" + password).encode()).decode("ascii")
    return [one._replace(proxy=one.proxy._replace(credentials=credentials)) for one in settings]
