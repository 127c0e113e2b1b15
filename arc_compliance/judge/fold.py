"""From the verdicts on single names to the one verdict of their row: the worst wins."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from arc_compliance.base.wording import first_few
from arc_compliance.judge.judgement import WORST_FIRST, Judgement, Verdict, judged
from arc_compliance.judge.view import HostView, RowView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage


@dataclass(frozen=True, slots=True, kw_only=True)
class NameVerdict:
    """What was found of one name (and port): a verdict, its cause and the words for it."""

    name: str
    verdict: Verdict
    words: str
    cause: str = ""


JudgeName = Callable[[Measurement], NameVerdict]


REACH_STAGES = (Stage.RESOLVE, Stage.CONNECT, Stage.PROXY, Stage.HTTP)


def judge_row(case: Case, view: HostView, judge_name: JudgeName, *, expected: str) -> Judgement:
    """The judgement of an endpoint row from *judge_name* on every measured name of it.

    Expects a case with a row. A row without any known name is not-testable.
    """
    row = view.row_of(case)
    found = verdicts_on(row, view, judge_name)
    if not found:
        return _nameless(case, row, view, expected)
    return fold(case, found, expected=expected, sampled=row.endpoint.wildcard)


def verdicts_on(row: RowView, view: HostView, judge_name: JudgeName) -> list[NameVerdict]:
    """What *judge_name* says of every measured name of *row*; nothing where it has no name."""
    found = [
        judge_name(target.measurement) if target.measurement else _unmeasured(target.name, view)
        for target in row.targets
    ]
    if found and view.location is None:
        return _forgive_retired(found, set(view.regional_names(row.endpoint)))
    return found


def fold(
    case: Case, found: Sequence[NameVerdict], *, expected: str, sampled: bool = False
) -> Judgement:
    """One judgement from at least one name's verdict; ``failing`` are those of the worst kind."""
    verdict = next(v for v in WORST_FIRST if any(f.verdict is v for f in found))
    worst = [f for f in found if f.verdict is verdict]
    causes = Counter(f.cause for f in worst if f.cause)
    cause = causes.most_common(1)[0][0] if causes else None
    actual = "; ".join(summarize(worst))
    if len(worst) < len(found):
        actual += f"; the other {len(found) - len(worst)} of {len(found)} names: " + ", ".join(
            f"{n} {v}" for v, n in Counter(f.verdict.value for f in found if f not in worst).items()
        )
    if sampled:
        note = f"; {case.row.note}" if case.row and case.row.note else ""
        actual += f" (sampled {len(found)} name{'s'[: len(found) != 1]} of the wildcard{note})"
    failing = [] if verdict is Verdict.PASS else [f.name for f in worst]
    return judged(
        case,
        verdict,
        expected=expected,
        actual=actual,
        cause=cause,
        failing=dict.fromkeys(failing),
    )


def summarize(found: Sequence[NameVerdict], most: int = 6) -> list[str]:
    """One phrase per finding, names with the same words together, at most *most* phrases.

    Many names are cut short: those behind a red verdict stand in ``failing``.
    """
    by_words: dict[str, list[str]] = {}
    for one in found:
        by_words.setdefault(one.words, []).append(one.name)
    phrases = [f"{_listed(list(dict.fromkeys(n)))}: {words}" for words, n in by_words.items()]
    if len(phrases) > most:
        phrases = [*phrases[:most], f"and {len(phrases) - most} more"]
    return phrases


def _listed(names: list[str], most: int = 5) -> str:
    return first_few(names, len(names) if len(names) == most + 1 else most)


def failed_words(measurement: Measurement) -> tuple[str, str, str]:
    """Stage, cause and words of the failed stage of *measurement* (which must have one)."""
    failed = measurement.failed
    assert failed is not None
    assert failed.failure is not None
    detail = f" ({failed.failure.detail})" if failed.failure.detail else ""
    words = f"{failed.failure.cause} while at {failed.stage.value}{detail}"
    return failed.stage.value, failed.failure.cause, words


def notes_on(measurement: Measurement) -> str:
    """What a reader should know of a step that went well: flaky, or an address that is dead."""
    notes = []
    if measurement.flaky:
        flaky = measurement.flaky
        often = f"{flaky.failed} of {flaky.of} attempts" if flaky.of else "the first attempt"
        notes.append(f"flaky: {often} failed with {flaky.cause} while at {flaky.stage.value}")
    connect = measurement.at(Stage.CONNECT)
    if connect and connect.dead:
        addresses = ", ".join(one.address for one in connect.dead[:4])
        notes.append(f"{len(connect.dead)} of its addresses did not answer: {addresses}")
    return f" [{'; '.join(notes)}]" if notes else ""


def _unmeasured(name: str, view: HostView) -> NameVerdict:
    if not view.asked:
        return NameVerdict(
            name=name,
            verdict=Verdict.NOT_TESTED,
            words="the host was measured with other settings, which did not ask for it; measure "
            "it with these",
        )
    return NameVerdict(
        name=name,
        verdict=Verdict.ERROR,
        cause="probe-failed",
        words="the host sent no measurement of it",
    )


def _nameless(case: Case, row: RowView, view: HostView, expected: str) -> Judgement:
    """The judgement of a wildcard without a known name; the discovery calls say why."""
    feeding = {d.name for d in view.catalogue.discoveries if row.requirement.id in d.rows}
    asked = [d for d in view.evidence.discovered if d.name in feeding]
    told = [name for d in asked for name in d.names if row.endpoint.matches(name)]
    if told:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual="the host sent no measurement of what its discovery calls returned: "
            + _listed(list(dict.fromkeys(told))),
            cause="probe-failed",
            failing=dict.fromkeys(told),
        )
    failures = Counter(d.failure.cause for d in asked if d.failure)
    why = (
        f"the discovery call failed ({', '.join(sorted(failures))})"
        if failures
        else "no discovery call returned one"
    )
    return judged(
        case,
        Verdict.NOT_TESTABLE,
        expected=expected,
        actual=f"no name behind {row.endpoint.label} is published and {why}; "
        f"name one with --endpoint={row.requirement.id}=HOST",
        cause=failures.most_common(1)[0][0] if failures else None,
    )


def _forgive_retired(found: list[NameVerdict], regional: set[str]) -> list[NameVerdict]:
    """Without a location a missing regional name warns, as regions retire; all missing fail.

    Only the case that would be red warns; the row's others do without the name.
    """

    def gone(one: NameVerdict) -> bool:
        return one.name in regional and one.cause == "dns-not-found"

    if all(one.cause for one in found if one.name in regional):
        return found
    return [
        NameVerdict(
            name=one.name,
            verdict=Verdict.WARN,
            cause=one.cause,
            words=f"{one.words}; its region may be retired, set --location to leave it out",
        )
        if gone(one)
        else one
        for one in found
        if not (gone(one) and one.verdict is Verdict.BLOCKED)
    ]


def failures_of(measurements: list[Measurement]) -> Iterator[NameVerdict]:
    """A fail for each of *measurements*, with the cause of its failed stage."""
    for m in measurements:
        failure = m.failed.failure if m.failed else None
        cause = failure.cause if failure else "unknown"
        yield NameVerdict(name=m.name, verdict=Verdict.FAIL, cause=cause, words=cause)


def nothing_answered(case: Case, asked: list[Measurement], expected: str) -> Judgement:
    """Blocked by what stopped the endpoints; not applicable where none was to be measured."""
    failures = list(failures_of([m for m in asked if m.failed]))
    if not failures:
        return judged(
            case,
            Verdict.NOT_APPLICABLE,
            expected=expected,
            actual="no endpoint of the document applies to this host under this scope",
        )
    return judged(
        case,
        Verdict.BLOCKED,
        expected=expected,
        actual="nothing answered: " + "; ".join(summarize(failures, most=3)),
        cause=Counter(f.cause for f in failures).most_common(1)[0][0],
    )
