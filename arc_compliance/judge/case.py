"""How any case comes to its judgement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from arc_compliance.catalogue.model import Condition
from arc_compliance.judge.adjust import adjusted
from arc_compliance.judge.host.measured import judge_unmeasured
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.record import HostRecord

Judge = Callable[[Case, HostView], Judgement]


def judge_case(case: Case, host: HostView | HostRecord, judge: Judge | None) -> Judgement:
    """The judgement of *case*: by its scope and host where they decide, else by *judge*.

    *host* is the view of a host, or its record where it sent no evidence. Raise LookupError where a
    requirement has neither a judge nor a reason for having none.
    """
    requirement = case.requirement
    view = host if isinstance(host, HostView) else None
    if view and view.platform is not case.platform:
        case = replace(case, platform=view.platform)
    asked = {*requirement.when, *(case.row_of.when if case.row_of else ())}
    for verdict, why in (
        (Verdict.NOT_APPLICABLE, case.not_applicable or (view and _absent(asked, view))),
        (Verdict.NOT_TESTABLE, requirement.not_testable),
        (Verdict.NOT_TESTED, requirement.not_tested or (view and _unread(asked, view))),
    ):
        if why:
            return judged(case, verdict, expected=requirement.statement, actual=why)
    if not isinstance(host, HostView):
        return judge_unmeasured(case, host)
    if judge is None:
        raise LookupError(f"{requirement.id} has neither a judge nor a reason for having none")
    return adjusted(judge(case, host), case, host)


def _absent(asked: set[Condition], view: HostView) -> str | None:
    """Why what *asked* names is not there on the host, or None where it is."""
    facts, version = view.facts, view.agent_version
    if Condition.AGENT_INSTALLED in asked and not facts.agent.installed:
        return "no Connected Machine agent is installed on this host"
    if Condition.AGENT_BEFORE_1_24 in asked and version and version >= (1, 24):
        return f"the agent is version {facts.agent.version}; those from 1.24 on need it not"
    named = view.evidence.vantage.proxy or facts.proxy.failure or view.agents_proxy.fault
    if Condition.PROXY in asked and not named:
        return "no proxy is in use"
    if Condition.ADDRESS_FILTER in asked and not view.address_filters:
        return _why_no_filter(view)
    return None


def _unread(asked: set[Condition], view: HostView) -> str | None:
    """Why it is not known whether what *asked* names is there, or None where it is."""
    why = view.facts.proxy.failure
    named = view.evidence.vantage.proxy or view.agents_proxy.fault
    if Condition.PROXY not in asked or named or not why:
        return None
    return f"the proxy in the agent's own configuration is unknown ({why}); run with --sudo"


def _why_no_filter(view: HostView) -> str:
    """Why no filter by address is known."""
    why = "no firewall that filters outbound traffic by address was named (--firewall-allowlist)"
    unknown = view.own_firewall_unknown
    return f"{why}, and the host's own rules are unknown ({unknown})" if unknown else why
