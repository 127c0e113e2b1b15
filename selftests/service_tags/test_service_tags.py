"""Service tag files: both forms, every fault with its place, and who has which address."""

from __future__ import annotations

import ipaddress
import json
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.base.fault import Fault
from arc_compliance.service_tags.tags import TagFile, parse_tag_file, service_tags
from selftests.judge.evidence_made import tag_file
from selftests.suite_run import ROOT

REAL = ROOT.parent / "shared" / "service-tags"


def content(*values: tuple[str, list[str]], **changes: Any) -> bytes:
    """A file with *values*, in the weekly form."""
    tags = [{"name": n, "id": n, "properties": {"addressPrefixes": p}} for n, p in values]
    return json.dumps({"changeNumber": 5, "cloud": "China", "values": tags, **changes}).encode()


def parsed(*values: tuple[str, list[str]], **changes: Any) -> TagFile:
    return parse_tag_file("ServiceTags_China_20260720.json", content(*values, **changes))


def test_the_weekly_form() -> None:
    file = parsed(("Storage", ["10.0.0.0/8"]))

    assert (file.cloud, file.change_number) == ("AzureChinaCloud", 5)
    assert file.published == date(2026, 7, 20)
    assert file.age(datetime(2026, 8, 1, tzinfo=timezone.utc)) == 12
    assert "AzureChinaCloud change 5 of 2026-07-20 (sha256 " in file.words()


def test_the_form_of_the_discovery_api() -> None:
    """Its change number is a text, and its name says no day."""
    answer = {
        "id": "/subscriptions/0/providers/Microsoft.Network/serviceTags/china",
        "name": "china",
        "type": "Microsoft.Network/serviceTags",
        "changeNumber": "405",
        "cloud": "China",
        "values": [
            {
                "id": "Storage",
                "name": "Storage",
                "properties": {
                    "changeNumber": "9",
                    "region": "",
                    "systemService": "AzureStorage",
                    "addressPrefixes": ["10.0.0.0/8", "2001:db8::/32"],
                },
            }
        ],
    }

    file = parse_tag_file("tags.json", json.dumps(answer).encode())

    assert file.change_number == 405
    assert file.published is None
    assert file.age(datetime(2026, 8, 1, tzinfo=timezone.utc)) is None
    assert file.tags_of("2001:db8::1") == ["Storage"]


def test_a_byte_order_mark_is_no_fault() -> None:
    assert parse_tag_file("a.json", b"\xef\xbb\xbf" + content(("A", []))).tags == {"A": ()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<!doctype html><title>Log in</title>", "a page in HTML"),
        (b"\n <html>", "a page in HTML"),
        (content(("A", ["10.0.0.0/8"]))[:-9], "only the beginning of it"),
        (b"", "not JSON"),
        (b"[]", "the file: Input should be an object"),
        (content(), "values: "),
        (content(("A", []), cloud="Moon"), "cloud: unknown cloud 'Moon'"),
        (content(("A", []), changeNumber="new"), "changeNumber: "),
        (content(("a b", [])), "values[0].name: "),
        (
            content(("Storage", []), ("storage", [])),
            "values[1].name: 'storage' is the tag of values[0] too",
        ),
        (
            content(("A", ["10.0.0.0/8", "10.0.0.1/8"])),
            "values[0].properties.addressPrefixes[1]: '10.0.0.1/8' has bits set",
        ),
        (content(("A", ["10.0.0.0"])), "addressPrefixes[0]: '10.0.0.0' is not a prefix"),
        (content(("A", ["10.0.0.0/33"])), "a length of 0 to 32"),
        (content(("A", ["::/129"])), "a length of 0 to 128"),
        (content(("A", ["10.0.0/8"])), "is not a prefix"),
        (content(("A", ["\x1b[31m\u0661/8"])), "addressPrefixes[0]"),
    ],
)
def test_a_fault_is_named_with_its_place(text: bytes, words: str) -> None:
    with pytest.raises(Fault, match=r"^tags\.json: ") as raised:
        parse_tag_file("tags.json", text)

    assert words in str(raised.value)
    assert "\x1b" not in str(raised.value)


def test_a_day_that_is_none() -> None:
    with pytest.raises(Fault, match="20261399 is not a day"):
        parse_tag_file("ServiceTags_China_20261399.json", content(("A", [])))


def test_a_file_that_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arc_compliance.service_tags.tags.MAX_BYTES", 50)

    with pytest.raises(Fault, match="larger than"):
        parse_tag_file("tags.json", content(("A", [])))


def test_a_tag_is_matched_as_a_whole_whatever_its_casing() -> None:
    file = tag_file(StorageSyncService=["10.0.0.0/8"], storage=["10.1.0.0/16"])

    assert str(file.ranges("Storage")) == "IPSet(['10.1.0.0/16'])"
    assert file.tags_of("10.2.0.1") == ["StorageSyncService"]
    assert file.ranges("Sto") is None


def test_the_parts_of_a_tag() -> None:
    file = tag_file(Storage=[], Storage__ChinaEast=[], StorageSyncService=[], StorageMover__X=[])

    assert file.parts_of("Storage") == ["Storage.ChinaEast"]


def test_the_narrowest_prefix_comes_first() -> None:
    file = tag_file(AzureCloud=["10.0.0.0/8"], Storage=["10.1.0.0/16"])

    assert file.tags_of("10.1.2.3") == ["Storage", "AzureCloud"]


@pytest.mark.parametrize("address", ["64:ff9b::a01:203", "::ffff:10.1.2.3"])
def test_an_ipv4_address_inside_an_ipv6_one(address: str) -> None:
    """As NAT64 gives it out, or a dual socket shows it."""
    assert tag_file(Storage=["10.1.0.0/16"]).tags_of(address) == ["Storage"]


def test_no_address() -> None:
    with pytest.raises(ValueError, match="is not an address"):
        tag_file().tags_of("10.0.0.0/8")


small = st.integers(0, 255).flatmap(
    lambda number: st.integers(24, 32).map(
        lambda length: ipaddress.ip_network((0x0A000000 | number, length), strict=False)
    )
)
wide = st.integers(0, 255).flatmap(
    lambda number: st.integers(120, 128).map(
        lambda length: ipaddress.ip_network(((0x2001 << 112) | number, length), strict=False)
    )
)


@given(st.lists(st.lists(small | wide, max_size=6), min_size=1, max_size=5))
def test_who_has_an_address_is_as_a_search_through_all_finds(networks: list[list[Any]]) -> None:
    file = tag_file(**{f"T{i}": [str(n) for n in one] for i, one in enumerate(networks)})

    for last in range(256):
        for address in (
            ipaddress.ip_address(0x0A000000 | last),
            ipaddress.ip_address((0x2001 << 112) | last),
        ):
            holding = {f"T{i}" for i, one in enumerate(networks) if any(address in n for n in one)}
            assert set(file.tags_of(str(address))) == holding


def test_the_file_of_another_cloud() -> None:
    with pytest.raises(Fault, match="is of AzureCloud, the run is about AzureChinaCloud"):
        service_tags([tag_file(cloud="Public")], "AzureChinaCloud")


def test_two_files_of_one_cloud() -> None:
    with pytest.raises(Fault, match="are both of AzureChinaCloud"):
        service_tags([tag_file(), tag_file(date(2026, 1, 1), A=[])], "AzureChinaCloud")


def test_files_of_several_clouds() -> None:
    own, public = tag_file(), tag_file(cloud="Public")

    tags = service_tags([public, own], "AzureChinaCloud")

    assert (tags.own, tags.public, list(tags.files())) == (own, public, [own, public])
    assert list(service_tags([public], "AzureCloud").files()) == [public]


def real(name: str) -> TagFile:
    path = Path(REAL, name)
    if not path.exists():
        pytest.skip(f"{name} is not here: real files are not part of the project")
    return parse_tag_file(name, path.read_bytes())


@pytest.mark.parametrize(
    ("name", "cloud", "number"),
    [
        ("ServiceTags_China_20260720.json", "AzureChinaCloud", 405),
        ("ServiceTags_China_20250728.json", "AzureChinaCloud", 363),
        ("ServiceTags_Public_20251028.json", "AzureCloud", 375),
        ("ServiceTags_AzureGovernment_20260720.json", "AzureUSGovernment", 402),
    ],
)
def test_the_real_files(name: str, cloud: str, number: int) -> None:
    file = real(name)

    assert (file.cloud, file.change_number) == (cloud, number)
    for tag in ("AzureArcInfrastructure", "Storage", "AzureActiveDirectory"):
        prefix = file.tags[tag][0]
        assert tag in file.tags_of(prefix.partition("/")[0])


def test_storage_sync_is_no_storage_in_the_real_file() -> None:
    file = real("ServiceTags_China_20260720.json")
    storage, sync = file.ranges("Storage"), file.ranges("StorageSyncService")
    assert storage is not None
    assert sync is not None

    only_sync = next(iter((sync - storage).iter_cidrs()))
    assert "Storage" not in file.tags_of(str(only_sync.network))
