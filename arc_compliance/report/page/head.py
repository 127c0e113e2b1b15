"""The head of the page: the verdict in one sentence, and what everybody asks first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timezone

from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.compliance import ComplianceReport, Edition, Header
from arc_compliance.report.left_out import told_of
from arc_compliance.report.page.gaps import is_waived_unseen
from arc_compliance.report.page.model import Fact, Head, HostLine, Share
from arc_compliance.report.words import OVERALL, VERDICTS, counted, sentence

_HOSTS = (
    ("compliant", "pass"),
    ("compliant with waivers", "waived"),
    ("failing", "fail"),
    ("incomplete", "open"),
    ("not measured", "error"),
)
_CASES = (
    Verdict.PASS,
    Verdict.FAIL,
    Verdict.WARN,
    Verdict.WAIVED,
    Verdict.ERROR,
    Verdict.BLOCKED,
    Verdict.NOT_TESTED,
)
_SCOPE = ("--phase", "--scenario", "--features", "--private-link", "--proxy")
_UNSHOWN = (Verdict.NOT_TESTED, Verdict.ERROR)
_UNSHOWN_TOO = (Verdict.BLOCKED, Verdict.NOT_TESTABLE, Verdict.NOT_APPLICABLE)


def head_of(report: ComplianceReport, hosts: Sequence[HostLine]) -> Head:
    """The head for *report* on *hosts*."""
    _, tone = OVERALL[report.overall]
    shares = tuple(_shares(report, hosts))
    told = ", ".join(f"{share.number:,} {share.words}" for share in shares)
    subject = hosts[0].label if len(hosts) == 1 else counted(len(hosts), "host")
    return Head(
        title=title_of(report),
        tone=tone,
        sentence=f"{subject}: {told or 'nothing was judged'}",
        ribbons=tuple(_ribbons(report)),
        shares=shares,
        facts=tuple(_facts(report)),
    )


def title_of(report: ComplianceReport) -> str:
    """The verdict on the run, which is never that on a simulation or a part without saying so."""
    return f"{OVERALL[report.overall][0]}{_kind(report.header)}"


def _shares(report: ComplianceReport, hosts: Sequence[HostLine]) -> Iterator[Share]:
    """The hosts by how they stand, or the cases of the only one by verdict."""
    if len(hosts) == 1:
        counts = report.counts()
        for verdict in _CASES:
            words = VERDICTS[verdict]
            if counts[verdict]:
                yield Share(tone=words.tone, words=words.short, number=counts[verdict])
        return
    for word, tone in _HOSTS:
        if its := tuple(host.label for host in hosts if host.word == word):
            yield Share(tone=tone, words=word, number=len(its), hosts=its)


def _kind(header: Header) -> str:
    """What a run was, where it was not a whole one of a real network; the ribbons say more."""
    kinds = ["simulated"] if header.simulated else []
    kinds += ["partial"] if header.selection != "all" else []
    return f" ({', '.join(kinds)})" if kinds else ""


def _ribbons(report: ComplianceReport) -> Iterator[str]:
    """What nobody may overlook: a simulation, a part of a run, evidence that is judged again."""
    header = report.header
    if header.simulated:
        yield "Simulated Azure (--demo). This says nothing about any real network."
    if header.selection != "all":
        yield f"Partial run: {header.selection}. {about_the_rest(report)}."
    settings = dict(header.settings)
    if "--evidence" in settings:
        times = sorted(host.collected for host in report.hosts if host.collected)
        span = " to ".join(dict.fromkeys([_minute(times[0]), _minute(times[-1])])) if times else ""
        of = f"evidence of {span}" if span else "saved evidence"
        yield f"Judged anew on {_minute(header.finished)} from {of}; no host was measured."
    yield from report.remarks


def about_the_rest(report: ComplianceReport) -> str:
    """What a partial run's verdict says of the part that was not selected."""
    if left_out := told_of(report.missing):
        return f"{sentence(left_out)}. With --partial-ok the verdict is about the others alone"
    return "The verdict is about what was selected only"


def _facts(report: ComplianceReport) -> Iterator[Fact]:
    header = report.header
    edition = header.edition
    yield Fact(name="Document", value=edition_words(edition), more=edition.publisher)
    yield Fact(name="Scope", value=header.cloud, more=_scope(header))
    yield Fact(
        name="When", value=_minute(header.finished), more=_took(header), time=header.finished
    )
    yield _vantage(report)
    operator = header.operator
    more = ", ".join(one for one in (operator.job, operator.commit[:12]) if one)
    suite = f"arc-compliance {header.suite_version}"
    yield Fact(name="Run by", value=operator.who or "not recorded", more=more or suite)
    yield Fact(name="Run", value=header.run, more=f"{header.judged:,} of {header.planned:,} judged")
    counts = report.counts()
    value, more = (
        ", ".join(f"{counts[v]:,} {VERDICTS[v].short}" for v in verdicts if counts[v])
        for verdicts in (_UNSHOWN, _UNSHOWN_TOO)
    )
    if unseen := sum(is_waived_unseen(r.judgement) for r in report.results):
        value = ", ".join([*([value] if value else []), f"{unseen:,} waived unseen"])
    yield Fact(name="Not shown", value=value or "0 not tested", more=more)


def edition_words(edition: Edition) -> str:
    """The edition of the document in a few words."""
    if not edition.dated and not edition.read:
        return "Edition not recorded"
    dated = f"Edition of {_day(edition.dated)}" if edition.dated else "Undated edition"
    return f"{dated}, read {_day(edition.read)}" if edition.read else dated


def _scope(header: Header) -> str:
    given = dict(header.settings)
    told = [f"{name.removeprefix('--')} {given[name]}" for name in _SCOPE if name in given]
    return ", ".join([header.location, *told])


def _vantage(report: ComplianceReport) -> Fact:
    """From where was measured; never the operator's machine, unless it is the host itself."""
    hosts = report.hosts
    measured = [host for host in hosts if host.measured]
    if len(hosts) == 1 and measured:
        host = hosts[0]
        source = ", ".join(host.source_addresses) or "no source address"
        via = f"proxy {host.proxy}" if host.proxy else "no proxy"
        value = f"{host.hostname} ({source})"
        return Fact(name="Measured from", value=value, more=f"as {host.user}, {via}")
    proxies = Counter(bool(host.proxy) for host in measured)
    via = f"{proxies[True]:,} through a proxy" if proxies[True] else "no proxy"
    return Fact(
        name="Measured from",
        value="each host itself" if measured else "nowhere",
        more=f"{len(measured):,} of {len(hosts):,} measured, {via}",
    )


def _took(header: Header) -> str:
    try:
        started, finished = map(datetime.fromisoformat, (header.started, header.finished))
    except ValueError:
        return ""
    seconds = round((finished - started).total_seconds())
    minutes = f"{seconds // 60} min " if seconds >= 60 else ""
    return f"took {minutes}{seconds % 60} s"


def _minute(time: str) -> str:
    """An ISO time as ``25 November 2026, 14:06 UTC``; the text itself where it is not one."""
    try:
        moment = datetime.fromisoformat(time).astimezone(timezone.utc)
    except ValueError:
        return time
    return f"{moment.day} {moment:%B %Y, %H:%M} UTC"


def _day(day: str) -> str:
    try:
        moment = datetime.fromisoformat(day)
    except ValueError:
        return day
    return f"{moment.day} {moment:%B %Y}"
