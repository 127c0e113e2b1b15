"""How any case comes to its judgement, and the judge of the measuring itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from arc_compliance.catalogue.model import Condition, Level
from arc_compliance.judge.agent import agent_version
from arc_compliance.judge.allowlists import address_filters, weigh_by_allowlist, why_no_filter
from arc_compliance.judge.controls import weigh_by_controls, without_made_up_addresses
from arc_compliance.judge.egress import with_own_rules
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.routes import weigh_by_route, with_proxy_at_hand
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.record import HostRecord

HOST_MEASURED = "run/host-measured"
UNMET = (Verdict.FAIL, Verdict.ERROR, Verdict.BLOCKED, Verdict.WARN)


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
    return _weighed(case, found, grounds)


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


def _weighed(case: Case, judgement: Judgement, grounds: Grounds) -> Judgement:
    """*judgement* by the level of what it is about.

    An optional row stands in nobody's way: unmet, it is a pass with a note. An unmet SHOULD fails
    where the operator is strict.
    """
    optional = (case.row_of or case.requirement).level is Level.MAY
    if optional and judgement.verdict in UNMET:
        note = f"optional, and {judgement.verdict.value}: {judgement.actual}"
        return replace(judgement, verdict=Verdict.PASS, actual=note, remedy="")
    strict = grounds.scope.strict_should and case.requirement.level is Level.SHOULD
    if strict and judgement.verdict is Verdict.WARN:
        return replace(judgement, verdict=Verdict.FAIL)
    return judgement


def judge_unmeasured(case: Case, record: HostRecord) -> Judgement:
    """The judgement of a case of a host that sent no evidence: one error, the rest blocked."""
    failure = record.failure
    cause = failure.cause if failure else "unknown"
    detail = failure.detail if failure else "no evidence and no reason for it"
    if case.requirement.id == HOST_MEASURED:
        return judged(
            case,
            Verdict.ERROR,
            expected="the host was measured",
            actual=detail,
            cause=cause,
            failing=[case.host],
        )
    return judged(
        case,
        Verdict.BLOCKED,
        expected=case.requirement.statement,
        actual=f"not measured: {cause}",
        cause=cause,
    )


def judge_host_measured(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the host was measured to the end."""
    del grounds
    expected = "the host was measured"
    if not evidence.complete:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual="the host's deadline cut the measurement off",
            cause="probe-timeout",
            failing=[case.host],
        )
    where = evidence.vantage
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(evidence.measurements)} endpoints in "
        f"{max(0.0, evidence.finished - evidence.started):.1f} s from {where.hostname} "
        f"({', '.join(where.source_addresses[:4]) or 'no source address'}) as {where.user}",
    )


def judge_information(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """A statement that asks for nothing: it is passed on to the reader."""
    del evidence, grounds
    statement = case.requirement.statement
    return judged(case, Verdict.PASS, expected="for information", actual=statement)
