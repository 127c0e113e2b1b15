"""What a judge says of one case: a verdict with its cause, expected and actual."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from enum import Enum
from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.causes import CAUSES, Owner, Remedy, cause_named, remedy_for
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


@dataclass(
    frozen=True, slots=True, kw_only=True, config=ConfigDict(extra="forbid", defer_build=True)
)
class Judgement:
    """The judgement of one case, in plain values that survive any report format.

    ``host`` is empty for the run's own last case, ``endpoint`` where a case has no row of the
    document; ``failing`` are the names behind the verdict; ``cause``, ``owner`` and ``remedy`` are
    empty where there is nothing to fix. ``remedy`` is a sentence, ``owner`` who acts on it;
    ``further`` is what else there is to do, where the judgement is of several parts.
    ``verdict_without_waiver`` and ``waiver``, who accepts it until when and why, are empty where
    the verdict is not "waived".
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
    owner: Owner | Literal[""] = ""
    remedy: str = ""
    further: tuple[Remedy, ...] = ()
    verdict_without_waiver: Verdict | Literal[""] = ""
    waiver: str = ""

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """All that there is to do."""
        if not self.owner:
            return ()
        return (Remedy(self.owner, self.remedy), *self.further)

    @property
    def remedy_text(self) -> str:
        """All that there is to do as it is printed, a line each: "owner: sentence"."""
        return "\n".join(one.text for one in self.remedies)

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
            "owner": self.owner.value if self.owner else "",
            "remedy": self.remedy,
            "further": json.dumps([[r.owner.value, r.sentence] for r in self.further])
            if self.further
            else "",
            "verdict_without_waiver": Verdict(self.verdict_without_waiver).value
            if self.verdict_without_waiver
            else "",
            "waiver": self.waiver,
            "section": self.section,
            "case": self.case,
        }
        return [(name, value) for name, value in pairs.items() if value]


def judgement_from(properties: Mapping[str, str]) -> Judgement:
    """The judgement whose `Judgement.properties` are *properties*."""
    values = dict(properties)
    failing = tuple(name for name in values.pop("failing", "").split(",") if name)
    told = json.loads(values.pop("further", "[]"))
    further = tuple(Remedy(Owner(owner), sentence) for owner, sentence in told)
    # pydantic checks the values
    return Judgement(failing=failing, further=further, **values)  # type: ignore[arg-type]


def judged(
    case: Case,
    verdict: Verdict,
    *,
    expected: str,
    actual: str,
    cause: str | None = None,
    failing: Iterable[str] = (),
    remedy: Remedy | None = None,
) -> Judgement:
    """The judgement of *case*; the remedy follows from the cause, unless the judge words it better.

    A cause that says "could not measure" turns a fail into an error.
    """
    names = tuple(failing)
    known = cause_named(cause) if cause else ""
    if verdict is Verdict.FAIL and known and not CAUSES[known].measured:
        verdict = Verdict.ERROR
    if remedy is None and known:
        remedy = remedy_for(known, names, case.platform)
    to_do = None if verdict is Verdict.PASS else remedy
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
        owner=to_do.owner if to_do else "",
        remedy=to_do.sentence if to_do else "",
    )


def with_remedies(judgement: Judgement, remedies: Iterable[Remedy]) -> Judgement:
    """*judgement*, about which *remedies* say what there is to do, each once."""
    each = tuple(dict.fromkeys(remedies))
    if not each:
        return replace(judgement, owner="", remedy="", further=())
    return replace(judgement, owner=each[0].owner, remedy=each[0].sentence, further=each[1:])


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
    worst = replace(
        ordered[0],
        expected="; ".join(dict.fromkeys(part.expected for part in parts)),
        actual="; ".join(dict.fromkeys(part.actual for part in ordered)),
        failing=tuple(dict.fromkeys(name for part in alike for name in part.failing)),
    )
    return with_remedies(worst, (remedy for part in alike for remedy in part.remedies))
