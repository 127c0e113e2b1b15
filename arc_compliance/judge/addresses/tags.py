"""Addresses in range: whether the addresses that a host resolves are in the service tag."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial

from arc_compliance.judge.addresses.address import is_public
from arc_compliance.judge.addresses.coverage import judge_coverage, no_file
from arc_compliance.judge.fold import NameVerdict, failed_words, fold, verdicts_on
from arc_compliance.judge.judgement import WORST_FIRST, Judgement, Verdict, judged, worst_of
from arc_compliance.judge.view import HostView, RowView
from arc_compliance.plan.cases import Case
from arc_compliance.service_tags.tags import STALE_DAYS
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

PROVEN_DAYS = 35
"""An address outside every tag is a failure by a file younger than this: a service moves into new
ranges weeks after they are published."""


def judge_tag(case: Case, view: HostView) -> Judgement:
    """Whether the addresses of the tag's endpoints are in it, and whether each firewall that
    filters by address lets the whole tag through."""
    parts = [
        part
        for part in (
            _judge_addresses(case, view),
            judge_coverage(case, view),
        )
        if part
    ]
    if parts:
        return worst_of(parts)
    (tag,) = case.requirement.tags
    return judged(
        case,
        Verdict.NOT_APPLICABLE,
        expected=case.requirement.statement,
        actual=f"no endpoint of the document in scope is known to lie in {tag}; it matters where a "
        "firewall filters by address (--firewall-allowlist)",
    )


def judge_service_tags_current(case: Case, view: HostView) -> Judgement:
    """Whether the addresses were judged by a file that is young enough."""
    expected = f"a service tag file younger than {STALE_DAYS} days"
    tags = view.service_tags
    if tags.own is None:
        return no_file(case, view, expected)
    age = tags.own.age(view.now)
    if age is None:
        return judged(
            case,
            Verdict.NOT_TESTED,
            expected=expected,
            actual=f"{tags.own.name} does not say its day; name it as it was published, "
            "ServiceTags_<cloud>_<yyyymmdd>.json",
        )
    words = f"{tags.own.name} was {age} days old"
    if tags.trouble or age >= STALE_DAYS or age < -1:
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual="; ".join(part for part in (words, tags.trouble) if part),
            cause="tag-file-stale",
            failing=[tags.own.name],
        )
    return judged(case, Verdict.PASS, expected=expected, actual=words)


def _judge_addresses(case: Case, view: HostView) -> Judgement | None:
    """The address part of a tag's case, None where no row in scope belongs to the tag."""
    (tag,) = case.requirement.tags
    expected = f"addresses in {tag}"
    rows = view.rows_in(tag)
    if not rows:
        return None
    if view.service_tags.own is None:
        return no_file(case, view, expected)
    if view.service_tags.own.ranges(tag) is None:
        return judged(
            case,
            Verdict.NOT_TESTED,
            expected=expected,
            actual=f"{view.service_tags.own.name} has no tag {tag}",
        )
    found = [
        verdict
        for row in rows
        for verdict in verdicts_on(row, view, partial(_judge_name, row=row, tag=tag, view=view))
    ]
    seen = [one for one in found if one.verdict is not Verdict.NOT_APPLICABLE]
    if seen:
        return fold(case, seen, expected=expected)
    names = [one.name for one in found]
    why = (
        f"the proxy resolves {', '.join(names[:3])}{' and others' if len(names) > 3 else ''} for "
        "this host, which sees no address of theirs"
        if names
        else "no name of its rows is known"
    )
    return judged(case, Verdict.NOT_APPLICABLE, expected=expected, actual=why)


def _judge_name(measurement: Measurement, row: RowView, tag: str, view: HostView) -> NameVerdict:
    """The worst of the addresses that the host got for one name."""
    name = measurement.name
    if measurement.at(Stage.PROXY):
        return NameVerdict(name=name, verdict=Verdict.NOT_APPLICABLE, words="behind the proxy")
    failed = measurement.failed
    if failed and failed.stage is Stage.RESOLVE:
        _, cause, words = failed_words(measurement)
        return NameVerdict(name=name, verdict=Verdict.BLOCKED, cause=cause, words=words)
    addresses = list(dict.fromkeys(_addresses(measurement)))
    if not addresses:
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words="the evidence holds no address",
        )
    privately = view.scope.resolves_privately(row.endpoint)
    found = [_judge_address(name, one, tag, view, privately=privately) for one in addresses]
    worst = next(v for v in WORST_FIRST if any(f.verdict is v for f in found))
    same = [one for one in found if one.verdict is worst]
    return NameVerdict(
        name=name,
        verdict=worst,
        cause=same[0].cause,
        words="; ".join(dict.fromkeys(one.words for one in same)),
    )


def _judge_address(
    name: str, address: str, tag: str, view: HostView, *, privately: bool
) -> NameVerdict:
    tags = view.service_tags
    assert tags.own is not None

    def found(verdict: Verdict, words: str, cause: str = "") -> NameVerdict:
        return NameVerdict(name=name, verdict=verdict, words=f"{address} {words}", cause=cause)

    try:
        own = tags.own.tags_of(address)
    except ValueError:
        return found(Verdict.ERROR, "is not an address", "probe-failed")
    if any(one.lower() == tag.lower() for one in own):
        return found(Verdict.PASS, f"in {tag}")
    elsewhere = _named(own)
    for file in (*tags.files(),)[1:]:
        elsewhere += [f"{one} ({file.cloud})" for one in _named(file.tags_of(address))]
    if elsewhere:
        shown = ", ".join(elsewhere[:4])
        return found(Verdict.WARN, f"not in {tag} but in {shown}", "address-other-tag")
    if not is_public(address):
        if privately:
            return found(Verdict.PASS, "is a private endpoint's")
        return found(Verdict.FAIL, "is not a public address", "address-not-public")
    age = tags.own.age(view.now)
    proven = age is not None and age < PROVEN_DAYS
    words = "in no service tag"
    if not proven:
        old = "of an unknown day" if age is None else f"{age} days old"
        words += f", by a file {old}: it may have moved"
    return found(Verdict.FAIL if proven else Verdict.WARN, words, "address-outside-tag")


def _named(tags: Iterable[str]) -> list[str]:
    """*tags* without those of single regions whose whole is among them too."""
    every = {tag.lower() for tag in tags}
    return [tag for tag in tags if tag.lower().rpartition(".")[0] not in every]


def _addresses(measurement: Measurement) -> Iterator[str]:
    """What the name resolved to, and what it was connected to."""
    yield from measurement.addresses
    connect = measurement.at(Stage.CONNECT)
    if connect and connect.address:
        yield connect.address
