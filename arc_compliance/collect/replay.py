"""Evidence that is there already: judged again, or kept when a run is resumed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import scrub
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.record import HostRecord, Saved, read_record, saved_in

_DAY = 86400.0
_MOST_YEARS = 5
"""How old evidence may be to be judged without a word: no certificate lives as long."""

_LABEL = re.compile(r"[A-Za-z0-9_.:%\[\]-]{1,255}")


def saved_evidence(directory: Path) -> dict[str, Saved]:
    """The files ``*.json`` of *directory* by the host that each is of, in the order of their names.

    A file that holds no record is of the host that it is named for. Raise Fault where there
    is no such file, a host's name could not stand in a report, or two files are of one host.
    """
    if not directory.is_dir():
        raise Fault(f"{directory} is not a folder")
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise Fault(f"{directory} holds no evidence: no file there is named *.json")
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
