"""The report of an earlier run, to compare with: anybody's file, checked whole and scrubbed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import read_at_most
from arc_compliance.base.redact import scrub_all
from arc_compliance.report.compliance import REPORT, ComplianceReport
from arc_compliance.report.seen import Seen, seen_by

NAME = "compliance.json"
FORMAT = 1

MAX_BYTES = 512 * 1024 * 1024
"""What a report may hold; that of 1,000 hosts has 90 MB."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Previous:
    """An earlier run's report, and the folder in which its evidence may lie."""

    report: ComplianceReport
    evidence: Path

    def seen(self) -> dict[str, Seen]:
        """What its hosts saw, as far as their evidence is there still."""
        header = self.report.header
        run = None if "--evidence" in dict(header.settings) else header.run
        labels = (host.label for host in self.report.hosts if host.measured)
        return seen_by(labels, self.evidence, run)


def read_previous(path: Path, cloud: str) -> Previous:
    """The report in the file *path*, or in the report folder *path*, for a run about *cloud*.

    Raise Fault where there is none, it is another document, or it is about another cloud.
    """
    file = path / NAME if path.is_dir() else path
    if path.is_dir() and not file.exists():
        raise Fault(f"{path} holds no {NAME}; name the report folder of an earlier run")
    with reading(str(file)):
        report = _report_in(read_at_most(file, MAX_BYTES))
        if report.header.cloud != cloud:
            raise Fault(f"is a report about {report.header.cloud}, and this run is about {cloud}")
        if not any(result.judgement.host for result in report.results):
            raise Fault("its run ended before anything was judged; name an earlier one")
    return Previous(report=report, evidence=file.parent / "evidence")


def _report_in(content: bytes) -> ComplianceReport:
    try:
        document: Any = scrub_all(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise Fault(f"is not JSON; name the {NAME} of an earlier run") from error
    if not isinstance(document, dict) or not {"format", "header", "results"} <= document.keys():
        raise Fault(f"is not a report; name the {NAME} of an earlier run")
    if document["format"] != FORMAT:
        raise Fault(f"has format {str(document['format'])[:20]!r}; this suite reads {FORMAT}")
    try:
        return REPORT.validate_python(document)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"]))
        raise Fault(f"{where}: {fault['msg']}; a newer suite may have written it") from error
