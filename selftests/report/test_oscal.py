"""OSCAL assessment results, read by a tool for OSCAL."""

from __future__ import annotations

import importlib.util
import json
from collections import Counter
from typing import Any

import pytest

from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.oscal import control_id, render_oscal
from selftests.conftest import needs
from selftests.report.page.fleet import fleet
from selftests.report.test_comparison import report

MADE = fleet(4, seed=5)


def results(found: ComplianceReport) -> Any:
    return json.loads(render_oscal(found, MADE.catalogue))["assessment-results"]["results"][0]


def finding(verdicts: dict[str, str]) -> Any:
    """The finding on the one requirement that *verdicts* are of, None where there is none."""
    return (*results(report(verdicts)).get("findings", []), None)[0]


@pytest.mark.parametrize("hostile", [False, True])
def test_a_tool_for_oscal_reads_it(hostile: bool) -> None:
    needs(importlib.util.find_spec("trestle"), "compliance-trestle")
    from trestle.oscal.assessment_results import Model

    made = fleet(12, hostile=hostile)

    read = Model.model_validate(json.loads(render_oscal(made.report, made.catalogue)))

    assert len(read.assessment_results.results[0].observations) == len(made.report.results) - 1


def test_every_case_is_an_observation_with_its_verdict() -> None:
    counted = Counter(
        prop["value"]
        for one in results(MADE.report)["observations"]
        for prop in one["props"]
        if prop["name"] == "verdict"
    )

    assert counted == {v.value: n for v, n in MADE.report.counts().items() if n}


def test_the_same_report_makes_the_same_document() -> None:
    assert render_oscal(MADE.report, MADE.catalogue) == render_oscal(MADE.report, MADE.catalogue)


def test_identifiers_are_unique_and_lead_somewhere() -> None:
    found = results(MADE.report)
    made = [
        one["uuid"] for kind in ("observations", "risks", "findings") for one in found[kind]
    ] + [one["uuid"] for one in found["local-definitions"]["inventory-items"]]

    assert len(made) == len(set(made))
    for one in found["findings"]:
        assert {r["observation-uuid"] for r in one["related-observations"]} <= set(made)
        assert {r["risk-uuid"] for r in one.get("related-risks", [])} <= set(made)
    for one in found["observations"]:
        assert {subject["subject-uuid"] for subject in one["subjects"]} <= set(made)


@pytest.mark.parametrize(
    ("verdicts", "state", "reason"),
    [
        (("pass", "pass"), "satisfied", "pass"),
        (("pass", "warn"), "satisfied", "pass"),
        (("pass", "not-applicable"), "satisfied", "pass"),
        (("pass", "fail"), "not-satisfied", "fail"),
        (("error", "fail"), "not-satisfied", "fail"),
        (("pass", "error"), "not-satisfied", "other"),
        (("pass", "blocked"), "not-satisfied", "other"),
        (("pass", "not-tested"), "not-satisfied", "other"),
        (("pass", "waived"), "not-satisfied", "other"),
    ],
)
def test_what_was_not_seen_is_never_satisfied(
    verdicts: tuple[str, str], state: str, reason: str
) -> None:
    found = finding({"a urls/his": verdicts[0], "b urls/his": verdicts[1]})

    assert found["target"]["target-id"] == "urls.his"
    assert found["target"]["status"]["state"] == state
    assert found["target"]["status"]["reason"] == reason


@pytest.mark.parametrize("verdict", ["not-applicable", "not-testable"])
def test_what_says_nothing_is_no_finding(verdict: str) -> None:
    assert finding({"a urls/his": verdict}) is None


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [(("fail", "waived"), "open"), (("waived", "waived"), "deviation-approved")],
)
def test_a_failure_is_a_risk(verdicts: tuple[str, str], status: str) -> None:
    found = results(report({"a urls/his": verdicts[0], "b urls/his": verdicts[1]}))

    (risk,) = found["risks"]
    assert risk["status"] == status
    assert len(risk["related-observations"]) == 2


def test_each_requirement_has_an_id_of_its_own() -> None:
    ids = [control_id(one.id) for one in MADE.catalogue.requirements]

    assert len(ids) == len(set(ids))


def test_markup_of_a_host_means_itself() -> None:
    made = fleet(2, hostile=True)

    text = render_oscal(made.report, made.catalogue)

    assert "\\\\<script\\\\>" in text
