"""The gateways or proxies of the Azure Monitor and Log Analytics agents."""

import contextlib

from arc_compliance.probe.python.files import read_text
from arc_compliance.probe.python.proxies.assignments import assignments
from arc_compliance.probe.python.proxies.setting import Setting, settings_of
from arc_compliance.probe.python.proxy_server import any_scheme_server

MONITOR_AGENT_FILES = (
    "/etc/systemd/system/azuremonitor-coreagent.service.d/proxy.conf",
    "/etc/systemd/system/metrics-extension.service.d/proxy.conf",
)
LOG_ANALYTICS_AGENT_FILES = (
    "/etc/opt/microsoft/omsagent/proxy.conf",
    "/etc/opt/microsoft/omsagent/conf/proxy.conf",
)


def monitor_settings() -> "list[Setting]":
    """What the files of both agents name."""
    settings: list[Setting] = []
    for path in MONITOR_AGENT_FILES:
        with contextlib.suppress(OSError):
            lines = [line.strip() for line in read_text(path).splitlines()]
            chosen = [line.partition("=")[2] for line in lines if line.startswith("Environment=")]
            url = dict(assignments(chosen)).get("MDSD_http_proxy")
            settings += settings_of("azure-monitor-agent", url, any_scheme_server)
    for path in LOG_ANALYTICS_AGENT_FILES:
        with contextlib.suppress(OSError):
            first_line = read_text(path).partition("\n")[0].strip()
            settings += settings_of("log-analytics-agent", first_line, any_scheme_server)
    return settings
