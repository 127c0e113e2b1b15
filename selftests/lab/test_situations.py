"""What each situation changes against the open network, and that it changes nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.judgement import Verdict
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.order import Limits
from arc_compliance.plan.scope import Scope
from selftests.lab import situations as lab_in
from selftests.lab.azure import NAME, NOTIFICATIONS
from selftests.lab.clients import ask, ours
from selftests.lab.measuring import CATALOGUE, LIMITS, Findings, measure
from selftests.lab.network import Network
from selftests.lab.real_clients import Patience, ask_all, by_row, disagreements, requests_of
from selftests.lab.right import RIGHT
from selftests.lab.situations import HIS, PACKAGES, Situation, answered_by
from selftests.lab.wrong_today import WRONG_TODAY, Wrong, out_of_date, unexplained

Change = tuple[str, str, str, str]

CASES = plan_cases(CATALOGUE, {"web01": Scope(cloud=CATALOGUE.cloud, proxy="auto")})
ROWS = {
    c.row.label: c.requirement.id
    for c in CASES
    if c.row and c.requirement.id.startswith("urls/") and not c.not_applicable
}
del ROWS["dc.applicationinsights.azure.cn"]  # no agent is installed there, as a rule
TELEMETRY = "dc.applicationinsights.azure.cn"
UNPRIVILEGED = {("practice/egress", "", "not-tested", "permission-denied")}
NAMED = {("practice/proxy-consistency", "", "not-applicable", "")}
AZGN = "azgn*.servicebus.chinacloudapi.cn"
"""The row that has no name but those of a discovery call."""

BLOB = "*.blob.core.chinacloudapi.cn"
INSTALLER = {"aka.ms": "urls/aka", PACKAGES: "urls/packages"}
ENTRA = "service-tags/azure-active-directory"
ROWS_OF = {
    r.id: {o.endpoint.label for o in CATALOGUE.requirements if o.endpoint and {*r.tags} & {*o.tags}}
    for r in CATALOGUE.requirements
    if r.id.startswith("service-tags/") and r.tags != ("AzureArcInfrastructure",)
}
ROWS_OF["service-tags/azure-arc-infrastructure"] = {
    "*.his.arc.azure.cn",
    "*.guestconfiguration.azure.cn",
}
TAGS = [tag for tag, its in ROWS_OF.items() if its]
"""The tags that endpoints lie in."""

AGENT = {row: one for row, one in ROWS.items() if row not in INSTALLER}


def row(label: str, cause: str, verdict: str = "fail") -> set[Change]:
    """One row is red, and what rests on it is blocked."""
    found = {
        (ROWS[label], label, verdict, cause),
        ("tls/1.2", label, "blocked", cause),
        ("principles/certificates", label, "blocked", cause),
    }
    if cause.startswith("dns-"):
        found |= {(t, "", "blocked", cause) for t in TAGS if label in ROWS_OF[t]}
    return found


def tags(verdict: str, cause: str = "", which: Iterable[str] = TAGS) -> set[Change]:
    """What becomes of the tags whose endpoints were looked up."""
    return {(tag, "", verdict, cause) for tag in which}


def entra(verdict: str, cause: str) -> set[Change]:
    return tags(verdict, cause, [ENTRA])


def agent(verdict: str, cause: str = "") -> set[Change]:
    """What an agent that is there, not onboarded yet, makes applicable."""
    health = {("practice/agent-health", "", "pass", ""), ("practice/agent-check", "", "pass", "")}
    return {("principles/outbound", "", verdict, cause), *health}


def shown(health: str, check: str = "pass") -> set[Change]:
    """What an agent that listens on loopback changes by what it shows of itself."""
    found = {("practice/agent-health", "", health, ""), ("practice/agent-check", "", check, "")}
    return {("principles/outbound", "", "pass", ""), *found}


def filtered(covered: bool = True) -> set[Change]:
    """What a filter by address makes applicable; the public cloud's file is not there."""
    found = {("practice/azure-cloud-gap", "", "pass", "")}
    found |= {
        (f"practice/{one}", "", "not-tested", "")
        for one in ("front-door", "public-arc-infrastructure")
    }
    found.add(("service-tags/azure-traffic-manager", "", "pass", ""))
    if covered:
        return found | tags("pass", "", ["service-tags/full-range", "service-tags/azure-cloud"])
    return found | {("service-tags/azure-cloud", "", "warn", "tag-not-covered")}


def nameless(cause: str) -> set[Change]:
    """The discovery call fails, so that nobody knows what to ask for."""
    about = ("urls/azgn", "tls/1.2", "principles/certificates")
    return {(one, AZGN, "not-testable", cause) for one in about}


WHOLE = ("principles/tcp", "practice/websocket", "practice/large-hello")
"""What is judged by all of the agent's rows together."""


def rows(cause: str, port_443: str, which: dict[str, str] = ROWS) -> set[Change]:
    """One cause in all rows: red there, and in port 443 where that is the stage; else blocked."""
    found = {change for label in which if label != AZGN for change in row(label, cause)}
    if cause.startswith("proxy-"):
        found |= tags("not-applicable")
    found |= nameless(cause)
    found |= {(one, "", "blocked", cause) for one in WHOLE}
    found.add(("networking/port-443", "", port_443, cause))
    if which == ROWS:
        others = ("principles/https", "practice/negative-serial", "practice/clock")
        found |= {(one, "", "blocked", cause) for one in others}
    return found


def answered(found: set[Change], tripped: tuple[str, ...]) -> set[Change]:
    """*found*, but something accepts what nobody should: that much of it shows nothing."""
    cause = "control-tripped"
    kept = {change for change in found if change[0] not in tripped}
    controls = ("run/controls", "", "warn", cause)
    return kept | {(one, "", "error", cause) for one in tripped} | {controls}


def certificates(verdict: str, cause: str, labels: object = ROWS) -> set[Change]:
    return {("principles/certificates", label, verdict, cause) for label in labels}  # type: ignore[attr-defined]


def by_proxy(
    verdict: str = "pass", cause: str = "", *, gateway: Change | None = None, named: bool = True
) -> set[Change]:
    """What a proxy makes applicable; one that is *named* by the operator leaves no question open
    about the host's own places."""
    innocent = ("networking/no-log-analytics-gateway", "", "pass", "")
    found = {("networking/proxy", "", verdict, cause), gateway or innocent}
    return found | tags("not-applicable") | (NAMED if named else set())


def gateway(verdict: str, cause: str = "gateway-log-analytics") -> Change:
    return ("networking/no-log-analytics-gateway", "", verdict, cause)


def private_link(verdict: str, cause: str = "") -> set[Change]:
    """What private endpoints change: the blob row goes."""
    gone = {
        (one, BLOB, "not-applicable", "")
        for one in ("urls/blob", "tls/1.2", "principles/certificates")
    }
    gone |= tags("not-applicable", "", ["service-tags/storage"])
    return {("networking/private-link", "", verdict, cause), *gone}


def unmeasured(cause: str) -> set[Change]:
    """One error, and everything that needs a measurement is blocked."""
    found = {("run/host-measured", "", "error", cause)}
    for case in CASES:
        requirement = case.requirement
        if case.not_applicable or requirement.not_testable or requirement.id == "run/host-measured":
            continue
        label = case.row.label if case.row else ""
        if not requirement.not_tested:
            found.add((requirement.id, label, "blocked", cause))
    return found


def unknown_way(cause: str) -> set[Change]:
    """The agent's own proxy may not be read, so that no red of its rows can be told from none."""
    red = rows("connect-timeout", "fail", AGENT) - nameless("connect-timeout")
    changed = {(one, label, "error", cause) for one, label, _, _ in red}
    changed |= {
        (one, "", "error", cause) for one in ("principles/https", "practice/negative-serial")
    }
    changed |= {change for label in INSTALLER for change in row(label, "connect-timeout")}
    changed |= nameless("connect-timeout")
    changed.add(("practice/clock", "", "blocked", "connect-timeout"))
    changed |= UNPRIVILEGED
    changed.add(("practice/proxy-consistency", "", "error", cause))
    unknown = ("networking/proxy", "networking/no-log-analytics-gateway")
    return changed | {(one, "", "not-tested", "") for one in unknown}


NO_AGENT_PROXY_FOR_THE_INSTALLER = {
    change for label in INSTALLER for change in row(label, "connect-timeout")
}
TOO_OLD = {
    ("tls/1.2", NAME, "fail", "tls-version"),
    ("urls/login", NAME, "blocked", "tls-version"),
    ("principles/certificates", NAME, "blocked", "tls-version"),
}
TELEMETRY_ASKED = {
    (one, TELEMETRY, "pass", "") for one in ("urls/telemetry", "tls/1.2", "principles/certificates")
}
INCONSISTENT = {("practice/proxy-consistency", "", "warn", "")}
SILENT = shown("not-tested", "not-tested") | TELEMETRY_ASKED
ONLY_THE_PACKAGE_MANAGER = rows("connect-timeout", "fail", {**AGENT, "aka.ms": "urls/aka"})
ARC_BEHIND_THE_PROXY = tags("not-applicable", "", ["service-tags/azure-arc-infrastructure"])
NO_ENTRA = {change for label in ROWS_OF[ENTRA] for change in row(label, "connect-timeout")}
SLOW = Limits(connect=1, http=15, deadline=30)

TABLE: dict[Situation, set[Change]] = {
    lab_in.open_network: set(),
    # names
    lab_in.name_not_found: row(NAME, "dns-not-found"),
    lab_in.retired_regional_name_missing: {
        ("urls/guestconfiguration", "*.guestconfiguration.azure.cn", "warn", "dns-not-found")
    },
    lab_in.resolver_dead: rows("dns-failed", "blocked")
    | {("practice/name-servers", "", "warn", "dns-slow")},
    lab_in.every_name_at_one_address: rows("dns-rewritten", "blocked")
    | {("run/controls", "", "warn", "dns-rewritten")},
    # connections
    lab_in.port_dropped: row(NAME, "connect-timeout"),
    lab_in.port_rejected_by_reset: row(NAME, "connect-refused"),
    lab_in.port_rejected_by_icmp: row(NAME, "connect-unreachable"),
    lab_in.no_route: rows("connect-unreachable", "fail"),
    lab_in.all_dropped: rows("connect-timeout", "fail"),
    lab_in.middlebox_that_accepts_everything: answered(
        rows("tls-timeout", "error"), ("networking/port-443", "principles/tcp")
    ),
    lab_in.one_of_two_addresses_dead: set(),
    lab_in.ipv6_advertised_but_unroutable: set(),
    lab_in.healed_before_the_second_measurement: set(),
    # TLS on the way
    lab_in.reset_after_client_hello: row(NAME, "tls-reset"),
    lab_in.silence_after_client_hello: row(NAME, "tls-timeout"),
    lab_in.large_packets_vanish: row(NAME, "tls-timeout"),
    answered_by("accepts_and_hangs"): row(NAME, "tls-timeout"),
    answered_by("tls10_only"): TOO_OLD,
    answered_by("tls11_only"): TOO_OLD,
    answered_by("tls13_only"): set(),
    answered_by("no_tls_at_all"): row(NAME, "tls-failed"),
    # certificates
    lab_in.inspected_with_a_trusted_ca: answered(certificates("warn", "cert-not-public"), ()),
    lab_in.inspected_with_an_untrusted_ca: answered(certificates("fail", "cert-untrusted"), ()),
    lab_in.inspected_and_strict: answered(certificates("fail", "cert-not-public"), ()),
    lab_in.public_root_missing: certificates("fail", "cert-root-missing"),
    answered_by("unknown_authority"): certificates("fail", "cert-untrusted", [NAME]),
    answered_by("self_signed"): certificates("fail", "cert-untrusted", [NAME]),
    answered_by("expired"): certificates("fail", "cert-expired", [NAME]),
    answered_by("not_yet_valid"): certificates("fail", "cert-not-yet-valid", [NAME]),
    answered_by("wrong_name"): certificates("fail", "cert-name-mismatch", [NAME]),
    answered_by("chain_incomplete"): certificates("fail", "cert-chain-incomplete", [NAME]),
    answered_by("negative_serial"): {("practice/negative-serial", "", "warn", "")},
    # answers
    lab_in.block_page_of_a_transparent_middlebox: answered(
        certificates("warn", "cert-not-public"), ()
    )
    | {("urls/login", NAME, "warn", "http-not-proven")},
    answered_by("forbidden"): set(),
    answered_by("not_found"): set(),
    answered_by("server_error"): set(),
    answered_by("no_answer"): {("urls/login", NAME, "fail", "http-timeout")},
    answered_by("no_http"): {("urls/login", NAME, "fail", "http-failed")},
    answered_by("redirects_out_of_tls"): {("principles/https", "", "fail", "http-not-proven")},
    answered_by("slow_but_healthy", limits=SLOW): set(),
    answered_by("no_websockets", NOTIFICATIONS): nameless("http-failed")
    | {("practice/websocket", "", "warn", "http-timeout")},
    # discovery
    answered_by("allow_list_is_an_error", NOTIFICATIONS): nameless("http-failed"),
    answered_by("allow_list_is_nonsense", NOTIFICATIONS): nameless("http-failed"),
    answered_by("allow_list_of_10_MB", NOTIFICATIONS): nameless("http-failed"),
    # proxies that the operator names
    lab_in.proxy_allows_all: by_proxy(),
    lab_in.proxy_denies_one: row(NAME, "proxy-denied") | by_proxy("fail", "proxy-denied"),
    lab_in.proxy_wants_credentials: rows("proxy-auth-required", "fail")
    | by_proxy("fail", "proxy-auth-required", gateway=gateway("blocked", "proxy-auth-required")),
    lab_in.proxy_is_given_credentials: by_proxy(),
    lab_in.proxy_down: rows("proxy-unreachable", "fail")
    | by_proxy("fail", "proxy-unreachable", gateway=gateway("blocked", "proxy-unreachable")),
    lab_in.proxy_resolves_what_the_host_cannot: by_proxy(),
    lab_in.proxy_fails_to_reach_one: row(NAME, "proxy-failed") | by_proxy("fail", "proxy-failed"),
    lab_in.proxy_with_a_way_past_it_for_arc: by_proxy() - ARC_BEHIND_THE_PROXY,
    lab_in.proxy_agrees_to_everything_and_closes: answered(
        rows("tls-reset", "error"),
        (
            "networking/port-443",
            "networking/proxy",
            "networking/no-log-analytics-gateway",
            "principles/tcp",
        ),
    )
    | tags("not-applicable")
    | NAMED,
    lab_in.proxy_inspects: by_proxy() | certificates("warn", "cert-not-public"),
    # Log Analytics gateways
    lab_in.gateway_as_proxy: rows("proxy-denied", "fail")
    | by_proxy("fail", "proxy-denied", gateway=gateway("warn")),
    lab_in.known_gateway_as_proxy: rows("proxy-denied", "fail")
    | by_proxy("fail", "proxy-denied", gateway=gateway("fail")),
    lab_in.gateway_known_by_name: rows("proxy-denied", "fail")
    | by_proxy("fail", "proxy-denied", gateway=gateway("fail")),
    lab_in.gateway_of_the_monitor_agent_as_proxy: rows("proxy-denied", "fail")
    | by_proxy("fail", "proxy-denied", gateway=gateway("fail")),
    lab_in.gateway_of_the_log_analytics_agent_as_proxy: rows("proxy-denied", "fail")
    | by_proxy("fail", "proxy-denied", gateway=gateway("fail")),
    lab_in.ordinary_proxy_that_the_monitor_agent_uses_too: by_proxy(),
    # proxies that the host names
    lab_in.agent_has_a_proxy: by_proxy(named=False) | NO_AGENT_PROXY_FOR_THE_INSTALLER,
    lab_in.agent_has_a_proxy_and_a_way_past_it: by_proxy(named=False) - ARC_BEHIND_THE_PROXY
    | NO_AGENT_PROXY_FOR_THE_INSTALLER,
    lab_in.agents_proxy_has_credentials: by_proxy(named=False)
    | INCONSISTENT
    | NO_AGENT_PROXY_FOR_THE_INSTALLER,
    lab_in.agents_proxy_is_https: rows("proxy-failed", "fail", AGENT)
    | by_proxy("fail", "proxy-failed", gateway=gateway("blocked", "proxy-failed"), named=False)
    | INCONSISTENT,
    lab_in.daemons_have_a_proxy: by_proxy(named=False) | NO_AGENT_PROXY_FOR_THE_INSTALLER,
    lab_in.shell_has_a_proxy_and_the_agent_none: rows("connect-timeout", "fail", AGENT),
    lab_in.shell_has_a_dead_proxy: set(),  # wget and apt do not read upper case
    lab_in.apt_has_a_proxy_and_the_agent_none: ONLY_THE_PACKAGE_MANAGER,
    lab_in.dnf_has_a_proxy_and_the_agent_none: ONLY_THE_PACKAGE_MANAGER,
    lab_in.zypper_has_a_proxy_and_the_agent_none: ONLY_THE_PACKAGE_MANAGER,
    lab_in.agent_and_daemons_differ: by_proxy(named=False)
    | INCONSISTENT
    | NO_AGENT_PROXY_FOR_THE_INSTALLER,
    lab_in.no_proxy_hides_a_name: by_proxy(named=False) - entra("not-applicable", "")
    | INCONSISTENT
    | NO_AGENT_PROXY_FOR_THE_INSTALLER
    | row(NAME, "connect-timeout"),
    lab_in.agents_settings_unreadable: unknown_way("permission-denied"),
    # private link
    lab_in.private_link_with_private_answers: private_link("pass"),
    lab_in.private_link_with_public_answers: private_link("fail", "address-not-private"),
    lab_in.private_link_with_a_public_ipv6_address: private_link("pass"),
    lab_in.private_link_through_a_proxy: private_link("not-testable") | by_proxy(),
    # service tags and allow-lists
    lab_in.address_in_another_tag: entra("warn", "address-other-tag"),
    lab_in.address_outside_every_tag: entra("fail", "address-outside-tag"),
    lab_in.address_outside_every_tag_of_an_old_file: entra("warn", "address-outside-tag")
    | {("practice/service-tags-current", "", "warn", "tag-file-stale")},
    lab_in.private_address_without_private_link: entra("fail", "address-not-public"),
    lab_in.one_address_inside_and_one_outside: entra("fail", "address-outside-tag"),
    lab_in.ipv6_outside_every_tag: entra("fail", "address-outside-tag"),
    lab_in.perimeter_with_all_tags: filtered(),
    lab_in.perimeter_with_looked_up_addresses: filtered(covered=False)
    | tags("fail", "tag-not-covered", [*TAGS, "service-tags/full-range"]),
    lab_in.hosts_own_rules_lack_a_tag: NO_ENTRA
    | {("practice/egress", "", "warn", "")}
    | filtered(covered=False)
    | entra("fail", "tag-not-covered")
    | tags("pass", "", ["service-tags/full-range"]),
    lab_in.hosts_own_rules_are_roots_to_read: NO_ENTRA | UNPRIVILEGED,
    # the host's clock and trust store
    lab_in.clock_ahead: {("practice/clock", "", "warn", "")},
    lab_in.named_root_missing: {("practice/trust-store", "", "warn", "")},
    # the agent itself
    lab_in.agent_installed_but_stopped: agent("not-tested"),
    lab_in.agent_listens_on_loopback: agent("pass"),
    lab_in.agent_listens_to_others: agent("fail", "listener-found"),
    lab_in.agent_speaks_udp: agent("pass") | {("principles/tcp", "", "warn", "")},
    lab_in.agents_sockets_are_roots_to_see: agent("not-tested", "permission-denied") | UNPRIVILEGED,
    lab_in.agent_shows("connected"): shown("pass"),
    lab_in.agent_shows("disconnected", status="Disconnected"): shown("warn"),
    lab_in.agent_shows("expired", status="Expired"): shown("warn"),
    lab_in.agent_shows("in_error", agentErrorCode="AZCM0026"): shown("warn"),
    lab_in.agent_shows("in_another_cloud", cloud="AzureCloud"): shown("warn"),
    lab_in.agent_shows("hangs", "exec sleep 60"): shown("not-tested", "not-tested")
    | TELEMETRY_ASKED,
    lab_in.agent_shows("prints_nothing", "exit 1"): shown("not-tested", "not-tested")
    | TELEMETRY_ASKED,
    lab_in.agent_shows("of_1_23", agentVersion="1.23.01000.1"): shown("pass") | TELEMETRY_ASKED,
    lab_in.agent_shows("of_1_24", agentVersion="1.24.01000.1"): shown("pass"),
    lab_in.agent_in_another_region: shown("warn"),
    lab_in.agent_service_failed: shown("warn"),
    lab_in.agent_check_sees_it_otherwise: shown("pass", "warn"),
    # the measurement itself
    lab_in.host_unreachable: unmeasured("ssh-refused"),
    lab_in.host_without_python: unmeasured("probe-failed"),
    lab_in.deadline_too_short: {
        ("run/host-measured", "", "error", "probe-timeout"),
        ("urls/login", NAME, "error", "probe-timeout"),
    },
    lab_in.tls12_switched_off_on_the_host: {
        ("tls/client-enabled", "", "fail", "tls-client-disabled"),
        ("tls/legacy", "", "warn", "tls-version"),
    },
}
"""(requirement, row, verdict, cause) of all that each situation changes."""

GIVE = "server owner: Give"
SAID: dict[str, tuple[str, str]] = {
    "one_of_two_addresses_dead": (
        "urls/login",
        f"1 of its addresses did not answer: {lab_in.NOBODY}",
    ),
    "ipv6_advertised_but_unroutable": (
        "urls/login",
        "1 of its addresses did not answer: 2001:db8::1",
    ),
    "healed_before_the_second_measurement": (
        "urls/login",
        "flaky: 1 of 2 attempts failed with connect-refused",
    ),
    "retired_regional_name_missing": ("urls/guestconfiguration", "its region may be retired"),
    "answered_by_tls13_only": ("urls/login", "HTTP 204"),
    "proxy_allows_all": ("networking/proxy", "10.77.0.1:3128 (--proxy)"),
    "proxy_with_a_way_past_it_for_arc": ("networking/proxy", "16 go past it (proxy bypass)"),
    "gateway_as_proxy": ("networking/no-log-analytics-gateway", "looks like"),
    "known_gateway_as_proxy": (
        "networking/no-log-analytics-gateway",
        "10.77.0.1:3128 is a Log Analytics gateway: named by the operator",
    ),
    "gateway_of_the_monitor_agent_as_proxy": (
        "networking/no-log-analytics-gateway",
        "the Azure Monitor agent uses it too",
    ),
    "agent_has_a_proxy": (
        "urls/packages",
        f"{GIVE} the package manager the proxy that works here: http://10.77.0.1:3128",
    ),
    "agent_has_a_proxy_and_a_way_past_it": ("networking/proxy", "16 go past it (proxy bypass)"),
    "agents_proxy_is_https": ("networking/proxy", "the agent takes http:// proxies only"),
    "daemons_have_a_proxy": ("networking/proxy", "(HTTPS_PROXY of the daemons)"),
    "shell_has_a_proxy_and_the_agent_none": (
        "urls/login",
        "azcmagent config set proxy.url http://10.77.0.1:3128 (the proxy of the shell)",
    ),
    "shell_has_a_dead_proxy": (
        "networking/port-443",
        "through 10.77.0.1:3128 (named by the shell) 0 of 1 (proxy-unreachable)",
    ),
    "apt_has_a_proxy_and_the_agent_none": (
        "networking/port-443",
        "azcmagent config set proxy.url http://10.77.0.1:3128 (the proxy of apt)",
    ),
    "agents_settings_unreadable": ("networking/proxy", "run with --sudo"),
    "private_link_with_a_public_ipv6_address": (
        "networking/private-link",
        "its public IPv6 address cannot be reached",
    ),
    "private_link_through_a_proxy": ("networking/private-link", "the proxy resolves gbl.his"),
    "answered_by_allow_list_of_10_MB": ("urls/azgn", "the discovery call failed"),
}
"""What else a reader is told: a requirement, and words of its judgement."""

NOTHING_LOOKED_UP = {("practice/name-servers", "", "not-applicable", "")}
"""What a proxy that resolves every name changes; where its own name is looked up, it does not."""

PATIENCE = {"answered_by_slow_but_healthy": 20, "one_of_two_addresses_dead": 12}
"""How many seconds curl has, where three are not enough."""

GO_PATIENCE = {"answered_by_slow_but_healthy": 20, "one_of_two_addresses_dead": 20}
"""How many seconds the agent's stand-in has, where the limit of an answer, or four, are not enough:
Go gives a dead address fifteen, half its limit for two."""

CREDENTIALS = dict.fromkeys(
    ("proxy_is_given_credentials", "agents_proxy_has_credentials"),
    f"{lab_in.USER}:{lab_in.PASSWORD}",
)
"""What curl and openssl have to be told about the proxy."""

COMPARED = ((NAME, "urls/login", NAME), (HIS, "urls/his", "*.his.arc.azure.cn"))
"""The names that curl and openssl are asked for, too, with their rows."""


@pytest.mark.parametrize("situation", TABLE, ids=lambda one: one.__name__)
def test_situation(lab: Network, healthy: Findings, go_client: Path, situation: Situation) -> None:
    name = situation.__name__
    with situation(lab) as told:
        found = measure(lab, **told)
        evidence = found.record.evidence
        limits = told.get("limits", LIMITS)
        patience = Patience(GO_PATIENCE.get(name, max(4, limits.http)))
        requests = list(requests_of(found)) if evidence else []
        theirs = ask_all(lab, go_client, told, requests, patience)
        for one, reach, label in COMPARED if evidence else ():
            told_to_them = (PATIENCE.get(name, 3), CREDENTIALS.get(name, ""))
            assert ask(lab, one, found, *told_to_them) == ours(found, one, reach, label)

    assert found.changes(healthy) - NOTHING_LOOKED_UP == TABLE[situation]
    observed = disagreements(found, {request: [one] for request, one in theirs.items()})
    differing = by_row(observed)
    expected = WRONG_TODAY.get(name, Wrong()).reach
    assert unexplained(name, differing) == expected, "\n".join(map(str, observed))
    assert not out_of_date(name, differing)
    if evidence:
        assert evidence.finished - evidence.started <= limits.deadline
    if name in SAID:
        requirement, words = SAID[name]
        judgement = found.of(requirement)
        assert words in f"{judgement.actual} {judgement.remedy_text}"


def test_every_cause_and_verdict_occurs() -> None:
    changes = {change for found in TABLE.values() for change in found}
    verdicts = {verdict for _, _, verdict, _ in changes}
    causes = {cause for _, _, _, cause in changes}
    causes |= {cause for right in RIGHT.values() for _, cause in right.values()}

    by_hand = {"cert-ca-constraint", "cert-unreadable"}  # chains of selftests/judge
    # of the ways not to get to a host one is here; all are in test_ssh_for_real.py
    by_hand |= {cause for cause, its in CAUSES.items() if not its.reached} - {"ssh-refused"}
    assert set(CAUSES) - causes == {"unknown", *by_hand}  # a host may say what has no name
    assert {verdict.value for verdict in Verdict} - verdicts == {"waived"}  # there are no waivers


def test_the_open_network_has_no_fault(healthy: Findings) -> None:
    verdicts = {j.verdict.value for j in healthy.judgements}

    assert verdicts == {"pass", "not-applicable", "not-testable"}
    assert healthy.of("run/controls").verdict is Verdict.PASS
    assert "10.77.0.2" in healthy.of("run/host-measured").actual
    assert "the upgrade was accepted" in healthy.of("practice/websocket").actual


def test_a_host_of_which_all_is_dropped_ends_in_time(lab: Network) -> None:
    with lab_in.all_dropped(lab):
        evidence = measure(lab).evidence

    assert evidence.finished - evidence.started <= 2 * LIMITS.connect + 3
