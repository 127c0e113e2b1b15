"""The waivers and attestations of a run, found fast: ten thousand of them cost a case nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Generic, TypeVar

from arc_compliance.base.files import read_at_most
from arc_compliance.base.yaml_file import MAX_BYTES, read_yaml
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.plan.globs import is_pattern, matches, names_row
from arc_compliance.plan.waiver_file import OVERALL, AttestationEntry, WaiverEntry, WaiverFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One waiver, or with ``cloud`` None for any; ``words`` tell it in a report and no other.

    ``number`` is its place in the file, from 1.
    """

    number: int
    requirement: str
    hosts: tuple[str, ...]
    rows: tuple[str, ...] | None
    cloud: str | None
    reason: str
    approved_by: str
    expires: date
    words: str

    def named(self, host: str) -> bool:
        """Whether it has the whole label of *host*, and not a pattern for it only."""
        return host in self.hosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """One attestation, made on the day ``stated``; ``number`` is its place in the file, from 1."""

    number: int
    requirement: str
    hosts: tuple[str, ...]
    statement: str
    by: str
    stated: date
    expires: date


One = TypeVar("One", Waiver, Attestation)


@dataclass(slots=True)
class _Bucket(Generic[One]):
    """What is about one requirement, by the hosts that it names; the rest by patterns."""

    by_host: dict[str, list[One]] = field(default_factory=dict)
    patterns: dict[str, list[One]] = field(default_factory=dict)
    _merged: dict[tuple[str, tuple[str, ...]], list[One]] = field(default_factory=dict)

    def add(self, one: One) -> None:
        for host in one.hosts:
            place = self.patterns if is_pattern(host) else self.by_host
            place.setdefault(host, []).append(one)

    def of(
        self, host: str, patterns: Sequence[str], row: str, about: Callable[[One, str], bool]
    ) -> list[One]:
        """Those that are about *host*, which *patterns* stand for, and *about* the *row*, in the
        order of the file. Hosts for which the same patterns stand share what was found."""
        its = tuple(one for one in patterns if one in self.patterns)
        lists = [self.patterns[one] for one in its]
        if host in self.by_host:
            lists.append(self.by_host[host])
            return _ordered(lists, row, about)
        key = (row, its)
        if key not in self._merged:
            self._merged[key] = _ordered(lists, row, about)
        return self._merged[key]


def _ordered(lists: Sequence[list[One]], row: str, about: Callable[[One, str], bool]) -> list[One]:
    """All of *lists* that are *about* the *row*, each once, in the order of the file."""
    found = {one.number: one for each in lists for one in each}
    return [found[number] for number in sorted(found) if about(found[number], row)]


@dataclass(frozen=True, kw_only=True)
class Waivers:
    """All that a file says, on the day *today* (UTC) and for the cloud of the run.

    ``label`` is the file's name and ``sha256`` its digest, both empty where there is none.
    """

    today: date
    cloud: str = ""
    requirements: tuple[str, ...] = ()
    rows: frozenset[str] = frozenset()
    waivers: tuple[Waiver, ...] = ()
    attestations: tuple[Attestation, ...] = ()
    label: str = ""
    sha256: str = ""

    def __bool__(self) -> bool:
        return bool(self.waivers or self.attestations)

    @cached_property
    def _buckets(self) -> dict[tuple[str, bool], _Bucket[Waiver]]:
        """The waivers by requirement, those that have expired apart."""
        found: dict[tuple[str, bool], _Bucket[Waiver]] = {}
        for waiver in self.waivers:
            if waiver.cloud in (None, self.cloud):
                for one in self._requirements_of(waiver):
                    found.setdefault((one, self.expired(waiver)), _Bucket()).add(waiver)
        return found

    @cached_property
    def _attested(self) -> dict[str, _Bucket[Attestation]]:
        found: dict[str, _Bucket[Attestation]] = {}
        for one in self.attestations:
            found.setdefault(one.requirement, _Bucket()).add(one)
        return found

    @cached_property
    def _patterns(self) -> list[str]:
        hosts = [host for one in self.waivers for host in one.hosts]
        hosts += [host for one in self.attestations for host in one.hosts]
        return list(dict.fromkeys(host for host in hosts if is_pattern(host)))

    @cached_property
    def _matched(self) -> dict[str, list[str]]:
        """The patterns that stand for a host, filled as hosts are asked for."""
        return {}

    def _patterns_of(self, host: str) -> list[str]:
        if host not in self._matched:
            self._matched[host] = [one for one in self._patterns if matches(one, host)]
        return self._matched[host]

    def _requirements_of(self, waiver: Waiver) -> Sequence[str]:
        if not is_pattern(waiver.requirement):
            return (waiver.requirement,)
        return [one for one in self.requirements if matches(waiver.requirement, one)]

    def expired(self, one: Waiver | Attestation) -> bool:
        """Whether its last day is over."""
        return self.today > one.expires

    def covering(
        self, requirement: str, host: str, row: str, *, expired: bool = False
    ) -> Sequence[Waiver]:
        """The waivers of the case of *requirement* on *host* for *row* (empty where it has none),
        in the order of the file; with *expired*, those that no longer count."""
        bucket = self._buckets.get((requirement, expired))
        return bucket.of(host, self._patterns_of(host), row, self._has_row) if bucket else ()

    def _has_row(self, waiver: Waiver, row: str) -> bool:
        return waiver.rows is None or any(names_row(one, row, self.rows) for one in waiver.rows)

    def attesting(self, requirement: str, host: str) -> Attestation | None:
        """The attestation of *requirement* on *host* that counts longest, or None."""
        bucket = self._attested.get(requirement)
        its = bucket.of(host, self._patterns_of(host), "", lambda *_: True) if bucket else []
        return max(its, key=lambda one: one.expires, default=None)


def read_waivers(path: Path, catalogue: Catalogue, today: date) -> Waivers:
    """What the file *path* says on the day *today* (UTC) about the requirements of *catalogue*.

    Raise Fault for the first fault: the file's name, the place in it, what is wrong, the line.
    """
    context = {"today": today, "catalogue": catalogue}
    read = read_yaml(path, WaiverFile, context=context)
    return Waivers(
        today=today,
        cloud=catalogue.cloud,
        requirements=tuple(one.id for one in catalogue.requirements if one.id != OVERALL),
        rows=frozenset(one.endpoint.label for one in catalogue.requirements if one.endpoint),
        waivers=tuple(_waiver(n, one, path.name) for n, one in enumerate(read.waivers, 1)),
        attestations=tuple(_attestation(n, one) for n, one in enumerate(read.attestations, 1)),
        label=path.name,
        sha256=hashlib.sha256(read_at_most(path, MAX_BYTES)).hexdigest(),
    )


def _waiver(number: int, one: WaiverEntry, file: str) -> Waiver:
    return Waiver(
        number=number,
        requirement=one.requirement,
        hosts=one.hosts,
        rows=one.rows,
        cloud=one.cloud,
        reason=one.reason,
        approved_by=one.approved_by,
        expires=one.expires,
        words=f"until {one.expires}, approved by {one.approved_by}: {one.reason} "
        f"({file}, waiver {number})",
    )


def _attestation(number: int, one: AttestationEntry) -> Attestation:
    return Attestation(
        number=number,
        requirement=one.requirement,
        hosts=one.hosts,
        statement=one.statement,
        by=one.by,
        stated=one.date,
        expires=one.expires,
    )
