"""What a run has found so far, gathered test by test, and what becomes of it in the report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from arc_compliance.base.redact import scrub
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.judge.host.controls import outcome_of
from arc_compliance.judge.judgement import Judgement, Verdict, judged, judgement_from
from arc_compliance.plan.cases import Case
from arc_compliance.plan.scope import Scope
from arc_compliance.report.compliance import Edition, Host, Result
from arc_compliance.wire.record import HostRecord

OVERALL_NODE = "tests_host/test_run.py::test_run_is_compliant[run/overall]"
"""The node id of the run's own last case, which no test stands for."""

MOST_OF_A_FAILURE = 2000
"""Characters that are kept of what a test failed with; its end says most."""


@dataclass(slots=True)
class _Told:
    """What the phases of a test have reported so far."""

    judgement: Judgement | None = None
    duration: float = 0.0
    failure: str = ""


class RunSoFar:
    """The selected cases by the node ids of their tests, and what those tests have reported."""

    def __init__(self) -> None:
        self.selected: dict[str, Case] = {}
        self._told: dict[str, _Told] = {}

    def tell(
        self,
        nodeid: str,
        properties: Iterable[tuple[str, object]],
        duration: float,
        failure: str | None,
    ) -> None:
        """Add one phase of a test: its *properties*, how long it took (seconds), and what it failed
        with, or None."""
        told = self._told.get(nodeid)
        if told is None:
            told = self._told[nodeid] = _Told()
        told.duration += duration
        if told.judgement is None:
            values = {str(name): str(value) for name, value in properties}
            told.judgement = judgement_from(values) if "verdict" in values else None
        if failure is not None and not told.failure:
            told.failure = scrub(failure.strip())[-MOST_OF_A_FAILURE:]

    @property
    def judged(self) -> int:
        """How many of the selected cases have a judgement."""
        found = (self._told.get(nodeid) for nodeid in self.selected)
        return sum(told is not None and told.judgement is not None for told in found)

    @property
    def untold(self) -> int:
        """How many of the selected cases have no report at all."""
        return sum(nodeid not in self._told for nodeid in self.selected)

    def results(self) -> Iterator[Result]:
        """A result for each selected case, in the order of their selection."""
        for nodeid, case in self.selected.items():
            told = self._told.get(nodeid, _Told())
            yield result_of(nodeid, told.duration, _judgement(case, told))


def _judgement(case: Case, told: _Told) -> Judgement:
    """The test's judgement; an error where it gave none, or where it failed in spite of one."""
    expected = case.requirement.statement
    if told.judgement is None:
        cause = "unknown" if told.failure else None
        why = told.failure or "not run: the session stopped before it"
        return judged(case, Verdict.ERROR, expected=expected, actual=why, cause=cause)
    if told.failure and told.judgement.verdict not in (Verdict.FAIL, Verdict.ERROR):
        why = f"the test itself failed: {told.failure}"
        return judged(case, Verdict.ERROR, expected=expected, actual=why, cause="unknown")
    return told.judgement


def result_of(nodeid: str, duration: float, judgement: Judgement) -> Result:
    """The result that *judgement* makes of the test with this node id."""
    path, _, name = nodeid.partition("::")
    classname = path.removesuffix(".py").replace("/", ".")
    return Result(classname=classname, name=name, duration=duration, judgement=judgement)


def host_of(record: HostRecord, scope: Scope, remarks: Sequence[str] = ()) -> Host:
    """What the report says of the host of *record*, with *remarks* on its evidence."""
    evidence = record.evidence
    simulated = record.public_roots is not None
    if evidence is None:
        detail = f"{record.failure.cause}: {record.failure.detail}" if record.failure else ""
        return Host(
            label=record.host,
            measured=False,
            simulated=simulated,
            scope=scope.words(),
            detail=detail,
        )
    where = evidence.vantage
    return Host(
        label=record.host,
        measured=True,
        simulated=simulated,
        scope=scope.words(),
        run=record.run,
        remarks=tuple(remarks),
        collected=_time(record.collected),
        controls=tuple((control.stage.value, outcome_of(control)) for control in evidence.controls),
        hostname=where.hostname,
        user=where.user,
        system=evidence.facts.os.name,
        source_addresses=where.source_addresses,
        resolvers=where.resolvers,
        proxy=where.proxy or "",
        seconds=round(evidence.finished - evidence.started, 3),
    )


def edition_of(catalogue: Catalogue) -> Edition:
    """What the report says of the document that *catalogue* was made from."""
    known = catalogue.edition
    if known is None:
        return Edition(title=catalogue.title, cloud=catalogue.cloud)
    return Edition(
        publisher=known.publisher,
        title=known.title,
        cloud=catalogue.cloud,
        dated="" if known.dated == "undated" else known.dated.isoformat(),
        read=known.read.isoformat(),
    )


def _time(seconds: float) -> str:
    """*seconds* since the epoch as ISO 8601 in UTC; empty where no calendar has them."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):
        return ""
