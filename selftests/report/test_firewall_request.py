"""The firewall request: the fewest rules, in a stable order, as table, text and nftables."""

from __future__ import annotations

import csv
import io
import itertools
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from netaddr import IPNetwork, IPSet

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.causes import Owner
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Host, Overall, Result
from arc_compliance.report.firewall_request import (
    COLUMNS,
    asks,
    render_csv,
    render_nftables,
    render_text,
)
from arc_compliance.report.tickets import SIMULATED
from arc_compliance.service_tags.tags import ServiceTags
from selftests.conftest import needs
from selftests.judge.evidence_made import CATALOGUE, tag_file
from selftests.runs.golden_triples import GOLDEN_HEADER
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
HOSTS = (
    Host(label="web01", measured=True, source_addresses=("10.0.0.1",)),
    Host(label="web02", measured=True, source_addresses=("10.0.0.2", "2001:db8::2")),
    Host(label="=web03", measured=True),
)
RUN = GOLDEN_HEADER.run
GBL, GAS = "gbl.his.arc.azure.cn", "chinaeast2-gas.guestconfiguration.azure.cn"


def failed(
    host: str,
    requirement: str,
    cause: str,
    *failing: str,
    verdict: Verdict = Verdict.FAIL,
    owner: Owner | None = None,
) -> Judgement:
    return Judgement(
        case=f"{host}-{requirement}",
        requirement=requirement,
        section="s",
        level=Level.MUST,
        verdict=verdict,
        host=host,
        cause=cause,
        failing=failing,
        owner=owner or "",
        remedy="Allow it." if owner else "",
    )


def report(*judgements: Judgement) -> ComplianceReport:
    results = (Result(classname="c", name=j.case, duration=0, judgement=j) for j in judgements)
    return ComplianceReport(
        overall=Overall.NON_COMPLIANT,
        header=GOLDEN_HEADER,
        hosts=HOSTS,
        results=tuple(results),
        missing=(),
    )


def rows_of(*judgements: Judgement) -> list[list[str]]:
    """The rows of the table, one a source."""
    found = report(*judgements)
    head, *rows = csv.reader(io.StringIO(render_csv(asks(found, CATALOGUE), found)))
    assert head == list(COLUMNS)
    return rows


def table(*judgements: Judgement) -> list[tuple[str, ...]]:
    """The rules of the table, each with all its sources."""
    rules: dict[tuple[str, ...], list[str]] = {}
    for source, _, *rule, _, _ in rows_of(*judgements):
        rules.setdefault(tuple(rule), []).append(source)
    return [(" ".join(sources), *rule) for rule, sources in rules.items()]


def test_a_row_is_one_source_with_its_host_the_reason_and_the_run() -> None:
    rows = rows_of(
        failed("web01", "urls/his", "connect-timeout", GBL),
        failed("web02", "urls/his", "tls-reset", GBL),
        failed("=web03", "urls/his", "connect-refused", GBL),
    )

    rule = ["*.his.arc.azure.cn", "443", "tcp", "urls/his"]
    reset = "the TLS handshake is cut off (tls-reset)"
    assert rows == [
        ["10.0.0.1", "web01", *rule, "the connection was dropped silently (connect-timeout)", RUN],
        ["10.0.0.2", "web02", *rule, reset, RUN],
        ["2001:db8::2", "web02", *rule, reset, RUN],
        ["'=web03", "'=web03", *rule, "the connection was refused (connect-refused)", RUN],
    ]


def test_the_same_rule_of_several_hosts_is_one() -> None:
    assert table(
        failed("web01", "urls/his", "connect-timeout", GBL),
        failed("web02", "urls/his", "tls-reset", GBL),
    ) == [("10.0.0.1 10.0.0.2 2001:db8::2", "*.his.arc.azure.cn", "443", "tcp", "urls/his")]


def test_what_no_rule_mends_is_not_asked_for() -> None:
    assert (
        table(
            failed("web01", "urls/his", "dns-not-found", GBL),
            failed("web01", "principles/certificates", "cert-expired", GBL),
            failed("web01", "urls/login", "connect-timeout", "x", verdict=Verdict.BLOCKED),
            failed("web01", "networking/port-443", "connect-timeout", GBL),
        )
        == []
    )


def test_names_then_tags_then_prefixes_then_the_proxy() -> None:
    rows = table(
        failed("web01", "urls/blob", "proxy-denied", "x.blob.core.chinacloudapi.cn"),
        failed("web01", "service-tags/storage", "tag-not-covered", "52.130.96.0/20"),
        failed(
            "web01", "service-tags/azure-traffic-manager", "tag-not-covered", "AzureTrafficManager"
        ),
        failed(
            "web01", "service-tags/full-range", "tag-not-covered", "2001:db8::/32", "10.1.0.0/16"
        ),
        failed("web01", "urls/guestconfiguration", "connect-refused", GAS),
    )

    assert [(row[1], row[3]) for row in rows] == [
        ("*.guestconfiguration.azure.cn", "tcp"),
        ("AzureTrafficManager", "tcp"),
        ("10.1.0.0/16", "tcp"),
        ("52.130.96.0/20", "tcp"),
        ("2001:db8::/32", "tcp"),
        ("*.blob.core.chinacloudapi.cn", "connect"),
    ]


def test_a_prefix_inside_a_wider_one_is_not_asked_for_again() -> None:
    arc, full = "service-tags/azure-arc-infrastructure", "service-tags/full-range"
    rows = table(
        failed("web01", arc, "tag-not-covered", "10.1.0.0/16"),
        failed("web01", full, "tag-not-covered", "10.1.2.0/24", "10.1.0.0/16"),
        failed("web02", full, "tag-not-covered", "10.1.3.0/24"),
    )

    assert rows == [
        ("10.0.0.1", "10.1.0.0/16", "443", "tcp", f"{arc} {full}"),
        ("10.0.0.2 2001:db8::2", "10.1.3.0/24", "443", "tcp", full),
    ]


def test_prefixes_beside_names_of_a_case_with_both() -> None:
    rows = table(
        failed("web01", "service-tags/storage", "address-not-public", "x.blob", "52.130.96.0/20")
    )

    assert [row[1] for row in rows] == ["52.130.96.0/20"]


def test_both_doors_of_a_row() -> None:
    rows = table(failed("web01", "esu/pkiops", "connect-timeout", "www.microsoft.com"))

    assert [row[2] for row in rows] == ["80", "443"]


def test_the_order_is_the_same_whatever_came_first() -> None:
    cases = (
        failed("web01", "urls/his", "connect-timeout", GBL),
        failed("web01", "urls/guestconfiguration", "connect-timeout", GAS),
        failed("web01", "service-tags/full-range", "tag-not-covered", "10.1.0.0/16", "10.0.0.0/24"),
    )

    assert len({tuple(table(*one)) for one in itertools.permutations(cases)}) == 1


def test_no_cell_is_a_formula() -> None:
    (row,) = table(failed("=web03", "urls/his", "connect-timeout", GBL))

    assert row[0] == "'=web03"


def test_the_text_for_a_ticket() -> None:
    found = report(
        failed("web01", "urls/his", "connect-timeout", GBL),
        failed("web02", "urls/his", "connect-timeout", GBL),
        failed("web01", "urls/blob", "proxy-denied", "x.blob.core.chinacloudapi.cn"),
        failed("web01", "service-tags/full-range", "tag-not-covered", "10.1.0.0/16"),
    )
    tags = ServiceTags(own=tag_file())

    text = render_text(asks(found, CATALOGUE), found, tags)

    assert "In the firewall, please allow\n  from web01 (10.0.0.1), web02 (10.0.0.2, " in text
    assert "  to   *.his.arc.azure.cn  TCP 443\n" in text
    assert "In the proxy, please allow\n  from web01 (10.0.0.1)\n  to   *.blob.core" in text
    assert "CONNECT to port 443" in text
    assert "ServiceTags_China_20261116.json" in text
    nothing = report()
    assert "Nothing to ask for" in render_text([], nothing, tags)


@pytest.mark.parametrize("simulated", [True, False])
def test_only_the_request_of_a_simulation_says_that_it_is_one(simulated: bool) -> None:
    found = report(failed("web01", "urls/his", "connect-timeout", GBL))
    found = replace(found, header=replace(found.header, simulated=simulated))

    head, _, _ = render_text(asks(found, CATALOGUE), found, ServiceTags()).partition("In the")

    assert (SIMULATED in head) is simulated


def test_what_the_hosts_own_rules_lack_is_not_asked_of_the_network() -> None:
    """It stands in the text for whose it is, and in the prefixes."""
    own = Owner.SERVER
    cases = (
        failed("web01", "urls/his", "connect-timeout", GBL, owner=own),
        failed("web01", "service-tags/full-range", "tag-not-covered", "10.1.0.0/16", owner=own),
        failed("web02", "urls/his", "connect-timeout", GBL, owner=Owner.NETWORK),
        failed("web02", "service-tags/full-range", "tag-not-covered", "10.0.0.0/8"),
    )
    found = report(*cases)
    wanted = asks(found, CATALOGUE)

    text = render_text(wanted, found, ServiceTags())

    assert [row[:2] for row in table(*cases)] == [
        ("10.0.0.2 2001:db8::2", "*.his.arc.azure.cn"),
        ("10.0.0.2 2001:db8::2", "10.0.0.0/8"),
    ]
    _, _, on_hosts = text.partition("In the hosts' own packet filter, please allow (server owner)")
    assert on_hosts.startswith("\n  from web01 (10.0.0.1)\n  to   *.his.arc.azure.cn  TCP 443\n")
    assert "10.1.0.0/16" in on_hosts
    assert "10.0.0.0/8" in (render_nftables(wanted, ServiceTags()) or "")


def test_the_prefixes_are_a_table_that_nftables_takes(tmp_path: Path) -> None:
    """Those of whole tags too; overlapping ones are folded, as sets of intervals want them."""
    found = report(
        failed("web01", "service-tags/full-range", "tag-not-covered", "AzureArcInfrastructure"),
        failed("web02", "service-tags/storage", "tag-not-covered", "10.1.2.0/24", "2001:db8::/48"),
        failed("web02", "practice/x", "tag-not-covered", "AzureArcInfrastructure@AzureCloud"),
    )
    tags = ServiceTags(
        own=tag_file(AzureArcInfrastructure=["10.1.0.0/16", "2001:db8::/32"]),
        public=tag_file(cloud="Public", AzureArcInfrastructure=["10.9.0.0/16"]),
    )

    text = render_nftables(asks(found, CATALOGUE), tags)

    assert text is not None
    assert "10.1.2.0/24" not in text
    assert "10.9.0.0/16" in text
    assert "ip daddr @azure_ipv4 tcp dport 443 accept" in text
    nft = shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin")
    needs(nft, "nft")
    (tmp_path / "request.nft").write_text(text)
    done = subprocess.run(
        ["unshare", "--map-root-user", "--net", nft, "-c", "-f", tmp_path / "request.nft"],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unshare" in done.stderr:
        pytest.skip(f"no network namespace here: {done.stderr}")
    assert (done.returncode, done.stderr) == (0, "")


def test_without_prefixes_there_is_no_table() -> None:
    found = report(failed("web01", "urls/his", "connect-timeout", GBL))

    assert render_nftables(asks(found, CATALOGUE), ServiceTags(own=tag_file())) is None


def test_a_run_leaves_what_it_asks_for_and_nothing_older(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    lacking = tmp_path / "perimeter.txt"
    lacking.write_text("127.0.0.0/9\n::1\n")

    run = run_suite("--demo", f"--firewall-allowlist={lacking}")

    assert run.code == 1
    text = (run.reports / "firewall-request.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    destinations = IPSet(IPNetwork(row["destination"]) for row in rows)
    assert destinations == IPSet(["127.0.0.0/8"])
    assert "please allow" in (run.reports / "firewall-request.txt").read_text()
    assert (run.reports / "firewall-request.nft").exists()
    assert "firewall-request.csv (1 rule)" in " ".join(run.out.split())

    healthy = run_suite("--demo")

    assert healthy.code == 0
    assert (run.reports / "firewall-request.csv").read_text().count("\n") == 1
    assert not (run.reports / "firewall-request.nft").exists()
