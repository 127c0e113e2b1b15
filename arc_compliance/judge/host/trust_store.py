"""The trust store that the agent uses on the host."""

from __future__ import annotations

from arc_compliance.catalogue import named_roots
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.endpoint.certificates import inspected, public_verdict
from arc_compliance.judge.judgement import Judgement, Verdict, judged, untested
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.observation import Stage

RETIRING = "DigiCert Global Root CA"
"""Distrusted by Mozilla since April 2026, so that updated hosts are without it."""


def judge_trust_store(case: Case, view: HostView) -> Judgement:
    """Whether the store has the roots that Azure names, and which private CAs issue for Microsoft's
    names here.

    A chain that ends in a root which the host lacks is red in its own case.
    """
    expected = "the roots that Azure's page on certificate authorities names"
    facts = view.facts.trust
    if facts.chosen_by == "order":
        words = "the run brought a trust store of its own"
        return judged(case, Verdict.NOT_APPLICABLE, expected=expected, actual=words)
    if facts.failure:
        words = f"the trust store was not read: {facts.failure}"
        return untested(case, expected, words, facts.failure)
    where = facts.file or ", ".join(facts.directories)
    words = f"{where}: {facts.roots} roots{_private_authorities(view)}"
    present = set(facts.fingerprints)
    missing = [n for digest, n in named_roots().items() if digest[:16] not in present]
    lacking = [name for name in missing if name != RETIRING]
    if missing:
        words += f"; without {', '.join(missing)}"
    if not lacking:
        return judged(case, Verdict.PASS, expected=expected, actual=words)
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=words,
        failing=lacking,
        remedy=Remedy(
            Owner.SERVER,
            "Update the host's ca-certificates (apt install --only-upgrade, dnf or "
            "zypper update), or add the roots that its bundle lacks.",
        ),
    )


def _private_authorities(view: HostView) -> str:
    """The private CAs that the host trusts and that sign for the endpoints here."""
    found: dict[str, int] = {}
    for measurement in view.evidence.measurements:
        if not measurement.passed(Stage.CERTIFICATE):
            continue
        public = public_verdict(measurement, view)
        if public is not None and inspected(measurement, view):
            found[public.issuer] = found.get(public.issuer, 0) + 1
    named = [f"{issuer} ({n} name{'s'[: n != 1]})" for issuer, n in found.items()]
    return f"; private CAs that issue for Microsoft's names: {', '.join(named)}" if named else ""
