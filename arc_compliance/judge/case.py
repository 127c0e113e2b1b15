"""How any case comes to its judgement."""

from __future__ import annotations

from collections.abc import Callable

from arc_compliance.catalogue.model import Condition
from arc_compliance.judge.addresses.filters import address_filters, why_no_filter
from arc_compliance.judge.adjust.allowlist import weigh_by_allowlist
from arc_compliance.judge.adjust.controls import weigh_by_controls
from arc_compliance.judge.adjust.level import weigh_by_level
from arc_compliance.judge.adjust.own_rules import with_own_rules
from arc_compliance.judge.adjust.proxy_at_hand import with_proxy_at_hand
from arc_compliance.judge.adjust.route import weigh_by_route
from arc_compliance.judge.host.measured import judge_unmeasured
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.made_up import without_made_up_addresses
from arc_compliance.judge.view import Grounds, agent_version
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.record import HostRecord

Judge = Callable[[Case, Evidence, Grounds], Judgement]


def judge_case(case: Case, record: HostRecord, grounds: Grounds, judge: Judge | None) -> Judgement:
    """The judgement of *case*: by its scope and host where they decide, else by *judge*.

    Raise LookupError where a requirement has neither a judge nor a reason for having none.
    """
    requirement = case.requirement
    evidence = record.evidence
    asked = {*requirement.when, *(case.row_of.when if case.row_of else ())}
    absent = _absent(asked, evidence, grounds) if evidence else None
    unread = _unread(asked, evidence) if evidence else None
    for verdict, why in (
        (Verdict.NOT_APPLICABLE, case.not_applicable or absent),
        (Verdict.NOT_TESTABLE, requirement.not_testable),
        (Verdict.NOT_TESTED, requirement.not_tested or unread),
    ):
        if why:
            return judged(case, verdict, expected=requirement.statement, actual=why)
    if evidence is None:
        return judge_unmeasured(case, record)
    if judge is None:
        raise LookupError(f"{requirement.id} has neither a judge nor a reason for having none")
    found = judge(case, without_made_up_addresses(evidence), grounds)
    found = weigh_by_controls(found, evidence)
    found = with_proxy_at_hand(weigh_by_route(found, case, evidence), case, evidence)
    found = with_own_rules(found, evidence)
    found = weigh_by_allowlist(found, case, evidence, grounds)
    return weigh_by_level(case, found, grounds)


def _absent(asked: set[Condition], evidence: Evidence, grounds: Grounds) -> str | None:
    """Why what *asked* names is not there on the host, or None where it is."""
    if Condition.AGENT_INSTALLED in asked and not evidence.facts.agent.installed:
        return "no Connected Machine agent is installed on this host"
    version = agent_version(evidence)
    if Condition.AGENT_BEFORE_1_24 in asked and version and version >= (1, 24):
        return (
            f"the agent is version {evidence.facts.agent.version}; those from 1.24 on need it not"
        )
    known = not evidence.facts.proxy.failure
    if Condition.PROXY in asked and evidence.vantage.proxy is None and known:
        return "no proxy is in use"
    if Condition.ADDRESS_FILTER in asked and not address_filters(evidence, grounds):
        return why_no_filter(evidence)
    return None


def _unread(asked: set[Condition], evidence: Evidence) -> str | None:
    """Why it is not known whether what *asked* names is there, or None where it is."""
    why = evidence.facts.proxy.failure
    if Condition.PROXY not in asked or evidence.vantage.proxy or not why:
        return None
    return f"the proxy in the agent's own configuration is unknown ({why}); run with --sudo"
