"""What changed since an earlier run, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator

from arc_compliance.base.wording import first_few
from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.changes import CaseChange, Comparison, SeenChange
from arc_compliance.report.page.model import Changes
from arc_compliance.report.words import VERDICTS

MOST_SEEN = 50
MOST_HOSTS = MOST_NAMES = 3
_UNTESTED = (Verdict.NOT_TESTED, Verdict.ERROR, Verdict.BLOCKED, Verdict.NOT_APPLICABLE)
_TESTED = (Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.WAIVED)


def changes_of(found: Comparison) -> Changes:
    """*found* as the page shows it."""
    return Changes(
        since=f"run {found.run} of {found.finished}",
        newly_failing=tuple(_newly(one) for one in found.newly_failing),
        fixed=tuple(one.place for one in found.fixed),
        still_failing=tuple(one.place for one in found.still_failing),
        other=tuple(other_changes(found)),
    )


def other_changes(found: Comparison) -> Iterator[str]:
    """All but what fails now and what was fixed, that of the runs as a whole first."""
    yield from found.remarks
    for words, names in (
        ("host added", found.hosts_added),
        ("host removed", found.hosts_removed),
        ("requirement added", found.rows_added),
        ("requirement removed", found.rows_removed),
    ):
        yield from (f"{words}: {name}" for name in names)
    yield from (_verdict(one) for one in found.other)
    yield from (_seen(one) for one in found.seen[:MOST_SEEN])
    if len(found.seen) > MOST_SEEN:
        yield f"{len(found.seen) - MOST_SEEN} more changes of what was seen: compliance.json"


def _newly(one: CaseChange) -> str:
    was = f"{VERDICTS[one.was].short} then" if one.was else "not judged then"
    cause = f", {one.cause}" if one.cause else ""
    if one.names:
        was = f"failed then too, without {first_few(one.names, MOST_NAMES)}"
    return f"{one.place}{cause} ({was})"


def _verdict(one: CaseChange) -> str:
    if one.cause_was:
        return f"{one.place}: fails by another cause, {one.cause_was} then, {one.cause} now"
    was, now = (VERDICTS[v].short if v else "not judged" for v in (one.was, one.now))
    lost = "no longer tested, " if one.was in _TESTED and one.now in _UNTESTED else ""
    return f"{one.place}: {lost}{was} then, {now} now"


def _seen(one: SeenChange) -> str:
    where = first_few(one.hosts, MOST_HOSTS)
    return f"{one.name}: {one.what} {one.was} then, {one.now} now (on {where})"
