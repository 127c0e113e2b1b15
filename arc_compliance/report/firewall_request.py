"""What to ask of whoever runs the firewall or the proxy: a table, a text for a ticket, rules.

Failing endpoints of all hosts and missing prefixes are folded into the fewest rules that let them
through.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import wrap

from netaddr import IPNetwork, cidr_merge

from arc_compliance.catalogue.model import Catalogue, Endpoint
from arc_compliance.catalogue.patterns import stands_for
from arc_compliance.judge.causes import CAUSES, Owner
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Host
from arc_compliance.report.tickets import SIMULATED
from arc_compliance.service_tags.tags import ServiceTags

FILES = ("firewall-request.csv", "firewall-request.txt", "firewall-request.nft")
COLUMNS = (
    "source",
    "host",
    "destination",
    "port",
    "protocol",
    "requirement",
    "reason",
    "run",
)

_FIREWALL = {
    "connect-timeout",
    "connect-refused",
    "connect-unreachable",
    "tls-reset",
    "tls-timeout",
    "http-timeout",
    "tag-not-covered",
}
"""The causes that a rule of a firewall fixes."""

TCP, CONNECT = "tcp", "connect"
"""Straight through a firewall, or as a proxy's CONNECT."""


@dataclass(slots=True, kw_only=True)
class Ask:
    """One rule: from the hosts *hosts*, each with its reason, to a name, prefix or tag, for
    *requirements*; ``on_host`` where it is their own packet filter that lacks it."""

    destination: str
    port: int
    protocol: str
    on_host: bool = False
    hosts: dict[str, str] = field(default_factory=dict)
    requirements: dict[str, None] = field(default_factory=dict)

    @property
    def prefix(self) -> IPNetwork | None:
        """The destination where it is a prefix, else None."""
        return IPNetwork(self.destination) if "/" in self.destination else None

    @property
    def is_tag(self) -> bool:
        """Whether the destination is a service tag; names of hosts are in lower case."""
        return self.destination[:1].isupper()


def asks(report: ComplianceReport, catalogue: Catalogue) -> list[Ask]:
    """The rules that would fix what *report* found failing, in a stable order."""
    rows = {r.id: r.endpoint for r in catalogue.requirements if r.endpoint}
    found: dict[tuple[str, int, str, bool], Ask] = {}
    for judgement in report.of(Verdict.FAIL):
        on_host = {remedy.owner for remedy in judgement.remedies} == {Owner.SERVER}
        for destination, port, protocol in _wanted(judgement, rows.get(judgement.requirement)):
            ask = found.setdefault(
                (destination, port, protocol, on_host),
                Ask(destination=destination, port=port, protocol=protocol, on_host=on_host),
            )
            ask.hosts.setdefault(judgement.host, _reason(judgement))
            ask.requirements[judgement.requirement] = None
    return sorted(_folded(list(found.values())), key=_order)


def _reason(judgement: Judgement) -> str:
    """Why a rule is asked for: the cause in words, with its id."""
    cause = CAUSES.get(judgement.cause)
    return f"{cause.words} ({judgement.cause})" if cause else judgement.cause


def _wanted(judgement: Judgement, row: Endpoint | None) -> Iterator[tuple[str, int, str]]:
    if row is not None:
        if judgement.cause not in (*_FIREWALL, "proxy-denied"):
            return
        protocol = CONNECT if judgement.cause == "proxy-denied" else TCP
        for pattern in row.patterns:
            if any(stands_for(pattern, name) for name in judgement.failing):
                for port in row.ports:
                    yield pattern, port.port, protocol
        return
    for one in judgement.failing:
        if "/" in one or one[:1].isupper():  # a prefix or a tag that an allow-list lacks
            yield one, 443, TCP


def _folded(every: Sequence[Ask]) -> Iterator[Ask]:
    """*every* without the prefixes that a wider one of them covers for the same hosts."""
    prefixes = [(ask, ask.prefix) for ask in every]
    for ask, prefix in prefixes:
        wider = [
            other
            for other, its in prefixes
            if prefix is not None
            and its is not None
            and other is not ask
            and other.on_host is ask.on_host
            and other.hosts.keys() >= ask.hosts.keys()
            and prefix in its
        ]
        if not wider:
            yield ask
        for other in wider:
            other.requirements.update(ask.requirements)


def _order(ask: Ask) -> tuple[object, ...]:
    """Names, then tags, then prefixes; the firewall's before the proxy's and the hosts' own."""
    prefix = ask.prefix
    kind = 2 if prefix else 1 if ask.is_tag else 0
    number = (prefix.version, prefix.first, prefix.prefixlen) if prefix else ()
    return (ask.on_host, ask.protocol != TCP, kind, number, ask.destination, ask.port)


def render_csv(wanted: Sequence[Ask], report: ComplianceReport) -> str:
    """The rules as a table, one source a row, without those that the hosts lack themselves; a
    source is an address from which a host was measured, or its name where none is known."""
    out = io.StringIO()
    table = csv.writer(out, lineterminator="\n")
    table.writerow(COLUMNS)
    known = {host.label: host.source_addresses for host in report.hosts}
    for ask in (one for one in wanted if not one.on_host):
        rule = (ask.destination, str(ask.port), ask.protocol, " ".join(ask.requirements))
        for host, reason in ask.hosts.items():
            for source in known.get(host) or (host,):
                cells = (source, host, *rule, reason, report.header.run)
                table.writerow([_no_formula(cell) for cell in cells])
    return out.getvalue()


def _no_formula(cell: str) -> str:
    """*cell* as no spreadsheet takes it for a formula."""
    return f"'{cell}" if cell[:1] in "=+-@\t\r" else cell


def render_text(wanted: Sequence[Ask], report: ComplianceReport, tags: ServiceTags) -> str:
    """The rules as a text to paste into a ticket."""
    header = report.header
    lines = [
        f"Azure Arc network requirements, {header.cloud}",
        f"Found by arc-compliance {header.suite_version}, run {header.run}, {header.finished}",
        *([SIMULATED] if header.simulated else []),
        "",
    ]
    if not wanted:
        return "\n".join([*lines, "Nothing to ask for: no failure that a rule would fix.", ""])
    places = (
        (False, TCP, "In the firewall, please allow"),
        (False, CONNECT, "In the proxy, please allow"),
        (True, TCP, "In the hosts' own packet filter, please allow (server owner)"),
    )
    for on_host, protocol, title in places:
        of_place = [ask for ask in wanted if (ask.on_host, ask.protocol) == (on_host, protocol)]
        by_hosts: dict[tuple[str, ...], list[Ask]] = {}
        for ask in of_place:
            by_hosts.setdefault(tuple(ask.hosts), []).append(ask)
        for labels, group in by_hosts.items():
            lines += [title, *_sources(labels, report)]
            for ask in group:
                how = "CONNECT to port" if protocol == CONNECT else "TCP"
                lines.append(f"  to   {ask.destination}  {how} {ask.port}")
                lines.append(f"       ({', '.join(ask.requirements)})")
            lines.append("")
    if any(ask.prefix or ask.is_tag for ask in wanted):
        lines += [
            "Service tags, where the firewall knows them, follow Azure's weekly changes; prefixes",
            "have to be renewed. The prefixes are those of:",
            *(f"  {file.name}: {file.words()}" for file in tags.files()),
            "",
        ]
    return "\n".join(lines)


def _sources(labels: Sequence[str], report: ComplianceReport) -> list[str]:
    hosts: Mapping[str, Host] = {host.label: host for host in report.hosts}
    named = [
        f"{label} ({', '.join(hosts[label].source_addresses)})"
        if label in hosts and hosts[label].source_addresses
        else label
        for label in labels
    ]
    return wrap(
        ", ".join(named),
        88,
        initial_indent="  from ",
        subsequent_indent="       ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _prefixes_of(tag: str, tags: ServiceTags) -> tuple[str, ...]:
    """The prefixes of *tag*, of the run's cloud or, as Tag@Cloud, of another."""
    name, _, cloud = tag.partition("@")
    for file in tags.files():
        if cloud in ("", file.cloud) and file.ranges(name) is not None:
            return file.tags[file.spelling(name)]
    return ()


def render_nftables(wanted: Sequence[Ask], tags: ServiceTags) -> str | None:
    """The prefixes, those of whole tags too, as a table of nftables; None where there are none."""
    prefixes: list[str | IPNetwork] = []
    for ask in wanted:
        if ask.prefix is not None:
            prefixes.append(ask.prefix)
        elif ask.is_tag:
            prefixes += _prefixes_of(ask.destination, tags)
    merged = cidr_merge(prefixes)
    if not merged:
        return None
    lines = [
        "# What Azure Arc needs and the firewall does not let through yet; from",
        *(f"#   {file.name}, {file.words()}" for file in tags.files()),
        "# Names are in firewall-request.csv. Move sets and rules into the table that filters:",
        "# an accept in a table of its own undoes no drop elsewhere.",
        "table inet arc_compliance {",
    ]
    rules, between = [], ",\n\t\t\t"
    for version, kind, word in ((4, "ipv4", "ip"), (6, "ipv6", "ip6")):
        elements = [str(one) for one in merged if one.version == version]
        if elements:
            lines += [
                f"\tset azure_{kind} {{",
                f"\t\ttype {kind}_addr",
                "\t\tflags interval",
                f"\t\telements = {{ {between.join(elements)} }}",
                "\t}",
            ]
            rules.append(f"\t\t{word} daddr @azure_{kind} tcp dport 443 accept")
    return "\n".join([*lines, "\tchain azure_arc {", *rules, "\t}", "}", ""])
