"""Evidence in, judgement out: every judge is able to pass, to fail, and to say why."""

from __future__ import annotations

import re
from itertools import product
from typing import Any

import pytest

from arc_compliance.judge.case import Judge, judge_case
from arc_compliance.judge.causes import CAUSES, Owner, Remedy, cause_named, remedy_for
from arc_compliance.judge.endpoint.certificates import judge_certificates
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.endpoint.tls12 import judge_tls12
from arc_compliance.judge.host.measured import judge_host_measured
from arc_compliance.judge.host.tls_client import (
    judge_client_enabled,
    judge_legacy,
    judge_linux_openssl,
)
from arc_compliance.judge.judgement import (
    Judgement,
    Verdict,
    judged,
    judgement_from,
    worst_of,
)
from arc_compliance.judge.network.https import judge_https
from arc_compliance.judge.network.port_443 import judge_port_443
from arc_compliance.judge.network.private_link import judge_private_link
from arc_compliance.judge.network.proxy import judge_proxy
from arc_compliance.judge.network.tcp import judge_tcp
from arc_compliance.plan.scope import PrivateLink, Scenario
from arc_compliance.probe.python import contract
from arc_compliance.wire.evidence import Platform
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.record import HostRecord
from selftests.judge.evidence_made import case_of, chain, evidence, host, measurement, view

LOGIN = "login.chinacloudapi.cn"
GAS = "guestconfiguration.azure.cn"
GAS_ROW = "*.guestconfiguration.azure.cn"


def said(judgement: Judgement) -> tuple[str, str]:
    return judgement.verdict.value, judgement.cause


REACH: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "answers": ({}, ("pass", "")),
    "forbids": ({"status": 404}, ("pass", "")),
    "unknown": ({"failed": ("resolve", "dns-not-found")}, ("fail", "dns-not-found")),
    "dropped": ({"failed": ("connect", "connect-timeout")}, ("fail", "connect-timeout")),
    "denied": ({"failed": ("proxy", "proxy-denied")}, ("fail", "proxy-denied")),
    "reset": ({"failed": ("tls", "tls-reset")}, ("fail", "tls-reset")),
    "old tls": ({"failed": ("tls", "tls-version")}, ("blocked", "tls-version")),
    "silent": ({"failed": ("http", "http-timeout")}, ("fail", "http-timeout")),
    "cut off": ({"failed": ("http", "probe-timeout")}, ("error", "probe-timeout")),
    "new cause": ({"failed": ("tls", "tls-martian")}, ("error", "unknown")),
    "expired": ({"certificate": "cert-expired"}, ("pass", "")),
    "proxy page": ({"status": 407}, ("fail", "proxy-auth-required")),
    "inspected, block page": (
        {"sent": chain(LOGIN, "inspector"), "status": 200},
        ("warn", "http-not-proven"),
    ),
    "inspected, service": (
        {"sent": chain(LOGIN, "inspector"), "headers": {"x-ms-request-id": "1"}},
        ("pass", ""),
    ),
}


@pytest.mark.parametrize("situation", REACH)
def test_reach(situation: str) -> None:
    how, expected = REACH[situation]

    judgement = judge_reach(case_of("urls/login"), view(evidence(measurement(LOGIN, **how))))

    assert said(judgement) == expected
    assert judgement.failing == (() if expected[0] == "pass" else (LOGIN,))
    assert bool(judgement.remedy) is bool(expected[1])


CERTIFICATES: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "both": ({}, ("pass", "")),
    "inspected, trusted": ({"sent": chain(LOGIN, "inspector")}, ("warn", "cert-not-public")),
    "inspected, untrusted": (
        {"sent": chain(LOGIN, "inspector"), "certificate": "cert-untrusted"},
        ("fail", "cert-untrusted"),
    ),
    "root missing": ({"certificate": "cert-untrusted"}, ("fail", "cert-root-missing")),
    "expired": (
        {"sent": chain(LOGIN, expired=True), "certificate": "cert-expired"},
        ("fail", "cert-expired"),
    ),
    "expired by our clock only": ({"sent": chain(LOGIN, expired=True)}, ("fail", "cert-expired")),
    "host's clock is wrong": ({"certificate": "cert-expired"}, ("fail", "cert-expired")),
    "wrong name": (
        {"sent": chain("other.cn"), "certificate": "cert-name-mismatch"},
        ("fail", "cert-name-mismatch"),
    ),
    "not verified": ({"certificate": "tls-reset"}, ("error", "unknown")),
    "no chain": ({"sent": ()}, ("error", "probe-failed")),
    "no certificate": ({"sent": ("AAAA",)}, ("error", "cert-unreadable")),
    "refused": ({"failed": ("connect", "connect-refused")}, ("blocked", "connect-refused")),
}


@pytest.mark.parametrize("situation", CERTIFICATES)
def test_certificates(situation: str) -> None:
    how, expected = CERTIFICATES[situation]

    judgement = judge_certificates(
        case_of("principles/certificates", LOGIN), view(evidence(measurement(LOGIN, **how)))
    )

    if situation == "not verified":
        expected = ("error", "tls-reset")
    assert said(judgement) == expected


def test_inspection_fails_where_the_operator_is_strict() -> None:
    seen = evidence(measurement(LOGIN, sent=chain(LOGIN, "inspector")))

    judgement = judge_certificates(
        case_of("principles/certificates", LOGIN), view(seen, strict_inspection=True)
    )

    assert said(judgement) == ("fail", "cert-not-public")
    assert "inspector" in judgement.actual


TLS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "1.2": ({}, ("pass", "")),
    "1.3 only": ({"protocol": "TLSv1.3"}, ("pass", "")),
    "1.1": ({"protocol": "TLSv1.1"}, ("fail", "tls-version")),
    "refused version": ({"failed": ("tls", "tls-version")}, ("fail", "tls-version")),
    "hangs": ({"failed": ("tls", "tls-timeout")}, ("blocked", "tls-timeout")),
}


@pytest.mark.parametrize("situation", TLS)
def test_tls12(situation: str) -> None:
    how, expected = TLS[situation]

    judgement = judge_tls12(case_of("tls/1.2", LOGIN), view(evidence(measurement(LOGIN, **how))))

    assert said(judgement) == expected


SUITES = ["TLS_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"]


def client_failed(failure: str, refused_by: str | None) -> dict[str, Any]:
    """An ordinary client that negotiated nothing."""
    return {"endpoint": LOGIN, "failure": failure, "refused_by": refused_by}


CLIENTS: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    "policy alone": ({}, ("pass", "")),
    "negotiated": (
        {"default_client": {"endpoint": LOGIN, "protocol": "TLSv1.3"}},
        ("pass", ""),
    ),
    "settled for 1.1": (
        {"default_client": {"endpoint": LOGIN, "protocol": "TLSv1.1"}},
        ("fail", "tls-client-disabled"),
    ),
    "client refuses": (
        {"default_client": client_failed("no protocols available", "host")},
        ("fail", "tls-client-disabled"),
    ),
    "client does not get through": (
        {"default_client": client_failed("unknown option -proxy", None)},
        ("pass", ""),
    ),
    "the same, and the policy forbids": (
        {
            "default_client": client_failed("HTTP CONNECT failed", None),
            "maximum_protocol": "TLSv1.1",
        },
        ("fail", "tls-client-disabled"),
    ),
    "the same, and the policy is unread": (
        {
            "default_client": client_failed("HTTP CONNECT failed", None),
            "policy_failure": "permission denied",
        },
        ("error", "probe-failed"),
    ),
    "peer refuses": (
        {"default_client": client_failed("alert handshake failure", "peer")},
        ("not-tested", ""),
    ),
    "documented suites": ({"cipher_suites": SUITES}, ("pass", "")),
    "none of them": ({"cipher_suites": ["DHE-RSA-AES256-SHA"]}, ("warn", "")),
    "none of them, but worse": (
        {"cipher_suites": ["DHE-RSA-AES256-SHA"], "maximum_protocol": "TLSv1.1"},
        ("fail", "tls-client-disabled"),
    ),
    "policy forbids": ({"maximum_protocol": "TLSv1.1"}, ("fail", "tls-client-disabled")),
    "too old": ({"openssl": "OpenSSL 1.0.0t  3 Dec 2015"}, ("fail", "tls-client-disabled")),
    "no openssl": ({"openssl": None}, ("not-tested", "")),
    "policy unread": ({"policy_failure": "permission denied"}, ("error", "probe-failed")),
}


@pytest.mark.parametrize("situation", CLIENTS)
def test_client_enabled(situation: str) -> None:
    facts, expected = CLIENTS[situation]

    judgement = judge_client_enabled(case_of("tls/client-enabled"), view(evidence(tls=facts)))

    assert said(judgement) == expected


LEGACY: dict[str, tuple[dict[str, Any], str]] = {
    "openssl 3": ({}, "pass"),
    "openssl 3, level 0": ({"cipher_string": "DEFAULT@SECLEVEL=0"}, "warn"),
    "openssl 1.1 without a limit": ({"openssl": "OpenSSL 1.1.1k  25 Mar 2021"}, "warn"),
    "openssl 1.1 with a limit": (
        {"openssl": "OpenSSL 1.1.1k  25 Mar 2021", "minimum_protocol": "TLSv1.2"},
        "pass",
    ),
    "limit too low": ({"minimum_protocol": "TLSv1"}, "warn"),
    "no openssl": ({"openssl": None}, "not-tested"),
    "policy unread": ({"policy_failure": "permission denied"}, "error"),
}


@pytest.mark.parametrize("situation", LEGACY)
def test_legacy(situation: str) -> None:
    facts, expected = LEGACY[situation]

    judgement = judge_legacy(case_of("tls/legacy"), view(evidence(tls=facts)))

    assert judgement.verdict.value == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("OpenSSL 1.0.1e-fips 11 Feb 2013", "pass"),
        ("OpenSSL 0.9.8zh 3 Dec 2015", "fail"),
        ("OpenSSL 3.5.0 8 Apr 2025", "pass"),
        ("LibreSSL 3.8.2", "error"),
        (None, "not-tested"),
    ],
)
def test_linux_openssl(version: str | None, expected: str) -> None:
    judgement = judge_linux_openssl(
        case_of("tls/linux-openssl"), view(evidence(tls={"openssl": version}))
    )

    assert judgement.verdict.value == expected


def test_one_missing_regional_name_warns_and_all_missing_fails() -> None:
    regions = [f"{r}-gas.{GAS}" for r in ("chinaeast2", "chinanorth", "chinanorth2", "chinanorth3")]
    known = f"agentserviceapi.{GAS}"
    gone = ("resolve", "dns-not-found")

    one = evidence(
        measurement(known), measurement(regions[0], gone), *map(measurement, regions[1:])
    )
    all_of_them = evidence(measurement(known), *(measurement(r, gone) for r in regions))

    judged_one = judge_reach(case_of("urls/guestconfiguration"), view(one))
    assert said(judged_one) == ("warn", "dns-not-found")
    assert judged_one.failing == (regions[0],)
    judged_all = judge_reach(case_of("urls/guestconfiguration"), view(all_of_them))
    assert said(judged_all) == ("fail", "dns-not-found")
    assert len(judged_all.failing) == 4


def test_a_retired_region_warns_once() -> None:
    gone = measurement(f"chinaeast2-gas.{GAS}", ("resolve", "dns-not-found"))
    others = [f"{r}-gas.{GAS}" for r in ("chinanorth", "chinanorth2", "chinanorth3")]
    seen = evidence(measurement(f"agentserviceapi.{GAS}"), gone, *map(measurement, others))

    tls = judge_tls12(case_of("tls/1.2", GAS_ROW), view(seen))
    chains = judge_certificates(case_of("principles/certificates", GAS_ROW), view(seen))

    assert said(tls) == said(chains) == ("pass", "")


def test_with_a_location_its_missing_name_fails() -> None:
    seen = evidence(
        measurement(f"agentserviceapi.{GAS}"),
        measurement(f"chinaeast2-gas.{GAS}", ("resolve", "dns-not-found")),
    )
    where = {"location": "chinaeast2"}

    judgement = judge_reach(case_of("urls/guestconfiguration", **where), view(seen, **where))

    assert said(judgement) == ("fail", "dns-not-found")


def test_an_endpoint_measured_twice_is_no_evidence() -> None:
    with pytest.raises(ValueError, match="an endpoint is measured twice"):
        evidence(measurement(LOGIN), measurement(LOGIN, ("tls", "tls-reset")))


def test_a_row_without_any_name_is_not_testable_and_says_what_to_do() -> None:
    call = {"name": "guestnotificationservice.azure.cn", "path": "/urls", "location": "chinaeast2"}
    failed = {**call, "failure": {"cause": "dns-failed", "detail": ""}}

    silent = judge_reach(case_of("urls/azgn"), view(evidence(discovered=[call])))
    broken = judge_reach(case_of("urls/azgn"), view(evidence(discovered=[failed])))

    assert said(silent) == ("not-testable", "")
    assert said(broken) == ("not-testable", "dns-failed")
    assert "--endpoint=urls/azgn=HOST" in silent.actual


def test_discovered_names_are_judged_in_their_row() -> None:
    name = "azgn-a1.servicebus.chinacloudapi.cn"
    found = measurement(name, ("connect", "connect-timeout")) | {"origin": "discovered"}

    judgement = judge_reach(case_of("urls/azgn"), view(evidence(found)))

    assert said(judgement) == ("fail", "connect-timeout")
    assert judgement.failing == (name,)


def test_notes_do_not_change_a_pass() -> None:
    flaky = {"stage": "tls", "cause": "tls-reset", "detail": ""}
    dead = ({"address": "2001:db8::1", "cause": "connect-unreachable"},)

    judgement = judge_reach(
        case_of("urls/login"), view(evidence(measurement(LOGIN, flaky=flaky, dead=dead)))
    )

    assert said(judgement) == ("pass", "")
    assert "flaky: the first attempt failed with tls-reset" in judgement.actual
    assert "2001:db8::1" in judgement.actual


NETWORK: dict[str, tuple[dict[str, Any], tuple[str, str], tuple[str, str]]] = {
    "healthy": ({}, ("pass", ""), ("pass", "")),
    "unresolved": (
        {"failed": ("resolve", "dns-failed")},
        ("blocked", "dns-failed"),
        ("blocked", "dns-failed"),
    ),
    "dropped": (
        {"failed": ("connect", "connect-timeout")},
        ("blocked", "connect-timeout"),
        ("fail", "connect-timeout"),
    ),
}


@pytest.mark.parametrize("situation", NETWORK)
def test_tcp_and_port_443(situation: str) -> None:
    how, tcp, port = NETWORK[situation]
    seen = evidence(measurement(LOGIN, **how))

    assert said(judge_tcp(case_of("principles/tcp"), view(seen))) == tcp
    assert said(judge_port_443(case_of("networking/port-443"), view(seen))) == port


def test_a_redirect_out_of_tls_breaks_https() -> None:
    plain = {"location": "http://login.example/"}

    out = judge_https(
        case_of("principles/https"), view(evidence(measurement(LOGIN, headers=plain)))
    )
    stays = judge_https(case_of("principles/https"), view(evidence(measurement(LOGIN))))

    assert out.verdict.value == "fail"
    assert stays.verdict.value == "pass"


def test_a_proxy_that_denies_an_endpoint_is_named() -> None:
    through = {"proxy": "http://proxy:3128"}
    seen = evidence(measurement(LOGIN, ("proxy", "proxy-denied")), proxy="proxy:3128")

    judgement = judge_proxy(case_of("networking/proxy", **through), view(seen, **through))

    assert said(judgement) == ("fail", "proxy-denied")
    assert judgement.failing == (LOGIN,)


@pytest.mark.parametrize(
    ("addresses", "expected"),
    [
        (("10.1.2.3",), ("pass", "")),
        (("100.64.0.1", "fd00::1"), ("pass", "")),
        (("20.1.2.3",), ("fail", "address-not-private")),
        (("10.1.2.3", "20.1.2.3"), ("fail", "address-not-private")),
        (("10.1.2.3", "2603:1030::1"), ("warn", "address-not-private")),  # it answers, too
    ],
)
def test_private_link(addresses: tuple[str, ...], expected: tuple[str, str]) -> None:
    from arc_compliance.plan.scope import PrivateLink

    links = {"private_link": frozenset({PrivateLink.ARC}), "location": "chinaeast2"}
    seen = evidence(measurement("gbl.his.arc.azure.cn", addresses=addresses))

    judgement = judge_private_link(case_of("networking/private-link", **links), view(seen, **links))

    assert said(judgement) == expected


def test_an_unmeasured_host_is_one_error_and_the_rest_is_blocked() -> None:
    record = HostRecord(
        run="r", host="h", collected=0, failure=Failure(cause="host-unreachable", detail="refused")
    )

    measured = judge_case(case_of("run/host-measured"), host(record), judge_host_measured)
    login = judge_case(case_of("urls/login"), host(record), judge_reach)

    assert said(measured) == ("error", "host-unreachable")
    assert measured.actual == "refused"
    assert said(login) == ("blocked", "host-unreachable")


def test_a_cut_off_measurement_is_an_error() -> None:
    judgement = judge_host_measured(case_of("run/host-measured"), view(evidence(complete=False)))

    assert said(judgement) == ("error", "probe-timeout")


def test_a_requirement_without_judge_or_reason_is_a_defect() -> None:
    record = HostRecord(run="r", host="h", collected=0, evidence=evidence())

    with pytest.raises(LookupError, match="urls/login has neither a judge nor a reason"):
        judge_case(case_of("urls/login"), host(record), None)


def test_a_judgement_survives_the_way_from_a_worker() -> None:
    judgement = judge_reach(
        case_of("urls/login"), view(evidence(measurement(LOGIN, ("tls", "tls-reset"))))
    )

    assert judgement_from(dict(judgement.properties())) == judgement


@pytest.mark.parametrize("cause", contract.CAUSES)
def test_every_cause_of_the_probe_is_in_the_closed_list(cause: str) -> None:
    assert cause_named(cause) == cause


@pytest.mark.parametrize("platform", Platform)
@pytest.mark.parametrize("cause", CAUSES)
def test_every_cause_has_a_remedy_on_every_platform(cause: str, platform: Platform) -> None:
    found = remedy_for(cause, ("a.example", "b.example"), platform)

    assert found.owner is CAUSES[cause].owner
    assert re.fullmatch(r"[A-Z].+\.", found.sentence)
    assert found.text == f"{found.owner.value}: {found.sentence}"


def test_a_remedy_names_three_names_at_most() -> None:
    names = ("a.example", "b.example", "c.example", "d.example")

    some = remedy_for("proxy-denied", names, Platform.LINUX)
    none = remedy_for("proxy-denied", (), Platform.LINUX)

    assert some.sentence.startswith("Add a.example, b.example, c.example and 1 more to")
    assert none.sentence.startswith("Add the endpoint to")


def test_what_several_parts_want_is_told_of_each() -> None:
    """The part that decides comes first; its owner is the judgement's."""
    case = case_of("service-tags/full-range")
    wants = [Remedy(Owner.SERVER, "Do this."), Remedy(Owner.NETWORK, "Do that.")]
    parts = [
        judged(case, Verdict.WARN, expected="e", actual="a", remedy=Remedy(Owner.PROXY, "No.")),
        *(judged(case, Verdict.FAIL, expected="e", actual="a", remedy=one) for one in wants),
        judged(case, Verdict.FAIL, expected="e", actual="b", remedy=wants[0]),
    ]

    found = worst_of(parts)

    assert (found.owner, found.remedy, found.further) == (Owner.SERVER, "Do this.", (wants[1],))
    assert found.remedy_text == "server owner: Do this.\nnetwork team: Do that."
    assert judgement_from(dict(found.properties())) == found


def test_no_remedy_asks_to_switch_inspection_off() -> None:
    for cause, platform in product(CAUSES, Platform):
        words = remedy_for(cause, (), platform).sentence.lower()
        assert "inspect" not in words or not {"disable", "bypass", "exempt", "switch off"} & set(
            words.split()
        )


TELEMETRY = "dc.applicationinsights.azure.cn"


@pytest.mark.parametrize(
    ("requirement", "judge"),
    [
        ("urls/telemetry", judge_reach),
        ("tls/1.2", judge_tls12),
        ("principles/certificates", judge_certificates),
    ],
)
def test_an_optional_row_stands_in_nobodys_way(requirement: str, judge: Judge) -> None:
    def judgement(installed: bool) -> Judgement:
        gone = measurement(TELEMETRY, ("resolve", "dns-not-found"))
        seen = evidence(gone, agent={"installed": installed})
        record = HostRecord(run="r", host="h", collected=0, evidence=seen)
        return judge_case(case_of(requirement, TELEMETRY), host(record), judge)

    without, with_agent = judgement(installed=False), judgement(installed=True)

    assert said(without) == ("not-applicable", "")
    assert said(with_agent) == ("pass", "dns-not-found")
    assert with_agent.actual.startswith("optional, and ")


def test_an_unmet_should_fails_where_the_operator_is_strict() -> None:
    old = evidence(tls={"minimum_protocol": "TLSv1"})
    record = HostRecord(run="r", host="h", collected=0, evidence=old)

    strict = judge_case(case_of("tls/legacy"), host(record, strict_should=True), judge_legacy)
    lenient = judge_case(case_of("tls/legacy"), host(record), judge_legacy)

    assert said(strict) == ("fail", "tls-version")
    assert said(lenient) == ("warn", "tls-version")
    assert strict.remedy_text.startswith("server owner: Set MinProtocol")


@pytest.mark.parametrize(
    ("said_by_peer", "expected"),
    [
        ({"is_certificate": True}, ("pass", "")),
        ({"is_certificate": False}, ("warn", "http-not-proven")),
        ({"headers": {"x-ms-request-id": "1"}}, ("pass", "")),
        ({"headers": {"server": "portal"}}, ("warn", "http-not-proven")),
    ],
)
def test_plain_http_needs_a_sign_of_the_service(
    said_by_peer: dict[str, Any], expected: tuple[str, str]
) -> None:
    name = "www.microsoft.com"
    plain = {**measurement(name, status=200), "port": 80, "scheme": "http"}
    plain["observations"] = [
        {**o, "headers": {}, **said_by_peer} if o["stage"] == "http" else o
        for o in plain["observations"]
        if o["stage"] not in ("tls", "certificate")
    ]
    esu = {"scenario": Scenario.ESU}

    judgement = judge_reach(
        case_of("esu/pkiops", **esu), view(evidence(measurement(name), plain), **esu)
    )

    assert said(judgement) == expected


def without(stage: str, *fields: str) -> dict[str, Any]:
    """A measurement of LOGIN whose step *stage* claims to have gone well and lacks *fields*."""
    told = measurement(LOGIN)
    for one in told["observations"]:
        if one["stage"] == stage:
            for field in fields:
                del one[field]
    return told


@pytest.mark.parametrize(
    ("requirement", "judge", "told"),
    [
        ("urls/login", judge_reach, without("http", "status")),
        ("tls/1.2", judge_tls12, without("tls", "protocol")),
        ("principles/certificates", judge_certificates, without("tls", "chain")),
        ("principles/certificates", judge_certificates, without("certificate", "verified")),
    ],
)
def test_a_step_that_tells_nothing_shows_nothing(
    requirement: str, judge: Judge, told: dict[str, Any]
) -> None:
    row = LOGIN if not requirement.startswith("urls/") else ""

    found = judge(case_of(requirement, row), view(evidence(told)))

    assert said(found) == ("error", "probe-failed")


def test_private_endpoints_without_an_address_show_nothing() -> None:
    link = {"private_link": frozenset({PrivateLink.ARC})}
    told = {**without("resolve", "addresses"), "name": "gbl.his.arc.azure.cn"}

    found = judge_private_link(
        case_of("networking/private-link", **link), view(evidence(told), **link)
    )

    assert said(found) == ("error", "probe-failed")


def test_a_certificate_of_which_nothing_is_told_is_no_pass() -> None:
    told = measurement(LOGIN)
    told["observations"][-2] |= {"verified": False, "verify_code": 18}

    found = judge_certificates(case_of("principles/certificates", LOGIN), view(evidence(told)))

    assert said(found) == ("error", "probe-failed")
