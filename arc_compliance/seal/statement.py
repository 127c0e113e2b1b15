"""What a run found, as an in-toto statement about the files of its bundle.

https://github.com/in-toto/attestation: Statement v1, predicate "test result" v0.1.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.compliance import ComplianceReport, Overall
from arc_compliance.seal.manifest import digest

NAME = "statement.json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://in-toto.io/attestation/test-result/v0.1"

_RESULTS = {Overall.COMPLIANT: "PASSED", Overall.COMPLIANT_WITH_WAIVERS: "WARNED"}
"""Any other run did not pass: an incomplete one is FAILED too, since the predicate knows no more
than three results."""


def statement_of(
    report: ComplianceReport, files: Mapping[str, bytes], configuration: Iterable[str]
) -> bytes:
    """The statement about *files*; those named in *configuration* are what was judged by."""
    statement: dict[str, Any] = {
        "_type": STATEMENT,
        "subject": [_resource(name, files) for name in sorted(files)],
        "predicateType": PREDICATE,
        "predicate": {
            "result": _RESULTS.get(report.overall, "FAILED"),
            "configuration": [_resource(name, files) for name in sorted(configuration)],
            "passedTests": _tests(report, Verdict.PASS),
            "warnedTests": _tests(report, Verdict.WARN, Verdict.WAIVED),
            "failedTests": _tests(report, Verdict.FAIL, Verdict.ERROR),
        },
    }
    return json.dumps(statement, indent=1).encode() + b"\n"


def subjects_in(statement: bytes) -> dict[str, str]:
    """The digests that *statement* is about, by name; raise ValueError where it is none of ours."""
    try:
        document = json.loads(statement)
        kinds = document["_type"], document["predicateType"]
        subjects = {one["name"]: one["digest"]["sha256"] for one in document["subject"]}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ValueError("is not an in-toto statement") from error
    if kinds != (STATEMENT, PREDICATE):
        raise ValueError("is an in-toto statement of another kind")
    return subjects


def _resource(name: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    return {"name": name, "digest": {"sha256": digest(files[name])}}


def _tests(report: ComplianceReport, *verdicts: Verdict) -> list[str]:
    return [judgement.case for judgement in report.of(*verdicts)]
