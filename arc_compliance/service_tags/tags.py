"""Service tag files: which address ranges Azure publishes under which name.

Two forms are read, the weekly JSON file of a cloud and the answer of the service tag discovery API
(``az network list-service-tags``), which has its change number as text. Every file is checked
whole before it is used.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from json import JSONDecodeError
from socket import AF_INET, AF_INET6, inet_pton
from typing import Annotated

from netaddr import IPSet
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.json_bounds import Bounds, read_json
from arc_compliance.base.redact import scrub

MAX_BYTES = 32 * 1024 * 1024
"""What a file may hold; the public cloud's, the largest, has 4 MB."""

BOUNDS = Bounds(depth=20, values=2_000_000, text=10_000)
"""What it may hold as JSON: the public cloud's has 160,000 values, five levels deep."""

CLOUDS = {
    "China": "AzureChinaCloud",
    "Public": "AzureCloud",
    "AzureGovernment": "AzureUSGovernment",
}
"""azcmagent's name of a cloud, by the one in the files."""

PAGES = {
    cloud: f"https://www.microsoft.com/en-us/download/details.aspx?id={number}"
    for cloud, number in {
        "AzureChinaCloud": 57062,
        "AzureCloud": 56519,
        "AzureUSGovernment": 57063,
    }.items()
}
"""The pages that link the current file of each cloud, by azcmagent's name."""

PUBLIC = "AzureCloud"
STALE_DAYS = 21
"""From this age on a file is advised against. A new one comes every week; gaps of 14 days occur."""

_DATE = re.compile(r"ServiceTags_\w+_(\d{8})\.json", re.IGNORECASE)
_NAT64 = 0x64FF9B << 96
"""The well-known prefix 64:ff9b::/96 (RFC 6052), with which NAT64 gives IPv4 addresses out."""


class _Properties(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    addressPrefixes: tuple[Annotated[str, StringConstraints(max_length=49)], ...]  # noqa: N815


class _Value(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    name: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,99}$")]
    properties: _Properties


class _File(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)

    changeNumber: Annotated[int, Field(ge=0, lt=10**9)]  # noqa: N815
    cloud: str
    values: tuple[_Value, ...] = Field(min_length=1)


Networks = tuple[tuple[int, Mapping[int, list[str]]], ...]
"""For each length of a prefix, the longest first: its mask, and the tags by network (a number)."""


@dataclass(frozen=True, kw_only=True, eq=False)  # one is told from another by identity
class TagFile:
    """One checked file: azcmagent's name of its cloud, and the prefixes of each tag by its name.

    ``published`` is the day in the file's name, None where it has none. ``networks`` are all
    prefixes, of IPv4 at 32 and of IPv6 at 128.
    """

    name: str
    cloud: str
    change_number: int
    published: date | None
    sha256: str
    tags: Mapping[str, tuple[str, ...]]
    networks: Mapping[int, Networks]

    @cached_property
    def _ranges(self) -> dict[str, IPSet]:
        return {}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {name.lower(): name for name in self.tags}

    def spelling(self, tag: str) -> str:
        """*tag* as the file spells it; raise KeyError where it has no such tag."""
        return self._names[tag.lower()]

    def ranges(self, tag: str) -> IPSet | None:
        """The addresses of *tag*, None where the file holds none of it; casing does not matter."""
        if tag.lower() not in self._names:
            return None
        name = self.spelling(tag)
        if name not in self._ranges:
            self._ranges[name] = IPSet(self.tags[name])
        return self._ranges[name] or None

    def is_published(self, address: str) -> bool:
        """Whether *address* alone is a prefix of some tag."""
        width, number = address_as_number(address)
        every_bit = (1 << width) - 1
        return any(number in nets for mask, nets in self.networks[width] if mask == every_bit)

    def parts_of(self, tag: str) -> list[str]:
        """The tags of single regions of *tag*: AzureCloud.chinaeast2 is one of AzureCloud."""
        return [name for name in self.tags if name.lower().startswith(f"{tag.lower()}.")]

    def tags_of(self, address: str) -> list[str]:
        """The tags that hold *address*, those of the narrowest prefix first.

        Raise ValueError for what is not an address.
        """
        width, number = address_as_number(address)
        found: list[str] = []
        for mask, networks in self.networks[width]:
            if names := networks.get(number & mask):
                found += names
        return list(dict.fromkeys(found))

    def age(self, now: datetime) -> int | None:
        """How many days ago the file was published, None where nobody knows."""
        return (now.date() - self.published).days if self.published else None

    def words(self, digits: int = 64) -> str:
        """The file in one line: cloud, change number, day and *digits* of its digest."""
        day = f" of {self.published}" if self.published else ", of an unknown day"
        digest = f"sha256 {self.sha256[:digits]}"
        return f"{self.cloud} change {self.change_number}{day} ({digest})"


def address_as_number(address: str) -> tuple[int, int]:
    """The width in bits and the number of *address*; an IPv4 address inside an IPv6 one (mapped,
    or given out by NAT64) counts as itself. Raise ValueError for what is not an address."""
    try:
        if ":" not in address:
            return 32, int.from_bytes(inet_pton(AF_INET, address), "big")
        number = int.from_bytes(inet_pton(AF_INET6, address), "big")
    except OSError as error:
        raise ValueError(f"{address!r} is not an address") from error
    if number >> 32 in (0xFFFF, _NAT64 >> 32):
        return 32, number & 0xFFFFFFFF
    return 128, number


@lru_cache(maxsize=8)
def parse_tag_file(name: str, content: bytes) -> TagFile:
    """The file called *name* with *content*.

    Raise Fault for the first fault in it: its name, the place in it, what is wrong there.
    """
    with reading(name):
        return _parse(name, content)


def _parse(name: str, content: bytes) -> TagFile:
    if len(content) > MAX_BYTES:
        raise Fault(f"larger than {MAX_BYTES} bytes")
    try:
        file = _File.model_validate(read_json(content, BOUNDS))
    except ValidationError as error:
        raise _fault(error) from error
    except ValueError as error:
        raise _not_json(error, content) from error
    if file.cloud not in CLOUDS:
        known = ", ".join(CLOUDS)
        raise Fault(f"unknown cloud {scrub(file.cloud)[:40]!r}; known: {known}", where="cloud")
    digits = found[1] if (found := _DATE.fullmatch(name)) else None
    try:
        published = datetime.strptime(digits, "%Y%m%d").date() if digits else None  # noqa: DTZ007
    except ValueError as error:
        raise Fault(f"{digits} is not a day, as the name of the file has it") from error
    return TagFile(
        name=name,
        cloud=CLOUDS[file.cloud],
        change_number=file.changeNumber,
        published=published,
        sha256=hashlib.sha256(content).hexdigest(),
        tags={value.name: value.properties.addressPrefixes for value in file.values},
        networks=_networks(file.values),
    )


def _networks(values: tuple[_Value, ...]) -> dict[int, Networks]:
    """All prefixes of *values* in TagFile.networks' form."""
    found: dict[int, dict[int, dict[int, list[str]]]] = {32: {}, 128: {}}
    first: dict[str, int] = {}
    for i, value in enumerate(values):
        if first.setdefault(value.name.lower(), i) != i:
            raise Fault(
                f"{value.name!r} is the tag of values[{first[value.name.lower()]}] too",
                where=f"values[{i}].name",
            )
        for j, prefix in enumerate(value.properties.addressPrefixes):
            try:
                width, number, length = _network(prefix)
            except Fault as fault:
                where = f"values[{i}].properties.addressPrefixes[{j}]"
                raise Fault(f"{scrub(prefix)!r} {fault.what}", where=where) from fault
            found[width].setdefault(length, {}).setdefault(number, []).append(value.name)
    return {
        width: tuple(
            ((1 << width) - (1 << (width - length)), networks)
            for length, networks in sorted(by_length.items(), reverse=True)
        )
        for width, by_length in found.items()
    }


def _network(prefix: str) -> tuple[int, int, int]:
    """Width, number and length of *prefix*; raise Fault with what is wrong with it."""
    address, _, digits = prefix.partition("/")
    family, width = (AF_INET6, 128) if ":" in address else (AF_INET, 32)
    try:
        number = int.from_bytes(inet_pton(family, address), "big")
    except (OSError, ValueError):
        raise Fault("is not a prefix") from None
    if not (digits.isascii() and digits.isdigit() and int(digits) <= width):
        raise Fault(f"is not a prefix: write a length of 0 to {width} after the slash")
    length = int(digits)
    if number & ((1 << (width - length)) - 1):
        raise Fault("has bits set behind its length, so it is not a prefix")
    return width, number, length


def _not_json(error: ValueError, content: bytes) -> Fault:
    """Why *content* cannot be read as JSON, for somebody who has the file before them."""
    if content.lstrip()[:1] == b"<":
        return Fault("is a page in HTML, of a login or a portal perhaps, and not JSON")
    if isinstance(error, JSONDecodeError):
        return Fault(f"is not JSON, or only the beginning of it: {error}")
    return Fault(str(error))


_AS_JSON = {"model_type": "Input should be an object", "tuple_type": "Input should be an array"}
"""What pydantic says of Python's types in words of JSON, by its type of error."""


def _fault(error: ValidationError) -> Fault:
    """Where something in the file is not as it has to be."""
    fault = error.errors(include_url=False, include_input=False)[0]
    where = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in fault["loc"])
    place = scrub(where.removeprefix("."))[:300] or "the file"
    return Fault(_AS_JSON.get(fault["type"], fault["msg"]), where=place)


@dataclass(frozen=True, kw_only=True)
class ServiceTags:
    """The files of a run. ``own`` is that of the run's cloud, ``public`` that of the public cloud,
    each None where it is not there.

    ``trouble`` says what came in the way of getting them, empty where nothing did.
    """

    own: TagFile | None = None
    public: TagFile | None = None
    others: tuple[TagFile, ...] = ()
    trouble: str = ""

    def files(self) -> Iterator[TagFile]:
        """The files that are there, that of the run's cloud first."""
        public = None if self.public is self.own else self.public
        yield from (file for file in (self.own, public, *self.others) if file)

    def words(self, digits: int = 64) -> str:
        """The files with *digits* of their digests, for a report's header."""
        said = [file.words(digits) for file in self.files()] or ["none"]
        return "; ".join([*said, *([self.trouble] if self.trouble else [])])


def by_cloud(files: list[TagFile]) -> dict[str, TagFile]:
    """The *files* by azcmagent's names of their clouds; raise Fault where two are of one."""
    found: dict[str, TagFile] = {}
    for file in files:
        first = found.setdefault(file.cloud, file)
        if first.sha256 != file.sha256:
            raise Fault(f"{first.name} and {file.name} are both of {file.cloud}; leave one")
    return found


def service_tags(files: list[TagFile], cloud: str, trouble: str = "") -> ServiceTags:
    """The *files* as a run about *cloud* uses them; raise Fault where two are of one cloud,
    or none is of that one."""
    found = by_cloud(files)
    if files and cloud not in found:
        raise Fault(
            f"{files[0].name} is of {files[0].cloud}, the run is about {cloud}: "
            "give the file of that cloud"
        )
    return ServiceTags(
        own=found.get(cloud),
        public=found.get(PUBLIC),
        others=tuple(f for c, f in found.items() if c not in (cloud, PUBLIC)),
        trouble=trouble,
    )
