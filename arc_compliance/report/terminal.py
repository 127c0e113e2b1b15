"""What the terminal says at the end: the hosts, the causes and who fixes them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from textwrap import wrap

from arc_compliance.base.wording import first_few
from arc_compliance.judge.causes import CAUSES, remedy_for
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, UseState
from arc_compliance.report.page.changes import changes_of
from arc_compliance.report.waivers import attestation_words, waiver_words
from arc_compliance.wire.evidence import Platform

MOST_CAUSES = 8
MOST_ALIKE = 4
MOST_REMEDIES = 5
MOST_CHANGES = 5
MOST_WAIVERS = 8
_ATTENTION = (UseState.EXPIRED, UseState.UNUSED, UseState.ACTIVE)
_SHOWN = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.WARN,
    Verdict.WAIVED,
    Verdict.PASS,
    Verdict.BLOCKED,
    Verdict.NOT_TESTED,
    Verdict.NOT_TESTABLE,
    Verdict.NOT_APPLICABLE,
)


def render_terminal(report: ComplianceReport, width: int) -> Iterator[str]:
    """The summary's lines, none longer than *width* columns but for unbreakable words."""
    yield from _hosts(report, width)
    yield from _causes(report, width)
    yield from _untested(report, width)
    yield from _changes(report, width)
    yield from _waivers(report, width)


def _hosts(report: ComplianceReport, width: int) -> Iterator[str]:
    """A line for each host, or for all those of which the same is to be said."""
    counts = report.counts_by_host()
    alike: dict[str, list[str]] = {}
    for host in report.hosts:
        counted = counts[host.label]
        words = ", ".join(f"{counted[v]} {v.value}" for v in _SHOWN if counted[v])
        where = "" if host.measured else " (not measured)"
        alike.setdefault(f"{where}: {words or 'nothing selected'}", []).append(host.label)
    for words, labels in alike.items():
        yield from _wrapped(f"{first_few(labels, MOST_ALIKE)}{words}", width, indent=2)


def _causes(report: ComplianceReport, width: int) -> Iterator[str]:
    """The most frequent causes, each with what it hits, the remedy and its owner."""
    red = report.of(Verdict.FAIL, Verdict.ERROR, Verdict.WARN)
    causes = Counter(j.cause for j in red if j.cause)
    if not causes:
        return
    yield ""
    for name, _ in causes.most_common(MOST_CAUSES):
        hit = [j for j in red if j.cause == name]
        rows = Counter(j.requirement for j in hit)
        hosts = {j.host for j in hit}
        shown = first_few(list(rows), 4)
        on = next(iter(hosts)) if len(hosts) == 1 else f"{len(hosts)} hosts"
        yield from _wrapped(f"{name} ({CAUSES[name].words}): {shown} on {on}", width, indent=2)
        remedies = _remedies(name, hit)
        for one in remedies[:MOST_REMEDIES]:
            yield from _wrapped(f"-> {one}", width, indent=5)
        if len(remedies) > MOST_REMEDIES:
            yield f"-> and {len(remedies) - MOST_REMEDIES} more, see the report"
    if len(causes) > MOST_CAUSES:
        yield f"and {len(causes) - MOST_CAUSES} more causes, see the report"


def _remedies(cause: str, hit: list[Judgement]) -> list[str]:
    """The cause's remedy for all names that it hit on each platform, and those that a judge worded
    himself."""
    names: dict[Platform, dict[str, None]] = {}
    worded: dict[str, None] = {}
    for j in hit:
        general = [p for p in Platform if j.remedies == (remedy_for(cause, j.failing, p),)]
        if general:
            names.setdefault(general[0], {}).update(dict.fromkeys(j.failing))
        else:
            worded.update(dict.fromkeys(one.text for one in j.remedies))
    together = [remedy_for(cause, tuple(its), platform).text for platform, its in names.items()]
    return list(dict.fromkeys([*together, *worded]))


def _untested(report: ComplianceReport, width: int) -> Iterator[str]:
    """What is open without a cause: cases that were not run, and MUSTs that were not tested."""
    not_run = [j for j in report.of(Verdict.ERROR) if not j.cause]
    if not_run:
        yield ""
        yield f"not run: {len(not_run)} cases, the session stopped before them"
    open_musts = [j for j in report.of(Verdict.NOT_TESTED) if j.must]
    if open_musts:
        names = ", ".join(dict.fromkeys(j.requirement for j in open_musts))
        yield ""
        yield from _wrapped(f"not tested: {names}", width, indent=2)


def _changes(report: ComplianceReport, width: int) -> Iterator[str]:
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
    yield ""
    yield from _wrapped(f"since {found.since}: {counts or 'no change'}", width, indent=2)
    for kind, lines in kinds.items():
        shown = () if kind == "still failing" else lines[:MOST_CHANGES]
        for line in shown:
            yield from _wrapped(f"  {kind}: {line}", width, indent=4)
        if shown and len(lines) > MOST_CHANGES:
            yield f"  {kind}: and {len(lines) - MOST_CHANGES} more, see the report"


def _waivers(report: ComplianceReport, width: int) -> Iterator[str]:
    """What became of the waivers and attestations, those that need attention first."""
    told = [
        *((one.state, waiver_words(one)) for one in report.waivers),
        *((one.state, attestation_words(one)) for one in report.attestations),
    ]
    if not told:
        return
    told.sort(key=lambda one: _ATTENTION.index(one[0]))
    yield ""
    for _, words in told[:MOST_WAIVERS]:
        yield from _wrapped(words, width, indent=2)
    if len(told) > MOST_WAIVERS:
        yield f"and {len(told) - MOST_WAIVERS} more waivers, see the report"


def _wrapped(text: str, width: int, indent: int) -> list[str]:
    return wrap(
        text,
        max(width, 40),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
