"""What a judge says of one case: a verdict with its cause, expected and actual."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.causes import CAUSES, cause_named, remedy
from arc_compliance.plan.cases import Case


class Verdict(str, Enum):
    """The nine verdicts; there is no default one."""

    PASS = "pass"  # noqa: S105 - a verdict, no password
    FAIL = "fail"
    WARN = "warn"
    WAIVED = "waived"
    BLOCKED = "blocked"
    NOT_APPLICABLE = "not-applicable"
    NOT_TESTED = "not-tested"
    NOT_TESTABLE = "not-testable"
    ERROR = "error"


WORST_FIRST = (
    Verdict.FAIL,
    Verdict.ERROR,
    Verdict.BLOCKED,
    Verdict.NOT_TESTED,
    Verdict.WARN,
    Verdict.PASS,
    Verdict.NOT_TESTABLE,
    Verdict.NOT_APPLICABLE,
)
"""The order in which the verdict on a part decides for the whole."""


@dataclass(frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid"))
class Judgement:
    """The judgement of one case, in plain values that survive any report format.

    ``host`` is empty for the run's own last case, ``endpoint`` where a case has no row of the
    document; ``failing`` are the names behind the verdict; ``cause`` and ``remedy`` are empty where
    there is nothing to mend.
    """

    case: str
    requirement: str
    section: str
    level: Level
    verdict: Verdict
    expected: str = ""
    actual: str = ""
    host: str = ""
    endpoint: str = ""
    cause: str = ""
    failing: tuple[str, ...] = ()
    remedy: str = ""

    @property
    def must(self) -> bool:
        """Whether the run's overall verdict hangs on this case."""
        return self.level is Level.MUST

    def properties(self) -> list[tuple[str, str]]:
        """The judgement as plain strings, for the way from a worker and for JUnit."""
        pairs = {
            "requirement": self.requirement,
            "level": self.level.value,
            "host": self.host,
            "endpoint": self.endpoint,
            "verdict": self.verdict.value,
            "cause": self.cause,
            "failing": ",".join(self.failing),
            "expected": self.expected,
            "actual": self.actual,
            "remedy": self.remedy,
            "section": self.section,
            "case": self.case,
        }
        return [(name, value) for name, value in pairs.items() if value]


def judgement_from(properties: Mapping[str, str]) -> Judgement:
    """The judgement whose `Judgement.properties` are *properties*."""
    values = dict(properties)
    failing = tuple(name for name in values.pop("failing", "").split(",") if name)
    return Judgement(failing=failing, **values)  # type: ignore[arg-type]  # validated by pydantic


def judged(
    case: Case,
    verdict: Verdict,
    *,
    expected: str,
    actual: str,
    cause: str | None = None,
    failing: Iterable[str] = (),
    mend: str | None = None,
) -> Judgement:
    """The judgement of *case*; the remedy follows from the cause, unless *mend* says it better.

    A cause that says "could not measure" turns a fail into an error.
    """
    names = tuple(failing)
    known = cause_named(cause) if cause else ""
    if verdict is Verdict.FAIL and known and not CAUSES[known].measured:
        verdict = Verdict.ERROR
    return Judgement(
        case=case.id,
        requirement=case.requirement.id,
        section=case.requirement.section,
        level=case.requirement.level,
        host=case.host,
        endpoint=case.row.label if case.row else "",
        verdict=verdict,
        cause=known,
        failing=names,
        expected=expected,
        actual=actual,
        remedy="" if verdict is Verdict.PASS else mend or (remedy(known, names) if known else ""),
    )


def untested(case: Case, expected: str, actual: str, why: str) -> Judgement:
    """The judgement of *case* where a fact of the host is unknown, for the reason *why*: the rights
    to read it, as a rule."""
    rights = why.endswith("permission-denied")
    cause = "permission-denied" if rights else None
    words = f"{actual}; run again with --sudo" if rights else actual
    return judged(case, Verdict.NOT_TESTED, expected=expected, actual=words, cause=cause)


def worst_of(parts: Sequence[Judgement]) -> Judgement:
    """One judgement from at least one on the same case: the worst decides, all are told."""
    ordered = sorted(parts, key=lambda part: WORST_FIRST.index(part.verdict))
    alike = [part for part in ordered if part.verdict is ordered[0].verdict]
    return replace(
        ordered[0],
        expected="; ".join(dict.fromkeys(part.expected for part in parts)),
        actual="; ".join(dict.fromkeys(part.actual for part in ordered)),
        failing=tuple(dict.fromkeys(name for part in alike for name in part.failing)),
        remedy="\n".join(dict.fromkeys(part.remedy for part in alike if part.remedy)),
    )
