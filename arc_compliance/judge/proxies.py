"""The agent's proxy: whether it lets through what it must, and whether it is one to use at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.names import fold
from arc_compliance.judge.networking import failures_of, nothing_answered, required, went_well
from arc_compliance.judge.routes import agents_setting
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Control, Evidence, Measurement, ProxySetting, Stage

GATEWAY = "gateway-log-analytics"
_REFUSALS = ("proxy-denied", "proxy-failed")
"""How a gateway refuses is undocumented: any 4xx or 5xx, a close or a reset count."""

_MONITOR_PLACES = {
    "azure-monitor-agent": "the Azure Monitor agent uses it too",
    "log-analytics-agent": "the Log Analytics agent uses it too",
}
_PLACES = {"order": "--proxy", "agent": "proxy.url", "daemons": "HTTPS_PROXY of the daemons"}


def judge_proxy(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the agent's proxy lets every required endpoint through."""
    expected = "the proxy lets every required endpoint through"
    setting = agents_setting(evidence)
    place = _PLACES.get(setting.place, "")
    if setting.fault:
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=f"{place} is no proxy that the agent can use: {setting.fault}",
            cause="proxy-failed",
            failing=[setting.proxy or place],
        )
    asked = [m for m in required(evidence, grounds) if _by_agents_proxy(m, evidence)]
    past = [m for m in required(evidence, grounds, Client.AGENT) if not m.at(Stage.PROXY)]
    stopped = [m for m in asked if not went_well(m, Stage.PROXY)]
    through = [m for m in asked if went_well(m, Stage.PROXY)]
    if stopped:
        return fold(case, list(failures_of(stopped)), expected=expected)
    if not through:
        return nothing_answered(case, asked, expected)
    bypassed = f", {len(past)} go past it (proxy bypass)" if past else ""
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"all {len(through)} go through {evidence.vantage.proxy} ({place}){bypassed}",
    )


def judge_no_log_analytics_gateway(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the agent's proxy is, or looks like, a Log Analytics gateway.

    It is one where the operator says so, or where a monitoring agent uses the same address and the
    hosts of Azure Arc are refused there. It looks like one where monitoring is let through and
    those hosts are refused: a strict forward proxy may answer the same.
    """
    expected = "the agent's proxy is no Log Analytics gateway"
    proxy = evidence.vantage.proxy or ""
    shared = _shared_with(evidence, grounds)
    answers = _answers(evidence, grounds)
    if "known-gateway" in shared:
        return _is_gateway(case, expected, proxy, "named by the operator (--known-gateway)")
    if shared and answers.refuses_arc:
        words = f"{_MONITOR_PLACES[shared[0]]}, and it refuses {_targets(answers.arc)}"
        return _is_gateway(case, expected, proxy, words)
    if signs := _signs(shared, answers):
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"{proxy} looks like a Log Analytics gateway: {signs}; a strict forward proxy "
            "may answer the same",
            cause=GATEWAY,
            failing=[proxy],
        )
    if not answers.tells:
        return judged(
            case,
            Verdict.BLOCKED,
            expected=expected,
            actual=f"{proxy} answers nothing by which it could be told",
            cause=next((c.cause for c in evidence.gateway if c.cause), "proxy-failed"),
        )
    return judged(case, Verdict.PASS, expected=expected, actual=_innocence(proxy, shared, answers))


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the agent's proxy said: to CONNECT to monitoring and to Azure Arc, to a plain GET."""

    monitor: list[Control]
    arc: list[Control]
    plain: list[Control]

    @property
    def lets_monitor_through(self) -> list[Control]:
        return [c for c in self.monitor if c.answered]

    @property
    def refuses_arc(self) -> bool:
        return bool(self.arc) and all(c.cause in _REFUSALS for c in self.arc)

    @property
    def refuses_plain(self) -> bool:
        return any(c.cause in _REFUSALS for c in self.plain)

    @property
    def tells(self) -> bool:
        """Whether anything came back by which the proxy can be told."""
        answered = any(c.answered for c in (*self.monitor, *self.arc, *self.plain))
        return answered or self.refuses_arc


def _signs(shared: list[str], answers: _Answers) -> str:
    """By what the proxy looks like a gateway, in words; empty where it does not."""
    if not answers.refuses_plain:
        return ""
    if shared:
        return f"{_MONITOR_PLACES[shared[0]]}, and it refuses a plain GET"
    if answers.refuses_arc and answers.lets_monitor_through:
        through, refused = _targets(answers.lets_monitor_through), _targets(answers.arc)
        return f"it lets {through} through, and refuses {refused} and a plain GET"
    return ""


def _by_agents_proxy(m: Measurement, evidence: Evidence) -> bool:
    step = m.at(Stage.PROXY)
    return step is not None and (step.data.get("proxy") or "unusable") == evidence.vantage.proxy


def _shared_with(evidence: Evidence, grounds: Grounds) -> list[str]:
    """The places that name the agent's proxy as theirs, a known gateway first."""
    own = agents_setting(evidence)
    others = [s for s in evidence.facts.proxy.settings if s.place in _MONITOR_PLACES]
    known = [
        ProxySetting(place="known-gateway", proxy=text, addresses=_addresses_of(text, evidence))
        for text in grounds.scope.known_gateways
    ]
    return [other.place for other in (*known, *others) if _same(own, other)]


def _addresses_of(text: str, evidence: Evidence) -> tuple[str, ...]:
    settings = evidence.facts.proxy.settings
    return next((s.addresses for s in settings if s.proxy == text), ())


def _same(one: ProxySetting, other: ProxySetting) -> bool:
    host, port = _host_and_port(one.proxy)
    other_host, other_port = _host_and_port(other.proxy)
    if other_port not in ("", port):
        return False
    own_names = {host, *one.addresses}
    return bool(own_names & {other_host, *other.addresses})


def _host_and_port(proxy: str) -> tuple[str, str]:
    host, separator, port = proxy.rpartition(":")
    if not separator or port.endswith("]"):
        host, port = proxy, ""
    return host.strip("[]").lower(), port


def _answers(evidence: Evidence, grounds: Grounds) -> _Answers:
    known = grounds.catalogue.log_analytics_gateway
    arc_names = {f"CONNECT {name}:443" for name in known.refuses} if known else set()
    plain = [c for c in evidence.gateway if c.target.startswith("GET ")]
    arc = [c for c in evidence.gateway if c.target in arc_names]
    monitor = [c for c in evidence.gateway if c not in plain and c not in arc]
    return _Answers(monitor, arc, plain)


def _is_gateway(case: Case, expected: str, proxy: str, words: str) -> Judgement:
    return judged(
        case,
        Verdict.FAIL,
        expected=expected,
        actual=f"{proxy} is a Log Analytics gateway: {words}",
        cause=GATEWAY,
        failing=[proxy],
    )


def _targets(controls: list[Control]) -> str:
    return " and ".join(c.target.removeprefix("CONNECT ").removesuffix(":443") for c in controls)


def _innocence(proxy: str, shared: list[str], answers: _Answers) -> str:
    through = [c for c in answers.arc if c.answered]
    if through:
        why = f"{proxy} lets {_targets(through)} through, which no such gateway does by itself"
    elif not answers.lets_monitor_through:
        why = f"{proxy} lets nothing of Azure Monitor through, which such a gateway is for"
    else:
        why = f"{proxy} answers otherwise than such a gateway"
    return f"{why}; {_MONITOR_PLACES[shared[0]]}" if shared else why


def judge_proxy_consistency(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the places on the host that name a proxy agree, as far as the agent is concerned."""
    expected = "the places that name a proxy agree, and the agent can use its own"
    facts = evidence.facts.proxy
    if not facts.read:
        return judged(
            case,
            Verdict.NOT_APPLICABLE,
            expected=expected,
            actual="the run names the way out; with --proxy=auto the host's own places are asked",
        )
    if facts.failure:
        cause = facts.failure if facts.failure == "permission-denied" else "probe-failed"
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=f"the agent's own configuration was not read ({facts.failure})",
            cause=cause,
        )
    shown = ", ".join(f"{_PLACES.get(one.place, one.place)}: {one.proxy}" for one in facts.settings)
    found = list(_inconsistencies(evidence, grounds))
    if not found:
        return judged(case, Verdict.PASS, expected=expected, actual=shown or "no proxy is named")
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=f"{'; '.join(found)} ({shown})",
        failing=[case.host],
        mend="server owner: Name the proxy once, where the agent takes it from: azcmagent config "
        "set proxy.url http://host:port, without credentials, and bypass groups in proxy.bypass.",
    )


def _inconsistencies(evidence: Evidence, grounds: Grounds) -> Iterator[str]:
    """The classic faults, in words."""
    facts = evidence.facts
    of = {place: [s for s in facts.proxy.settings if s.place == place] for place in _EVERY_PLACE}
    agents = [*of["agent"], *of["daemons"]]
    others = [place for place in _OTHER_PLACES if of[place]]
    if others and not agents and facts.agent.installed:
        yield f"{' and '.join(others)} have a proxy, the agent and its daemons have none"
    if of["agent"] and of["daemons"] and of["agent"][0].proxy != of["daemons"][0].proxy:
        yield "proxy.url and HTTPS_PROXY of the daemons differ; the agent takes proxy.url"
    for one in agents:
        place = _PLACES[one.place]
        if one.fault:
            yield f"{place}: {one.fault}"
        if one.credentials:
            yield f"{place} holds credentials, which every reader of it sees"
    failed = {m.name for m in required(evidence, grounds, Client.AGENT) if m.failed}
    for one in agents[:1]:
        if lost := [name for name in one.hides if name in failed]:
            yield f"no_proxy of {_PLACES[one.place]} hides {', '.join(lost[:4])}, not reached so"


_OTHER_PLACES = ("shell", "apt", "dnf", "zypper")
_EVERY_PLACE = ("agent", "daemons", *_OTHER_PLACES)
