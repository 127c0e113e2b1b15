"""Saved evidence and the cases judged by it, while a run goes on and whenever else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import lru_cache
from pathlib import Path

from arc_compliance.catalogue.model import Catalogue
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.judge.case import Judge, judge_case
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.view import Grounds, HostView, view_of
from arc_compliance.judge.waive import waived
from arc_compliance.plan.cases import plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.plan.waivers import Waivers
from arc_compliance.service_tags.tags import ServiceTags
from arc_compliance.wire.record import HostRecord, load_record

SeeHost = Callable[[str], HostView | HostRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubts:
    """What speaks against taking a record for this run's own: ``time`` says why the day of its
    evidence is not to be believed, empty where it is; ``asked`` is false where its host carried out
    another order than it would get now."""

    time: str = ""
    asked: bool = True


NO_DOUBTS = Doubts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The records of *run* (of any run where it is None) in a folder, and what they are judged by.

    ``service_tags`` is asked for when the first host is judged, ``public_roots`` is PEM, ``doubts``
    are asked for of each record.
    """

    evidence: Path
    run: str | None
    catalogue: Catalogue
    scopes: Mapping[str, Scope]
    public_roots: bytes
    service_tags: Callable[[], ServiceTags]
    allowlists: tuple[Allowlist, ...]
    doubts: Callable[[HostRecord], Doubts] = lambda _: NO_DOUBTS
    waivers: Waivers | None = None


def hosts_in(saved: Saved) -> SeeHost:
    """The function that gives a host by its label, as its cases are judged: its record where it
    sent no evidence. It keeps a host until it is asked for another one."""

    @lru_cache(maxsize=4)
    def roots(pem: bytes) -> PublicRoots:
        return PublicRoots(pem)

    @lru_cache(maxsize=1)
    def seen(host: str) -> HostView | HostRecord:
        """A host by the settings that belong to it at the time of its evidence."""
        record = load_record(saved.evidence, host, saved.run)
        pem = record.public_roots.encode() if record.public_roots else saved.public_roots
        doubts = saved.doubts(record)
        grounds = Grounds(
            catalogue=saved.catalogue,
            scope=saved.scopes[record.host],
            now=datetime.fromtimestamp(record.collected, timezone.utc),
            public_roots=roots(pem),
            service_tags=saved.service_tags(),
            allowlists=saved.allowlists,
            doubt=doubts.time,
            asked=doubts.asked,
        )
        return view_of(record, grounds) or record

    return seen


def judge_anew(saved: Saved, judge_of: Callable[[str], Judge | None]) -> Iterator[Judgement]:
    """Every case's judgement, by the judge that *judge_of* has for its requirement."""
    seen = hosts_in(saved)
    for case in plan_cases(saved.catalogue, saved.scopes):
        found = judge_case(case, seen(case.host), judge_of(case.requirement.id))
        yield waived(found, case, saved.waivers) if saved.waivers else found
