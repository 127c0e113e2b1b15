"""Evidence that contradicts the order or itself shows nothing: no case is green by it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.wire.record import record_from
from selftests.runs.golden_triples import GOLDEN, judgements

HEALTHY: dict[str, Any] = json.loads((GOLDEN / "healthy" / "evidence.json").read_text())


def judged(change: Callable[[dict[str, Any]], None]) -> dict[str, list[Judgement]]:
    """The judgements, by requirement, on a healthy host whose evidence is changed so."""
    record = copy.deepcopy(HEALTHY)
    change(record["evidence"])
    found: dict[str, list[Judgement]] = {}
    for one in judgements(record_from(record)):
        found.setdefault(one.requirement, []).append(one)
    return found


def test_plain_http_in_the_place_of_tls_is_no_measurement() -> None:
    def change(evidence: dict[str, Any]) -> None:
        for one in evidence["measurements"]:
            steps = one["observations"]
            one["scheme"] = "http"
            one["observations"] = [s for s in steps if s["stage"] not in ("tls", "certificate")]

    found = judged(change)

    for requirement in ("principles/certificates", "tls/1.2"):
        verdicts = {one.verdict for one in found[requirement]}
        assert Verdict.ERROR in verdicts
        assert Verdict.PASS not in verdicts


def test_a_chain_that_verified_with_a_fault_is_not_good() -> None:
    def change(evidence: dict[str, Any]) -> None:
        for one in evidence["measurements"]:
            for step in one["observations"]:
                if step["stage"] == "certificate":
                    step["verify_code"] = 20

    verdicts = {one.verdict for one in judged(change)["principles/certificates"]}

    assert Verdict.ERROR in verdicts
    assert Verdict.PASS not in verdicts


def test_a_name_that_was_discovered_and_not_measured_is_an_error() -> None:
    def change(evidence: dict[str, Any]) -> None:
        measured = evidence["measurements"]
        evidence["measurements"] = [one for one in measured if one["origin"] == "ordered"]

    found = [one for several in judged(change).values() for one in several]

    errors = [one for one in found if one.verdict is Verdict.ERROR]
    assert errors
    assert all(
        "no measurement of what its discovery calls returned" in one.actual for one in errors
    )
