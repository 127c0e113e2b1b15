"""Every place that can name a proxy, and where they contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.judge.host.proxy_places import judge_proxy_consistency
from arc_compliance.judge.judgement import Judgement, Verdict
from selftests.judge.evidence_made import case_of, evidence, grounds, judge_evidence, measurement

LOGIN = "login.chinacloudapi.cn"


def judged(*settings: dict[str, Any], installed: bool = True, **facts: Any) -> Judgement:
    found = evidence(
        measurement(LOGIN, facts.pop("failed", None)),
        agent={"installed": installed},
        proxies={"settings": settings, **facts},
    )
    case = case_of("practice/proxy-consistency", proxy="auto")
    return judge_evidence(case, found, judge_proxy_consistency, grounds(proxy="auto"))


def at(place: str, proxy: str = "proxy:3128", **more: Any) -> dict[str, Any]:
    return {"place": place, "proxy": proxy, **more}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ((at("shell"),), "shell have a proxy, the agent and its daemons have none"),
        ((at("apt"), at("dnf")), "apt and dnf have a proxy, the agent"),
        ((at("agent"), at("daemons", "other:3128")), "proxy.url and HTTPS_PROXY of the daemons"),
        (
            (at("agent", fault="the agent takes http:// proxies only"),),
            "proxy.url: the agent takes",
        ),
        ((at("daemons", credentials=True),), "HTTPS_PROXY of the daemons holds credentials"),
    ],
)
def test_the_classic_faults(settings: tuple[dict[str, Any], ...], words: str) -> None:
    found = judged(*settings)

    assert found.verdict is Verdict.WARN
    assert words in found.actual
    assert settings[0]["proxy"] in found.actual
    assert "azcmagent config set proxy.url" in found.remedy


def test_what_is_not_certain_is_said_and_no_fault() -> None:
    may = at("shell", "site:1", certain=False)

    alone = judged(may)
    beside = judged(at("apt"), may)

    assert (alone.verdict, alone.actual) == (Verdict.PASS, "shell may name site:1")
    assert beside.verdict is Verdict.WARN
    assert beside.actual.startswith("apt have a proxy, the agent and its daemons have none (")


def test_a_wgetrc_with_which_wget_stops_is_a_fault() -> None:
    found = judged(at("wgetrc", "", fault="wget stops at /etc/wgetrc, line 1: a syntax error"))

    assert found.verdict is Verdict.WARN
    assert "wgetrc: wget stops at /etc/wgetrc, line 1: a syntax error" in found.actual


def test_a_hidden_name_counts_where_it_is_lost() -> None:
    setting = at("daemons", hides=[LOGIN])

    lost = judged(setting, failed=("connect", "connect-timeout"))
    reached = judged(setting)

    assert lost.verdict is Verdict.WARN
    assert f"no_proxy of HTTPS_PROXY of the daemons hides {LOGIN}, not reached so" in lost.actual
    assert reached.verdict is Verdict.PASS


@pytest.mark.parametrize(
    "settings",
    [
        (),
        (at("agent"), at("daemons")),
        (at("agent"), at("shell", "other:3128"), at("shell", credentials=True)),
    ],
)
def test_what_is_no_fault(settings: tuple[dict[str, Any], ...]) -> None:
    assert judged(*settings).verdict is Verdict.PASS


def test_before_onboarding_nobody_contradicts_anybody() -> None:
    assert judged(at("shell"), installed=False).verdict is Verdict.PASS


def test_what_was_not_asked_is_not_judged() -> None:
    assert judged(read=False).verdict is Verdict.NOT_APPLICABLE
    denied = judged(failure="permission-denied")
    assert (denied.verdict, denied.cause) == (Verdict.ERROR, "permission-denied")
