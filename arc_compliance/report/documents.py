"""The documents of a run as files, each written whole from the one report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

from pydantic import TypeAdapter

from arc_compliance.base.files import write_whole
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.report import firewall_request
from arc_compliance.report.compliance import REPORT, ComplianceReport, Header, Result
from arc_compliance.report.junit import is_ours, render_junit
from arc_compliance.report.page.build import page_model
from arc_compliance.report.page.model import Around, File, Rows
from arc_compliance.report.page.render import render_notice, render_page
from arc_compliance.report.page.strips import HostStrips
from arc_compliance.report.step_summary import render_step_summary
from arc_compliance.report.ticket_files import remove_tickets, tickets_in, write_tickets
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

    @property
    def evidence(self) -> Path:
        """The folder of the hosts' records."""
        return self.directory / "evidence"

    def link(self, path: Path) -> str:
        """The address of *path* in report.html."""
        beside = self.html.parent.resolve()
        return quote(Path(os.path.relpath(path.resolve(), beside)).as_posix())


def write_incomplete(places: Places, report: ComplianceReport) -> None:
    """Put *report*, of a run that has only begun, where the last run's documents stand.

    Raise OSError where one cannot be written; then none of the last run's stays.
    """
    try:
        _write_junit(places.junit, report)
        write_whole(places.json, json_of(report))
        write_whole(places.html, _notice(report.header))
        for path in places.firewall_request:
            path.unlink(missing_ok=True)
        remove_tickets(places.directory)
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
    write_tickets(places.directory, report, catalogue)
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


def write_page(
    places: Places,
    report: ComplianceReport,
    catalogue: Catalogue,
    strips: Iterable[HostStrips],
    rows: Rows,
    *,
    groups: Mapping[str, str],
) -> None:
    """Write report.html, with pytest-html's *rows* in it. *strips* are taken host by host; *groups*
    has the inventory's group of a host by its label."""
    files = (
        (places.junit, "one test case for each requirement and host"),
        (places.json, "the same for programs"),
        (places.firewall_request[0], "what to ask of the firewall"),
    )
    around = Around(
        groups=groups,
        tickets={owner: places.link(path) for owner, path in tickets_in(places.directory).items()},
        files=tuple(File(href=places.link(path), what=what) for path, what in files),
    )
    write_whole(
        places.html, render_page(page_model(report, catalogue, strips, around=around, rows=rows))
    )


def _notice(header: Header) -> str:
    """What stands at report.html while a run is under way, and stays where one was cut off."""
    words = f"The run {header.run}, started {header.started}, has not ended."
    return render_notice("Incomplete", [words, "Nothing on this page is a result."], header.run)


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
