"""What can be the matter with a network: one function each, named for it.

Each is a context in which the lab is so, and gives what the measurement has to be told: options of
the scope, the user on the host, other limits.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from arc_compliance.catalogue.model import Bypass
from arc_compliance.firewall.allowlist import read_allowlist
from arc_compliance.options.files import NAMED_ROOTS
from arc_compliance.plan.order import CONTROL_NAME, Limits
from arc_compliance.plan.scope import PrivateLink
from selftests.lab.azure import MONITOR, NAME
from selftests.lab.network import (
    AUDITOR,
    GATE,
    GATE_ADDRESS,
    NOBODY,
    PROXY_PORT,
    TRUST_FILE,
    Network,
    inside,
)

Told = dict[str, Any]
Situation = Callable[[Network], Any]

PATIENT = Limits(connect=5, http=15, deadline=60)
"""For an inspector that makes a certificate for every name, on a machine that is busy."""

CLOUD = "AzureChinaCloud"
USER, PASSWORD = "arc", "hunter2"
HIS = "gbl.his.arc.azure.cn"
PACKAGES = "packages.microsoft.com"
FAKETIME = "FAKETIME=+600 LD_PRELOAD='/usr/$LIB/faketime/libfaketime.so.1'"
"""With the loader's own word, LIB, for the architecture's folder."""

RETIRED = "chinaeast2-gas.guestconfiguration.azure.cn"

AGENT_SETTINGS = "/var/opt/azcmagent/localconfig.json"
MONITOR_AGENT = "/etc/systemd/system/azuremonitor-coreagent.service.d/proxy.conf"


def to_name(lab: Network, rule: str) -> Any:
    """The firewall with *rule* for packets to NAME."""
    return lab.firewall(f"ip daddr {lab.names[NAME]} {rule}")


# -- names ---------------------------------------------------------------------------------------


@contextmanager
def open_network(lab: Network) -> Iterator[Told]:
    del lab
    yield {}


@contextmanager
def name_not_found(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: ""}):
        yield {}


@contextmanager
def retired_regional_name_missing(lab: Network) -> Iterator[Told]:
    with lab.resolving({RETIRED: ""}):
        yield {}


@contextmanager
def resolver_dead(lab: Network) -> Iterator[Told]:
    with lab.resolver_dead():
        yield {}


@contextmanager
def every_name_at_one_address(lab: Network) -> Iterator[Told]:
    """A captive portal's resolver."""
    with lab.portal():
        yield {}


# -- connections ---------------------------------------------------------------------------------


@contextmanager
def port_dropped(lab: Network) -> Iterator[Told]:
    with to_name(lab, "drop"):
        yield {}


@contextmanager
def port_rejected_by_reset(lab: Network) -> Iterator[Told]:
    with to_name(lab, "tcp dport 443 reject with tcp reset"):
        yield {}


@contextmanager
def port_rejected_by_icmp(lab: Network) -> Iterator[Told]:
    with to_name(lab, "reject with icmpx type admin-prohibited"):
        yield {}


@contextmanager
def no_route(lab: Network) -> Iterator[Told]:
    with lab.route_lost():
        yield {}


@contextmanager
def all_dropped(lab: Network) -> Iterator[Told]:
    with lab.firewall("drop"):
        yield {}


@contextmanager
def middlebox_that_accepts_everything(lab: Network) -> Iterator[Told]:
    """It takes every connection to port 443 and then says nothing."""
    with lab.translation(f"iifname eth0 tcp dport 443 dnat to {lab.peers['accepts_and_hangs']}"):
        yield {}


@contextmanager
def one_of_two_addresses_dead(lab: Network) -> Iterator[Told]:
    two = {NAME: f"{lab.names[NAME]} {NOBODY}"}
    with lab.resolving(two), lab.firewall(f"ip daddr {NOBODY} drop"):
        yield {}


@contextmanager
def ipv6_advertised_but_unroutable(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: f"{lab.names[NAME]} 2001:db8::1"}):
        yield {}


@contextmanager
def healed_before_the_second_measurement(lab: Network) -> Iterator[Told]:
    """The first connection is refused, and none after it."""
    first = "ct state new add @asked { ip daddr timeout 30s } reject with tcp reset"
    with lab.firewall(
        f"ip daddr {lab.names[NAME]} tcp dport 443 ip daddr != @asked {first}",
        sets="set asked { type ipv4_addr; flags dynamic,timeout; }",
    ):
        yield {}


# -- TLS on the way ------------------------------------------------------------------------------


@contextmanager
def reset_after_client_hello(lab: Network) -> Iterator[Told]:
    """A filter of server names."""
    with to_name(lab, "tcp dport 443 tcp flags & psh == psh reject with tcp reset"):
        yield {}


@contextmanager
def large_packets_vanish(lab: Network) -> Iterator[Told]:
    """On the way back, as in a tunnel that they do not fit, and nobody tells the sender."""
    rule = f"ip saddr {lab.names[NAME]} meta length > 1000 drop"
    with lab.packets_as_on_a_cable(), lab.firewall(rule):
        yield {}


@contextmanager
def silence_after_client_hello(lab: Network) -> Iterator[Told]:
    with to_name(lab, "tcp dport 443 tcp flags & psh == psh drop"):
        yield {}


@contextmanager
def inspected_with_a_trusted_ca(lab: Network) -> Iterator[Told]:
    with lab.inspector(), lab.trusting_too(lab.inspecting_ca):
        yield {"limits": PATIENT}


@contextmanager
def inspected_with_an_untrusted_ca(lab: Network) -> Iterator[Told]:
    with lab.inspector():
        yield {"limits": PATIENT}


@contextmanager
def inspected_and_strict(lab: Network) -> Iterator[Told]:
    with lab.inspector(), lab.trusting_too(lab.inspecting_ca):
        yield {"strict_inspection": True, "limits": PATIENT}


@contextmanager
def block_page_of_a_transparent_middlebox(lab: Network) -> Iterator[Told]:
    """It answers for NAME itself, with a page."""
    page = lab.directory / "blocked.html"
    page.write_text("<h1>This page is blocked by policy</h1>")
    with (
        lab.inspector("--map-local", f"|~d {NAME}|.|{page}"),
        lab.trusting_too(lab.inspecting_ca),
    ):
        yield {"limits": PATIENT}


@contextmanager
def public_root_missing(lab: Network) -> Iterator[Told]:
    """The host trusts somebody, but nobody that Azure's certificates come from."""
    somebody = (lab.directory / "negative.pem").read_text()
    with lab.trusting(somebody + NAMED_ROOTS.read_text()):
        yield {}


# -- somebody else answers -----------------------------------------------------------------------


def answered_by(peer: str, name: str = NAME, **told: Any) -> Situation:
    """*name* is at the address of a peer of selftests.lab.azure."""

    @contextmanager
    def situation(lab: Network) -> Iterator[Told]:
        with lab.resolving({name: lab.peers[peer]}):
            yield told

    situation.__name__ = f"answered_by_{peer}"
    return situation


# -- proxies that the operator names -------------------------------------------------------------


@contextmanager
def proxy_allows_all(lab: Network) -> Iterator[Told]:
    with lab.proxy() as url:
        yield {"proxy": url}


@contextmanager
def proxy_denies_one(lab: Network) -> Iterator[Told]:
    with lab.proxy(
        *allowing(lab, [one for one in [*lab.names, CONTROL_NAME] if one != NAME])
    ) as url:
        yield {"proxy": url}


def allowing(lab: Network, names: list[str]) -> list[str]:
    """An allow-list of *names*, as tinyproxy's filter has it."""
    allowed = lab.directory / "allowed"
    allowed.write_text("".join(f"^{re.escape(name)}$\n" for name in names))
    return [f'Filter "{allowed}"', "FilterDefaultDeny Yes", "FilterExtended On"]


@contextmanager
def proxy_wants_credentials(lab: Network) -> Iterator[Told]:
    with lab.proxy(f"BasicAuth {USER} {PASSWORD}") as url:
        yield {"proxy": url}


@contextmanager
def proxy_is_given_credentials(lab: Network) -> Iterator[Told]:
    with lab.proxy(f"BasicAuth {USER} {PASSWORD}") as url:
        yield {"proxy": url.replace("//", f"//{USER}:{PASSWORD}@")}


@contextmanager
def proxy_down(lab: Network) -> Iterator[Told]:
    with lab.proxy() as url:
        yield {"proxy": url.replace(":3128", ":3129")}


@contextmanager
def proxy_resolves_what_the_host_cannot(lab: Network) -> Iterator[Told]:
    with lab.proxy() as url, lab.resolver_dead():
        yield {"proxy": url}


@contextmanager
def proxy_fails_to_reach_one(lab: Network) -> Iterator[Told]:
    """The proxy resolves NAME to where nobody is."""
    with lab.proxy() as url, lab.resolving({NAME: GATE_ADDRESS}):
        yield {"proxy": url}


@contextmanager
def proxy_with_a_way_past_it_for_arc(lab: Network) -> Iterator[Told]:
    """Only the endpoints of the group Arc may leave without the proxy."""
    with lab.proxy() as url:
        lab_lets_arc_out(lab)
        yield {"proxy": url, "proxy_bypass": frozenset([Bypass.ARC])}


def lab_lets_arc_out(lab: Network) -> None:
    """The firewall lets the endpoints of the group Arc past the proxy."""
    arc = [a for n, a in lab.names.items() if ".his.arc." in n or ".guestconfiguration." in n]
    to = ["ct", "original", "ip", "daddr", "{", ",".join(sorted(set(arc))), "}"]
    inside(GATE, "nft", "insert", "rule", "inet", "perimeter", "forward", *to, "accept")


@contextmanager
def proxy_agrees_to_everything_and_closes(lab: Network) -> Iterator[Told]:
    address = lab.peers["proxy_that_agrees_and_closes"]
    with lab.firewall(f"ct original ip daddr != {address} drop"):
        yield {"proxy": f"http://{address}:443"}


@contextmanager
def proxy_inspects(lab: Network) -> Iterator[Told]:
    with lab.inspector(transparent=False) as url, lab.trusting_too(lab.inspecting_ca):
        yield {"proxy": url, "limits": PATIENT}


# -- Log Analytics gateways ----------------------------------------------------------------------


@contextmanager
def gateway(lab: Network) -> Iterator[str]:
    """A Log Analytics gateway as far as a forward proxy can play it: it lets monitoring through."""
    with (
        lab.resolving({MONITOR: lab.peers["monitor"]}),
        lab.proxy(*allowing(lab, [MONITOR])) as url,
    ):
        yield url


@contextmanager
def gateway_as_proxy(lab: Network) -> Iterator[Told]:
    with gateway(lab) as url:
        yield {"proxy": url}


@contextmanager
def known_gateway_as_proxy(lab: Network) -> Iterator[Told]:
    with gateway(lab) as url:
        yield {"proxy": url, "known_gateways": (f"{GATE_ADDRESS}:{PROXY_PORT}",)}


@contextmanager
def gateway_known_by_name(lab: Network) -> Iterator[Told]:
    with gateway(lab) as url, lab.resolving({"gateway.example": GATE_ADDRESS}):
        yield {"proxy": url, "known_gateways": ("gateway.example",)}


@contextmanager
def gateway_of_the_monitor_agent_as_proxy(lab: Network) -> Iterator[Told]:
    drop_in = {MONITOR_AGENT: f'[Service]\nEnvironment="MDSD_http_proxy={proxy_url()}"\n'}
    with gateway(lab) as url, lab.host_files(drop_in):
        yield {"proxy": url}


@contextmanager
def ordinary_proxy_that_the_monitor_agent_uses_too(lab: Network) -> Iterator[Told]:
    drop_in = {MONITOR_AGENT: f'[Service]\nEnvironment="MDSD_http_proxy={proxy_url()}"\n'}
    with lab.proxy() as url, lab.host_files(drop_in):
        yield {"proxy": url}


def proxy_url(credentials: str = "") -> str:
    """The URL of the lab's tinyproxy."""
    return f"http://{credentials}{GATE_ADDRESS}:{PROXY_PORT}"


# -- proxies that the host names -----------------------------------------------------------------


def agent_says(**settings: Any) -> dict[str, str]:
    """The agent's local configuration."""
    return {AGENT_SETTINGS: json.dumps({f"proxy.{key}": value for key, value in settings.items()})}


@contextmanager
def agent_has_a_proxy(lab: Network) -> Iterator[Told]:
    with lab.proxy(), lab.host_files(agent_says(url=proxy_url())):
        yield {}


@contextmanager
def agent_has_a_proxy_and_a_way_past_it(lab: Network) -> Iterator[Told]:
    with lab.proxy(), lab.host_files(agent_says(url=proxy_url(), bypass=["Arc"])):
        lab_lets_arc_out(lab)
        yield {}


@contextmanager
def agents_proxy_has_credentials(lab: Network) -> Iterator[Told]:
    secret = proxy_url(f"{USER}:{PASSWORD}@")
    with lab.proxy(f"BasicAuth {USER} {PASSWORD}"), lab.host_files(agent_says(url=secret)):
        yield {}


@contextmanager
def agents_proxy_is_https(lab: Network) -> Iterator[Told]:
    with lab.host_files(agent_says(url="https://proxy.example:3128")):
        yield {}


@contextmanager
def daemons_have_a_proxy(lab: Network) -> Iterator[Told]:
    """The service manager's environment names it; the lab's hosts have no systemd of their own."""
    said = f"#!/bin/sh\n[ $1 = show-environment ] && echo HTTPS_PROXY={proxy_url()}\n"
    with lab.proxy(), lab.host_files({"/usr/local/bin/systemctl": said}, mode=0o755):
        yield {}


@contextmanager
def shell_has_a_proxy_and_the_agent_none(lab: Network) -> Iterator[Told]:
    with lab.proxy(), lab.host_files({"/etc/environment": f"https_proxy={proxy_url()}\n"}):
        yield {}


@contextmanager
def shell_has_a_dead_proxy(lab: Network) -> Iterator[Told]:
    """The network is open, and the proxy does not answer."""
    with lab.host_files({"/etc/profile.d/proxy.sh": f"export HTTPS_PROXY={proxy_url()}\n"}):
        yield {}


@contextmanager
def apt_has_a_proxy_and_the_agent_none(lab: Network) -> Iterator[Told]:
    line = f'Acquire::http::Proxy "{proxy_url()}";\n'
    with lab.proxy(), lab.host_files({"/etc/apt/apt.conf.d/80proxy": line}):
        yield {}


@contextmanager
def dnf_has_a_proxy_and_the_agent_none(lab: Network) -> Iterator[Told]:
    with lab.proxy(), lab.host_files({"/etc/dnf/dnf.conf": f"[main]\nproxy={proxy_url()}\n"}):
        yield {}


@contextmanager
def zypper_has_a_proxy_and_the_agent_none(lab: Network) -> Iterator[Told]:
    said = f'PROXY_ENABLED="yes"\nHTTPS_PROXY="{proxy_url()}"\n'
    with lab.proxy(), lab.host_files({"/etc/sysconfig/proxy": said}):
        yield {}


@contextmanager
def agent_and_daemons_differ(lab: Network) -> Iterator[Told]:
    """The agent's own proxy works; that of its daemons, which it does not take, is another."""
    said = "#!/bin/sh\n[ $1 = show-environment ] && echo HTTPS_PROXY=http://192.0.2.7:1\n"
    with (
        lab.proxy(),
        lab.host_files(agent_says(url=proxy_url())),
        lab.host_files({"/usr/local/bin/systemctl": said}, mode=0o755),
    ):
        yield {}


@contextmanager
def no_proxy_hides_a_name(lab: Network) -> Iterator[Told]:
    """The daemons have a proxy, and NAME is taken off it though there is no other way."""
    said = f"HTTPS_PROXY={proxy_url()}\nNO_PROXY={NAME}"
    script = f"#!/bin/sh\n[ $1 = show-environment ] && cat <<END\n{said}\nEND\n"
    with lab.proxy(), lab.host_files({"/usr/local/bin/systemctl": script}, mode=0o755):
        yield {}


@contextmanager
def gateway_of_the_log_analytics_agent_as_proxy(lab: Network) -> Iterator[Told]:
    said = {"/etc/opt/microsoft/omsagent/proxy.conf": f"{proxy_url()}\n"}
    with gateway(lab) as url, lab.host_files(said):
        yield {"proxy": url}


@contextmanager
def agents_settings_unreadable(lab: Network) -> Iterator[Told]:
    """The agent has a proxy, and only root may read which."""
    with lab.proxy(), lab.host_files(agent_says(url=proxy_url()), mode=0o600):
        yield {"user": f"{AUDITOR}@"}


# -- private link --------------------------------------------------------------------------------

ARC = {"private_link": frozenset([PrivateLink.ARC])}


def private_names(lab: Network) -> dict[str, str]:
    """The names that a private link scope has on private endpoints, with their addresses there."""
    ours = (".his.arc.", ".guestconfiguration.")
    return {n: a for n, a in lab.private.items() if any(part in n for part in ours)}


@contextmanager
def private_link_with_private_answers(lab: Network) -> Iterator[Told]:
    with lab.resolving(private_names(lab)):
        yield ARC


@contextmanager
def private_link_with_public_answers(lab: Network) -> Iterator[Told]:
    del lab
    yield ARC


@contextmanager
def private_link_with_a_public_ipv6_address(lab: Network) -> Iterator[Told]:
    with lab.resolving({n: f"{a} 2001:db8::1" for n, a in private_names(lab).items()}):
        yield ARC


@contextmanager
def private_link_through_a_proxy(lab: Network) -> Iterator[Told]:
    with lab.resolving(private_names(lab)), lab.proxy() as url:
        yield {**ARC, "proxy": url}


# -- service tags and allow-lists ----------------------------------------------------------------


@contextmanager
def address_in_another_tag(lab: Network) -> Iterator[Told]:
    """Content delivery stands in front of NAME."""
    with lab.resolving({NAME: lab.peers["front_door"]}):
        yield {}


@contextmanager
def address_outside_every_tag(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: lab.peers["outside_azure"]}):
        yield {}


@contextmanager
def address_outside_every_tag_of_an_old_file(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: lab.peers["outside_azure"]}):
        yield {"days": 40}


@contextmanager
def private_address_without_private_link(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: lab.private[NAME]}):
        yield {}


@contextmanager
def one_address_inside_and_one_outside(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: f"{lab.names[NAME]} {lab.peers['outside_azure']}"}):
        yield {}


@contextmanager
def ipv6_outside_every_tag(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: f"{lab.names[NAME]} 2001:db8:bad::1"}):
        yield {}


@contextmanager
def perimeter(lab: Network, *allowed: str) -> Iterator[Told]:
    """The gate drops all but what goes to *allowed*; its own rules, listed, are the allow-list."""
    rules = [f"iifname eth0 ip daddr {{ {','.join(allowed)} }} tcp dport 443 accept"]
    rules += ["iifname eth0 meta nfproto ipv4 drop"]
    with lab.firewall("ct state established,related accept", *rules):
        path = lab.directory / "gate.json"
        path.write_bytes(inside(GATE, "nft", "-j", "list", "ruleset").stdout)
        yield {"allowlists": (read_allowlist(path),)}


@contextmanager
def perimeter_with_all_tags(lab: Network) -> Iterator[Told]:
    """The endpoints without a tag are let through by their addresses."""
    with perimeter(lab, *sorted({*lab.names.values(), *lab.peers.values(), NOBODY})) as told:
        yield told


@contextmanager
def perimeter_with_looked_up_addresses(lab: Network) -> Iterator[Told]:
    """Everything works, until an address changes."""
    with perimeter(lab, *sorted(lab.names.values())) as told:
        yield told


@contextmanager
def hosts_own_rules_lack_a_tag(lab: Network) -> Iterator[Told]:
    """They drop what goes to Entra ID's addresses."""
    entra = [lab.names[n] for n in lab.names if n.startswith(("login.", "pas."))]
    with lab.host_filters(f"ip daddr {{ {','.join(entra)} }} drop", hook="output"):
        yield {}


@contextmanager
def hosts_own_rules_are_roots_to_read(lab: Network) -> Iterator[Told]:
    with hosts_own_rules_lack_a_tag(lab):
        yield {"user": f"{AUDITOR}@"}


# -- the host's clock and trust store ------------------------------------------------------------


@contextmanager
def clock_ahead(lab: Network) -> Iterator[Told]:
    """Whatever runs in a shell that sshd starts has a clock that is ten minutes ahead."""
    with lab.host_files({"/etc/bash.bashrc": f"export {FAKETIME}\n"}):
        yield {}


@contextmanager
def named_root_missing(lab: Network) -> Iterator[Told]:
    """One that Azure names and nothing here hangs on."""
    trusted = (lab.directory / "trusted.pem").read_text()
    folder = lab.directory / "certs"
    folder.mkdir()
    lacking = re.sub(r"# DigiCert Global Root G2\n[^-]*-+BEGIN[^#]*", "", trusted)
    (folder / Path(TRUST_FILE).name).write_text(lacking)
    with lab.mounted(folder, Path(TRUST_FILE).parent):
        yield {}


# -- the agent itself ----------------------------------------------------------------------------


def azcmagent(
    onboarded: bool = False, unreachable: tuple[str, ...] = (), **shown: str
) -> dict[str, str]:
    """A simulated azcmagent, which shows that it is connected, with what is *shown* changed, and
    whose check reaches two names but for those *unreachable*."""
    says = {
        "agentVersion": "1.47.02786.1234",
        "status": "Connected" if onboarded else "Disconnected",
        "cloud": CLOUD if onboarded else "",
        "lastHeartbeat": "$(date -u +%Y-%m-%dT%H:%M:%SZ)" if onboarded else "",
        **shown,
    }
    check = [
        {"endpoint": f"https://{name}", "reachable": name not in unreachable, "tls": "TLS 1.3"}
        for name in (NAME, HIS)
    ]
    script = (
        f"#!/bin/sh\nif [ $1 = check ]; then\ncat <<'END'\n{json.dumps(check)}\nEND\n"
        f"else\ncat <<END\nWARN  simulated\n{json.dumps(says)}\nEND\nfi\n"
    )
    files = {"/opt/azcmagent/bin/azcmagent": script}
    if onboarded:
        configuration = {"resourceName": "web01", "location": "chinanorth3"}
        files["/var/opt/azcmagent/agentconfig.json"] = json.dumps(configuration)
    return files


AGENT = azcmagent()


def agent_shows(name: str, script: str = "", **shown: str) -> Situation:
    """An agent that is onboarded, listens on loopback, and shows what is *shown*."""

    @contextmanager
    def situation(lab: Network) -> Iterator[Told]:
        files = azcmagent(onboarded=True, **shown)
        if script:
            files["/opt/azcmagent/bin/azcmagent"] = f"#!/bin/sh\n{script}\n"
        with lab.host_files(files, mode=0o755), lab.agent_process("listen,127.0.0.1,0"):
            yield {}

    situation.__name__ = f"agent_{name}"
    return situation


@contextmanager
def agent_check_sees_it_otherwise(lab: Network) -> Iterator[Told]:
    files = azcmagent(onboarded=True, unreachable=(HIS,))
    with lab.host_files(files, mode=0o755), lab.agent_process("listen,127.0.0.1,0"):
        yield {}


@contextmanager
def agent_service_failed(lab: Network) -> Iterator[Told]:
    states = "#!/bin/sh\n[ $1 = is-active ] && printf 'active\\nfailed\\nactive\\ninactive\\n'\n"
    with (
        agent_shows("connected")(lab),
        lab.host_files({"/usr/local/bin/systemctl": states}, mode=0o755),
    ):
        yield {}


@contextmanager
def agent_in_another_region(lab: Network) -> Iterator[Told]:
    with agent_shows("connected")(lab):
        yield {"location": "chinaeast2"}


@contextmanager
def agent_installed_but_stopped(lab: Network) -> Iterator[Told]:
    with lab.host_files(AGENT, mode=0o755):
        yield {}


@contextmanager
def agent_listens_on_loopback(lab: Network) -> Iterator[Told]:
    with lab.host_files(AGENT, mode=0o755), lab.agent_process("listen,127.0.0.1,0"):
        yield {}


@contextmanager
def agent_listens_to_others(lab: Network) -> Iterator[Told]:
    sockets = ("listen,127.0.0.1,0", "listen,0.0.0.0,0")
    with lab.host_files(AGENT, mode=0o755), lab.agent_process(*sockets):
        yield {}


@contextmanager
def agent_speaks_udp(lab: Network) -> Iterator[Told]:
    sockets = ("listen,127.0.0.1,0", f"udp,{GATE_ADDRESS},443", f"udp,{GATE_ADDRESS},53")
    with lab.host_files(AGENT, mode=0o755), lab.agent_process(*sockets):
        yield {}


@contextmanager
def agents_sockets_are_roots_to_see(lab: Network) -> Iterator[Told]:
    with agent_listens_to_others(lab):
        yield {"user": f"{AUDITOR}@"}


# -- the measurement itself ----------------------------------------------------------------------


@contextmanager
def host_unreachable(lab: Network) -> Iterator[Told]:
    with lab.host_filters("tcp dport 22 reject with tcp reset"):
        yield {}


@contextmanager
def host_without_python(lab: Network) -> Iterator[Told]:
    with lab.host_without("/usr/bin/python3*"):
        yield {"user": f"{AUDITOR}@"}


@contextmanager
def deadline_too_short(lab: Network) -> Iterator[Told]:
    with lab.resolving({NAME: lab.peers["slow_but_healthy"]}):
        yield {"limits": Limits(connect=1, http=15, deadline=8)}


@contextmanager
def tls12_switched_off_on_the_host(lab: Network) -> Iterator[Told]:
    policy = (
        "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n"
        "[c]\nMaxProtocol = TLSv1.1\nMinProtocol = TLSv1\n"
    )
    with lab.host_files({"/etc/ssl/openssl.cnf": policy}):
        yield {}
