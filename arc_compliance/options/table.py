"""The options of a run, each once.

From this table come the command line and its --help, the table in README (`make docs`), and the
settings in every report.
"""

from __future__ import annotations

from typing import Any

from arc_compliance.options.endpoints import connect_to, endpoint_names, gateway
from arc_compliance.options.files import (
    allowlist,
    bundle,
    evidence,
    path,
    public_roots,
    readable,
    tag_sources,
    waivers,
)
from arc_compliance.options.option import Option, as_typed, each, flag, optional, plain
from arc_compliance.options.values import (
    FailOn,
    bypassing,
    catalogue,
    demo,
    links,
    number_of_hosts,
    one_of,
    region,
    seconds,
    some_of,
)
from arc_compliance.plan.scope import Feature, Phase, Scenario, proxy_named

# -- which hosts ---------------------------------------------------------------------------------

HOSTS = Option(
    "--hosts=LIST",
    help="hosts, comma separated, as ssh://web01; with --inventory, which of its hosts or groups",
    otherwise="this machine, or the whole inventory",
    reader=as_typed,
    page="backends.md",
    shown=False,  # a report names each host
    ours=False,
)
INVENTORY = Option(
    "--inventory=FILE",
    help="YAML: hosts and groups, each with its own region, proxy, private link, features, role",
    reader=optional(path),
    page="inventory.md",
)
EVIDENCE = Option(
    "--evidence=DIR",
    help="judge saved evidence instead of measuring: a folder of it, a report folder, or one file",
    reader=optional(evidence),
    page="offline.md",
)
RESUME = Option(
    "--resume",
    help="continue a run that was cut off: measure only the hosts that it lacks",
    default=False,
    reader=flag,
    page="offline.md#going-on-with-a-run-that-was-cut-off",
)
WRITE_ORDER = Option(
    "--write-order=FILE",
    help="write the probe's order and stop, for a host that nobody can reach from here",
    reader=optional(path),
    page="offline.md",
    shown=False,  # ends without a report
)
DEMO = Option(
    "--demo[=faulty]",
    help="measure this machine against a simulated Azure; --demo=faulty has faults in it",
    otherwise="off",
    bare="healthy",
    reader=optional(plain(demo)),
)

# -- what is required of them --------------------------------------------------------------------

CLOUD = Option(
    "--cloud=CLOUD",
    help="azcmagent's name of the cloud",
    default="AzureChinaCloud",
    reader=catalogue,
    shown=False,  # stands in a report's header
)
LOCATION = Option(
    "--location=REGION",
    help="one Azure region's endpoints only, or auto: the region in the host's agent configuration",
    otherwise="all known regions",
    reader=optional(region),
)
PHASE = Option(
    "--phase=PHASE",
    help="only what install, connect or operate needs, or all",
    default="all",
    reader=plain(one_of(Phase)),
)
FEATURES = Option(
    "--features=LIST",
    help="comma list of ssh, wac: SSH or Windows Admin Center through Arc",
    reader=plain(some_of(Feature)),
)
SCENARIO = Option(
    "--scenario=NAME",
    help="servers, or esu for Extended Security Updates only",
    default="servers",
    reader=plain(one_of(Scenario)),
)
PRIVATE_LINK = Option(
    "--private-link=LIST",
    help="private endpoints in use: arc, or arc,arm",
    reader=plain(links),
)
ENDPOINT = Option(
    "--endpoint=REQUIREMENT=HOST[,HOST]",
    help="names for a row with a wildcard, as urls/azgn=azgn1.servicebus.chinacloudapi.cn",
    default=(),
    reader=endpoint_names,
)
PUBLIC_ROOTS = Option(
    "--public-roots=FILE",
    help="PEM bundle of the root certificates that count as public",
    otherwise="certifi's and those that Azure names",
    reader=public_roots,
)
STRICT_INSPECTION = Option(
    "--strict-inspection",
    help="inspected TLS that the host trusts fails instead of warning",
    default=False,
    reader=flag,
)
STRICT_SHOULD = Option(
    "--strict-should",
    help="unmet SHOULDs fail instead of warning",
    default=False,
    reader=flag,
)
WAIVERS = Option(
    "--waivers=FILE",
    help="YAML: known failures that are accepted until a date, and attestations",
    reader=waivers,
    page="waivers.md",
)
PARTIAL_OK = Option(
    "--partial-ok",
    help="give the verdict on what -k, -m, a path or --lf selected; without this option a run "
    "that leaves out something that must hold is incomplete",
    default=False,
    reader=flag,
)

# -- the way out ---------------------------------------------------------------------------------

PROXY = Option(
    "--proxy=URL",
    help="http://[user:pw@]host[:port], none, or auto: what each client on the host would use",
    default="auto",
    reader=plain(proxy_named),
    page="proxies.md",
)
PROXY_BYPASS = Option(
    "--proxy-bypass=LIST",
    help="endpoint groups that do not take the proxy, as in azcmagent: AAD, ARM, Arc, ...",
    otherwise="what the host's agent has",
    reader=plain(bypassing),
    page="proxies.md",
)
KNOWN_GATEWAY = Option(
    "--known-gateway=HOST[:PORT]",
    help="a Log Analytics gateway, which the agent must not use",
    default=(),
    reader=each(plain(gateway)),
    page="proxies.md",
)
SERVICE_TAGS = Option(
    "--service-tags=FILE",
    help="Azure's address ranges: a file, its URL, or download for the current ones",
    default=(),
    otherwise="download",
    reader=tag_sources,
    page="service-tags.md",
)
FIREWALL_ALLOWLIST = Option(
    "--firewall-allowlist=FILE",
    help="what a firewall lets out: prefixes and names, nftables' JSON or iptables-save",
    default=(),
    reader=each(allowlist),
    page="service-tags.md#allow-lists",
)
CONNECT_TO = Option(
    "--connect-to=HOST:PORT:ADDR:PORT",
    help="connect elsewhere for a name, as in curl",
    default=(),
    reader=each(plain(connect_to)),
)

# -- how it is measured and told -----------------------------------------------------------------

CONNECT_TIMEOUT = Option(
    "--connect-timeout=SECONDS",
    help="limit of a TCP connection",
    default="5",
    reader=plain(seconds),
)
HTTP_TIMEOUT = Option(
    "--http-timeout=SECONDS",
    help="limit of a TLS handshake, and of an answer",
    default="15",
    reader=plain(seconds),
)
HOST_DEADLINE = Option(
    "--host-deadline=SECONDS",
    help="limit of a host as a whole",
    default="60",
    reader=plain(seconds),
)
FORKS = Option(
    "--forks=N",
    help="hosts that begin at once; a slow one makes room for the next",
    default="32",
    reader=plain(number_of_hosts),
    page="backends.md#how-many-at-once",
    shown=False,  # changes no verdict
)
COMPARE = Option(
    "--compare=PREVIOUS",
    help="an earlier run's compliance.json or report folder: say what changed since",
    reader=optional(path),
    page="comparison.md",
)
FAIL_ON = Option(
    "--fail-on=WHAT",
    help="any failure, or new: only failures that the run of --compare did not have",
    default="any",
    reader=plain(one_of(FailOn)),
    page="comparison.md",
)
BUNDLE = Option(
    "--bundle=ZIP",
    help="seal evidence, reports and everything they were judged by in one file",
    reader=optional(bundle),
    page="seal.md",
    shown=False,  # changes no verdict
)
BUNDLE_KEY = Option(
    "--bundle-key=KEY",
    help="the SSH key with which the bundle is signed",
    reader=optional(readable),
    page="seal.md",
    shown=False,
)
OSCAL = Option(
    "--oscal",
    help="also write the report as OSCAL assessment results",
    default=False,
    reader=flag,
    page="oscal.md",
    shown=False,
)
REPORT_DIR = Option(
    "--report-dir=DIR",
    help="where the reports go",
    default="reports",
    reader=path,
    shown=False,  # is where the report is
)

# -- how hosts are reached: testinfra's own options ----------------------------------------------

SSH_CONFIG = Option(
    "--ssh-config=FILE",
    help="ssh_config(5), for anything that a host's address cannot say",
    otherwise="your own",
    reader=optional(readable),
    page="backends.md",
    shown=False,  # where a host was reached through changes no verdict
    ours=False,
)
SSH_IDENTITY_FILE = Option(
    "--ssh-identity-file=FILE",
    help="the private key to log in with",
    otherwise="your own, or an agent's",
    reader=optional(readable),
    shown=False,
    ours=False,
)
ANSIBLE_INVENTORY = Option(
    "--ansible-inventory=FILE",
    help="where ansible:// addresses are looked up",
    otherwise="ansible's own",
    reader=optional(readable),
    page="backends.md",
    shown=False,
    ours=False,
)
SUDO = Option(
    "--sudo",
    help="see what only root sees: sockets, packet filter, locked files; never asks for a password",
    default=False,
    reader=flag,
    ours=False,
)
SUDO_USER = Option(
    "--sudo-user=USER",
    help="the user that sudo switches to",
    otherwise="root",
    reader=as_typed,
    shown=False,
    ours=False,
)

OPTIONS: tuple[Option[Any], ...] = (
    HOSTS,
    INVENTORY,
    EVIDENCE,
    RESUME,
    WRITE_ORDER,
    DEMO,
    CLOUD,
    LOCATION,
    PHASE,
    FEATURES,
    SCENARIO,
    PRIVATE_LINK,
    ENDPOINT,
    PUBLIC_ROOTS,
    STRICT_INSPECTION,
    STRICT_SHOULD,
    WAIVERS,
    PARTIAL_OK,
    PROXY,
    PROXY_BYPASS,
    KNOWN_GATEWAY,
    SERVICE_TAGS,
    FIREWALL_ALLOWLIST,
    CONNECT_TO,
    CONNECT_TIMEOUT,
    HTTP_TIMEOUT,
    HOST_DEADLINE,
    FORKS,
    COMPARE,
    FAIL_ON,
    REPORT_DIR,
    OSCAL,
    BUNDLE,
    BUNDLE_KEY,
    SSH_CONFIG,
    SSH_IDENTITY_FILE,
    ANSIBLE_INVENTORY,
    SUDO,
    SUDO_USER,
)
