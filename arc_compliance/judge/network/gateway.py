"""Whether the agent's proxy is a Log Analytics gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Control
from arc_compliance.wire.facts import ProxySetting

GATEWAY = "gateway-log-analytics"
_REFUSALS = ("proxy-denied", "proxy-failed")
"""How a gateway refuses is undocumented: any 4xx or 5xx, a close or a reset count."""

_MONITOR_PLACES = {
    "azure-monitor-agent": "the Azure Monitor agent uses it too",
    "log-analytics-agent": "the Log Analytics agent uses it too",
}


def judge_no_log_analytics_gateway(case: Case, view: HostView) -> Judgement:
    """Whether the agent's proxy is, or looks like, a Log Analytics gateway.

    It is one where the operator says so, or where a monitoring agent uses the same address and the
    hosts of Azure Arc are refused there. It looks like one where monitoring is let through and
    those hosts are refused: a strict forward proxy may answer the same.
    """
    expected = "the agent's proxy is not a Log Analytics gateway"
    proxy = view.evidence.vantage.proxy or ""
    shared = _shared_with(view)
    answers = _answers(view)
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
    if not answers.conclusive:
        return judged(
            case,
            Verdict.BLOCKED,
            expected=expected,
            actual=f"{proxy} answers nothing by which it could be told",
            cause=next((c.cause for c in view.evidence.gateway if c.cause), "proxy-failed"),
        )
    return judged(
        case, Verdict.PASS, expected=expected, actual=_evidence_against(proxy, shared, answers)
    )


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
    def conclusive(self) -> bool:
        """Whether any answer says what kind of proxy this is."""
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


def _shared_with(view: HostView) -> list[str]:
    """The places that name the agent's proxy as theirs, a known gateway first."""
    own = view.agents_proxy
    settings = view.facts.proxy.settings
    others = [s for s in settings if s.place in _MONITOR_PLACES]
    known = [
        ProxySetting(place="known-gateway", proxy=text, addresses=_addresses_of(text, settings))
        for text in view.scope.known_gateways
    ]
    return [other.place for other in (*known, *others) if _same(own, other)]


def _addresses_of(text: str, settings: Sequence[ProxySetting]) -> tuple[str, ...]:
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


def _answers(view: HostView) -> _Answers:
    known = view.catalogue.log_analytics_gateway
    arc_names = {f"CONNECT {name}:443" for name in known.refuses} if known else set()
    plain = [c for c in view.evidence.gateway if c.target.startswith("GET ")]
    arc = [c for c in view.evidence.gateway if c.target in arc_names]
    monitor = [c for c in view.evidence.gateway if c not in plain and c not in arc]
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


def _evidence_against(proxy: str, shared: list[str], answers: _Answers) -> str:
    """The evidence against a gateway, in words."""
    through = [c for c in answers.arc if c.answered]
    if through:
        why = f"{proxy} lets {_targets(through)} through, which no such gateway does by itself"
    elif not answers.lets_monitor_through:
        why = f"{proxy} lets nothing of Azure Monitor through, which such a gateway is for"
    else:
        why = f"{proxy} answers otherwise than such a gateway"
    return f"{why}; {_MONITOR_PLACES[shared[0]]}" if shared else why
