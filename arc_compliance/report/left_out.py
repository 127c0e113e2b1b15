"""What a narrowed run leaves out that the whole run would have judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Level
from arc_compliance.plan.cases import Case
from arc_compliance.report.compliance import Overall

MOST_NAMED = 4
"""So many requirements and hosts are named, the others are counted."""

_LINE = "left out by the selection: "
_GREEN = (Overall.COMPLIANT, Overall.COMPLIANT_WITH_WAIVERS)


def left_out_of(planned: Iterable[Case], selected: Container[str]) -> Iterator[Case]:
    """The cases of *planned* that have to hold and whose ids are not among the *selected*.

    A case that does not apply by its scope, or that no host can show, is not missed. Whether a
    host's own state makes one not applicable is unknown without judging it: it counts as missed.
    """
    for case in planned:
        requirement = case.requirement
        judged_by_host = case.not_applicable is None and not requirement.not_testable
        if requirement.level is Level.MUST and judged_by_host and case.id not in selected:
            yield case


def by_host(left_out: Iterable[Case]) -> Counter[str]:
    """How many cases are left out of each host, by its label."""
    return Counter(case.host for case in left_out)


def with_left_out(
    overall: Overall, missing: tuple[str, ...], left_out: Sequence[Case]
) -> tuple[Overall, tuple[str, ...]]:
    """The verdict on a run of which *overall* and *missing* are what its selected cases say.

    Nobody can call a run compliant that left out what must hold. A failure stays one.
    """
    if not left_out:
        return overall, missing
    requirements = list(dict.fromkeys(case.requirement.id for case in left_out))
    hosts = list(dict.fromkeys(case.host for case in left_out))
    cases = f"{len(left_out):,} {'case' if len(left_out) == 1 else 'cases'} that must hold"
    line = (
        f"{_LINE}{cases}, of {first_few(requirements, MOST_NAMED)} "
        f"on {first_few(hosts, MOST_NAMED)}"
    )
    return (Overall.INCOMPLETE if overall in _GREEN else overall), (*missing, line)


def told_of(missing: Iterable[str]) -> str:
    """The line of *missing* that says what was left out; empty where nothing was."""
    return next((line for line in missing if line.startswith(_LINE)), "")
