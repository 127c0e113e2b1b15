"""The agent's proxy as it is judged: a gateway or not, one at hand, one that nobody may read."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.judge.case import Judge, judge_case
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.endpoint.serial import judge_negative_serial
from arc_compliance.judge.endpoint.websocket import judge_websocket
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.network.gateway import judge_no_log_analytics_gateway
from arc_compliance.judge.network.proxy import judge_proxy
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.record import HostRecord
from selftests.judge.evidence_made import case_of, chain, evidence, host, measurement, view

LOGIN, HIS = "login.chinacloudapi.cn", "gbl.his.arc.azure.cn"
MONITOR = "global.handler.control.monitor.azure.cn"
NOTIFICATIONS = "guestnotificationservice.azure.cn"
GATEWAY = "gateway-log-analytics"
AUTO = {"proxy": "auto"}


def said(judgement: Judgement) -> tuple[str, str]:
    return judgement.verdict.value, judgement.cause


def whole(case: Case, seen: Evidence, judge: Judge, **scope: Any) -> Judgement:
    """The judgement as a run comes to it."""
    record = HostRecord(run="run", host="h", order="0" * 64, collected=1.0, evidence=seen)
    return judge_case(case, host(record, **scope), judge)


# -- Log Analytics gateways ----------------------------------------------------------------------


def sign(target: str, cause: str | None = None) -> dict[str, Any]:
    """The answer to one question about the proxy: let through, or the *cause* why not."""
    return {"stage": "proxy", "target": target, "answered": cause is None, "cause": cause}


def signs(monitor: str | None, arc: str | None, plain: str | None) -> list[dict[str, Any]]:
    return [
        sign(f"CONNECT {MONITOR}:443", monitor),
        sign(f"CONNECT {LOGIN}:443", arc),
        sign(f"CONNECT {HIS}:443", arc),
        sign(f"GET http://{LOGIN}/", plain),
    ]


def setting(place: str, proxy: str, *addresses: str) -> dict[str, Any]:
    return {"place": place, "proxy": proxy, "addresses": addresses}


def gateway(
    answers: list[dict[str, Any]], *settings: dict[str, Any], known: tuple[str, ...] = ()
) -> Judgement:
    """The judgement of the proxy gw:8080 that gives *answers*, beside other *settings*."""
    own = setting("agent", "gw:8080", "10.0.0.8")
    seen = evidence(
        measurement(LOGIN), proxy="gw:8080", proxies={"settings": [own, *settings]}, gateway=answers
    )
    scope: dict[str, Any] = {**AUTO, "known_gateways": known}
    case = case_of("networking/no-log-analytics-gateway", **scope)
    return whole(case, seen, judge_no_log_analytics_gateway, **scope)


LIKE_A_GATEWAY = signs(None, "proxy-denied", "proxy-denied")
OPEN = signs(None, None, None)
AMA = setting("azure-monitor-agent", "gw:8080")


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        ("gw", "fail"),
        ("GW:8080".lower(), "fail"),
        ("10.0.0.8", "fail"),
        ("gw:8081", "pass"),
        ("other", "pass"),
    ],
)
def test_a_gateway_that_the_operator_knows(known: str, expected: str) -> None:
    assert said(gateway(OPEN, known=(known,)))[0] == expected


def test_a_gateway_known_by_another_name() -> None:
    alias = setting("known-gateway", "alias.example", "10.0.0.8")

    judgement = gateway(OPEN, alias, known=("alias.example",))

    assert said(judgement) == ("fail", GATEWAY)
    assert "azcmagent config set proxy.url" in judgement.remedy


def test_the_gateway_of_a_monitoring_agent() -> None:
    judgement = gateway(LIKE_A_GATEWAY, AMA)

    assert said(judgement) == ("fail", GATEWAY)
    assert "the Azure Monitor agent uses it too" in judgement.actual
    by_address = setting("log-analytics-agent", "10.0.0.8")
    assert said(gateway(LIKE_A_GATEWAY, by_address)) == ("fail", GATEWAY)


def test_a_proxy_shared_with_monitoring_is_no_gateway_where_it_lets_the_agent_through() -> None:
    judgement = gateway(OPEN, AMA)

    assert said(judgement) == ("pass", "")
    assert "the Azure Monitor agent uses it too" in judgement.actual


def test_a_proxy_shared_with_monitoring_that_makes_tunnels_only_looks_like_one() -> None:
    assert said(gateway(signs(None, None, "proxy-denied"), AMA)) == ("warn", GATEWAY)


@pytest.mark.parametrize("refusal", ["proxy-denied", "proxy-failed"])
def test_what_behaves_as_a_gateway_looks_like_one(refusal: str) -> None:
    judgement = gateway(signs(None, refusal, refusal))

    assert said(judgement) == ("warn", GATEWAY)
    assert "looks like" in judgement.actual
    assert judgement.failing == ("gw:8080",)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (signs("proxy-denied", "proxy-denied", "proxy-denied"), ("pass", "")),
        (signs(None, "proxy-denied", None), ("pass", "")),
        (signs(None, None, "proxy-denied"), ("pass", "")),
        (signs(*["proxy-unreachable"] * 3), ("blocked", "proxy-unreachable")),
        (signs(*["proxy-auth-required"] * 3), ("blocked", "proxy-auth-required")),
        ([], ("blocked", "proxy-failed")),
    ],
    ids=["refuses all", "takes plain", "tunnels", "unreachable", "wants credentials", "unasked"],
)
def test_what_is_no_sign(answers: list[dict[str, Any]], expected: tuple[str, str]) -> None:
    assert said(gateway(answers)) == expected


# -- no proxy, or none that is known --------------------------------------------------------------


@pytest.mark.parametrize("requirement", ["networking/proxy", "networking/no-log-analytics-gateway"])
def test_nothing_is_asked_of_a_proxy_that_is_not_there(requirement: str) -> None:
    judgement = whole(case_of(requirement, **AUTO), evidence(), judge_proxy, **AUTO)

    assert said(judgement) == ("not-applicable", "")


@pytest.mark.parametrize("way", ["unusable", None])
def test_a_proxy_that_go_cannot_parse_fails_whatever_go_does_instead(way: str | None) -> None:
    setting = {"place": "daemons", "proxy": "", "fault": "not a URL that a Go program can parse"}
    seen = evidence(measurement(LOGIN), proxy=way, proxies={"settings": [setting]})

    judgement = whole(case_of("networking/proxy", **AUTO), seen, judge_proxy, **AUTO)

    assert said(judgement) == ("fail", "proxy-failed")
    assert "HTTPS_PROXY of the daemons is not a proxy that the agent can use" in judgement.actual
    assert ("it goes straight out instead" in judgement.actual) is (way is None)


def test_a_proxy_that_may_not_be_read_makes_red_an_error() -> None:
    unread = {"failure": "permission-denied"}
    dropped = measurement(LOGIN, ("connect", "connect-timeout"))

    red = whole(case_of("urls/login", **AUTO), evidence(dropped, proxies=unread), judge_reach)
    green = whole(
        case_of("urls/login", **AUTO), evidence(measurement(LOGIN), proxies=unread), judge_reach
    )
    proxy = whole(case_of("networking/proxy", **AUTO), evidence(proxies=unread), judge_proxy)

    assert said(red) == ("error", "permission-denied")
    assert "--sudo" in red.remedy
    assert said(green) == ("pass", "")
    assert said(proxy) == ("not-tested", "")


# -- a proxy at hand -----------------------------------------------------------------------------


def trial(*reached: str, credentials: bool = False) -> dict[str, Any]:
    return {
        "proxy": "p:3128",
        "places": ["shell", "apt"],
        "credentials": credentials,
        "reached": reached,
    }


@pytest.mark.parametrize(
    ("requirement", "name", "words"),
    [
        ("urls/login", LOGIN, "Give the agent the proxy that works here: azcmagent config set"),
        ("urls/aka", "aka.ms", "https_proxy=http://p:3128"),
        ("urls/packages", "packages.microsoft.com", "Give the package manager the proxy"),
    ],
)
def test_who_goes_straight_and_fails_is_told_of_a_proxy_that_works(
    requirement: str, name: str, words: str
) -> None:
    dropped = measurement(name, ("connect", "connect-timeout"))
    seen = evidence(dropped, proxy_trials=[trial(name, credentials=True)])

    judgement = whole(case_of(requirement, **AUTO), seen, judge_reach, **AUTO)

    assert said(judgement) == ("fail", "connect-timeout")
    assert words in judgement.remedy
    assert "(the proxy of the shell and apt, with its credentials)" in judgement.remedy


def test_a_proxy_that_does_not_reach_it_either_is_no_remedy() -> None:
    dropped = measurement(LOGIN, ("connect", "connect-timeout"))
    seen = evidence(dropped, proxy_trials=[trial(HIS)])

    judgement = whole(case_of("urls/login", **AUTO), seen, judge_reach, **AUTO)

    assert judgement.remedy_text.startswith("network team: Allow outbound TCP")


# -- WebSockets and serial numbers ---------------------------------------------------------------


def upgraded(**websocket: Any) -> dict[str, Any]:
    answer = {"path": "/", "status": None, "accepted": False, **websocket}
    return {**measurement(NOTIFICATIONS), "websocket": answer}


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (upgraded(status=101, accepted=True), ("pass", "")),
        (upgraded(status=404), ("pass", "")),
        (upgraded(status=101), ("warn", "http-failed")),
        (upgraded(status=503), ("warn", "http-failed")),
        (
            upgraded(failure={"cause": "http-timeout", "detail": "late"}),
            ("warn", "http-timeout"),
        ),
        (
            {**upgraded(status=404), **measurement(NOTIFICATIONS, sent=chain("x", "inspector"))}
            | {"websocket": upgraded(status=404)["websocket"]},
            ("warn", "http-not-proven"),
        ),
        (measurement(NOTIFICATIONS, ("tls", "tls-reset")), ("blocked", "tls-reset")),
        (measurement(NOTIFICATIONS), ("error", "probe-failed")),
    ],
    ids=["accepted", "refused", "liar", "gateway", "silence", "inspected", "blocked", "none"],
)
def test_a_websocket(seen: dict[str, Any], expected: tuple[str, str]) -> None:
    judgement = judge_websocket(case_of("practice/websocket"), view(evidence(seen)))

    assert said(judgement) == expected


def test_a_chain_that_cannot_be_parsed_shows_no_serial_number() -> None:
    seen = evidence(measurement(LOGIN, sent=("AAAA", "not base64")))

    judgement = judge_negative_serial(case_of("practice/negative-serial"), view(seen))

    assert said(judgement) == ("error", "cert-unreadable")
