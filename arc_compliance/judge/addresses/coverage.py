"""Allow-lists: whether a firewall that filters lets the service tags through as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from netaddr import IPSet

from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Condition
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.firewall.follow import Passed
from arc_compliance.judge.addresses.filters import AZURE_CLOUD
from arc_compliance.judge.addresses.gaps import Gap, gap_of, in_words
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, judged, worst_of
from arc_compliance.judge.view import HostView, RowView
from arc_compliance.plan.cases import Case
from arc_compliance.service_tags.tags import PAGES, PUBLIC, TagFile


def no_file(case: Case, view: HostView, expected: str) -> Judgement:
    """The judgement of a case that takes the file of a cloud that is not there."""
    trouble = view.service_tags.trouble
    return judged(
        case,
        Verdict.NOT_TESTED,
        expected=expected,
        actual=f"no service tag file{f' ({trouble})' if trouble else ''}; fetch it from "
        f"{PAGES[view.scope.cloud]} and name it with --service-tags=FILE",
    )


def judge_coverage(case: Case, view: HostView) -> Judgement | None:
    """Whether every filter by address lets the tags of the case's requirement through; None where
    there is no such filter."""
    if not view.address_filters:
        return None
    own = view.service_tags.own
    if own is None:
        return no_file(case, view, case.requirement.statement)
    return _of_all(case, view, [(own, tag) for tag in case.requirement.tags])


def judge_full_range(case: Case, view: HostView) -> Judgement:
    """Whether every filter by address lets all ranges of the tag through."""
    found = judge_coverage(case, view)
    assert found is not None  # the requirement applies where there is a filter by address
    return found


def judge_azure_cloud_gap(case: Case, view: HostView) -> Judgement:
    """Whether what AzureCloud leaves out of the required tags is let through too."""
    expected = f"what {AZURE_CLOUD} lacks of the required tags is let through as well"
    own = view.service_tags.own
    if own is None:
        return no_file(case, view, expected)
    cloud = Passed(addresses=own.ranges(AZURE_CLOUD) or IPSet(), unsure=IPSet())
    holes: dict[str, tuple[str, ...]] = {}
    for tag in _required_tags(view):
        if own.ranges(tag) is not None and (lacking := gap_of(own, tag, cloud).missing):
            holes[tag] = lacking
    if not holes:
        return judged(
            case,
            Verdict.PASS,
            expected=expected,
            actual=f"{own.name}: {AZURE_CLOUD} holds all of the required tags",
        )
    named = "; ".join(f"{tag}: {', '.join(prefixes)}" for tag, prefixes in holes.items())
    words = f"{AZURE_CLOUD} leaves out {named}"
    parts = []
    for one in view.address_filters:
        passed = view.passed_by(one)
        gaps = [gap_of(own, tag, passed, of=prefixes) for tag, prefixes in holes.items()]
        part = _of_gaps(case, view, expected, one, gaps)
        parts.append(replace(part, actual=f"{words}; {part.actual}"))
    return worst_of(parts)


def judge_public_tags(case: Case, view: HostView) -> Judgement:
    """Whether the tags that newer texts want beside the document's are let through: those of this
    cloud, and those of the public cloud."""
    own, public = view.service_tags.own, view.service_tags.public
    requirement = case.requirement
    if own is None:
        return no_file(case, view, requirement.statement)
    wanted = [(own, tag) for tag in requirement.tags if own.ranges(tag) is not None]
    if requirement.public_tags and public is None:
        return judged(
            case,
            Verdict.NOT_TESTED,
            expected=requirement.statement,
            actual=f"the public cloud's file is missing; fetch it from {PAGES[PUBLIC]} and name it "
            "too with --service-tags=FILE",
        )
    if public is not None:
        wanted += [(public, tag) for tag in requirement.public_tags]
    return _of_all(case, view, wanted)


def _required_tags(view: HostView) -> Iterator[str]:
    """The tags that the document requires under this scope, AzureCloud aside."""
    for requirement in view.catalogue.requirements:
        asked = [one for one in requirement.when if one is not Condition.ADDRESS_FILTER]
        applies = not any(view.scope.unmet(one) for one in asked)
        if requirement.id.startswith("service-tags/") and applies:
            yield from (t for t in requirement.tags if t != AZURE_CLOUD)


def _of_all(case: Case, view: HostView, wanted: Sequence[tuple[TagFile, str]]) -> Judgement:
    """The worst that any filter makes of the *wanted* tags."""
    expected = f"{', '.join(dict.fromkeys(tag for _, tag in wanted))} let through as a whole"
    return worst_of(
        [
            _of_one(case, view, expected, one, file, tag)
            for one in view.address_filters
            for file, tag in wanted
        ]
    )


def _of_one(
    case: Case, view: HostView, expected: str, one: Allowlist, file: TagFile, tag: str
) -> Judgement:
    """What the filter *one* makes of *tag*."""
    if file.ranges(tag) is None:
        words = f"{file.name} has no tag {tag}"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    if _by_name(one, view.rows_in(tag)):
        words = f"{one.label} lets the endpoints of {tag} through by name"
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    cloud = "" if file is view.service_tags.own else file.cloud
    gap = gap_of(file, tag, view.passed_by(one), cloud=cloud)
    return _of_gaps(case, view, expected, one, [gap])


def _by_name(one: Allowlist, rows: Sequence[RowView]) -> bool:
    """Whether *one* lets all *rows* of a tag through by name, so that it needs no addresses."""
    return bool(rows) and all(one.covers_name(p) for row in rows for p in row.endpoint.patterns)


def _of_gaps(
    case: Case, view: HostView, expected: str, one: Allowlist, gaps: Sequence[Gap]
) -> Judgement:
    """The judgement on what the filter *one* lacks."""
    missing = [gap for gap in gaps if gap.missing]
    unsure = [gap for gap in gaps if gap.unsure]
    passed = view.passed_by(one)
    if missing:
        only_ipv6 = all(":" in p for gap in missing for p in gap.missing)
        sources = view.evidence.vantage.source_addresses
        spared = only_ipv6 and not _has_ipv6(passed.addresses) and not _uses_ipv6(sources)
        advice = case.requirement.level.value != "MUST"
        phrases = [in_words(gap) for gap in missing]
        words = f"{one.label} lacks {'; '.join(phrases)}"
        if spared:
            words += "; it holds no IPv6 at all, and this host has none"
        failing = [name for gap in missing for name in gap.names]
        return judged(
            case,
            Verdict.WARN if spared or advice else Verdict.FAIL,
            expected=expected,
            actual=words,
            cause="tag-not-covered",
            failing=dict.fromkeys(failing),
            remedy=_allow(one, failing, missing),
        )
    if unsure:
        names = ", ".join(gap.name for gap in unsure)
        why = ", ".join(passed.why_unsure[:4])
        return judged(
            case,
            Verdict.NOT_TESTED,
            expected=expected,
            actual=f"{one.label} has rules about {names} that ask for what cannot be known here "
            f"({why}); name a list of its prefixes with --firewall-allowlist=FILE",
        )
    covered = ", ".join(f"all {gap.prefixes} ranges of {gap.name}" for gap in gaps if gap.prefixes)
    actual = f"{one.label} lets {covered or 'that'} through"
    return judged(case, Verdict.PASS, expected=expected, actual=actual)


def _allow(one: Allowlist, failing: Sequence[str], gaps: Sequence[Gap]) -> Remedy:
    """What to allow, in which firewall."""
    tags = ", ".join(dict.fromkeys(gap.name for gap in gaps if not gap.whole))
    instead = [hint for gap in gaps for hint in gap.hints]
    said = f" Do not settle for {' or '.join(dict.fromkeys(instead))}." if instead else ""
    what = f"{first_few(failing, 4)}{f' of {tags}' if tags else ''}"
    owner, table = (Owner.SERVER, "txt") if one.hosts_own else (Owner.NETWORK, "csv")
    return Remedy(
        owner,
        f"Allow {what} to TCP 443 in {one.label} (rules: firewall-request.{table}, .nft).{said}",
    )


def _has_ipv6(addresses: IPSet) -> bool:
    return any(one.version == 6 for one in addresses.iter_cidrs())


def _uses_ipv6(sources: Iterable[str]) -> bool:
    return any(":" in one and not one.lower().startswith(("fe80:", "::1")) for one in sources)
