"""What became of each waiver and attestation in a run: which cases it covers, and why none."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from arc_compliance.base.wording import first_few
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.waive import waiver_of
from arc_compliance.plan.cases import Case
from arc_compliance.plan.globs import matches, names_row
from arc_compliance.plan.waivers import Attestation, Waiver, Waivers
from arc_compliance.report.compliance import AttestationUse, UseState, WaiverUse


def waiver_uses(
    waivers: Waivers,
    judgements: Iterable[Judgement],
    case_of: Callable[[str], Case | None],
    hosts: Sequence[str],
) -> tuple[WaiverUse, ...]:
    """Each waiver with the cases that it waives in *judgements*, or would if it had not expired.

    *case_of* gives a case by its id, *hosts* are the labels of the run.
    """
    if not waivers.waivers:
        return ()
    by_words = {one.words: one.number for one in waivers.waivers}
    cases: dict[int, list[str]] = {}
    for judgement in judgements:
        if judgement.verdict is Verdict.WAIVED:
            cases.setdefault(by_words[judgement.waiver], []).append(judgement.case)
        elif case := case_of(judgement.case):
            over = waiver_of(judgement, case, waivers, expired=True)
            if over:
                cases.setdefault(over.number, []).append(judgement.case)
    return tuple(_waiver_use(one, waivers, cases, hosts) for one in waivers.waivers)


def _waiver_use(
    one: Waiver, waivers: Waivers, cases: dict[int, list[str]], hosts: Sequence[str]
) -> WaiverUse:
    its = cases.get(one.number, [])
    expired = waivers.expired(one)
    state = UseState.EXPIRED if expired else UseState.ACTIVE if its else UseState.UNUSED
    return WaiverUse(
        number=one.number,
        state=state,
        requirement=one.requirement,
        hosts=one.hosts,
        rows=one.rows or (),
        reason=one.reason,
        approved_by=one.approved_by,
        expires=one.expires.isoformat(),
        cases=tuple(its),
        note="" if its else "; ".join(_why_unused(one, waivers, hosts)),
    )


def _why_unused(one: Waiver, waivers: Waivers, hosts: Sequence[str]) -> Iterator[str]:
    """Why a waiver covers no case of the run."""
    if one.cloud not in (None, waivers.cloud):
        yield f"it is for {one.cloud}"
        return
    absent = [each for each in one.hosts if not any(matches(each, host) for host in hosts)]
    unknown = [
        each
        for each in one.rows or ()
        if not any(names_row(each, row, waivers.rows) for row in waivers.rows)
    ]
    if absent:
        yield f"no host of the run is {first_few(absent, 3)}"
    if unknown:
        yield f"no row of the document is {first_few(unknown, 3)}"
    if not absent and not unknown:
        yield "nothing that it covers failed, or another waiver covers it"


def attestation_uses(
    waivers: Waivers, judgements: Iterable[Judgement]
) -> tuple[AttestationUse, ...]:
    """Each attestation with the cases that it speaks of in *judgements*."""
    cases: dict[int, list[str]] = {}
    for judgement in judgements if waivers.attestations else ():
        if judgement.verdict is Verdict.NOT_TESTABLE:
            one = waivers.attesting(judgement.requirement, judgement.host)
            if one:
                cases.setdefault(one.number, []).append(judgement.case)
    return tuple(_attestation_use(one, waivers, cases) for one in waivers.attestations)


def _attestation_use(
    one: Attestation, waivers: Waivers, cases: dict[int, list[str]]
) -> AttestationUse:
    its = cases.get(one.number, [])
    expired = waivers.expired(one)
    return AttestationUse(
        number=one.number,
        state=UseState.EXPIRED if expired else UseState.ACTIVE if its else UseState.UNUSED,
        requirement=one.requirement,
        hosts=one.hosts,
        statement=one.statement,
        by=one.by,
        date=one.stated.isoformat(),
        expires=one.expires.isoformat(),
        cases=tuple(its),
    )


def waiver_words(one: WaiverUse) -> str:
    """What became of a waiver, on one line."""
    about = f"waiver {one.number} ({one.requirement} on {first_few(one.hosts, 3)})"
    number = f"{len(one.cases):,} case{'s'[: len(one.cases) != 1]}"
    if one.state is UseState.ACTIVE:
        words = f"waives {number} until {one.expires}, approved by {one.approved_by}: {one.reason}"
    elif one.state is UseState.EXPIRED:
        stand = f"{number} that it covered {'stand' if len(one.cases) != 1 else 'stands'} again"
        words = f"expired on {one.expires}" + (f"; {stand}" if one.cases else "")
    else:
        words = f"is unused: {one.note}"
    return f"{about} {words}"


def attestation_words(one: AttestationUse) -> str:
    """What became of an attestation, on one line."""
    about = f"attestation {one.number} ({one.requirement})"
    if one.state is UseState.UNUSED:
        return f"{about} is unused: no case of the run is what it speaks of"
    end = f"expired on {one.expires}" if one.state is UseState.EXPIRED else f"until {one.expires}"
    return f"{about} by {one.by} on {one.date}: {one.statement}, {end}"
