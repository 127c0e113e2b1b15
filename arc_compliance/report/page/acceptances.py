"""The waivers and attestations of a run: those that need attention first."""

from __future__ import annotations

from collections.abc import Iterator

from arc_compliance.report.compliance import ComplianceReport, UseState
from arc_compliance.report.page.model import Acceptance
from arc_compliance.report.waivers import attestation_words, waiver_words
from arc_compliance.report.words import sentence

_STATES = {
    UseState.EXPIRED: ("expired", "warn"),
    UseState.UNUSED: ("unused", "open"),
    UseState.ACTIVE: ("active", "waived"),
}
"""Each state's word and tone, most urgent first."""


def acceptances_of(report: ComplianceReport) -> tuple[Acceptance, ...]:
    """Every waiver and attestation of *report*, the expired first."""
    order = [word for word, _ in _STATES.values()]
    return tuple(sorted(_every(report), key=lambda one: order.index(one.word)))


def _every(report: ComplianceReport) -> Iterator[Acceptance]:
    for one in report.waivers:
        yield _acceptance(one.state, waiver_words(one), len(one.cases))
    for other in report.attestations:
        yield _acceptance(other.state, attestation_words(other), len(other.cases))


def _acceptance(state: UseState, words: str, cases: int) -> Acceptance:
    word, tone = _STATES[state]
    return Acceptance(tone=tone, word=word, words=sentence(words), cases=cases)
