"""Bundles for tests: sealed from a golden situation, and made by hand as nobody seals them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime, timezone
from pathlib import Path

from arc_compliance.catalogue import catalogue_digest, load_catalogue
from arc_compliance.judge.anew import Saved, judge_anew
from arc_compliance.lab.service_tags import simulated_tags
from arc_compliance.options.files import NAMED_ROOTS
from arc_compliance.plan.scope import Scope
from arc_compliance.plan.waivers import Waivers
from arc_compliance.report.compliance import ComplianceReport, Host, overall_of
from arc_compliance.report.documents import json_of
from arc_compliance.report.run import result_of
from arc_compliance.seal.bundle import Sealing
from arc_compliance.seal.judges import judge_of
from arc_compliance.service_tags.sources import save_tags, tags_in
from arc_compliance.wire.record import read_record, save_record
from selftests.runs.golden_triples import CLOUD, GOLDEN, GOLDEN_HEADER

SCOPE = Scope(cloud=CLOUD, location="chinanorth3", proxy="http://jo:hunter2@proxy:3128")


NO_WAIVERS = Waivers(today=date(2026, 1, 1))


def sealing(
    folder: Path,
    situations: tuple[str, ...] = ("faulty",),
    allowlist: bytes | None = None,
    waivers: Waivers = NO_WAIVERS,
) -> Sealing:
    """A run on hosts in *situations*, judged and written into *folder*, ready to be sealed."""
    catalogue, scopes = load_catalogue(CLOUD), {}
    for situation in situations:
        record = read_record(GOLDEN / situation / "evidence.json")
        (folder / "evidence").mkdir(parents=True, exist_ok=True)
        named = {"run": "golden", "host": situation}
        evidence = record.evidence and record.evidence.model_copy(update=named)
        save_record(folder / "evidence", record.model_copy(update={**named, "evidence": evidence}))
        scopes[situation] = SCOPE
    raw = simulated_tags(catalogue, datetime(2026, 11, 25, tzinfo=timezone.utc))
    save_tags(folder / "service-tags", [raw], "")
    lists = [("fw rules.txt", allowlist)] if allowlist else []
    saved = Saved(
        evidence=folder / "evidence",
        run="golden",
        catalogue=catalogue,
        scopes=scopes,
        public_roots=NAMED_ROOTS.read_bytes(),
        service_tags=lambda: tags_in(folder / "service-tags", CLOUD),
        allowlists=(),
        waivers=waivers,
    )
    judgements = list(judge_anew(saved, judge_of))
    overall, missing = overall_of(judgements)
    report = ComplianceReport(
        overall=overall,
        header=replace(GOLDEN_HEADER, catalogue_sha256=catalogue_digest(CLOUD)),
        hosts=tuple(Host(label=host, measured=host != "unreachable") for host in scopes),
        results=tuple(result_of("t.py::t", 0.1, one) for one in judgements),
        missing=missing,
    )
    return replace(sealed_with(folder, report, scopes, lists), waivers=waivers)


def sealed_with(
    folder: Path,
    report: ComplianceReport,
    scopes: dict[str, Scope],
    allowlists: list[tuple[str, bytes]] | None = None,
) -> Sealing:
    """What is sealed of *report*, which is written into *folder*."""
    (folder / "compliance.json").write_bytes(b"".join(json_of(report)))
    (folder / "report.html").write_text("<p>a page</p>", encoding="utf-8")
    return Sealing(
        report=report,
        documents={name: folder / name for name in ("compliance.json", "report.html")},
        directory=folder,
        scopes=scopes,
        public_roots=NAMED_ROOTS.read_bytes(),
        allowlists=allowlists or [],
        doubts={},
        waivers=NO_WAIVERS,
    )


def changed(report: ComplianceReport, **fields: object) -> ComplianceReport:
    """*report* with other *fields* in the judgement of its first failure."""
    results = list(report.results)
    place = next(i for i, r in enumerate(results) if r.judgement.verdict.value == "fail")
    judgement = replace(results[place].judgement, **fields)  # type: ignore[arg-type]
    results[place] = replace(results[place], judgement=judgement)
    overall, missing = overall_of(one.judgement for one in results)
    return replace(report, results=tuple(results), overall=overall, missing=missing)


def texts(files: dict[str, bytes]) -> str:
    """All files of a bundle as one text."""
    return json.dumps({name: content.decode("latin-1") for name, content in files.items()})
