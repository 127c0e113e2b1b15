"""Inventories: what holds for which host, and one clear error for what cannot be used."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
import yaml

from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import load_catalogue
from arc_compliance.catalogue.model import Bypass
from arc_compliance.hosts.inventory import Entry, Host, narrow, read_inventory
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.order import Limits, order_for, targets_of
from arc_compliance.plan.scope import Feature, PrivateLink, Role, Scenario, Scope
from selftests.conftest import Sshd
from selftests.probe import peers
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]
CATALOGUE = load_catalogue("AzureChinaCloud")

FLEET = """\
# secret-comment-in-yaml
defaults:
  location: chinaeast2
  comment: secret-comment-for-all
groups:
  beijing:
    location: chinanorth3
    proxy: http://proxy1:3128
    proxy_bypass: [Arc]
    hosts:
      - ssh://web01
      - host: ssh://web02:2222
        location: auto
        proxy: none
        comment: secret-comment-of-web02
      - {host: ssh://adm01, role: onboarding-machine}
  shanghai:
    private_link: [arc, arm]
    features: [ssh, wac]
    scenario: esu
    hosts: [ssh://db01]
hosts:
  - docker://app01
"""


def _read(tmp_path: Path, text: str, **scope: object) -> list[Entry]:
    path = tmp_path / "hosts.yaml"
    path.write_text(text)
    base = Scope(cloud="AzureChinaCloud", **scope)  # type: ignore[arg-type]
    return read_inventory(path, base, CATALOGUE.regions)


def test_a_host_goes_before_its_group_and_that_before_the_defaults(tmp_path: Path) -> None:
    entries = _read(tmp_path, FLEET, proxy="http://cli:1", location="chinanorth")

    scopes = {entry.address: entry.scope for entry in entries}
    web01, web02 = scopes["ssh://web01"], scopes["ssh://web02:2222"]
    assert (web01.location, web01.proxy) == ("chinanorth3", "http://proxy1:3128")
    assert web01.proxy_bypass == {Bypass.ARC}
    assert (web02.location, web02.proxy) == ("auto", None)
    assert scopes["ssh://adm01"].role is Role.ONBOARDING_MACHINE
    db01 = scopes["ssh://db01"]
    assert db01.private_link == {PrivateLink.ARC, PrivateLink.ARM}
    assert db01.features == {Feature.SSH, Feature.WAC}
    assert db01.scenario is Scenario.ESU
    assert (db01.location, db01.proxy) == ("chinaeast2", "http://cli:1")
    assert scopes["docker://app01"].location == "chinaeast2"
    assert [entry.group for entry in entries] == ["beijing"] * 3 + ["shanghai", None]


@pytest.mark.parametrize(
    ("hosts", "chosen"),
    [
        ("web01", ["ssh://web01"]),
        ("ssh://web02:2222", ["ssh://web02:2222"]),
        ("web*", ["ssh://web01", "ssh://web02:2222"]),
        ("shanghai,docker://app01", ["ssh://db01", "docker://app01"]),
    ],
)
def test_hosts_narrow_an_inventory(tmp_path: Path, hosts: str, chosen: list[str]) -> None:
    assert [e.address for e in narrow(_read(tmp_path, FLEET), hosts)] == chosen


FAULTS = {
    "hosts: [ssh://a, ssh://a]": "hosts[1]: 'a' is named twice; name each host once (line 1)",
    "hosts:\n  - ssh://a\n  - ssh://root@a": "hosts[1]: 'a' is named twice; name each host once "
    "(line 3)",
    "groups:\n  x:\n    hosts: [ssh://a]\nhosts: [ssh://a]": "hosts[0]: 'a' is named twice",
    "hosts:\n - ssh://a\n - host: ssh://b\n   location: chinanorth33": "hosts[1].location: unknown "
    "region 'chinanorth33' (did you mean 'chinanorth3'?); known: chinaeast, chinaeast2, "
    "chinanorth, chinanorth2, chinanorth3, auto (line 4)",
    "groups:\n  x:\n    private_lnk: [arc]\n    hosts: [ssh://a]": "groups.x.private_lnk: unknown "
    "key (did you mean 'private_link'?) (line 3)",
    "groups:\n  x:\n    proxy_bypass: [arc]\n    hosts: [ssh://a]": "groups.x.proxy_bypass[0]: "
    "unknown endpoint group 'arc' (did you mean 'Arc'?) (line 3)",
    "defaults: {private_link: [arm]}": "defaults.private_link: arm goes with arc; write arc,arm "
    "(line 1)",
    "defaults: {proxy: 'ftp://u:hunter2@p'}": "defaults.proxy: 'ftp://***@p' is not a proxy",
    "defaults: {role: boss}": "defaults.role: unknown role 'boss'; known are server, "
    "onboarding-machine (line 1)",
    "hosts: [web01]": "hosts[0].host: 'web01' names no backend; write ssh://web01 (line 1)",
    "hosts: ['winrm://w']": "hosts[0].host: winrm://w: Windows hosts are not measured yet in this "
    "edition (line 1)",
    "hosts: ['ssh://root:hunter2@a']": "hosts[0].host: a password in the address of 'a' would show",
    'hosts: ["ssh://a\\nb"]': "hosts[0].host: 'a\\nb' is not a host; write ssh://[user@]",
    "hosts: [{location: auto}]": "hosts[0].host: is missing (line 1)",
    "hosts: [7]": "hosts[0]: expected a mapping, got 7 (line 1)",
    "groups: {x: {hosts: []}}": "groups.x.hosts: must not be empty (line 1)",
    "hosts:\n  - ssh://a\n  bad": "not valid YAML: ",
    "hosts: []\nhosts: []": "not valid YAML: the key 'hosts' is given twice (line 2)",
    "": "expected a mapping, got None (line 1)",
    "hosts: []": "names no host; list them under hosts: or groups:",
    "a: &a [x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
    "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\n"
    "f: &f [*e,*e,*e,*e,*e,*e,*e,*e]\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f]\n"
    "h: &h [*g,*g,*g,*g,*g,*g,*g,*g]\nhosts: [*h]": "more than 500000 values, aliases followed "
    "(line 7)",
    "[" * 5000: "more than 50 lists and mappings in each other (line 1)",
}


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_a_fault_names_file_path_and_line(tmp_path: Path, text: str) -> None:
    with pytest.raises(Fault) as fault:
        _read(tmp_path, text)

    assert str(fault.value).startswith(f"hosts.yaml: {FAULTS[text]}")
    assert "hunter2" not in str(fault.value)
    assert len(str(fault.value)) < 500


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"hosts.yaml: larger than 16777216 bytes"):
        _read(tmp_path, "#" * (16 * 1024 * 1024 + 1))


def test_the_command_line_names_the_option(run_suite: RunSuite, tmp_path: Path) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text("hosts:\n  - host: ssh://a\n    location: mars\n")

    run = run_suite(f"--inventory={path}")

    assert run.code == 4
    assert "ERROR: --inventory: hosts.yaml: hosts[0].location: unknown region 'mars'" in run.err
    assert "(line 3)" in run.err
    assert not (run.reports / "junit.xml").exists()


def test_hosts_that_name_nobody_in_the_inventory_end_with_4(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(FLEET)

    run = run_suite(f"--inventory={path}", "--hosts=webb01")

    assert run.code == 4
    assert (
        "--hosts: 'webb01' is not a host or group of the inventory (did you mean 'web01'?)"
        in run.err
    )


def test_an_inventory_follows_its_published_schema(tmp_path: Path) -> None:
    schema = json.loads((ROOT / "docs" / "inventory.schema.json").read_text(encoding="utf-8"))

    jsonschema.validate(yaml.safe_load(FLEET), schema)

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"hosts": [{"hosts": "ssh://a"}]}, schema)


def test_every_host_is_planned_and_ordered_by_its_own_scope(tmp_path: Path) -> None:
    entries = _read(tmp_path, FLEET)
    scopes = {entry.address: entry.scope for entry in entries}

    cases = plan_cases(CATALOGUE, scopes)

    reasons = {(c.host, c.requirement.id): c.not_applicable for c in cases}
    assert reasons["ssh://adm01", "networking/onboarding-machine"] is None
    assert "not an onboarding machine" in str(
        reasons["ssh://web01", "networking/onboarding-machine"]
    )
    assert reasons["ssh://db01", "esu/his"] == "concerns Windows; this host runs Linux"
    assert reasons["ssh://web01", "urls/his"] is None
    assert "its own rows apply" in str(reasons["ssh://db01", "urls/his"])
    order = order_for(
        "web01",
        run="r",
        catalogue=CATALOGUE,
        scope=scopes["ssh://web01"],
        limits=Limits(),
        user_agent="x",
    )
    assert order.proxy_bypass == ("Arc",)
    names = {d.name for d in targets_of(CATALOGUE, scopes["ssh://web01"])}
    assert "chinanorth3-gas.guestconfiguration.azure.cn" in names
    assert "chinaeast2-gas.guestconfiguration.azure.cn" not in names


def test_a_fleet_in_two_regions_is_one_run(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text(
        "defaults: {comment: secret-comment-for-all}\n"
        "groups:\n"
        "  # secret-comment-in-yaml\n"
        "  north: {location: chinanorth3, hosts: [ssh://web01]}\n"
        "  east: {location: chinaeast2, features: [ssh], hosts: [ssh://web02]}\n"
    )

    run = run_suite(f"--inventory={path}", f"--ssh-config={sshd.config}", *to_azure)

    assert run.properties["location"] == "chinaeast2, chinanorth3"
    assert run.properties["selection"] == "all"
    row = "*.guestconfiguration.azure.cn"
    assert "sampled 2 names" in run.case("urls/guestconfiguration", "web01", row)["actual"]
    names = {
        host: {
            m["name"]
            for m in json.loads((run.reports / "evidence" / f"{host}.json").read_text())[
                "evidence"
            ]["measurements"]
        }
        for host in ("web01", "web02")
    }
    assert "chinanorth3-gas.guestconfiguration.azure.cn" in names["web01"] - names["web02"]
    assert "chinaeast2-gas.guestconfiguration.azure.cn" in names["web02"] - names["web01"]
    assert run.case("urls/servicebus", "web01")["verdict"] == "not-applicable"
    assert run.case("urls/servicebus", "web02")["verdict"] != "not-applicable"
    assert ["location", "chinanorth3"] in run.json["hosts"][0]["scope"]
    assert "location: chinaeast2" in (run.reports / "report.html").read_text(encoding="utf-8")
    assert "secret-comment" not in run.text()


def test_a_part_of_an_inventory_is_a_partial_run(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "hosts.yaml"
    path.write_text("hosts: [ssh://web01, ssh://dead]\n")

    run = run_suite(f"--inventory={path}", "--hosts=web*", f"--ssh-config={sshd.config}", *to_azure)

    assert {c["host"] for c in run.cases if "host" in c} == {"web01"}
    assert run.properties["selection"] == "1 of 2 hosts of hosts.yaml"
    assert "Partial run: 1 of 2 hosts of hosts.yaml" in run.out


def test_hosts_behind_two_proxies_are_one_run(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str], tmp_path: Path
) -> None:
    path = tmp_path / "hosts.yaml"
    open_, strict = peers.proxy(), peers.proxy("403 Forbidden")
    with peers.serve(open_) as first, peers.serve(strict) as second:
        path.write_text(
            f"defaults: {{proxy: 'http://arc:hunter2@127.0.0.1:{first}', location: chinanorth3}}\n"
            "hosts:\n"
            "  - {host: 'ssh://web01', role: onboarding-machine}\n"
            "  - host: ssh://web02\n"
            f"    proxy: http://127.0.0.1:{second}\n"
            "    proxy_bypass: [Arc]\n"
        )
        run = run_suite(f"--inventory={path}", f"--ssh-config={sshd.config}", *to_azure)

    assert run.code == 1
    passing = run.case("networking/proxy", "web01")
    assert passing["verdict"] == "pass"
    assert run.case("networking/onboarding-machine", "web01")["verdict"] == "pass"
    denied = run.case("networking/proxy", "web02")
    assert (denied["verdict"], denied["cause"]) == ("fail", "proxy-denied")
    assert not [name for name in denied["failing"].split(",") if ".arc." in name]
    assert run.case("urls/his", "web02")["verdict"] == "pass"
    assert run.case("urls/login", "web02")["cause"] == "proxy-denied"
    not_marked = run.case("networking/onboarding-machine", "web02")
    assert not_marked["verdict"] == "not-applicable"
    assert run.json["hosts"][0]["controls"][0] == ["proxy", "held"]
    assert [stage for stage, _ in run.json["hosts"][1]["controls"]] == [
        "resolve",
        "connect",
        "proxy",
        "certificate",
    ]
    assert "hunter2" not in run.text()


def test_the_example_of_the_page_can_be_read(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]

    entries = _read(tmp_path, text)

    assert [entry.address for entry in entries][-1] == "ssh://adm01"
    table = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    assert table == set(Host.model_fields)
