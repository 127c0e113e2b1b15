"""Two runs beside each other: what fails now, what was fixed, what is another than it was.

A case is the same in both runs by its host, requirement and row. What one of the two runs did not
select is neither removed nor fixed; what the earlier one did not judge is no known failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.changes import CaseChange, Comparison, SeenChange
from arc_compliance.report.compliance import (
    EXIT_CODES,
    ComplianceReport,
    Header,
    Overall,
    leaves_open,
)
from arc_compliance.report.left_out import told_of
from arc_compliance.report.seen import Seen

Key = tuple[str, str, str]
_MET = {Verdict.PASS, Verdict.WARN}


def compare(
    previous: ComplianceReport,
    current: ComplianceReport,
    *,
    then: Mapping[str, Seen],
    now: Mapping[str, Seen],
) -> Comparison:
    """*current* beside *previous*; *then* and *now* are what hosts saw, by their labels.

    A simulation and a real network have nothing in common: where only one of the runs was
    simulated, no case of the earlier one counts as known.
    """
    alike = previous.header.simulated is current.header.simulated
    before, after = (_cases(one) for one in (previous, current))
    known = before if alike else {}
    changes = [_change(key, known.get(key), judgement) for key, judgement in after.items()]
    red = [one for one in changes if one.now is Verdict.FAIL]
    new = [one for one in red if one.was is not Verdict.FAIL or one.names]
    known_red = {key for key, one in known.items() if one.verdict is Verdict.FAIL}
    fixed = [one for one in changes if _key(one) in known_red and _is_met(after[_key(one)])]
    told = {_key(one) for one in (*new, *fixed)}
    return Comparison(
        run=previous.header.run,
        finished=previous.header.finished,
        overall=previous.overall.value,
        newly_failing=tuple(new),
        fixed=tuple(fixed),
        still_failing=tuple(one for one in red if _key(one) not in told),
        still_blocked=tuple(one for one in changes if one.was is one.now is Verdict.BLOCKED),
        other=tuple(one for one in changes if _is_other(one) and _key(one) not in told),
        hosts_added=_only_in(_hosts(current), _hosts(previous), unless_narrowed=previous),
        hosts_removed=_only_in(_hosts(previous), _hosts(current), unless_narrowed=current),
        rows_added=_only_in(_rows(after), _rows(before), unless_narrowed=previous),
        rows_removed=_only_in(_rows(before), _rows(after), unless_narrowed=current),
        seen=tuple(_seen(then, now)) if alike else (),
        remarks=tuple(_remarks(previous, current, before.keys() - after.keys(), then)),
    )


def exit_code(report: ComplianceReport, *, only_new: bool) -> int:
    """What a run ends with; with *only_new*, failures that the earlier run had are let pass.

    What was not seen is not let pass, unless an old failure keeps it from being seen, as it did
    then. Nor is what a narrowed run left out.
    """
    found = report.comparison
    if not only_new or found is None or report.overall is not Overall.NON_COMPLIANT:
        return EXIT_CODES[report.overall]
    if found.newly_failing:
        return EXIT_CODES[Overall.NON_COMPLIANT]
    blocked_then = {_key(one) for one in found.still_blocked}
    judgements = (result.judgement for result in report.results)
    if told_of(report.missing) or any(
        leaves_open(j) and (j.host, j.requirement, j.endpoint) not in blocked_then
        for j in judgements
    ):
        return EXIT_CODES[Overall.INCOMPLETE]
    return EXIT_CODES[Overall.COMPLIANT]


def _cases(report: ComplianceReport) -> dict[Key, Judgement]:
    """The cases that *report* judged; those before which the session stopped are not among them."""
    return {
        (j.host, j.requirement, j.endpoint): j
        for j in (result.judgement for result in report.results)
        if j.host and not (j.verdict is Verdict.ERROR and not j.cause)
    }


def _change(key: Key, before: Judgement | None, now: Judgement) -> CaseChange:
    host, requirement, endpoint = key
    again = before if before and before.verdict is now.verdict is Verdict.FAIL else None
    return CaseChange(
        host=host,
        requirement=requirement,
        endpoint=endpoint,
        was=before.verdict if before else None,
        now=now.verdict,
        cause=now.cause,
        cause_was=again.cause if again and again.cause != now.cause else "",
        names=tuple(name for name in now.failing if name not in again.failing) if again else (),
    )


def _is_other(one: CaseChange) -> bool:
    """Whether the verdict or the cause is another than it was."""
    return one.was not in (None, one.now) or bool(one.cause_was)


def _key(one: CaseChange) -> Key:
    return one.host, one.requirement, one.endpoint


def _is_met(judgement: Judgement) -> bool:
    """Whether a failure is gone: a SHOULD that only warns now was asked for less strictly."""
    if judgement.level is Level.SHOULD:
        return judgement.verdict is Verdict.PASS
    return judgement.verdict in _MET


# -- hosts and rows ------------------------------------------------------------------------------


def _hosts(report: ComplianceReport) -> list[str]:
    return [host.label for host in report.hosts]


def _rows(cases: Iterable[Key]) -> list[str]:
    """Requirements with their rows, each once."""
    named = (f"{requirement} ({row})" if row else requirement for _, requirement, row in cases)
    return list(dict.fromkeys(named))


def _only_in(
    here: Iterable[str], there: Iterable[str], *, unless_narrowed: ComplianceReport
) -> tuple[str, ...]:
    """What is in *here* and not in *there*; nothing where *there* is only a part of a run."""
    if unless_narrowed.header.selection != "all":
        return ()
    known = set(there)
    return tuple(one for one in here if one not in known)


# -- what hosts saw ------------------------------------------------------------------------------


def _seen(then: Mapping[str, Seen], now: Mapping[str, Seen]) -> Iterator[SeenChange]:
    """What hosts of both runs saw otherwise, that of several hosts together."""
    hosts: dict[tuple[str, str, str, str], list[str]] = {}
    for host, seen in now.items():
        for name, facts in seen.items():
            before = then.get(host, {}).get(name, {})
            for what, value in facts.items():
                if before.get(what, value) != value:
                    hosts.setdefault((name, what, before[what], value), []).append(host)
    for (name, what, was, value), its in hosts.items():
        yield SeenChange(name=name, what=what, was=was, now=value, hosts=tuple(its))  # type: ignore[arg-type]


# -- the runs as a whole -------------------------------------------------------------------------


def _remarks(
    previous: ComplianceReport,
    current: ComplianceReport,
    unjudged: Iterable[Key],
    then: Mapping[str, Seen],
) -> Iterator[str]:
    before, after = previous.header, current.header
    if before.simulated is not after.simulated:
        was = "simulated Azure" if before.simulated else "real network"
        yield f"the earlier run was of a {was}: none of its failures counts as known"
    if previous.overall is not current.overall:
        yield f"{previous.overall.value} then, {current.overall.value} now"
    yield from _narrowed(before, after, len({*unjudged}))
    for name, was, now in (
        ("edition", before.edition.words, after.edition.words),
        ("catalogue", before.catalogue_sha256[:12], after.catalogue_sha256[:12]),
        ("suite", before.suite_version, after.suite_version),
        ("location", before.location, after.location),
        ("service tags", before.service_tags, after.service_tags),
    ):
        if was != now:
            yield f"{name}: {was} then, {now} now"
    given = dict(before.settings), dict(after.settings)
    for option in dict.fromkeys((*given[0], *given[1])):
        was, now = (one.get(option, "not given") for one in given)
        if was != now and option not in ("--compare", "--fail-on", "--evidence"):
            yield f"{option}: {was} then, {now} now"
    known = [host.label for host in current.hosts if host.label in set(_hosts(previous))]
    if without := [label for label in known if label not in then]:
        lack = "no host" if len(without) == len(known) else f"{len(without)} of {len(known)} hosts"
        if lack == "no host":
            yield "addresses, issuers and TLS versions are not compared: no earlier evidence"
        else:
            yield f"addresses, issuers and TLS versions of {lack}: no earlier evidence"


def _narrowed(before: Header, after: Header, unjudged: int) -> Iterator[str]:
    """What a part of a run says nothing about."""
    if before.selection != "all":
        yield f"the earlier run was a part: {before.selection}"
    if after.selection != "all" and unjudged:
        yield f"{unjudged} cases of the earlier run are not part of this one"
