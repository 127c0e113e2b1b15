"""How each host stands, and from where it was measured; failing hosts come first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Host, Overall, overall_of
from arc_compliance.report.page.model import HostLine
from arc_compliance.report.words import VERDICTS

STANDINGS = ("failing", "not measured", "incomplete", "compliant", "compliant with waivers")
"""How a host can stand, worst first."""

_WORDS = {
    Overall.NON_COMPLIANT: ("failing", "fail"),
    Overall.INCOMPLETE: ("incomplete", "open"),
    Overall.COMPLIANT: ("compliant", "pass"),
    Overall.COMPLIANT_WITH_WAIVERS: ("compliant with waivers", "waived"),
}


def judgements_by_host(report: ComplianceReport) -> dict[str, list[Judgement]]:
    """The judgements of each host by its label, the run's own last case aside."""
    found: dict[str, list[Judgement]] = {host.label: [] for host in report.hosts}
    for result in report.results:
        if result.judgement.host:
            found.setdefault(result.judgement.host, []).append(result.judgement)
    return found


def host_lines(
    report: ComplianceReport,
    by_host: Mapping[str, Sequence[Judgement]],
    groups: Mapping[str, str],
) -> tuple[HostLine, ...]:
    """All hosts: groups together, the group with the worst host first, the worst host first."""
    hosts = {host.label: host for host in report.hosts}
    lines = [_line(label, hosts.get(label), its, groups) for label, its in by_host.items()]
    failed = {label: _failed(its) for label, its in by_host.items()}
    ranks = {
        line.label: (STANDINGS.index(line.word), -failed[line.label], _natural(line.label))
        for line in lines
    }
    worst: dict[str, tuple[int, int, object]] = {}
    for line in sorted(lines, key=lambda one: ranks[one.label]):
        worst.setdefault(line.group, ranks[line.label])
    return tuple(sorted(lines, key=lambda one: (worst[one.group], one.group, ranks[one.label])))


def _failed(its: Sequence[Judgement]) -> int:
    return sum(j.verdict is Verdict.FAIL for j in its)


def _natural(label: str) -> tuple[tuple[str, int], ...]:
    """A key by which web2 comes before web10."""
    parts = re.findall(r"([^0-9]*)([0-9]{0,18})", label)
    return tuple((text, int(digits or 0)) for text, digits in parts)


def _line(
    label: str, host: Host | None, its: Sequence[Judgement], groups: Mapping[str, str]
) -> HostLine:
    overall = overall_of(its)[0]
    partial = host is not None and host.left_out and overall is not Overall.NON_COMPLIANT
    word, tone = _WORDS[Overall.INCOMPLETE if partial else overall]
    if host is not None and not host.measured:
        word, tone = "not measured", "error"
    counts = Counter(j.verdict for j in its)
    told = [f"{counts[v]} {words.short}" for v, words in VERDICTS.items() if counts[v]]
    return HostLine(
        label=label,
        group=groups.get(label, ""),
        tone=tone,
        word=word,
        counts=", ".join(told),
        vantage=tuple(_vantage(host)) if host else (),
    )


def _vantage(host: Host) -> Iterator[tuple[str, str]]:
    if not host.measured:
        yield "Not measured", host.detail
    else:
        source = ", ".join(host.source_addresses) or "no source address"
        yield "Measured from", f"{host.hostname} ({source}) as {host.user}"
        yield "System", host.system
        yield "Resolver", ", ".join(host.resolvers) or "none"
        yield "Proxy", host.proxy or "none"
        controls = ", ".join(f"{stage}: {outcome}" for stage, outcome in host.controls)
        yield "Negative controls", controls or "none"
        yield "Evidence of", f"{utc(host.collected)}, took {host.seconds:.1f} s"
        if host.remarks:
            yield "Note", "; ".join(host.remarks)
    if host.scope:
        yield "Scope", ", ".join(f"{name}: {value}" for name, value in host.scope)


def utc(time: str) -> str:
    """An ISO time in UTC as ``2026-11-25 14:06:42 UTC``; "unknown" for none."""
    return time.replace("T", " ").replace("+00:00", " UTC") if time else "unknown"
