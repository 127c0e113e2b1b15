"""compliance.json in pieces: the same document as in one."""

from __future__ import annotations

import json

import pytest

from arc_compliance.judge.judgement import Judgement
from arc_compliance.report.compliance import REPORT, ComplianceReport, Overall
from arc_compliance.report.documents import RESULTS_AT_ONCE, json_of
from arc_compliance.report.run import result_of
from selftests.runs.golden_triples import GOLDEN_HEADER


def _report(results: int) -> ComplianceReport:
    judgement = Judgement(
        case="web01-urls/aka",
        requirement="urls/aka",
        section="URLs",
        level="MUST",  # type: ignore[arg-type]
        verdict="pass",  # type: ignore[arg-type]
        host="web01",
        actual='said "results": []\n and Grüße',
    )
    return ComplianceReport(
        overall=Overall.COMPLIANT,
        header=GOLDEN_HEADER,
        hosts=(),
        results=(result_of("tests_network/test_urls.py::test_it[x]", 0.25, judgement),) * results,
        missing=("one", "two"),
    )


@pytest.mark.parametrize("results", [0, 1, RESULTS_AT_ONCE, 2 * RESULTS_AT_ONCE + 1])
def test_the_pieces_make_the_document(results: int) -> None:
    report = _report(results)

    text = b"".join(json_of(report)).decode("ascii")

    assert json.loads(text) == REPORT.dump_python(report, mode="json")
    assert text == json.dumps(json.loads(text), indent=1) + "\n"
