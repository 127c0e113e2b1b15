"""A requirement explained: what it says, when it applies, how it is judged, what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import did_you_mean
from arc_compliance.catalogue.model import Catalogue, Endpoint, Port, Requirement
from arc_compliance.judge.causes import CAUSES, Remedy, remedy_for
from arc_compliance.judge.ways import causes_of, way_of
from arc_compliance.wire.evidence import Platform

WIDTH = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseExplained:
    """A cause: its words, and what to do about it, which can differ by platform."""

    cause: str
    words: str
    remedies: tuple[Remedy, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A requirement in words.

    ``names`` are its names as the document prints them, those known behind its wildcards after
    them; ``ports`` what is asked of each. Both are empty where it speaks of no row.
    """

    requirement: str
    level: str
    section: str
    statement: str
    condition: str
    row: str
    names: tuple[str, ...]
    known_names: tuple[str, ...]
    ports: tuple[str, ...]
    tags: tuple[str, ...]
    how: str
    source: str
    causes: tuple[CauseExplained, ...]


def explanation(requirement: Requirement) -> Explanation:
    """*requirement* in words."""
    row = requirement.endpoint
    names = row.patterns if row else ()
    unjudged = requirement.not_testable or requirement.not_tested
    return Explanation(
        requirement=requirement.id,
        level=requirement.level.value,
        section=requirement.section,
        statement=requirement.statement,
        condition=requirement.condition,
        row=row.label if row else "",
        names=names,
        known_names=tuple(_known_names(row)) if row else (),
        ports=tuple(_port(one) for one in row.ports) if row else (),
        tags=(*requirement.tags, *(f"{one} (public cloud)" for one in requirement.public_tags)),
        how=f"Not judged: {unjudged}" if unjudged else way_of(requirement.id).how,
        source=requirement.source or "",
        causes=tuple(explained_cause(cause, names) for cause in causes_of(requirement)),
    )


def explained_cause(cause: str, names: tuple[str, ...] = ()) -> CauseExplained:
    """*cause* in words, for *names*."""
    remedies = dict.fromkeys(remedy_for(cause, names, platform) for platform in Platform)
    return CauseExplained(cause=cause, words=CAUSES[cause].words, remedies=tuple(remedies))


def _port(port: Port) -> str:
    path = "" if port.path == "/" else f", {port.path}"
    return f"{port.scheme.upper()} {port.port}{path}"


def _known_names(row: Endpoint) -> Iterator[str]:
    yield from row.names
    for names in row.regional_names.values():
        yield from names


def explained(catalogue: Catalogue, requirement: str) -> str:
    """The *requirement* of *catalogue* as a text of 80 columns; raise Fault for an unknown id."""
    by_id = {one.id: one for one in catalogue.requirements}
    if requirement not in by_id:
        raise Fault(
            f"unknown requirement {requirement!r}{did_you_mean(requirement, by_id)}; "
            f"explain without an id lists those of {catalogue.cloud}"
        )
    return "\n".join([*_lines(explanation(by_id[requirement])), ""])


def listed(catalogue: Catalogue) -> str:
    """The ids of *catalogue* by section of the document, with their levels."""
    lines = _wrapped(f"{catalogue.cloud}: {catalogue.title}", 0)
    sections: dict[str, list[Requirement]] = {}
    for one in catalogue.requirements:
        sections.setdefault(one.section, []).append(one)
    for section, its in sections.items():
        lines += ["", section, *(f"  {one.level.value:<7}{one.id}" for one in its)]
    return "\n".join([*lines, ""])


def _lines(one: Explanation) -> Iterator[str]:
    yield f"{one.requirement} ({one.level}), section {one.section}"
    yield from _part("", [one.statement])
    yield from _part("Applies", [one.condition])
    yield from _part("Row", [one.row])
    if one.names != (one.row,):
        yield from _part("Names", one.names)
    yield from _part("Known names", one.known_names)
    yield from _part("Ports", one.ports)
    yield from _part("Service tags", one.tags)
    yield from _part("How it is judged", [one.how])
    yield from _part("Source", [one.source])
    if one.causes:
        yield from ("", "What it can fail by, and what to do then")
    for cause in one.causes:
        yield from _wrapped(f"{cause.cause}: {cause.words}", 2)
        for remedy in cause.remedies:
            yield from _wrapped(f"{remedy.owner.value}: {remedy.sentence}", 6)


def _part(title: str, texts: tuple[str, ...] | list[str]) -> Iterator[str]:
    """A title and the lines under it; nothing where there are none."""
    known = [text for text in texts if text]
    if known:
        yield from ("", title) if title else ("",)
    for text in known:
        yield from _wrapped(text, 2)


def _wrapped(text: str, indent: int) -> list[str]:
    space = " " * indent
    return wrap(
        text,
        WIDTH,
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )
