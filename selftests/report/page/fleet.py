"""Reports of fleets that never were: as many hosts as wanted, a mix of verdicts, hostile texts."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from arc_compliance.catalogue import load_catalogue
from arc_compliance.catalogue.model import Catalogue, Endpoint
from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.plan.cases import Case, plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.report.compliance import (
    ComplianceReport,
    Edition,
    Header,
    Host,
    Operator,
    Result,
    overall_judgement,
    overall_of,
)
from arc_compliance.report.page.model import Around, File
from arc_compliance.report.page.strips import HostStrips, NameStrip, Step

CLOUD = "AzureChinaCloud"
STARTED, FINISHED = "2026-11-25T14:02:10+00:00", "2026-11-25T14:06:42+00:00"

HOSTILE = (
    "</script><script>document.title='owned'</script>",
    '"><img src=x onerror="document.title=\'owned\'">',
    "<!--<script>web",
    "web\u2028\u2029line",
    "web\u202egpj.exe",
    "web\x00nul\x1b[31m",
    "{{ 7 * 7 }}&lt;b&gt;",
    "~case~web~&host=other",
    "имя-חנ-主機.example",
    "a" * 200,
)
"""Labels of hosts that a page must show and never obey."""

FAULTS = (
    # how often, what fails, by which cause, on which rows
    (0.62, "", ""),
    (0.10, "connect-timeout", "his"),
    (0.06, "dns-not-found", "guestnotificationservice"),
    (0.05, "proxy-denied", "azgn"),
    (0.07, "cert-not-public", "login"),
    (0.03, "tls-version", "pas"),
    (0.04, "connect-timeout", "all"),
    (0.03, "host-unreachable", "all"),
)
_STAGE_OF = {
    "connect": "connect",
    "dns": "resolve",
    "proxy": "proxy",
    "tls": "tls",
    "cert": "certificate",
}
_STAGES = ("resolve", "connect", "tls", "certificate", "http")


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """A report, and what a page has beside it."""

    catalogue: Catalogue
    report: ComplianceReport
    strips: list[HostStrips]
    around: Around


def fleet(size: int, *, seed: int = 7, hostile: bool = False, groups: bool = True) -> Fleet:
    """A fleet of *size* hosts; with *hostile*, the first hosts have names that attack the page."""
    chance = random.Random(seed)
    catalogue = load_catalogue(CLOUD)
    labels = [f"{chance.choice(('web', 'db', 'app'))}{n:04}.corp.example" for n in range(size)]
    if hostile:
        labels[: len(HOSTILE)] = HOSTILE[:size]
    faults = chance.choices(FAULTS, [weight for weight, *_ in FAULTS], k=size)
    hosts, results, strips = [], [], []
    for label, (_, cause, where) in zip(labels, faults, strict=True):
        address = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(1, 255)}"
        hosts.append(_host(label, address, cause, chance))
        strips.append(_strips(label, catalogue, cause, where, chance))
        for case in plan_cases(catalogue, {label: Scope(cloud=CLOUD)}):
            judgement = _judgement(case, cause, where, address, chance, hostile=hostile)
            results.append(_result(judgement))
    overall, missing = overall_of(one.judgement for one in results)
    last = overall_judgement(overall, missing, "The whole run is compliant.")
    report = ComplianceReport(
        overall=overall,
        header=_header(len(results) + 1),
        hosts=tuple(hosts),
        results=(*results, _result(last)),
        missing=missing,
    )
    names = ("production", "staging", "branch offices")
    around = Around(
        groups={label: chance.choice(names) for label in labels} if groups and size > 1 else {},
        files=(File(href="junit.xml", what="for CI servers"),),
    )
    return Fleet(catalogue=catalogue, report=report, strips=strips, around=around)


def _header(cases: int) -> Header:
    return Header(
        edition=Edition(publisher="Microsoft", read="2026-11-22"),
        operator=Operator(who="ana@ops1"),
        suite_version="0.1.0",
        run="973c331c77874f76",
        cloud=CLOUD,
        location="chinanorth3",
        catalogue_sha256="bc6e7f05" * 8,
        service_tags="AzureChinaCloud change 412 of 2026-11-23 (sha256 b05682b74daf)",
        selection="all",
        planned=cases,
        judged=cases,
        started=STARTED,
        finished=FINISHED,
        simulated=False,
        settings=(("--inventory", "hosts.yaml"), ("--location", "chinanorth3")),
    )


def _host(label: str, address: str, cause: str, chance: random.Random) -> Host:
    if cause == "host-unreachable":
        return Host(label=label, measured=False, detail=f"{cause}: connection timed out")
    return Host(
        label=label,
        measured=True,
        collected=FINISHED,
        controls=(("resolve", "held"), ("connect", "held"), ("certificate", "held")),
        hostname=label[:40],
        user="arc",
        system="Ubuntu 24.04.3 LTS",
        source_addresses=(address,),
        resolvers=("10.0.0.53", "10.0.1.53"),
        proxy="proxy.corp.example:3128" if cause == "proxy-denied" else "",
        seconds=round(chance.uniform(0.4, 9), 3),
    )


def _result(judgement: Judgement) -> Result:
    name = f"test_{judgement.requirement.rpartition('/')[2]}[{judgement.case}]"
    return Result(
        classname="tests_network.test_urls", name=name, duration=0.001, judgement=judgement
    )


def _hit(case: Case, where: str) -> bool:
    return case.row is not None and (where == "all" or _row_of(case).endswith(f"/{where}"))


def _row_of(case: Case) -> str:
    return case.row_of.id if case.row_of else ""


def _judgement(
    case: Case, cause: str, where: str, address: str, chance: random.Random, *, hostile: bool
) -> Judgement:
    statement = case.requirement.statement
    if case.not_applicable:
        return judged(case, Verdict.NOT_APPLICABLE, expected=statement, actual=case.not_applicable)
    if case.requirement.not_testable:
        why = case.requirement.not_testable
        return judged(case, Verdict.NOT_TESTABLE, expected=statement, actual=why)
    if cause == "host-unreachable":
        why = "host-unreachable: connection timed out"
        return judged(case, Verdict.ERROR, expected=statement, actual=why, cause=cause)
    requirement, names = case.requirement.id, _names(case.row) if case.row else []
    if requirement == "practice/egress":
        return judged(case, Verdict.NOT_TESTED, expected=statement,
                      actual="the rules may not be read; run again with --sudo",
                      cause="permission-denied")  # fmt: skip
    if _hit(case, where):
        detail = HOSTILE[chance.randrange(len(HOSTILE))] if hostile else f"within 5 s: {address}"
        actual = f"{names[0]}: {cause} while at {_stage_of(cause)} ({detail})"
        return judged(case, _red(requirement, cause), expected=statement, actual=actual,
                      cause=cause, failing=names[:2])  # fmt: skip
    return judged(case, Verdict.PASS, expected=statement, actual=_well(case, names, chance))


def _well(case: Case, names: list[str], chance: random.Random) -> str:
    if case.requirement.id == "run/host-measured":
        return f"38 endpoints in {chance.uniform(0.4, 9):.1f} s from {case.host[:20]}"
    if case.requirement.id == "practice/clock":
        return f"{chance.randrange(3)} s behind the median of 35 answers"
    return f"{', '.join(names[:5])}: HTTP 403" if names else "seen to hold"


def _red(requirement: str, cause: str) -> Verdict:
    """Which case of a row is red by *cause*; the others are blocked."""
    owner = {"tls-version": "tls/1.2", "cert-not-public": "principles/certificates"}.get(cause)
    if cause == "cert-not-public":
        return Verdict.WARN if requirement == owner else Verdict.PASS
    red = requirement == owner if owner else requirement.startswith("urls/")
    return Verdict.FAIL if red else Verdict.BLOCKED


def _stage_of(cause: str) -> str:
    return _STAGE_OF.get(cause.partition("-")[0], "connect")


def _names(row: Endpoint) -> list[str]:
    """Names of *row*: those of the catalogue, and some as a discovery call would tell them."""
    regional = [name for names in row.regional_names.values() for name in names]
    spelled = [pattern for pattern in row.patterns if "*" not in pattern]
    made = [
        pattern.replace("*", f"n{number}")
        for pattern in row.patterns
        if "*" in pattern and not (row.names or regional)
        for number in range(8)
    ]
    return [*spelled, *row.names, *regional, *made]


def _strips(
    label: str, catalogue: Catalogue, cause: str, where: str, chance: random.Random
) -> HostStrips:
    if cause == "host-unreachable":
        return HostStrips(host=label)
    names: list[NameStrip] = []
    rows: dict[str, tuple[int, ...]] = {}
    for requirement in catalogue.requirements:
        if requirement.endpoint and requirement.id.startswith("urls/"):
            its = _names(requirement.endpoint)
            hit = where == "all" or requirement.id.endswith(f"/{where}")
            rows[requirement.endpoint.label] = tuple(range(len(names), len(names) + len(its)))
            names += [_strip(name, cause if hit else "", chance) for name in its]
    return HostStrips(host=label, names=tuple(names), rows=rows, evidence="evidence/host.json")


def _strip(name: str, cause: str, chance: random.Random) -> NameStrip:
    return NameStrip(name=name, port=443, scheme="https", steps=tuple(_steps(cause, chance)))


def _steps(cause: str, chance: random.Random) -> Iterator[tuple[Step, int]]:
    facts = {
        "resolve": (f"40.73.{chance.randrange(4)}.17", f"40.73.{chance.randrange(4)}.18"),
        "connect": ("40.73.0.17 port 443",),
        "tls": ("TLSv1.2", "ECDHE-RSA-AES256-GCM-SHA384"),
        "certificate": ("issued by Microsoft Azure RSA TLS Issuing CA 03",
                        "valid 2026-08-01 to 2027-01-28", "verified by the host"),
        "http": ("status 403",),
    }  # fmt: skip
    stages = [*_STAGES[:2], *(["proxy"] if cause.startswith("proxy") else []), *_STAGES[2:]]
    for stage in stages:
        failed = bool(cause) and stage == _stage_of(cause) and CAUSES[cause].measured
        spent = 5000 if cause.endswith("timeout") and failed else chance.randrange(1, 240)
        if failed and not cause.startswith("cert"):
            yield Step(stage=stage, cause=cause, detail="no answer came"), spent
            return
        yield Step(stage=stage, facts=facts.get(stage, ())), spent
