"""Allow-lists: whether a firewall that filters lets through all that is required, for good."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from netaddr import IPNetwork, IPSet, cidr_merge

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Condition, Requirement, Subject
from arc_compliance.firewall.allowlist import Allowlist, own_rules
from arc_compliance.firewall.follow import Passed
from arc_compliance.judge.addresses import address_set
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged, worst_of
from arc_compliance.plan.cases import Case, names_of, rows_in_scope
from arc_compliance.service_tags.tags import PAGES, PUBLIC, TagFile
from arc_compliance.wire.evidence import Evidence

AZURE_CLOUD = "AzureCloud"


# -- which filters there are ---------------------------------------------------------------------


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


# -- tags ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Gap:
    """What a filter lacks of a tag: published prefixes, collapsed, and those nobody can tell.

    ``prefixes`` is how many the tag has, 0 where only some of them were looked for. ``whole`` says
    that no prefix of the tag is let through, ``hints`` what is in the place of the whole.
    """

    tag: str
    prefixes: int
    missing: tuple[str, ...]
    unsure: tuple[str, ...]
    whole: bool = False
    hints: tuple[str, ...] = ()
    cloud: str = ""

    @property
    def name(self) -> str:
        """The tag; that of another cloud with it, Tag@Cloud."""
        return f"{self.tag}@{self.cloud}" if self.cloud else self.tag

    @property
    def names(self) -> tuple[str, ...]:
        """What has to be allowed: the tag where nothing of it is, else what is missing."""
        return (self.name,) if self.whole else self.missing


@lru_cache(maxsize=512)  # the hosts of a fleet have the same lists
def _gap(
    file: TagFile,
    tag: str,
    passed: Passed,
    *,
    of: tuple[str, ...] | None = None,
    cloud: str = "",
) -> _Gap:
    """What *passed* lacks of *tag*, or of its prefixes *of*: a prefix counts as a whole.

    *cloud* is that of the file where it is not the run's.
    """
    published = file.tags[file.spelling(tag)] if of is None else of
    lacking = [one for one in published if IPNetwork(one) not in passed.addresses]
    possible = passed.addresses | passed.unsure if passed.unsure else passed.addresses
    missing = [one for one in lacking if IPNetwork(one) not in possible]
    hints: list[str] = []
    if of is None and missing:
        held = (file.ranges(tag) or IPSet()) & passed.addresses
        hints = [*_held_parts(tag, held, file), *_looked_up(held, file)]
    return _Gap(
        tag=tag,
        whole=of is None and len(missing) == len(published) > 0,
        hints=tuple(hints),
        prefixes=len(cidr_merge(published)) if of is None else 0,
        cloud=cloud,
        missing=tuple(str(one) for one in cidr_merge(missing)),
        unsure=tuple(str(one) for one in cidr_merge(set(lacking) - set(missing))),
    )


def judge_coverage(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement | None:
    """Whether every filter by address lets the tags of the case's requirement through; None where
    there is no such filter."""
    in_force = address_filters(evidence, grounds)
    if not in_force:
        return None
    own = grounds.service_tags.own
    tags = case.requirement.tags
    if own is None:
        return no_file(case, grounds, case.requirement.statement)
    return _of_all(case, evidence, grounds, in_force, [(own, tag) for tag in tags])


def judge_full_range(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether every filter by address lets all ranges of the tag through."""
    found = judge_coverage(case, evidence, grounds)
    assert found is not None  # the requirement applies where there is a filter by address
    return found


def judge_azure_cloud_gap(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether what AzureCloud leaves out of the required tags is let through too."""
    expected = f"what {AZURE_CLOUD} lacks of the required tags is let through as well"
    own = grounds.service_tags.own
    if own is None:
        return no_file(case, grounds, expected)
    cloud = Passed(addresses=own.ranges(AZURE_CLOUD) or IPSet(), unsure=IPSet())
    holes: dict[str, tuple[str, ...]] = {}
    for tag in _required_tags(grounds):
        if own.ranges(tag) is not None and (lacking := _gap(own, tag, cloud).missing):
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
    for one in address_filters(evidence, grounds):
        passed = one.passed(evidence.vantage.source_addresses)
        gaps = [_gap(own, tag, passed, of=prefixes) for tag, prefixes in holes.items()]
        part = _of_gaps(case, expected, one, gaps, evidence)
        parts.append(replace(part, actual=f"{words}; {part.actual}"))
    return worst_of(parts)


def judge_public_tags(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the tags that newer texts want beside the document's are let through: those of this
    cloud, and those of the public cloud."""
    own, public = grounds.service_tags.own, grounds.service_tags.public
    requirement = case.requirement
    if own is None:
        return no_file(case, grounds, requirement.statement)
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
    return _of_all(case, evidence, grounds, address_filters(evidence, grounds), wanted)


def rows_of(tag: str, grounds: Grounds) -> list[Requirement]:
    """The rows in scope whose endpoints lie in *tag*."""
    rows = rows_in_scope(grounds.catalogue, grounds.scope)
    return [row for row, why_not in rows if not why_not and tag in row.tags]


def _required_tags(grounds: Grounds) -> Iterator[str]:
    """The tags that the document requires under this scope, AzureCloud aside."""
    for requirement in grounds.catalogue.requirements:
        asked = [one for one in requirement.when if one is not Condition.ADDRESS_FILTER]
        applies = not any(grounds.scope.unmet(one) for one in asked)
        if requirement.id.startswith("service-tags/") and applies:
            yield from (t for t in requirement.tags if t != AZURE_CLOUD)


def _of_all(
    case: Case,
    evidence: Evidence,
    grounds: Grounds,
    in_force: Sequence[Allowlist],
    wanted: Sequence[tuple[TagFile, str]],
) -> Judgement:
    """The worst that any filter makes of the *wanted* tags."""
    expected = f"{', '.join(dict.fromkeys(tag for _, tag in wanted))} let through as a whole"
    return worst_of(
        [
            _of_one(case, expected, one, file, tag, evidence, grounds)
            for one in in_force
            for file, tag in wanted
        ]
    )


def _of_one(
    case: Case,
    expected: str,
    one: Allowlist,
    file: TagFile,
    tag: str,
    evidence: Evidence,
    grounds: Grounds,
) -> Judgement:
    """What the filter *one* makes of *tag*."""
    if file.ranges(tag) is None:
        words = f"{file.name} has no tag {tag}"
        return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words)
    if _by_name(one, tag, grounds):
        words = f"{one.label} lets the endpoints of {tag} through by name"
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    cloud = "" if file is grounds.service_tags.own else file.cloud
    gap = _gap(file, tag, one.passed(evidence.vantage.source_addresses), cloud=cloud)
    return _of_gaps(case, expected, one, [gap], evidence)


def _by_name(one: Allowlist, tag: str, grounds: Grounds) -> bool:
    """Whether *one* lets all rows of *tag* through by name, so that it needs no addresses."""
    rows = [row.endpoint for row in rows_of(tag, grounds) if row.endpoint]
    return bool(rows) and all(one.covers_name(p) for row in rows for p in row.patterns)


def _of_gaps(
    case: Case,
    expected: str,
    one: Allowlist,
    gaps: Sequence[_Gap],
    evidence: Evidence,
) -> Judgement:
    """The judgement on what the filter *one* lacks."""
    missing = [gap for gap in gaps if gap.missing]
    unsure = [gap for gap in gaps if gap.unsure]
    passed = one.passed(evidence.vantage.source_addresses)
    if missing:
        only_ipv6 = all(":" in p for gap in missing for p in gap.missing)
        spared = only_ipv6 and not _has_ipv6(passed.addresses) and not _uses_ipv6(evidence)
        advice = case.requirement.level.value != "MUST"
        phrases = [_in_words(gap) for gap in missing]
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
            mend=_mend(one, failing, missing),
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


def _in_words(gap: _Gap) -> str:
    hint = f" (it holds {' and '.join(gap.hints)})" if gap.hints else ""
    if gap.whole:
        return f"all {gap.prefixes} ranges of {gap.name}{hint}"
    return f"{first_few(gap.missing, 12)} of {gap.name}{hint}"


def _held_parts(tag: str, held: IPSet, file: TagFile) -> list[str]:
    """The tags of single regions, where what is let through of *tag*, *held*, is just them."""
    parts = {part: file.ranges(part) or IPSet() for part in file.parts_of(tag)}
    whole = {part: ranges for part, ranges in parts.items() if ranges and ranges.issubset(held)}
    together = IPSet()
    for ranges in whole.values():
        together |= ranges
    if not whole or (held - together).size > len(whole):  # an address or two may be looked up
        return []
    return [f"{', '.join(whole)}, which is not all of {tag}"]


def _looked_up(held: IPSet, file: TagFile) -> list[str]:
    """The single addresses in *held* that are no prefix of their own, as somebody who looks names
    up gets them."""
    singles = [
        str(one.network)
        for one in held.iter_cidrs()
        if one.size == 1 and not file.is_published(str(one.network))
    ]
    if not singles:
        return []
    return [f"looked-up addresses ({first_few(singles, 3)}), which will change"]


def _mend(one: Allowlist, failing: Sequence[str], gaps: Sequence[_Gap]) -> str:
    tags = ", ".join(dict.fromkeys(gap.name for gap in gaps if not gap.whole))
    instead = [hint for gap in gaps for hint in gap.hints]
    said = f" Do not settle for {' or '.join(dict.fromkeys(instead))}." if instead else ""
    what = f"{first_few(failing, 4)}{f' of {tags}' if tags else ''}"
    who, table = ("server owner", "txt") if one.hosts_own else ("network team", "csv")
    return (
        f"{who}: Allow {what} to TCP 443 in {one.label} "
        f"(rules: firewall-request.{table}, .nft).{said}"
    )


def _has_ipv6(addresses: IPSet) -> bool:
    return any(one.version == 6 for one in addresses.iter_cidrs())


def _uses_ipv6(evidence: Evidence) -> bool:
    return any(
        ":" in one and not one.lower().startswith(("fe80:", "::1"))
        for one in evidence.vantage.source_addresses
    )


# -- rows by name --------------------------------------------------------------------------------


def weigh_by_allowlist(
    judgement: Judgement, case: Case, evidence: Evidence, grounds: Grounds
) -> Judgement:
    """*judgement* on a row's reach, with what the lists that filter by name make of the row.

    Covered in full: its patterns, or the whole tags that it lies in. In part: what was measured is
    let through, other names of the wildcard are not; that warns.
    """
    if case.requirement.subject is not Subject.ENDPOINT or case.row is None:
        return judgement
    if judgement.verdict in (Verdict.NOT_TESTABLE, Verdict.NOT_APPLICABLE):
        return judgement
    if grounds.scope.resolves_privately(case.row):
        return judgement
    parts = [judgement]
    for one in filters(evidence, grounds):
        if one.names and not _covers_tags(one, case.requirement, evidence, grounds):
            parts += _row_by_name(one, case, evidence, grounds)
    return worst_of(parts)


def _covers_tags(one: Allowlist, row: Requirement, evidence: Evidence, grounds: Grounds) -> bool:
    own = grounds.service_tags.own
    if own is None or not row.tags:
        return False
    passed = one.passed(evidence.vantage.source_addresses)
    return all(own.ranges(t) is not None and not _gap(own, t, passed).missing for t in row.tags)


def _row_by_name(
    one: Allowlist, case: Case, evidence: Evidence, grounds: Grounds
) -> Iterator[Judgement]:
    assert case.row is not None
    patterns = [p for p in case.row.patterns if not one.covers_name(p)]
    if not patterns:
        return
    passed = one.passed(evidence.vantage.source_addresses).addresses
    lacking = []
    for name in names_of(case.row, grounds.scope, evidence):
        its = address_set(evidence.of(name, case.row.doors[0].port))
        if not one.covers_name(name) and not (its and its.issubset(passed)):
            lacking.append(name)
    named = ", ".join(patterns)
    in_part = not lacking and bool(names_of(case.row, grounds.scope, evidence))
    held = "holds single names or addresses of" if in_part else "does not name"
    yield judged(
        case,
        Verdict.WARN if in_part else Verdict.FAIL,
        expected=f"{case.row.label} let through",
        actual=f"{one.label} {held} {named}",
        cause="tag-not-covered",
        failing=lacking or patterns,
        mend=f"network team: Allow {named} to TCP 443 in {one.label}.",
    )
