"""What the terminal says at the end: how the hosts stand, what to change and by whom, what was
skipped and why. Numbers, sentences and cards are those of the page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from textwrap import wrap

from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, UseState
from arc_compliance.report.page.cards import work_of
from arc_compliance.report.page.changes import changes_of
from arc_compliance.report.page.gaps import gaps_of
from arc_compliance.report.page.head import head_of
from arc_compliance.report.page.hosts import host_lines, judgements_by_host
from arc_compliance.report.page.model import Card, Gap, Head, Work
from arc_compliance.report.page.text import visible
from arc_compliance.report.waivers import attestation_words, waiver_words
from arc_compliance.report.words import VERDICTS, counted

MOST_CARDS = 10
MOST_NAMED = 4
MOST_GAPS = 3
MOST_CHANGES = 5
MOST_WAIVERS = 8
MOST_LINES = 3
"""So many lines say what was skipped."""

MARKS = {"fail": "FAIL", "error": "NO RESULT", "warn": "WARN", "open": "NOT TESTED"}
"""The word that begins a card, by its tone."""

_INDENT = 6
_UNUSED = 16
"""Columns of a line that may stay empty, since an option is not broken."""

_WITH = "; tested with "
_SKIPPED = (
    (Verdict.BLOCKED,),
    (Verdict.NOT_TESTED,),
    (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTABLE),
)
"""What pytest counts as skipped, a line each."""

_ATTENTION = (UseState.EXPIRED, UseState.UNUSED, UseState.ACTIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line: its text, and a word before it that has the colour of *tone*."""

    text: str
    mark: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """The end of a run's output: the verdict and its tone, then the lines."""

    title: str
    tone: str
    lines: tuple[Line, ...]


def summary_of(
    report: ComplianceReport, catalogue: Catalogue, width: int, *, brief: bool = False
) -> Summary:
    """What to say of *report*, no line longer than *width* but for words that cannot be broken;
    *brief* leaves out what was skipped."""
    by_host = judgements_by_host(report)
    hosts = host_lines(report, by_host, {})
    head = head_of(report, hosts)
    judgements = [j for host in hosts for j in by_host[host.label]]
    told = [j for j in judgements if j.cause or j.verdict is not Verdict.ERROR]
    statements = {one.id: one.statement for one in catalogue.requirements}
    work = work_of(told, report, statements, {})
    width = max(width, 40)
    lines = [
        *_hosts(head, width),
        *_work(work, report, width),
        *_open(judgements, width),
        *_changes(report, width),
        *_waivers(report, width),
    ]
    if not brief:
        lines += _skipped(report.counts(), gaps_of(judgements), width)
    return Summary(title=head.title, tone=head.tone, lines=tuple(lines))


def _hosts(head: Head, width: int) -> Iterator[Line]:
    """How the hosts stand, which do not stand well, and what nobody may overlook."""
    yield from _wrapped(head.sentence, width)
    for share in head.shares:
        if share.hosts and share.tone not in ("pass", "waived"):
            names = first_few(share.hosts, MOST_NAMED)
            yield from _wrapped(f"{share.words}: {names}", width, indent=2, first=2)
    for ribbon in head.ribbons:
        yield from _wrapped(ribbon, width)


def _work(work: Sequence[Work], report: ComplianceReport, width: int) -> Iterator[Line]:
    """The cards by owner. Where there are many, those of warnings are left out first."""
    cards = [card for one in work for card in one.cards]
    worst = sorted(cards, key=lambda card: list(MARKS).index(card.tone))
    shown = {id(card) for card in worst[:MOST_CARDS]}
    for one in work:
        its = [card for card in one.cards if id(card) in shown]
        if its:
            yield Line(text="")
            yield Line(text=f"For the {one.owner}:" if " " in one.owner else f"{one.owner}:")
        for card in its:
            yield from _card(card, width, fleet=len(report.hosts) > 1)
    if left := len(cards) - len(shown):
        yield Line(text="")
        yield Line(text=f"and {counted(left, 'more thing')} to change, see report.html")


def _card(card: Card, width: int, *, fleet: bool) -> Iterator[Line]:
    mark = MARKS[card.tone]
    cause = f" ({card.cause})" if card.cause else ""
    yield from _wrapped(f"{card.says}{cause}", width, indent=_INDENT, mark=mark, tone=card.tone)
    where = first_few(card.requirements, MOST_NAMED)
    if fleet:
        where += f" on {counted(len(card.hosts), 'host')}: {first_few(card.hosts, MOST_NAMED)}"
    yield from _wrapped(where, width, indent=_INDENT, first=_INDENT)
    yield from _wrapped(f"-> {card.ask}", width, indent=_INDENT + 3, first=_INDENT)


def _open(judgements: Sequence[Judgement], width: int) -> Iterator[Line]:
    """What is open without a cause: cases that were not run, and what must hold but was not
    tested."""
    not_run = [j for j in judgements if j.verdict is Verdict.ERROR and not j.cause]
    if not_run:
        yield Line(text="")
        text = f"{counted(len(not_run), 'case')} not run: the run stopped before them"
        yield from _wrapped(text, width, indent=_INDENT, mark=MARKS["error"], tone="error")
    gaps = gaps_of(j for j in judgements if j.verdict is Verdict.NOT_TESTED and j.must)
    for gap in gaps[:MOST_GAPS]:
        yield Line(text="")
        text = f"{first_few(gap.requirements, MOST_NAMED)}: {gap.reason}"
        yield from _wrapped(text, width, indent=_INDENT, mark=MARKS["open"], tone="open")
    if len(gaps) > MOST_GAPS:
        yield Line(text=f"and {counted(len(gaps) - MOST_GAPS, 'more reason')}, see report.html")


def _changes(report: ComplianceReport, width: int) -> Iterator[Line]:
    """What changed since the run that --compare names."""
    if report.comparison is None:
        return
    found = changes_of(report.comparison)
    kinds = {
        "newly failing": found.newly_failing,
        "fixed": found.fixed,
        "still failing": found.still_failing,
        "other changes": found.other,
    }
    counts = ", ".join(f"{len(lines)} {kind}" for kind, lines in kinds.items() if lines)
    yield Line(text="")
    yield from _wrapped(f"since {found.since}: {counts or 'no change'}", width)
    for kind, lines in kinds.items():
        shown = () if kind == "still failing" else lines[:MOST_CHANGES]
        for line in shown:
            yield from _wrapped(f"{kind}: {line}", width, indent=4, first=2)
        if shown and len(lines) > MOST_CHANGES:
            yield Line(text=f"  {kind}: and {len(lines) - MOST_CHANGES} more, see report.html")


def _waivers(report: ComplianceReport, width: int) -> Iterator[Line]:
    """What became of the waivers and attestations, those that need attention first."""
    told = [
        *((one.state, waiver_words(one)) for one in report.waivers),
        *((one.state, attestation_words(one)) for one in report.attestations),
    ]
    if not told:
        return
    told.sort(key=lambda one: _ATTENTION.index(one[0]))
    yield Line(text="")
    for _, words in told[:MOST_WAIVERS]:
        yield from _wrapped(words, width)
    if len(told) > MOST_WAIVERS:
        yield Line(text=f"and {len(told) - MOST_WAIVERS} more waivers, see report.html")


def _skipped(counts: Mapping[Verdict, int], gaps: Sequence[Gap], width: int) -> Iterator[Line]:
    """What pytest counts as skipped, in three lines at most."""
    lines = [verdicts for verdicts in _SKIPPED if any(counts[v] for v in verdicts)]
    if lines:
        yield Line(text="")
    for verdicts in lines:
        words = [VERDICTS[verdict].short for verdict in verdicts if counts[verdict]]
        number = sum(counts[verdict] for verdict in verdicts)
        text = f"{number:,} skipped, {' or '.join(words)}"
        if verdicts == (Verdict.BLOCKED,):
            text += ": an earlier step failed"
        else:
            room = (MOST_LINES + 1 - len(lines)) * (width - _UNUSED) - len(text)
            text += _tested_with([gap for gap in gaps if gap.word in words], room)
        yield from _wrapped(text, width, indent=2)


def _tested_with(gaps: Sequence[Gap], room: int) -> str:
    """As many of the options as *room* has that would have *gaps* tested, each with how many."""
    counts: Counter[str] = Counter()
    for gap in gaps:
        for option in gap.options:
            counts[option] += gap.cases
    told: list[str] = []
    for option, cases in counts.most_common():
        one = f"{option} ({cases:,})"
        if sum(map(len, told)) + 2 * len(told) + len(_WITH) + len(one) <= room:
            told.append(one)
    return f"{_WITH}{', '.join(told)}" if told else ""


def _wrapped(
    text: str, width: int, *, indent: int = 2, first: int = 0, mark: str = "", tone: str = ""
) -> Iterator[Line]:
    """*text*, which may be somebody else's, as lines, the first with *mark* before it. A name is
    never broken: it may have to be copied."""
    begin = f"{mark}  " if mark else " " * first
    lines = wrap(
        visible(text),
        width,
        initial_indent=begin,
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for number, line in enumerate(lines):
        marked = mark if number == 0 else ""
        yield Line(text=line.removeprefix(marked), mark=marked, tone=tone if marked else "")
