"""The documents of a run as files, each written whole from the one report."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import quote

from pydantic import TypeAdapter

from arc_compliance.base.files import append_to, remove_file, write_whole
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.report import firewall_request
from arc_compliance.report.compliance import (
    REPORT,
    ComplianceReport,
    Header,
    Overall,
    Result,
    overall_judgement,
)
from arc_compliance.report.junit import is_ours, render_junit
from arc_compliance.report.oscal import render_oscal
from arc_compliance.report.page.build import page_model
from arc_compliance.report.page.changes import changes_of
from arc_compliance.report.page.model import Around, File, Rows
from arc_compliance.report.page.render import render_notice, render_page
from arc_compliance.report.page.strips import HostStrips
from arc_compliance.report.run import OVERALL_NODE, result_of
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
    bundle: Path | None = None

    @property
    def firewall_request(self) -> tuple[Path, ...]:
        """The files of the firewall request."""
        return tuple(self.directory / name for name in firewall_request.FILES)

    @property
    def tickets(self) -> tuple[Path, ...]:
        """What to ask of each owner who has something to change, as it stands there now."""
        return tuple(tickets_in(self.directory).values())

    @property
    def documents(self) -> tuple[Path, ...]:
        """Every file that a run always or sometimes writes."""
        return (self.html, self.junit, self.json, *self.occasional)

    @property
    def occasional(self) -> tuple[Path, ...]:
        """The files among them that not every run writes."""
        bundle = (self.bundle,) if self.bundle else ()
        return (*self.firewall_request, self.oscal, *bundle)

    @property
    def evidence(self) -> Path:
        """The folder of the hosts' records."""
        return self.directory / "evidence"

    @property
    def oscal(self) -> Path:
        """The assessment results for OSCAL's tools."""
        return self.directory / "oscal-assessment-results.json"

    @property
    def by_name(self) -> dict[str, Path]:
        """The files that hold the run's results, by the names that they have in every bundle."""
        parts = sorted(self.junit.parent.glob(f"{self.junit.stem}-*.xml"))
        fixed = (self.oscal, *self.firewall_request)
        return {
            "compliance.json": self.json,
            "junit.xml": self.junit,
            "report.html": self.html,
            **{
                f"junit-{part.stem.rpartition('-')[2]}.xml": part
                for part in parts
                if part.stem.rpartition("-")[2].isdigit() and is_ours(part)
            },
            **{path.name: path for path in fixed},
            **{f"tickets/{path.name}": path for path in self.tickets},
        }

    def link(self, path: Path) -> str:
        """The address of *path* in report.html."""
        beside = self.html.parent.resolve()
        return quote(Path(os.path.relpath(path.resolve(), beside)).as_posix())


def write_unjudged(places: Places, header: Header, title: str, why: str) -> None:
    """Put a report of nothing where the last run's documents stand: *title* and *why* are on its
    page, and *why* is what is missing.

    Raise OSError where one cannot be written. The last run's does not stay then either.
    """
    last = overall_judgement(Overall.INCOMPLETE, [why], "the run ends and its reports are written")
    report = ComplianceReport(
        overall=Overall.INCOMPLETE,
        header=header,
        hosts=(),
        results=(result_of(OVERALL_NODE, 0.0, last),),
        missing=(why,),
    )
    page = render_notice(title, [f"{why}.", "Nothing on this page is a result."], header.run)
    trouble = None
    for path, write in (
        (places.junit, partial(_write_junit, places.junit, report)),
        (places.json, lambda: write_whole(places.json, json_of(report))),
        (places.html, partial(write_whole, places.html, page)),
    ):
        try:
            _write_or_remove(path, write)
        except OSError as error:
            trouble = trouble or error
    for path in places.occasional:
        with contextlib.suppress(OSError):
            remove_file(path)
    with contextlib.suppress(OSError):
        remove_tickets(places.directory)
    if trouble:
        raise trouble


def _write_or_remove(path: Path, write: Callable[[], None]) -> None:
    """Write the document *path*; where there is no room beside the old one, in its place."""
    try:
        write()
    except OSError:
        remove_file(path)
        write()


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
            remove_file(path)
        else:
            write_whole(path, text)
    return len(wanted)


def write_oscal(places: Places, report: ComplianceReport, catalogue: Catalogue) -> None:
    """Write the assessment results for OSCAL's tools."""
    write_whole(places.oscal, render_oscal(report, catalogue))


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
    files = [
        (places.junit, "one test case for each requirement and host"),
        (places.json, "the same for programs"),
        (places.firewall_request[0], "what to ask of the firewall"),
    ]
    if places.oscal.is_file():  # of this run: an earlier one's was removed when it began
        files.append((places.oscal, "assessment results for OSCAL's tools"))
    around = Around(
        groups=groups,
        tickets={owner: places.link(path) for owner, path in tickets_in(places.directory).items()},
        files=tuple(File(href=places.link(path), what=what) for path, what in files),
    )
    write_whole(
        places.html,
        render_page(
            page_model(
                report,
                catalogue,
                strips,
                around=around,
                previous=changes_of(report.comparison) if report.comparison else None,
                rows=rows,
            )
        ),
    )


def append_step_summary(path: Path, report: ComplianceReport) -> None:
    """Append the summary of *report* to the file that GitHub shows on a workflow run's page."""
    append_to(path, render_step_summary(report))


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
            remove_file(old)
