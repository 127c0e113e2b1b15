"""The firewalls that filter what goes out: those that the operator named, and the host's own."""

from __future__ import annotations

from netaddr import IPSet

from arc_compliance.base.fault import Fault
from arc_compliance.firewall.allowlist import Allowlist, own_rules
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import Grounds
from arc_compliance.plan.cases import Case
from arc_compliance.service_tags.tags import PAGES
from arc_compliance.wire.evidence import Evidence

AZURE_CLOUD = "AzureCloud"


def filters(evidence: Evidence, grounds: Grounds) -> list[Allowlist]:
    """The allow-lists that the operator named, and the host's own rules where they are known."""
    own, _ = own_filter(evidence)
    return [*grounds.allowlists, *([own] if own else [])]


def own_filter(evidence: Evidence) -> tuple[Allowlist | None, str]:
    """The host's own rules where they keep something back, and why they are unknown."""
    egress = evidence.facts.egress
    if not egress.rules:
        return None, egress.failure or ""
    try:
        return own_rules(egress.tool, egress.rules), ""
    except Fault as error:
        return None, f"{egress.tool} printed no rules: {error}"


def address_filters(evidence: Evidence, grounds: Grounds) -> list[Allowlist]:
    """Those of them that filter by address.

    A list with names in it does so only where it has addresses of Azure as well.
    """
    return [one for one in filters(evidence, grounds) if _filters_by_address(one, grounds)]


def _filters_by_address(one: Allowlist, grounds: Grounds) -> bool:
    own = grounds.service_tags.own
    if one.names_only:
        return False
    if not one.names or own is None:
        return True
    tags = {AZURE_CLOUD, *(tag for r in grounds.catalogue.requirements for tag in r.tags)}
    listed = one.listed or IPSet()
    return any(not listed.isdisjoint(own.ranges(tag) or IPSet()) for tag in tags)


def why_no_filter(evidence: Evidence) -> str:
    """Why no filter by address is known."""
    why = "no firewall that filters outbound traffic by address was named (--firewall-allowlist)"
    _, failure = own_filter(evidence)
    return f"{why}, and the host's own rules are unknown ({failure})" if failure else why


def no_file(case: Case, grounds: Grounds, expected: str) -> Judgement:
    """The judgement of a case that takes the file of a cloud that is not there."""
    trouble = grounds.service_tags.trouble
    return judged(
        case,
        Verdict.NOT_TESTED,
        expected=expected,
        actual=f"no service tag file{f' ({trouble})' if trouble else ''}; fetch it from "
        f"{PAGES[grounds.scope.cloud]} and name it with --service-tags=FILE",
    )
