"""The documents of a run as files, each written whole from the one report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import TypeAdapter

from arc_compliance.base.files import write_whole
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.report import firewall_request, html
from arc_compliance.report.compliance import REPORT, ComplianceReport, Result
from arc_compliance.report.junit import is_ours, render_junit
from arc_compliance.report.step_summary import render_step_summary
from arc_compliance.service_tags.tags import ServiceTags

RESULTS_AT_ONCE = 500
"""How many results are rendered at a time, so that memory holds no document of a large fleet."""

_RESULTS = TypeAdapter(tuple[Result, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where the documents of a run go; *directory* is for those that have fixed names."""

    junit: Path
    html: Path
    json: Path
    directory: Path

    @property
    def firewall_request(self) -> tuple[Path, ...]:
        """The files of the firewall request."""
        return tuple(self.directory / name for name in firewall_request.FILES)


def write_incomplete(places: Places, report: ComplianceReport) -> None:
    """Put *report*, of a run that has only begun, where the last run's documents stand.

    Raise OSError where one cannot be written; then none of the last run's stays.
    """
    try:
        _write_junit(places.junit, report)
        write_whole(places.json, json_of(report))
        write_whole(places.html, html.incomplete_page(report.header.run, report.header.started))
        for path in places.firewall_request:
            path.unlink(missing_ok=True)
    except OSError:
        for path in (places.junit, places.json, places.html):
            path.unlink(missing_ok=True)
        raise


def write_documents(
    places: Places, report: ComplianceReport, catalogue: Catalogue, tags: ServiceTags
) -> int:
    """Write all but report.html; the number of rules that the firewall request asks for."""
    _write_junit(places.junit, report)
    write_whole(places.json, json_of(report))
    wanted = firewall_request.asks(report, catalogue)
    texts = (
        firewall_request.render_csv(wanted, report),
        firewall_request.render_text(wanted, report, tags),
        firewall_request.render_nftables(wanted, tags),
    )
    for path, text in zip(places.firewall_request, texts, strict=True):
        if text is None:
            path.unlink(missing_ok=True)
        else:
            write_whole(path, text)
    return len(wanted)


def append_step_summary(path: Path, report: ComplianceReport) -> None:
    """Append the summary of *report* to the file that GitHub shows on a workflow run's page."""
    with path.open("a", encoding="utf-8") as file:
        file.write(render_step_summary(report))


def json_of(report: ComplianceReport) -> Iterator[bytes]:
    """compliance.json, piece by piece."""
    frame = REPORT.dump_json(replace(report, results=()), indent=1, ensure_ascii=True)
    before, _, after = frame.partition(b'\n "results": []')
    yield before + b'\n "results": ['
    for start in range(0, len(report.results), RESULTS_AT_ONCE):
        some = report.results[start : start + RESULTS_AT_ONCE]
        array = _RESULTS.dump_json(some, indent=1, ensure_ascii=True)
        lines = array.removeprefix(b"[").removesuffix(b"\n]")
        yield (b"," if start else b"") + lines.replace(b"\n", b"\n ")
    yield (b"\n ]" if report.results else b"]") + after + b"\n"


def _write_junit(path: Path, report: ComplianceReport) -> None:
    """Write junit.xml, and junit-2.xml and on where one file would be too large."""
    written = 0
    for number, text in enumerate(render_junit(report), start=1):
        name = path.name if number == 1 else f"{path.stem}-{number}.xml"
        write_whole(path.with_name(name), text)
        written = number
    for old in path.parent.glob(f"{path.stem}-*.xml"):
        part = old.stem.removeprefix(f"{path.stem}-")
        if part.isdigit() and int(part) > written and is_ours(old):
            old.unlink()
