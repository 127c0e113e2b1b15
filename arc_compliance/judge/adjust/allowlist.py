"""What the allow-lists that filter by name make of a row's reach."""

from __future__ import annotations

from collections.abc import Iterator

from arc_compliance.catalogue.model import Requirement, Subject
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.judge.addresses.address import address_set
from arc_compliance.judge.addresses.gaps import gap_of
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, judged, worst_of
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def by_allowlists(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement* on a row's reach, with what the lists that filter by name make of the row.

    The row is covered where its patterns are, or the whole tags that it belongs to. Where only what
    was measured is let through, and other names of the wildcard are not, it warns.
    """
    if case.requirement.subject is not Subject.ENDPOINT or case.row is None:
        return judgement
    if judgement.verdict in (Verdict.NOT_TESTABLE, Verdict.NOT_APPLICABLE):
        return judgement
    if view.scope.resolves_privately(case.row):
        return judgement
    parts = [judgement]
    for one in view.filters:
        if one.names and not _covers_tags(one, case.requirement, view):
            parts += _row_by_name(one, case, view)
    return worst_of(parts)


def _covers_tags(one: Allowlist, row: Requirement, view: HostView) -> bool:
    own = view.service_tags.own
    if own is None or not row.tags:
        return False
    passed = view.passed_by(one)
    return all(own.ranges(t) is not None and not gap_of(own, t, passed).missing for t in row.tags)


def _row_by_name(one: Allowlist, case: Case, view: HostView) -> Iterator[Judgement]:
    assert case.row is not None
    patterns = [p for p in case.row.patterns if not one.covers_name(p)]
    if not patterns:
        return
    passed = view.passed_by(one).addresses
    lacking = []
    names = view.row_of(case).names
    for name in names:
        its = address_set(view.measured(name, case.row.ports[0].port))
        if not one.covers_name(name) and not (its and its.issubset(passed)):
            lacking.append(name)
    named = ", ".join(patterns)
    in_part = not lacking and bool(names)
    held = "holds single names or addresses of" if in_part else "does not name"
    yield judged(
        case,
        Verdict.WARN if in_part else Verdict.FAIL,
        expected=f"{case.row.label} let through",
        actual=f"{one.label} {held} {named}",
        cause="tag-not-covered",
        failing=lacking or patterns,
        remedy=Remedy(Owner.NETWORK, f"Allow {named} to TCP 443 in {one.label}."),
    )
