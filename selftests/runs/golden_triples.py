"""Golden triples: one host's evidence, the judgements on it, and its rows in the report.

``make golden`` measures the situations anew and writes the triples; whoever does so reads the
difference before committing it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from arc_compliance.catalogue import load_catalogue
from arc_compliance.judge.case import judge_case
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.view import Grounds, view_of
from arc_compliance.lab.service_tags import simulated_tags
from arc_compliance.options.files import NAMED_ROOTS
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.report.compliance import (
    REPORT,
    ComplianceReport,
    Header,
    Result,
    overall_of,
)
from arc_compliance.report.junit import render_junit, text_of
from arc_compliance.report.page.rows import table_row
from arc_compliance.seal.judges import judge_of
from arc_compliance.service_tags.tags import parse_tag_file, service_tags
from arc_compliance.wire.record import HostRecord, read_record
from selftests.suite_run import ROOT

GOLDEN = ROOT / "selftests" / "runs" / "golden"
CLOUD = "AzureChinaCloud"
SITUATIONS = {
    "healthy": ("--demo", "--location=chinanorth3"),
    "faulty": ("--demo=faulty", "--location=chinanorth3"),
    "unreachable": ("--hosts=ssh://nobody.invalid", "--location=chinanorth3"),
}
"""What each situation is measured with."""


def triple(record: HostRecord) -> dict[str, str]:
    """The second and third part for the first one: files' names and texts."""
    results = tuple(
        Result(classname="golden", name=judgement.case, duration=0.0, judgement=judgement)
        for judgement in judgements(record)
    )
    overall, missing = overall_of(one.judgement for one in results)
    report = ComplianceReport(
        overall=overall, header=GOLDEN_HEADER, hosts=(), results=results, missing=missing
    )
    rows = [
        "\n".join(
            [
                *table_row(j.requirement, j.host, j.endpoint, j.verdict.value),
                text_of(j),
            ]
        )
        for j in (one.judgement for one in results)
    ]
    judged = [one["judgement"] for one in REPORT.dump_python(report, mode="json")["results"]]
    return {
        "judgements.json": json.dumps(judged, indent=1) + "\n",
        "junit.xml": "".join(render_junit(report)),
        "rows.html": "\n\n".join(rows) + "\n",
    }


def judgements(record: HostRecord) -> Iterator[Judgement]:
    """Every judgement on *record*, made as the tests make them."""
    catalogue = load_catalogue(CLOUD)
    scope = Scope(cloud=CLOUD, location="chinanorth3")
    tags = simulated_tags(catalogue, datetime.fromtimestamp(record.collected, timezone.utc))
    grounds = Grounds(
        catalogue=catalogue,
        scope=scope,
        now=datetime.fromtimestamp(record.collected, timezone.utc),
        public_roots=PublicRoots(
            record.public_roots.encode() if record.public_roots else NAMED_ROOTS.read_bytes()
        ),
        service_tags=service_tags([parse_tag_file(tags.name, tags.content)], CLOUD),
    )
    host = view_of(record, grounds) or record
    for case in plan_cases(catalogue, {record.host: scope}):
        yield judge_case(case, host, judge_of(case.requirement.id))


GOLDEN_HEADER = Header(
    suite_version="0",
    run="golden",
    cloud=CLOUD,
    location="chinanorth3",
    catalogue_sha256="0" * 64,
    service_tags="none",
    selection="all",
    planned=0,
    judged=0,
    started="2026-01-01T00:00:00+00:00",
    finished="2026-01-01T00:00:00+00:00",
    simulated=True,
)


def _renew() -> None:
    for name, arguments in SITUATIONS.items():
        with tempfile.TemporaryDirectory() as reports:
            command = [sys.executable, "-m", "pytest", "-q", f"--report-dir={reports}", *arguments]
            if name == "unreachable":  # nothing of it comes from the internet
                tags = simulated_tags(load_catalogue(CLOUD), datetime.now(timezone.utc))
                Path(reports, tags.name).write_bytes(tags.content)
                command.append(f"--service-tags={Path(reports, tags.name)}")
            subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.DEVNULL)
            (measured,) = Path(reports, "evidence").glob("*.json")
            record = _of_no_machine(json.loads(measured.read_text(encoding="utf-8")))
            (GOLDEN / name).mkdir(parents=True, exist_ok=True)
            (GOLDEN / name / "evidence.json").write_text(json.dumps(record, indent=1) + "\n")
        for file, text in triple(read_record(GOLDEN / name / "evidence.json")).items():
            (GOLDEN / name / file).write_text(text, encoding="utf-8")


def _of_no_machine(record: dict[str, Any]) -> dict[str, Any]:
    """*record* without what tells of the machine on which it was made."""
    if record["evidence"]:
        record["evidence"]["vantage"] |= {"hostname": "web01", "resolvers": ["192.0.2.53"]}
        record["evidence"]["facts"]["trust"]["file"] = "/simulated/trusted.pem"
        del record["evidence"]["probe"]["sha256"]  # another one after each change to the probe
    return record


if __name__ == "__main__":
    _renew()
