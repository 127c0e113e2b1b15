"""Judges of service tags and allow-lists, on evidence made by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from netaddr import IPNetwork, IPSet

from arc_compliance.firewall.allowlist import Allowlist, read_allowlist
from arc_compliance.judge.addresses.coverage import (
    judge_azure_cloud_gap,
    judge_full_range,
    judge_public_tags,
)
from arc_compliance.judge.addresses.tags import judge_service_tags_current, judge_tag
from arc_compliance.judge.case import Judge
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.plan.scope import PrivateLink
from arc_compliance.service_tags.tags import ServiceTags, TagFile
from arc_compliance.wire.evidence import Evidence
from selftests.firewall.test_allowlist import ACCEPT, nft, to
from selftests.judge.evidence_made import (
    NOW,
    case_of,
    evidence,
    grounds,
    judge_evidence,
    measurement,
    tag_file,
)
from selftests.service_tags.test_service_tags import real

LOGIN, PARTNER, PAS = (
    "login.chinacloudapi.cn",
    "login.partner.microsoftonline.cn",
    "pas.chinacloudapi.cn",
)
ENTRA, ARC = "AzureActiveDirectory", "AzureArcInfrastructure"
TODAY = NOW.date()


def judged(
    requirement: str,
    judge: Judge,
    found: Evidence,
    tags: ServiceTags | None = None,
    allowlists: tuple[Allowlist, ...] = (),
    endpoint: str = "",
    **scope: Any,
) -> Judgement:
    case = case_of(requirement, endpoint, **scope)
    return judge_evidence(case, found, judge, grounds(tags, allowlists, **scope))


def entra(*addresses: str, tags: TagFile, public: TagFile | None = None, **scope: Any) -> Judgement:
    """The judgement on the tag of login's row, whose name has *addresses*."""
    found = evidence(
        measurement(LOGIN, addresses=addresses), measurement(PARTNER), measurement(PAS)
    )
    tags_of_run = ServiceTags(own=tags, public=public)
    return judged("service-tags/azure-active-directory", judge_tag, found, tags_of_run, **scope)


# -- addresses -----------------------------------------------------------------------------------

OURS = {ENTRA: ["192.0.2.0/24", "2001:db8::/64"], "Storage": ["198.51.100.0/24"]}


@pytest.mark.parametrize(
    ("addresses", "verdict", "cause", "words"),
    [
        (("192.0.2.7",), Verdict.PASS, "", "192.0.2.7 in AzureActiveDirectory"),
        (("192.0.2.7", "2001:db8::1"), Verdict.PASS, "", "2001:db8::1 in Azure"),
        (("64:ff9b::c000:207",), Verdict.PASS, "", "in AzureActiveDirectory"),
        (("198.51.100.1",), Verdict.WARN, "address-other-tag", "but in Storage"),
        (("203.0.113.1",), Verdict.FAIL, "address-outside-tag", "203.0.113.1 in no service tag"),
        (("192.0.2.7", "2001:db8:1::1"), Verdict.FAIL, "address-outside-tag", "2001:db8:1::1 in"),
        (("192.0.2.7", "203.0.113.1"), Verdict.FAIL, "address-outside-tag", "203.0.113.1 in no"),
        (("10.0.0.1",), Verdict.FAIL, "address-not-public", "10.0.0.1 is not a public address"),
        (("127.0.0.1",), Verdict.FAIL, "address-not-public", "127.0.0.1 is not a public"),
        (("fe80::1",), Verdict.FAIL, "address-not-public", "fe80::1 is not a public"),
        (("::ffff:10.0.0.1",), Verdict.FAIL, "address-not-public", "is not a public address"),
        (("fd00::1",), Verdict.FAIL, "address-not-public", "is not a public address"),
        (("nonsense",), Verdict.ERROR, "probe-failed", "is not an address"),
    ],
)
def test_each_state_of_an_address(
    addresses: tuple[str, ...], verdict: Verdict, cause: str, words: str
) -> None:
    found = entra(*addresses, tags=tag_file(**OURS))

    assert (found.verdict, found.cause) == (verdict, cause)
    assert words in found.actual
    assert found.failing == ((LOGIN,) if cause else ())


def test_a_wider_tag_is_not_the_expected_one() -> None:
    """As StorageSyncService is not Storage."""
    tags = {ENTRA: ["192.0.2.0/24"], "AzureActiveDirectoryDomainServices": ["198.51.100.0/24"]}

    found = entra("198.51.100.1", tags=tag_file(**tags))

    assert (found.verdict, found.cause) == (Verdict.WARN, "address-other-tag")


def test_tags_of_the_public_cloud_are_named_with_it() -> None:
    public = tag_file(cloud="Public", AzureFrontDoor__Frontend=["203.0.113.0/24"])

    found = entra("203.0.113.9", tags=tag_file(**OURS), public=public)

    assert found.cause == "address-other-tag"
    assert "AzureFrontDoor.Frontend (AzureCloud)" in found.actual


@pytest.mark.parametrize(("days", "verdict"), [(34, Verdict.FAIL), (35, Verdict.WARN)])
def test_only_a_young_file_proves_that_an_address_is_nobodys(days: int, verdict: Verdict) -> None:
    found = entra("203.0.113.1", tags=tag_file(TODAY - timedelta(days), **OURS))

    assert (found.verdict, found.cause) == (verdict, "address-outside-tag")


def test_behind_a_proxy_the_host_sees_no_address() -> None:
    through = measurement(LOGIN)
    through["observations"][0] = {
        "stage": "proxy",
        "started": 1.0,
        "duration": 0.1,
        "failure": None,
        "proxy": "proxy:3128",
        "status": 200,
        "address": "10.0.0.1",
    }
    del through["observations"][1]
    found = evidence(
        *({**through, "name": name} for name in (LOGIN, PARTNER, PAS)), proxy="proxy:3128"
    )

    one = judged("service-tags/azure-active-directory", judge_tag, found, proxy="auto")

    assert one.verdict is Verdict.NOT_APPLICABLE
    assert "the proxy resolves login.chinacloudapi.cn" in one.actual


def test_a_name_that_did_not_resolve_blocks() -> None:
    gone = measurement(LOGIN, ("resolve", "dns-not-found"))
    gone["observations"][0]["addresses"] = []
    found = evidence(gone, measurement(PARTNER), measurement(PAS))

    one = judged("service-tags/azure-active-directory", judge_tag, found)

    assert (one.verdict, one.cause) == (Verdict.BLOCKED, "dns-not-found")


def test_private_endpoints_are_private() -> None:
    names = ("gbl.his.arc.azure.cn", "agentserviceapi.guestconfiguration.azure.cn")
    regional = "chinanorth3-gas.guestconfiguration.azure.cn"
    found = evidence(*(measurement(n, addresses=("10.0.0.4",)) for n in (*names, regional)))
    scope = {"location": "chinanorth3"}

    without = judged("service-tags/azure-arc-infrastructure", judge_tag, found, **scope)
    scope |= {"private_link": frozenset([PrivateLink.ARC])}
    with_link = judged("service-tags/azure-arc-infrastructure", judge_tag, found, **scope)

    assert (without.verdict, without.cause) == (Verdict.FAIL, "address-not-public")
    assert with_link.verdict is Verdict.PASS


def test_without_a_file_nothing_is_tested_and_it_is_said_what_to_do() -> None:
    tags = ServiceTags(trouble="https://www.example/: no connection")

    one = judged("service-tags/azure-active-directory", judge_tag, evidence(), tags)
    current = judged("practice/service-tags-current", judge_service_tags_current, evidence(), tags)

    for found in (one, current):
        assert found.verdict is Verdict.NOT_TESTED
        assert "no connection" in found.actual
        assert "details.aspx?id=57062 and name it with --service-tags=FILE" in found.actual


@pytest.mark.parametrize(
    ("tags", "verdict", "words"),
    [
        (ServiceTags(own=tag_file(TODAY - timedelta(20))), Verdict.PASS, "20 days old"),
        (ServiceTags(own=tag_file(TODAY - timedelta(21))), Verdict.WARN, "21 days old"),
        (ServiceTags(own=tag_file(TODAY + timedelta(9))), Verdict.WARN, "-9 days old"),
        (
            ServiceTags(own=tag_file(TODAY), trouble="no connection; the copy is used"),
            Verdict.WARN,
            "the copy is used",
        ),
    ],
)
def test_the_age_of_the_file(tags: ServiceTags, verdict: Verdict, words: str) -> None:
    one = judged("practice/service-tags-current", judge_service_tags_current, evidence(), tags)

    assert one.verdict is verdict
    assert one.cause == ("tag-file-stale" if verdict is Verdict.WARN else "")
    assert words in one.actual


# -- allow-lists ---------------------------------------------------------------------------------

CLOUD = {
    "AzureCloud": ["192.0.2.0/24", "198.51.100.0/25", "2001:db8::/32"],
    ENTRA: ["192.0.2.0/25", "203.0.113.0/28"],
    ARC: ["192.0.2.128/27", "192.0.2.192/26", "2001:db8:1::/48"],
    f"{ARC}__ChinaEast2": ["192.0.2.128/27"],
    "AzureTrafficManager": ["192.0.2.0/28"],
    "AzureResourceManager": ["192.0.2.16/28"],
    "Storage": ["198.51.100.0/24"],
    "AzureFrontDoor__Frontend": ["192.0.2.0/26"],
}


def allowlist(tmp_path: Path, *entries: str) -> Allowlist:
    path = tmp_path / "perimeter.txt"
    path.write_text("\n".join(entries), encoding="utf-8")
    return read_allowlist(path)


def covered(
    tmp_path: Path,
    requirement: str,
    *entries: str,
    judge: Judge = judge_full_range,
    sources: tuple[str, ...] = ("192.0.2.9", "2001:db8::9"),
    **tags: list[str],
) -> Judgement:
    found = evidence(measurement(LOGIN), sources=sources)
    files = ServiceTags(own=tag_file(**{**CLOUD, **tags}))
    return judged(requirement, judge, found, files, (allowlist(tmp_path, *entries),))


def test_the_full_range(tmp_path: Path) -> None:
    one = covered(tmp_path, "service-tags/full-range", "192.0.2.128-192.0.2.255", "2001:db8::/32")

    assert one.verdict is Verdict.PASS
    assert "perimeter.txt lets all 3 ranges of AzureArcInfrastructure through" in one.actual


def test_a_part_of_the_range_names_what_is_missing(tmp_path: Path) -> None:
    one = covered(tmp_path, "service-tags/full-range", *CLOUD[ARC][:1], "2001:db8:1::/48")

    assert (one.verdict, one.cause) == (Verdict.FAIL, "tag-not-covered")
    assert one.failing == ("192.0.2.192/26",)


def test_a_prefix_let_through_in_part_is_missing_as_a_whole(tmp_path: Path) -> None:
    entries = (*CLOUD[ARC][:1], "192.0.2.192/27", "2001:db8::/32")

    one = covered(tmp_path, "service-tags/full-range", *entries)

    assert one.failing == ("192.0.2.192/26",)


def test_nothing_of_it_is_the_tag(tmp_path: Path) -> None:
    one = covered(tmp_path, "service-tags/full-range", "10.0.0.0/8")

    assert one.failing == (ARC,)
    assert "lacks all 3 ranges" in one.actual


def test_the_tag_of_one_region_is_recognised(tmp_path: Path) -> None:
    one = covered(tmp_path, "service-tags/full-range", "192.0.2.128/27", "2001:db8:1::/48")
    only_the_part = covered(tmp_path, "service-tags/full-range", "192.0.2.128/27")

    assert "ChinaEast2" not in one.remedy
    assert "AzureArcInfrastructure.ChinaEast2, which is not all of" in only_the_part.remedy


def test_looked_up_addresses_are_recognised(tmp_path: Path) -> None:
    one = covered(
        tmp_path, "service-tags/full-range", "192.0.2.130", "192.0.2.200", "2001:db8:1::9"
    )

    assert "looked-up addresses (192.0.2.130, 192.0.2.200, 2001:db8:1::9)" in one.remedy


def test_ipv6_is_spared_where_nobody_has_it(tmp_path: Path) -> None:
    """Not where the list or the host has some."""
    ranges = ("service-tags/full-range", *CLOUD[ARC][:2])

    spared = covered(tmp_path, *ranges, sources=("192.0.2.9",))
    used = covered(tmp_path, *ranges)
    listed = covered(tmp_path, *ranges, "2001:db8:2::/48", sources=("192.0.2.9",))

    assert (spared.verdict, spared.cause) == (Verdict.WARN, "tag-not-covered")
    assert "it holds no IPv6 at all, and this host has none" in spared.actual
    assert used.verdict is listed.verdict is Verdict.FAIL


def test_azure_cloud_is_advice(tmp_path: Path) -> None:
    one = covered(tmp_path, "service-tags/azure-cloud", "192.0.2.0/24", "2001:db8::/32")

    assert (one.verdict, one.failing) == (Verdict.WARN, ("198.51.100.0/25",))


def test_the_holes_of_azure_cloud(tmp_path: Path) -> None:
    requirement, judge = "practice/azure-cloud-gap", judge_azure_cloud_gap
    holes = ("203.0.113.0/28", "198.51.100.0/24")

    one = covered(tmp_path, requirement, *CLOUD["AzureCloud"], judge=judge)
    closed = covered(tmp_path, requirement, *CLOUD["AzureCloud"], *holes, judge=judge)
    none = covered(tmp_path, requirement, "10.0.0.0/8", judge=judge, Storage=[], **{ENTRA: []})

    assert (one.verdict, one.failing) == (Verdict.WARN, holes)
    assert "AzureCloud leaves out AzureActiveDirectory: 203.0.113.0/28; Storage" in one.actual
    assert closed.verdict is Verdict.PASS
    assert "AzureCloud holds all of the required tags" in none.actual


def test_a_tag_case_has_both_parts(tmp_path: Path) -> None:
    names = [measurement(n, addresses=("192.0.2.1",)) for n in (LOGIN, PARTNER, PAS)]
    files = ServiceTags(own=tag_file(**CLOUD))
    lists = (allowlist(tmp_path, "192.0.2.0/25"),)

    one = judged("service-tags/azure-active-directory", judge_tag, evidence(*names), files, lists)

    assert (one.verdict, one.cause) == (Verdict.FAIL, "tag-not-covered")
    assert one.failing == ("203.0.113.0/28",)
    assert "192.0.2.1 in AzureActiveDirectory" in one.actual


def test_tags_of_the_public_cloud(tmp_path: Path) -> None:
    lists = (allowlist(tmp_path, "192.0.2.0/24"),)
    own = tag_file(**CLOUD)
    front_door = {"AzureFrontDoor__Frontend": ["192.0.2.0/28"]}
    public = tag_file(cloud="Public", **{ARC: ["203.0.113.0/24"]}, **front_door)

    def one(requirement: str, tags: ServiceTags) -> Judgement:
        return judged(requirement, judge_public_tags, evidence(), tags, lists)

    missing = one("practice/public-arc-infrastructure", ServiceTags(own=own))
    lacking = one("practice/public-arc-infrastructure", ServiceTags(own=own, public=public))
    front = one("practice/front-door", ServiceTags(own=own, public=public))

    assert missing.verdict is Verdict.NOT_TESTED
    assert "id=56519" in missing.actual
    assert (lacking.verdict, lacking.failing) == (Verdict.WARN, (f"{ARC}@AzureCloud",))
    assert front.verdict is Verdict.PASS


def test_a_condition_that_nobody_can_answer_leaves_it_open(tmp_path: Path) -> None:
    by_user = {"match": {"op": "==", "left": {"meta": {"key": "skuid"}}, "right": 0}}
    text = nft([to({"prefix": {"addr": "192.0.2.128", "len": 25}}), by_user, ACCEPT])

    one = covered(tmp_path, "service-tags/full-range", text, **{ARC: CLOUD[ARC][:2]})

    assert one.verdict is Verdict.NOT_TESTED
    assert "meta skuid" in one.actual


def test_the_hosts_own_rules_are_a_filter_too() -> None:
    rules = nft([to({"prefix": {"addr": "192.0.2.0", "len": 24}}), ACCEPT])
    files = ServiceTags(own=tag_file(**CLOUD))

    def one(egress: dict[str, Any]) -> Judgement:
        found = evidence(measurement(LOGIN), egress=egress, sources=["2001:db8::9"])
        return judged("service-tags/full-range", judge_full_range, found, files)

    lacking = one({"tool": "nft", "rules": rules})
    none = one({"tool": "nft", "rules": nft([ACCEPT], policy="accept")})
    denied = one({"failure": "permission-denied"})

    assert (lacking.verdict, lacking.failing) == (Verdict.FAIL, ("2001:db8:1::/48",))
    assert "the host's own nft ruleset lacks" in lacking.actual
    assert lacking.remedy_text.startswith("server owner: Allow 2001:db8:1::/48 of ")
    assert none.verdict is denied.verdict is Verdict.NOT_APPLICABLE
    assert "(permission-denied)" in denied.actual


def test_rules_of_a_host_that_make_no_sense_are_none() -> None:
    found = evidence(measurement(LOGIN), egress={"tool": "nft", "rules": "{"})

    one = judged("service-tags/full-range", judge_full_range, found)

    assert one.verdict is Verdict.NOT_APPLICABLE
    assert "nft printed no rules: line 1: not valid JSON" in one.actual


# -- rows by name --------------------------------------------------------------------------------

GBL, HIS = "gbl.his.arc.azure.cn", "*.his.arc.azure.cn"


def row(
    tmp_path: Path, *entries: str, address: str = "192.0.2.130", **tags: list[str]
) -> Judgement:
    found = evidence(measurement(GBL, addresses=(address,)))
    lists = (allowlist(tmp_path, *entries),)
    files = ServiceTags(own=tag_file(**{**CLOUD, **tags}))
    return judged("urls/his", judge_reach, found, files, lists)


@pytest.mark.parametrize(
    ("entries", "verdict", "failing"),
    [
        ((HIS,), Verdict.PASS, ()),
        (("*.azure.cn",), Verdict.PASS, ()),
        ((GBL,), Verdict.WARN, (HIS,)),
        (("aka.ms",), Verdict.FAIL, (GBL,)),
        (("aka.ms", *CLOUD[ARC]), Verdict.PASS, ()),
        (("aka.ms", "192.0.2.130"), Verdict.WARN, (HIS,)),
        (("192.0.2.130",), Verdict.PASS, ()),  # no list of names
    ],
)
def test_a_row_by_name(
    tmp_path: Path, entries: tuple[str, ...], verdict: Verdict, failing: tuple[str, ...]
) -> None:
    one = row(tmp_path, *entries)

    assert (one.verdict, one.failing) == (verdict, failing)
    assert one.cause == ("tag-not-covered" if failing else "")


def test_a_row_whose_address_is_none_is_covered_by_no_address(tmp_path: Path) -> None:
    one = row(tmp_path, "aka.ms", "192.0.2.130", address="nonsense")

    assert (one.verdict, one.failing) == (Verdict.FAIL, (GBL,))


def test_names_alone_are_no_filter_by_address(tmp_path: Path) -> None:
    one = covered(tmp_path, "service-tags/full-range", HIS)
    beside_others = covered(tmp_path, "service-tags/full-range", HIS, "10.0.0.0/8")

    assert one.verdict is beside_others.verdict is Verdict.NOT_APPLICABLE


def test_tags_that_are_let_through_by_name_need_no_addresses(tmp_path: Path) -> None:
    names = (HIS, "*.guestconfiguration.azure.cn", "192.0.2.0/28")

    one = covered(tmp_path, "service-tags/full-range", *names)

    assert one.verdict is Verdict.PASS
    assert "through by name" in one.actual


# -- arithmetic ----------------------------------------------------------------------------------

networks = st.lists(
    st.tuples(st.integers(0, 63), st.integers(26, 32)).map(
        lambda one: IPNetwork(f"10.0.0.{one[0]}/{one[1]}").cidr
    ),
    max_size=8,
)


@given(networks, networks)
def test_what_is_missing_is_what_a_search_through_all_addresses_finds(
    published: list[IPNetwork], allowed: list[IPNetwork]
) -> None:
    """A published prefix is missing where an address of it is; nothing else is named."""
    one = Allowlist(label="list", listed=IPSet(allowed))
    files = ServiceTags(own=tag_file(**{ARC: [str(n) for n in published]}))
    let_through = {a for n in allowed for a in range(n.first, n.last + 1)}
    lacking = [n for n in published if not {*range(n.first, n.last + 1)} <= let_through]

    found = judged("service-tags/full-range", judge_full_range, evidence(), files, (one,))

    if not published:
        assert found.verdict is Verdict.NOT_TESTED
        return
    assert found.verdict is (Verdict.FAIL if lacking else Verdict.PASS)
    if found.failing != (ARC,):
        named = [IPNetwork(name) for name in found.failing]
        expected = {a for n in lacking for a in range(n.first, n.last + 1)}
        assert {a for n in named for a in range(n.first, n.last + 1)} == expected
        assert len(named) <= len(lacking)
    else:
        assert lacking == published


# -- the real files ------------------------------------------------------------------------------


def test_the_documented_holes_of_azure_cloud(tmp_path: Path) -> None:
    file = real("ServiceTags_China_20260720.json")
    lists = (allowlist(tmp_path, *file.tags["AzureCloud"]),)

    one = judged(
        "practice/azure-cloud-gap",
        judge_azure_cloud_gap,
        evidence(),
        ServiceTags(own=file),
        lists,
    )

    assert set(one.failing) == {
        "40.72.70.0/23",
        "2406:e500:5500::/48",
        "52.130.96.0/20",
        "139.217.208.0/22",
    }


def test_an_old_list_misses_what_was_added_since(tmp_path: Path) -> None:
    new, old = (real(f"ServiceTags_China_{day}.json") for day in (20260720, 20250728))
    lists = (allowlist(tmp_path, *old.tags[ARC]),)

    one = judged(
        "service-tags/full-range", judge_full_range, evidence(), ServiceTags(own=new), lists
    )

    added = [p for p in new.tags[ARC] if IPNetwork(p) not in IPSet(old.tags[ARC])]
    assert added
    assert IPSet(one.failing) == IPSet(added)
    assert set(one.failing) <= set(added)


def test_a_file_of_today_is_no_day_old() -> None:
    assert tag_file(date(2026, 11, 22)).age(NOW) == 0
