"""Evidence that is there already: judged again, or kept when a run is resumed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import head_of
from arc_compliance.base.redact import scrub
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.record import HostRecord, Saved, read_record, saved_in

_DAY = 86400.0
_MOST_YEARS = 5
"""How old evidence may be to be judged without a word: no certificate lives as long."""

_ENOUGH = 4096
"""So many bytes tell what a file is."""

_COMPLIANCE = re.compile(rb'\{("format":\d+,)?"overall":')
_NAMING = re.compile(rb'"(record|run|host)":["\d]')
_LABEL = re.compile(r"[A-Za-z0-9_.:%\[\]-]{1,255}")


def evidence_named(place: Path) -> Path:
    """The folder or the one file of evidence that somebody means who names *place*.

    A run's report folder stands for its folder ``evidence``. Raise Fault where *place* is
    something else: a report says what was judged, and not what was seen.
    """
    if place.is_dir():
        beside = place / "evidence"
        return beside if beside.is_dir() and not _evidence_files(place) else place
    if not place.is_file():
        raise Fault(f"{place} is not a folder and not a file")
    if report := _report(place):
        folder = place.parent / "evidence"
        known = f"name its evidence, {folder}" if folder.is_dir() else "name the evidence it is of"
        raise Fault(f"{place} is {report}, and not what a host sent; {known}")
    if place.suffix != ".json":
        raise Fault(f"{place} is not evidence: that is a folder, or a host's file *.json")
    return place


def saved_evidence(place: Path) -> dict[str, Saved]:
    """The files ``*.json`` of the folder *place*, or the one file, by the host that each is of, in
    the order of their names.

    A file that holds no record is of the host that it is named for. Raise Fault where there
    is no such file, a host's name could not stand in a report, or two files are of one host.
    """
    paths = [place] if place.is_file() else _evidence_files(place)
    if not paths:
        raise Fault(f"{place} holds no evidence: no file there is named *.json")
    if all(map(_is_of_nobody, paths)):
        raise Fault(f"{place} holds no evidence: {paths[0].name} is not what a host sent")
    found: dict[str, Saved] = {}
    for path in paths:
        saved = saved_in(path)
        host = saved.host
        if not _LABEL.fullmatch(host):
            raise Fault(f"{host[:80]!r} is not the name of a host", where=path.name)
        if host in found:
            raise Fault(f"{found[host].path.name} and {path.name} are both of {host}; leave one")
        found[host] = saved
    return found


def replayed(saved: Mapping[str, Saved]) -> Iterator[HostRecord]:
    """The records of *saved*, hosts by their labels, to be judged together.

    A record brings the roots that count as public in its simulation. Among hosts of a real network
    nothing is judged by them: its host was not measured.
    """
    mixed = any(one.real for one in saved.values())
    for label, one in saved.items():
        record = read_record(one.path).model_copy(update={"host": label})
        if mixed and record.public_roots is not None:
            why = f"{one.path.name} is of a simulated Azure, and others of the folder are not"
            record = record.model_copy(
                update={
                    "evidence": None,
                    "failure": Failure(cause="probe-failed", detail=scrub(why)),
                    "public_roots": None,
                }
            )
        yield record


def doubt_about(collected: float, now: float) -> str:
    """Why the time at which evidence came in, *collected*, is not to be believed at *now*; empty
    where it may be. Both are in seconds since the epoch."""
    if collected > now + _DAY:
        return "which is still to come by this machine's clock"
    years = int((now - collected) / _DAY / 365.25)
    return f"which is {years} years ago" if years >= _MOST_YEARS else ""


def _evidence_files(folder: Path) -> list[Path]:
    """The files of *folder* that may hold a host's evidence."""
    return sorted(path for path in folder.glob("*.json") if not _report(path))


def _report(path: Path) -> str:
    """What report of a run the file *path* is, in words; empty for anything else."""
    begin = _beginning(path)
    if b"<testsuite" in begin:
        return "a JUnit report"
    if begin.startswith((b"<!doctype html", b"<html")):
        return "a page"
    compact = b"".join(begin.split())
    return "a report (compliance.json)" if _COMPLIANCE.match(compact) else ""


def _is_of_nobody(path: Path) -> bool:
    """Whether *path* holds JSON of another kind, in which no host and no run is named."""
    begin = _beginning(path)
    compact = b"".join(begin.split())
    return compact.startswith(b"{") and b":" in compact and not _NAMING.search(compact)


def _beginning(path: Path) -> bytes:
    """The first bytes of *path* where it is a file that can be read, HTML's in lower case."""
    begin = head_of(Path(os.path.realpath(path)), _ENOUGH)
    return begin.lower() if begin.startswith(b"<") else begin


def run_to_resume(directory: Path) -> str | None:
    """The id of the run whose evidence in *directory* is the newest, None where there is none."""
    records = [record for path in directory.glob("*.json") if (record := read_record(path)).run]
    return max(records, key=lambda one: one.collected).run if records else None


def kept_records(directory: Path, run: str, digests: Mapping[str, str]) -> dict[str, HostRecord]:
    """What a run that was cut off has measured already, by host.

    That is each host's whole evidence of *run*, where it was measured with the order whose digest
    *digests* has for it.
    """
    found = [read_record(path) for path in sorted(directory.glob("*.json"))]
    return {
        record.host: record
        for record in found
        if record.run == run
        and record.evidence is not None
        and record.evidence.complete
        and record.order == digests.get(record.host)
    }
