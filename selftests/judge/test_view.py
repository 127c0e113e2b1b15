"""One host as its judges see it: evidence joined to rows, once."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

import pytest

from arc_compliance.catalogue.model import Client
from arc_compliance.judge import adjust
from arc_compliance.judge.addresses import filters
from arc_compliance.judge.view import RowView, view_of
from arc_compliance.plan.scope import Feature
from arc_compliance.wire.observation import Stage
from arc_compliance.wire.record import HostRecord
from selftests.firewall.test_allowlist import DROP, nft, to
from selftests.judge.evidence_made import (
    case_of,
    control,
    evidence,
    grounds,
    measurement,
    view,
)

LOGIN = "login.chinacloudapi.cn"
BUS = "azgnprod1.servicebus.chinacloudapi.cn"


def discovered(name: str, *rows: str) -> dict[str, Any]:
    """A discovered name; of format 2 where *rows* say for which it was discovered."""
    return {**measurement(name), "origin": "discovered", "rows": rows or None}


def row(requirement: str, *measured: dict[str, Any], **scope: Any) -> RowView:
    return view(evidence(*measured), **scope).row_of(case_of(requirement, **scope))


def test_a_row_has_its_known_given_and_discovered_names() -> None:
    given = {"*.his.arc.azure.cn": ("own.his.arc.azure.cn",)}

    found = row("urls/his", discovered("cne.his.arc.azure.cn"), given_names=given)

    assert found.names == ("gbl.his.arc.azure.cn", "own.his.arc.azure.cn", "cne.his.arc.azure.cn")
    assert [t.measurement is None for t in found.targets] == [True, True, False]


@pytest.mark.parametrize("rows", [(), ("urls/azgn",), ("urls/azgn", "urls/servicebus")])
def test_a_discovered_name_is_in_every_row_that_stands_for_it(rows: tuple[str, ...]) -> None:
    """Whichever rows it was discovered for: evidence may be judged under a wider scope."""
    ssh = {"features": frozenset({Feature.SSH})}

    assert row("urls/azgn", discovered(BUS, *rows), **ssh).names == (BUS,)
    assert row("urls/servicebus", discovered(BUS, *rows), **ssh).names == (BUS,)
    assert BUS not in row("urls/login", discovered(BUS, *rows)).names


def test_a_name_is_in_the_row_for_which_the_host_discovered_it() -> None:
    found = row("urls/azgn", discovered("bus.example.cn", "urls/azgn"))

    assert found.names == ("bus.example.cn",)


def test_names_of_another_region_that_were_ordered_are_not_judged() -> None:
    elsewhere = "chinaeast2-gas.guestconfiguration.azure.cn"
    ordered = {**measurement(elsewhere), "rows": ["urls/guestconfiguration"]}

    found = row("urls/guestconfiguration", ordered, location="chinanorth3")

    assert "chinanorth3-gas.guestconfiguration.azure.cn" in found.names
    assert elsewhere not in found.names


def test_what_a_must_requires_by_client() -> None:
    names = ("packages.microsoft.com", LOGIN, "dc.applicationinsights.azure.cn", "else.example")
    found = view(evidence(*map(measurement, names)))

    assert [m.name for m in found.required()] == ["packages.microsoft.com", LOGIN]
    assert [m.name for m in found.required(Client.AGENT)] == [LOGIN]
    assert found.required(Client.OS) == []


def test_rows_of_a_tag_are_those_in_scope() -> None:
    found = view(evidence())

    assert [r.requirement.id for r in found.rows_in("AzureActiveDirectory")] == [
        "urls/login",
        "urls/login-partner",
        "urls/pas",
    ]
    assert found.rows_in("WindowsAdminCenter") == []


def test_the_hosts_own_rules_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = filters.own_rules
    monkeypatch.setattr(
        filters, "own_rules", lambda tool, text: asked.append(tool) or real(tool, text)
    )
    rules = nft([to("192.0.2.1"), DROP], policy="accept")
    found = view(evidence(egress={"tool": "nft", "rules": rules}))

    for _ in range(3):
        assert found.own_firewall is not None
        assert found.filters == found.address_filters == (found.own_firewall,)
        assert found.own_firewall_unknown == ""
    assert asked == ["nft"]


def test_why_the_hosts_own_rules_are_unknown() -> None:
    unreadable = view(evidence(egress={"tool": "nft", "rules": "{"}))
    unread = view(evidence(egress={"failure": "permission-denied"}))

    assert unreadable.own_firewall is unread.own_firewall is None
    assert unreadable.own_firewall_unknown.startswith("nft printed no rules")
    assert unread.own_firewall_unknown == "permission-denied"


def test_in_a_view_a_made_up_address_did_not_resolve() -> None:
    portal = {**control("resolve", answered=True), "addresses": ["10.0.0.1"]}
    sent = evidence(
        measurement(LOGIN, addresses=("10.0.0.1",), certificate="cert-untrusted"),
        controls=[portal],
    )

    measured = view(sent).measured(LOGIN)

    assert measured is not None
    assert measured.failed is not None
    assert (measured.failed.stage, len(measured.observations)) == (Stage.RESOLVE, 1)


@pytest.mark.parametrize(
    ("version", "expected"), [("1.23.01", (1, 23)), ("1.47", (1, 47)), ("new", None), (None, None)]
)
def test_the_agents_version(version: str | None, expected: tuple[int, int] | None) -> None:
    found = view(evidence(agent={"installed": True, "version": version}))

    assert found.agent_version == expected


@pytest.mark.parametrize(
    ("location", "expected"), [("auto", "chinaeast2"), ("chinanorth3", "chinanorth3"), (None, None)]
)
def test_the_location_that_counts(location: str | None, expected: str | None) -> None:
    found = view(evidence(agent={"installed": True, "location": "chinaeast2"}), location=location)

    assert found.location == expected


def test_the_agents_proxy_comes_from_its_own_places() -> None:
    shell = {"place": "shell", "proxy": "shell:1"}
    daemons = {"place": "daemons", "proxy": "daemons:2"}

    own = view(evidence(proxy="daemons:2", proxies={"settings": [shell, daemons]}))
    nobodys = view(evidence(proxy="other:3", proxies={"settings": [shell]}))

    assert (own.agents_proxy.place, own.agents_proxy.proxy) == ("daemons", "daemons:2")
    assert (nobodys.agents_proxy.place, nobodys.agents_proxy.proxy) == ("", "other:3")


def test_a_host_without_evidence_has_no_view() -> None:
    record = HostRecord(run="run", host="h", collected=1.0)

    assert view_of(record, grounds()) is None


def test_every_adjustment_is_applied_once() -> None:
    """Each module of the room is one adjustment."""
    modules = [
        importlib.import_module(f"{adjust.__name__}.{found.name}")
        for found in pkgutil.iter_modules(adjust.__path__)
    ]
    listed = [one.__module__ for one in adjust.ADJUSTMENTS]

    assert sorted(listed) == sorted(module.__name__ for module in modules)
