"""What to ask of each owner, as a text to send: the cards of the page, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from textwrap import wrap

from arc_compliance.catalogue.model import Catalogue
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.page.cards import work_of
from arc_compliance.report.page.model import Card

FIRST_LINE = "Ticket by arc-compliance"
"""What every ticket begins with; by it our own are told from anybody's files."""

SIMULATED = "Measured against a simulated Azure (--demo): nothing has to be changed."
"""The line that keeps a request of --demo from being carried out."""

WIDTH = 88
_CHECKS = {
    "dns": "getent ahosts {name}",
    "connect": "curl -v https://{name}/",
    "proxy": "curl -v https://{name}/",
    "tls": "curl -v https://{name}/",
    "http": "curl -v https://{name}/",
}
"""What shows on a host that a cause is gone, by the beginning of the cause."""


@dataclass(slots=True)
class _Ticket:
    """What one owner is asked now, and what can wait until a waiver ends, by its words."""

    now: list[Card] = field(default_factory=list)
    later: dict[str, list[Card]] = field(default_factory=dict)


def tickets(report: ComplianceReport, catalogue: Catalogue) -> dict[str, str]:
    """The ticket of each owner who is asked for something, by the owner."""
    statements = {one.id: one.statement for one in catalogue.requirements}
    found: dict[str, _Ticket] = {}
    every = [result.judgement for result in report.results if result.judgement.host]
    for work in work_of(every, report, statements, {}):
        found.setdefault(work.owner, _Ticket()).now += work.cards
    for words, judgements in _waived(every).items():
        for work in work_of(judgements, report, statements, {}):
            found.setdefault(work.owner, _Ticket()).later[words] = list(work.cards)
    return {
        owner: "\n".join([*_lines(owner, its, report, statements), ""])
        for owner, its in found.items()
    }


def _waived(judgements: Iterable[Judgement]) -> dict[str, list[Judgement]]:
    """The waived ones as they are without the waiver, by the waiver's words."""
    found: dict[str, list[Judgement]] = {}
    for one in judgements:
        if one.verdict is Verdict.WAIVED and one.verdict_without_waiver:
            without = replace(
                one,
                verdict=one.verdict_without_waiver,
                verdict_without_waiver="",
                waiver="",
            )
            found.setdefault(one.waiver, []).append(without)
    return found


def _lines(
    owner: str, ticket: _Ticket, report: ComplianceReport, statements: Mapping[str, str]
) -> Iterator[str]:
    header = report.header
    yield f"{FIRST_LINE} {header.suite_version}, run {header.run}, {header.finished}"
    if header.simulated:
        yield SIMULATED
    yield f"To: {owner}"
    yield f"Subject: Azure Arc network requirements, {header.cloud}"
    if header.operator.who:
        yield f"From: {header.operator.who}"
    number = 0
    for card in ticket.now:
        number += 1
        yield from _card(number, card, "", report, statements)
    for words, cards in ticket.later.items():
        for card in cards:
            number += 1
            yield from _card(number, card, words, report, statements)


def _card(
    number: int,
    card: Card,
    waiver: str,
    report: ComplianceReport,
    statements: Mapping[str, str],
) -> Iterator[str]:
    sources = {host.label: ", ".join(host.source_addresses) for host in report.hosts}
    cause = f" ({card.cause})" if card.cause else ""
    yield ""
    yield from _wrapped(f"{number}. {card.says}{cause}", 0)
    yield from _wrapped(f"What: {card.ask}", 3)
    if waiver:
        yield from _wrapped(f"Until when: it is waived {waiver}", 3)
    yield "   From:"
    for host in card.hosts:
        yield f"     {host} ({sources[host]})" if sources.get(host) else f"     {host}"
    names = [(name, hosts) for name, hosts in card.names if name not in card.hosts]
    if names:
        yield "   To:"
    for name, number_of_hosts in names:
        on = f" (on {number_of_hosts} of them)" if number_of_hosts < len(card.hosts) else ""
        yield f"     {name}{on}"
    yield "   Why:"
    for requirement in card.requirements:
        yield from _wrapped(f"{requirement}: {statements.get(requirement, '')}", 5)
    passes = "passes" if len(card.requirements) == 1 else "pass"
    again = f"run arc-compliance again: {_few(card.requirements)} {passes}"
    checks = [check for name, _ in names[:3] if (check := _check(card.cause, name))]
    if checks:
        yield "   To check on each of the hosts:"
        yield from (f"     {check}" for check in checks)
        yield f"     then {again}"
    else:
        yield f"   To check: {again}"


def _check(cause: str, name: str) -> str:
    """The command that shows on a host whether *cause* is gone for *name*; empty for none. An
    address is not looked up: getent answers for every address, whatever the name servers do."""
    template = _CHECKS.get(cause.partition("-")[0], "")
    known = all(part.replace("-", "").isalnum() for part in name.split(".")) and name.isascii()
    address = name.replace(".", "").isdigit()
    return template.format(name=name) if known and "." in name and not address else ""


def _few(requirements: Sequence[str]) -> str:
    more = f" (and {len(requirements) - 3} more)" if len(requirements) > 3 else ""
    return f"{', '.join(requirements[:3])}{more}"


def _wrapped(text: str, indent: int) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 3),
        break_long_words=False,
        break_on_hyphens=False,
    )
