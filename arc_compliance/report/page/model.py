"""What the page shows, as values: nothing here is markup, nothing of it is decided later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from arc_compliance.report.explain import CauseExplained, Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file beside the page: where it is from the page's folder, and what it is for."""

    href: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a run knows beyond its report.

    ``groups`` has the inventory's group of a host by its label. ``tickets`` has the ticket file's
    place by owner.
    """

    groups: Mapping[str, str] = field(default_factory=dict)
    tickets: Mapping[str, str] = field(default_factory=dict)
    files: tuple[File, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What a comparison with an earlier run found; ``since`` names that run for people."""

    since: str
    newly_failing: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    still_failing: tuple[str, ...] = ()
    other: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One fact of the head: its name, its value, and a line of small print."""

    name: str
    value: str
    more: str = ""
    time: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of the hosts, or of one host's cases: how many, which, in what tone."""

    tone: str
    words: str
    number: int
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The first thing that is read. ``shares`` add up to all hosts, or to one host's cases."""

    title: str
    tone: str
    sentence: str
    ribbons: tuple[str, ...]
    shares: tuple[Share, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One thing to change: what is wrong, what to do about it, where.

    ``names`` has how many hosts each name concerns. ``ask`` is what to do, ``letter`` the whole of
    it to send to its owner.
    """

    tone: str
    word: str
    cause: str
    says: str
    ask: str
    hosts: tuple[str, ...]
    names: tuple[tuple[str, int], ...]
    requirements: tuple[str, ...]
    letter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What one owner has to change, the most urgent first; ``ticket`` is a file beside the page."""

    owner: str
    cards: tuple[Card, ...]
    ticket: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Something that the run does not show, why, and the option that would show it."""

    tone: str
    word: str
    reason: str
    options: tuple[str, ...]
    cases: int
    hosts: tuple[str, ...]
    requirements: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A waiver or an attestation and what became of it, in words; ``cases`` are how many it has."""

    tone: str
    word: str
    words: str
    cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was seen of one failure, on these hosts alike."""

    actual: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """All cases of one requirement and row that failed by one cause; or of several requirements,
    where they could not be measured for the same cause.

    ``seen`` has what was seen, alike on some hosts; ``alike`` are hosts where it differs in details
    only and that are named without them.
    """

    tone: str
    word: str
    requirements: tuple[str, ...]
    endpoint: str
    says: str
    cause: str
    expected: str
    seen: tuple[Seen, ...]
    alike: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostLine:
    """One host: how it stands, and from where it was measured."""

    label: str
    group: str
    tone: str
    word: str
    counts: str
    vantage: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of pytest-html's table, as texts; ``case`` is where in the page it leads."""

    tone: str
    cells: tuple[str, ...]
    case: str
    log: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """pytest-html's table; ``left_out`` says in words what is missing, empty where nothing is."""

    header: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    left_out: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageModel:
    """The whole page. ``data`` is what the matrix is drawn from; ``run`` is the run's id;
    ``partial`` says that only a part of the whole was selected.

    ``requirements`` are those that the page is about, explained once for all hosts; ``causes`` are
    those that they can fail by.
    """

    run: str
    cloud: str
    document: str
    head: Head
    partial: bool
    changes: Changes | None
    work: tuple[Work, ...]
    failures: tuple[Failure, ...]
    gaps: tuple[Gap, ...]
    not_applicable: tuple[Gap, ...]
    acceptances: tuple[Acceptance, ...]
    hosts: tuple[HostLine, ...]
    facts: tuple[Fact, ...]
    files: tuple[File, ...]
    data: Mapping[str, Any]
    requirements: tuple[Explanation, ...]
    causes: tuple[CauseExplained, ...]
    rows: Rows = Rows()
