"""Tickets: what each owner is asked, written where there is something to ask and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from arc_compliance.catalogue import load_catalogue
from arc_compliance.judge.causes import CAUSES, Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, judged, with_remedies
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.report.compliance import ComplianceReport, Host, Operator, Overall
from arc_compliance.report.run import result_of
from arc_compliance.report.ticket_files import remove_tickets, tickets_in, write_tickets
from arc_compliance.report.tickets import WIDTH, tickets
from selftests.runs.golden_triples import GOLDEN_HEADER
from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
CATALOGUE = load_catalogue("AzureChinaCloud")
GBL = "gbl.his.arc.azure.cn"
HOSTS = (
    Host(label="web01", measured=True, source_addresses=("10.0.0.1", "2001:db8::1")),
    Host(label="web02", measured=True),
)


def failed(host: str, requirement: str, cause: str, *names: str) -> Judgement:
    (case,) = [
        one
        for one in plan_cases(CATALOGUE, {host: Scope(cloud=CATALOGUE.cloud)})
        if one.requirement.id == requirement
    ]
    verdict = Verdict.FAIL if CAUSES[cause].measured else Verdict.ERROR
    return judged(case, verdict, expected="e", actual="a", cause=cause, failing=names)


def report(*judgements: Judgement) -> ComplianceReport:
    operator = Operator(who="ana@ops1")
    return ComplianceReport(
        overall=Overall.NON_COMPLIANT,
        header=replace(GOLDEN_HEADER, operator=operator, simulated=False),
        hosts=HOSTS,
        results=tuple(result_of(f"t.py::x[{j.case}]", 0.0, j) for j in judgements),
        missing=(),
    )


def test_a_ticket_in_full() -> None:
    found = tickets(
        report(
            failed("web01", "urls/his", "connect-timeout", GBL),
            failed("web02", "urls/his", "connect-timeout", GBL),
        ),
        CATALOGUE,
    )

    assert found == {
        "network team": f"""\
Ticket by arc-compliance 0, run golden, 2026-01-01T00:00:00+00:00
To: network team
Subject: Azure Arc network requirements, AzureChinaCloud
From: ana@ops1

1. The connection was dropped silently (connect-timeout)
   What: Allow outbound TCP from this host to {GBL} in the firewall that
      drops it.
   From:
     web01 (10.0.0.1, 2001:db8::1)
     web02
   To:
     {GBL}
   Why:
     urls/his: The host reaches the hybrid identity and metadata services of Azure Arc.
   To check on each of the hosts:
     curl -v https://{GBL}/
     then run arc-compliance again: urls/his passes
"""
    }


def test_each_owner_is_asked_for_what_is_theirs() -> None:
    denied = failed("web01", "urls/his", "proxy-denied", GBL)
    both = [Remedy(Owner.SERVER, "Open it here."), Remedy(Owner.NETWORK, "Open it there.")]

    found = tickets(
        report(denied, with_remedies(failed("web02", "urls/pas", "tls-reset", "pas.x"), both)),
        CATALOGUE,
    )

    assert set(found) == {"proxy owner", "server owner", "network team"}
    assert "Open it here." in found["server owner"]
    assert "Open it there." not in found["server owner"]


def test_what_is_waived_is_asked_for_until_the_waiver_ends() -> None:
    one = replace(
        failed("web01", "urls/his", "connect-timeout", GBL),
        verdict=Verdict.WAIVED,
        verdict_without_waiver=Verdict.FAIL,
        waiver="until 2026-12-31, approved by J. Doe: known (w.yaml, waiver 1)",
    )

    (text,) = tickets(report(one), CATALOGUE).values()

    assert "Until when: it is waived until 2026-12-31, approved by J. Doe: known" in text


@pytest.mark.parametrize("name", ["$(reboot).x", "a;b.c", "`x`.y", "имя.x", "10.0.0.0/8", "Tag"])
def test_a_command_is_made_of_a_name_only(name: str) -> None:
    found = tickets(report(failed("web01", "urls/his", "connect-timeout", name)), CATALOGUE)

    assert "curl" not in found["network team"]


def test_a_name_server_is_not_looked_up_as_a_name() -> None:
    """getent answers for every address, so the command would show nothing."""
    slow = failed("web01", "practice/name-servers", "dns-slow", "10.255.255.53")

    (text,) = tickets(report(slow), CATALOGUE).values()

    assert "getent" not in text
    assert "   To check: run arc-compliance again: practice/name-servers passes\n" in text


def test_several_requirements_pass() -> None:
    both = [failed("web01", one, "dns-failed", GBL) for one in ("urls/his", "urls/pas")]

    (text,) = tickets(report(*both), CATALOGUE).values()

    assert "run arc-compliance again: urls/his, urls/pas pass\n" in text


def test_a_host_that_is_down_is_not_its_own_destination() -> None:
    found = tickets(
        report(failed("web01", "run/host-measured", "host-unreachable", "web01")), CATALOGUE
    )

    (text,) = found.values()
    assert "   To:" not in text
    assert "   To check: run arc-compliance again: run/host-measured passes\n" in text


def test_lines_are_short_enough_for_any_ticket() -> None:
    every = [failed("web01", "urls/his", cause, GBL) for cause in CAUSES]

    for text in tickets(report(*every), CATALOGUE).values():
        assert all(len(line) <= WIDTH for line in text.splitlines())


def test_nothing_to_ask_is_no_ticket_and_only_our_own_old_ones_go(tmp_path: Path) -> None:
    write_tickets(tmp_path, report(failed("web01", "urls/his", "proxy-denied", GBL)), CATALOGUE)
    assert set(tickets_in(tmp_path)) == {"proxy owner"}
    folder = tmp_path / "tickets"
    (folder / "notes.txt").write_text("Ticket by arc-compliance, mine")
    (folder / "server-owner.txt").write_text("not a ticket of ours")
    (folder / "network-team.txt").symlink_to(folder / "proxy-owner.txt")

    write_tickets(tmp_path, report(), CATALOGUE)

    assert sorted(one.name for one in folder.iterdir()) == [
        "network-team.txt",
        "notes.txt",
        "server-owner.txt",
    ]


def test_an_empty_folder_goes_with_the_last_ticket(tmp_path: Path) -> None:
    write_tickets(tmp_path, report(failed("web01", "urls/his", "proxy-denied", GBL)), CATALOGUE)

    remove_tickets(tmp_path)

    assert not (tmp_path / "tickets").exists()


def test_a_run_leaves_tickets_that_the_page_links_and_a_good_one_removes_them(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
    run = run_suite(*saved_fleet(tmp_path / "a", {"web02": "faulty", "web03": "unreachable"}))

    names = sorted(one.name for one in (run.reports / "tickets").iterdir())
    assert names == ["dns-owner.txt", "network-team.txt", "operator-of-this-run.txt"]
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    for name in names:
        assert f'href="tickets/{name}"' in page
        assert run.json["header"]["run"] in (run.reports / "tickets" / name).read_text()

    run_suite(*saved_fleet(tmp_path / "b", {"web01": "healthy"}))

    assert not (run.reports / "tickets").exists()
