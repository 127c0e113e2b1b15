"""What to change, by owner: one card for each cause and remedy, whichever hosts it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from arc_compliance.base.wording import first_few
from arc_compliance.judge.causes import Owner
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.page.model import Card, Work
from arc_compliance.report.words import VERDICTS, cause_words, sentence

NOBODY = "owner not known"
MOST_NAMED = 3
"""So many names a remedy spells out."""

_MARK = "\0"
_ACTIONABLE = (Verdict.FAIL, Verdict.ERROR, Verdict.WARN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What one owner is asked to do about a judgement."""

    owner: str
    text: str


def asks_of(judgement: Judgement) -> tuple[Ask, ...]:
    """What is asked, of each owner that acts on the judgement."""
    return tuple(Ask(owner=one.owner.value, text=one.sentence) for one in judgement.remedies)


@dataclass(slots=True, kw_only=True)
class _Pile:
    """The judgements that one card is about. ``ask`` has a mark where it names the endpoints."""

    owner: str
    ask: str
    first: Judgement
    hosts: dict[str, None] = field(default_factory=dict)
    names: dict[str, dict[str, None]] = field(default_factory=dict)
    requirements: dict[str, None] = field(default_factory=dict)

    def add(self, judgement: Judgement) -> None:
        self.hosts[judgement.host] = None
        self.requirements[judgement.requirement] = None
        for name in judgement.failing:
            self.names.setdefault(name, {})[judgement.host] = None


def work_of(
    judgements: Iterable[Judgement],
    report: ComplianceReport,
    statements: Mapping[str, str],
    tickets: Mapping[str, str],
) -> tuple[Work, ...]:
    """The work of every owner, who has most to do about failures first."""
    piles: dict[tuple[str, ...], _Pile] = {}
    for judgement in judgements:
        if judgement.verdict not in _ACTIONABLE:
            continue
        for ask in asks_of(judgement) or (_untold(judgement),):
            text = _unnamed(ask.text, judgement)
            alone = judgement.requirement if not judgement.cause else ""
            key = (ask.owner, judgement.verdict.value, judgement.cause, text, alone)
            pile = piles.setdefault(key, _Pile(owner=ask.owner, ask=text, first=judgement))
            pile.add(judgement)
    by_owner: dict[str, list[_Pile]] = {}
    for pile in sorted(piles.values(), key=_urgency):
        by_owner.setdefault(pile.owner, []).append(pile)
    sources = {h.label: ", ".join(h.source_addresses) for h in report.hosts}
    return tuple(
        Work(
            owner=owner,
            cards=tuple(_card(pile, report, statements, sources) for pile in its),
            ticket=tickets.get(owner, ""),
        )
        for owner, its in sorted(by_owner.items(), key=lambda item: _rank(item[1]))
    )


def _untold(judgement: Judgement) -> Ask:
    """The ask where a judgement has no remedy: to read what was seen."""
    if judgement.verdict is Verdict.ERROR and not judgement.cause:
        return Ask(owner=Owner.OPERATOR.value, text="Run again, and let the run end.")
    return Ask(owner=NOBODY, text="Read what was expected and what was seen.")


def _unnamed(ask: str, judgement: Judgement) -> str:
    """*ask* with a mark in the place of the names that it lists, so that what is asked about the
    names of one host is asked once about those of all."""
    named = first_few(judgement.failing, MOST_NAMED)
    return ask.replace(named, _MARK, 1) if named else ask


def _urgency(pile: _Pile) -> tuple[int, int, str]:
    return (_ACTIONABLE.index(pile.first.verdict), -len(pile.hosts), pile.first.cause)


def _rank(piles: list[_Pile]) -> tuple[int, int]:
    """Owners with failures before owners with warnings only, most hosts first."""
    return (
        min(_ACTIONABLE.index(pile.first.verdict) for pile in piles),
        -sum(len(pile.hosts) for pile in piles),
    )


def _card(
    pile: _Pile,
    report: ComplianceReport,
    statements: Mapping[str, str],
    sources: Mapping[str, str],
) -> Card:
    first = pile.first
    words = VERDICTS[first.verdict]
    names = Counter({name: len(hosts) for name, hosts in pile.names.items()})
    says = _says(first, statements)
    ask = pile.ask.replace(_MARK, first_few(list(pile.names), MOST_NAMED))
    return Card(
        tone=words.tone,
        word=words.short,
        cause=first.cause,
        says=says,
        ask=ask,
        hosts=tuple(pile.hosts),
        names=tuple(names.most_common()),
        requirements=tuple(pile.requirements),
        letter="\n".join(_letter(pile, report, says, ask, sources)),
    )


def _says(judgement: Judgement, statements: Mapping[str, str]) -> str:
    """What is wrong, as a sentence without its full stop."""
    if judgement.cause:
        return sentence(cause_words(judgement.cause))
    if judgement.verdict is Verdict.ERROR:
        return sentence(judgement.actual.partition("\n")[0])
    statement = statements.get(judgement.requirement, judgement.expected).rstrip(".")
    return f"Not seen to hold: {statement}"


def _letter(
    pile: _Pile, report: ComplianceReport, says: str, ask: str, sources: Mapping[str, str]
) -> Iterator[str]:
    """What to send to the owner: who, what, from where to where, why, how to check."""
    header = report.header
    yield f"To: {pile.owner}"
    yield f"Subject: Azure Arc network requirements ({header.cloud}): {says}"
    yield ""
    yield ask
    yield ""
    yield "Hosts:"
    for host in pile.hosts:
        yield f"  {host} ({sources[host]})" if sources.get(host) else f"  {host}"
    if pile.names:
        yield "Names:"
        for name in pile.names:
            yield f"  {name}"
    cause = f" ({pile.first.cause})" if pile.first.cause else ""
    yield ""
    yield f"Why: {says}{cause}. Required by {', '.join(pile.requirements)}."
    yield "To check: run arc-compliance on these hosts again."
    yield f"Found by arc-compliance {header.suite_version}, run {header.run}, {header.finished}."
