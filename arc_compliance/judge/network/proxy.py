"""The agent's proxy: whether it lets through what it must."""

from __future__ import annotations

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.fold import failures_of, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

PLACES = {
    "order": "--proxy",
    "agent": "proxy.url",
    "daemons": "HTTPS_PROXY of the daemons",
    "wgetrc": "wgetrc",
}


def judge_proxy(case: Case, view: HostView) -> Judgement:
    """Whether the agent's proxy lets every required endpoint through."""
    expected = "the proxy lets every required endpoint through"
    setting = view.agents_proxy
    place = PLACES.get(setting.place, "")
    if setting.fault:
        straight = "" if view.evidence.vantage.proxy else "; it goes straight out instead"
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=f"{place} is not a proxy that the agent can use: {setting.fault}{straight}",
            cause="proxy-failed",
            failing=[setting.proxy or place],
        )
    asked = [m for m in view.required() if _by_proxy(m, view.evidence.vantage.proxy)]
    past = [m for m in view.required(Client.AGENT) if not m.at(Stage.PROXY)]
    stopped = [m for m in asked if not m.passed(Stage.PROXY)]
    through = [m for m in asked if m.passed(Stage.PROXY)]
    if stopped:
        return fold(case, list(failures_of(stopped)), expected=expected)
    if not through:
        return nothing_answered(case, asked, expected)
    bypassed = f", {len(past)} go past it (proxy bypass)" if past else ""
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"all {len(through)} go through {view.evidence.vantage.proxy} ({place}){bypassed}",
    )


def _by_proxy(m: Measurement, proxy: str | None) -> bool:
    step = m.at(Stage.PROXY)
    return step is not None and (step.proxy or "unusable") == proxy
