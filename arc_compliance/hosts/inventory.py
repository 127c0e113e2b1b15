"""An inventory: hosts and groups, each with what is particular about it.

What a host says of itself goes before what its group says, that before ``defaults``, and those
before the command line.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import did_you_mean
from arc_compliance.base.yaml_file import faults_at, read_yaml
from arc_compliance.catalogue.model import Bypass
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.plan.scope import (
    Feature,
    PrivateLink,
    Role,
    Scenario,
    Scope,
    location_named,
    private_links,
    proxy_named,
)

NOUNS = {
    "features": "feature",
    "private_link": "private link",
    "proxy_bypass": "endpoint group",
}


def _location(text: str, info: ValidationInfo) -> str:
    return location_named(text, info.context["regions"]) if info.context else text


def _proxy(text: str) -> str:
    proxy_named(text)
    return text


def _links(links: tuple[PrivateLink, ...]) -> tuple[PrivateLink, ...]:
    private_links(links)
    return links


def _host(text: str) -> str:
    parse_host(text)
    return text


class Particulars(BaseModel):
    """What may be said of a host, of a group, and of all."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    location: Annotated[str, AfterValidator(_location)] | None = Field(
        default=None, description="Azure region, or auto: the host's own agent's"
    )
    proxy: Annotated[str, AfterValidator(_proxy)] | None = Field(
        default=None, description="auto, none, or http://[user:password@]host[:port]"
    )
    proxy_bypass: tuple[Bypass, ...] | None = Field(
        default=None, description="endpoint groups that do not take the proxy"
    )
    private_link: Annotated[tuple[PrivateLink, ...], AfterValidator(_links)] | None = Field(
        default=None, description="private endpoints in use"
    )
    features: tuple[Feature, ...] | None = Field(default=None, description="what it is used for")
    scenario: Scenario | None = Field(default=None, description="the requirements that apply")
    role: Role | None = Field(default=None, description="a server, or a machine that onboards them")
    comment: str | None = Field(default=None, description="for people; stands in no report")


class Host(Particulars):
    """One host, or several behind one ``ansible://`` pattern."""

    host: Annotated[str, AfterValidator(_host)] = Field(
        description="as --hosts takes it, e.g. ssh://web01"
    )


def _with_key(host: Any) -> Any:
    return {"host": host} if isinstance(host, str) else host


Hosts = tuple[
    Annotated[Host, BeforeValidator(_with_key, json_schema_input_type=str | Host)],
    ...,
]


class Group(Particulars):
    """Hosts that have something in common."""

    hosts: Hosts = Field(min_length=1)


class Inventory(BaseModel):
    """The whole file."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    defaults: Particulars = Particulars()
    groups: dict[str, Group] = {}
    hosts: Hosts = ()

    @model_validator(mode="after")
    def _each_host_once(self) -> Inventory:
        seen: set[str] = set()
        for where, host in self._places():
            label = parse_host(host.host).label
            if label in seen:
                words = f"{label!r} is named twice; name each host once"
                raise faults_at("Inventory", [(where, words)])
            seen.add(label)
        return self

    def _places(self) -> Iterator[tuple[tuple[str | int, ...], Host]]:
        """Each host, and where it stands."""
        for name, group in self.groups.items():
            for i, host in enumerate(group.hosts):
                yield ("groups", name, "hosts", i), host
        for i, host in enumerate(self.hosts):
            yield ("hosts", i), host


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One host of an inventory: its address, its group's name or None, and its scope."""

    address: str
    group: str | None
    scope: Scope


def read_inventory(path: Path, scope: Scope, regions: Sequence[str]) -> list[Entry]:
    """The hosts of the inventory *path*, in its order; *scope* holds where it says nothing.

    Raise Fault for what is wrong with it, and where it names no host.
    """
    inventory = read_yaml(path, Inventory, nouns=NOUNS, context={"regions": regions})
    entries = list(_entries(inventory, scope))
    if not entries:
        raise Fault("names no host; list them under hosts: or groups:", where=path.name)
    return entries


def narrow(entries: Sequence[Entry], hosts: str) -> list[Entry]:
    """Those of *entries* that the comma separated *hosts* name, in the inventory's order.

    Each name is an address or a label, with ``*`` and ``?`` for any text, or a group. Raise
    Fault for one that names nobody.
    """
    chosen: set[str] = set()
    for word in (one.strip() for one in hosts.split(",")):
        found = {e.address for e in entries if _is_named(e, word)}
        if not found:
            known = [n for e in entries for n in _names(e)]
            raise Fault(
                f"{word!r} is not a host or group of the inventory{did_you_mean(word, known)}"
            )
        chosen |= found
    return [entry for entry in entries if entry.address in chosen]


def _names(entry: Entry) -> tuple[str, ...]:
    label = parse_host(entry.address).label
    return (entry.address, label, *([entry.group] if entry.group else []))


def _is_named(entry: Entry, word: str) -> bool:
    return any(name == word or fnmatchcase(name, word) for name in _names(entry))


def _entries(inventory: Inventory, scope: Scope) -> Iterator[Entry]:
    groups: list[tuple[str | None, Particulars, Hosts]] = [
        *((name, group, group.hosts) for name, group in inventory.groups.items()),
        (None, Particulars(), inventory.hosts),
    ]
    for name, group, hosts in groups:
        for host in hosts:
            yield Entry(
                address=host.host,
                group=name,
                scope=_scope(scope, (inventory.defaults, group, host)),
            )


def _scope(scope: Scope, said: Sequence[Particulars]) -> Scope:
    """*scope* with what was *said*, the later before the earlier."""
    told: dict[str, Any] = {}
    for one in said:
        told |= {name: getattr(one, name) for name in _READ if getattr(one, name) is not None}
    return replace(scope, **{name: _READ[name](value) for name, value in told.items()})


_READ: Mapping[str, Any] = {
    "location": lambda value: value,
    "proxy": proxy_named,
    "proxy_bypass": frozenset,
    "private_link": frozenset,
    "features": frozenset,
    "scenario": lambda value: value,
    "role": lambda value: value,
}
