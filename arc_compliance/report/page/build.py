"""From a report to what its page shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from arc_compliance.catalogue.model import Catalogue
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.explain import explained_cause, explanation
from arc_compliance.report.page.acceptances import acceptances_of
from arc_compliance.report.page.cards import work_of
from arc_compliance.report.page.failures import failures_of
from arc_compliance.report.page.gaps import gaps_of
from arc_compliance.report.page.grid import Grid
from arc_compliance.report.page.head import edition_words, head_of
from arc_compliance.report.page.hosts import host_lines, judgements_by_host
from arc_compliance.report.page.model import Around, Changes, Fact, PageModel, Rows
from arc_compliance.report.page.strips import HostStrips

NOTHING_AROUND = Around()
NO_ROWS = Rows()


def page_model(
    report: ComplianceReport,
    catalogue: Catalogue,
    strips: Iterable[HostStrips] = (),
    *,
    around: Around = NOTHING_AROUND,
    previous: Changes | None = None,
    rows: Rows = NO_ROWS,
) -> PageModel:
    """The page for *report*.

    *strips* are taken one host at a time, so that they can come from an iterator that reads one
    host's evidence after the other. *previous* is what a comparison found, *rows* pytest-html's.
    """
    by_host = judgements_by_host(report)
    grid = Grid(catalogue)
    for label, judgements in by_host.items():
        grid.add_cases(label, judgements)
    for one in strips:
        grid.add_strips(one)
    hosts = host_lines(report, by_host, around.groups)
    ordered = [judgement for host in hosts for judgement in by_host[host.label]]
    statements = {r.id: r.statement for r in catalogue.requirements}
    about = {result.judgement.requirement for result in report.results}
    explained = [explanation(one) for one in catalogue.requirements if one.id in about]
    causes = dict.fromkeys(cause.cause for one in explained for cause in one.causes)
    gaps = gaps_of(ordered)
    idle = [gap for gap in gaps if gap.tone == "none"]
    return PageModel(
        run=report.header.run,
        cloud=report.header.cloud,
        document=catalogue.title,
        head=head_of(report, hosts),
        partial=report.header.selection != "all",
        changes=previous,
        work=work_of(ordered, report, statements, around.tickets),
        failures=failures_of(ordered),
        gaps=tuple(gap for gap in gaps if gap.tone != "none"),
        not_applicable=tuple(idle),
        acceptances=acceptances_of(report),
        hosts=hosts,
        facts=tuple(_provenance(report, catalogue)),
        files=around.files,
        data=grid.data(hosts),
        requirements=tuple(explained),
        causes=tuple(explained_cause(cause) for cause in causes),
        rows=rows,
    )


def _provenance(report: ComplianceReport, catalogue: Catalogue) -> Iterator[Fact]:
    """Whence all this is: the document, the run, the digests, the settings."""
    header = report.header
    edition, operator = header.edition, header.operator
    named = edition.publisher and edition.title
    document = f"{edition.publisher}: {edition.title}" if named else catalogue.title
    yield Fact(name="Document", value=document, more=edition_words(edition))
    yield Fact(name="Catalogue, SHA-256", value=header.catalogue_sha256)
    yield Fact(name="Service tags", value=header.service_tags)
    yield Fact(name="Suite", value=f"arc-compliance {header.suite_version}")
    yield Fact(name="Run", value=header.run, more=f"started {header.started}")
    told = (operator.who, operator.job, f"commit {operator.commit}" if operator.commit else "")
    words = ", ".join(one for one in told if one)
    yield Fact(name="Run by", value=words or "not recorded", more=operator.url)
    yield Fact(name="Selection", value=header.selection)
    judged = f"{header.planned:,} planned, {header.judged:,} judged"
    yield Fact(name="Cases", value=judged, more="the run's own last case included")
    given = " ".join(f"{name}={value}" for name, value in header.settings)
    yield Fact(name="Settings", value=given or "all defaults")
    if open_controls := _tripped(report):
        yield Fact(name="Negative controls", value=open_controls)
    else:
        yield Fact(name="Negative controls", value="held on every measured host")


def _tripped(report: ComplianceReport) -> str:
    """The hosts whose negative controls did not all hold, in words."""
    open_ones = [
        f"{host.label} ({stage}: {outcome})"
        for host in report.hosts
        for stage, outcome in host.controls
        if outcome != "held"
    ]
    without = [host.label for host in report.hosts if host.measured and not host.controls]
    return ", ".join([*open_ones, *(f"{label} (none asked)" for label in without)])
