"""Evidence that is there already: judged again, or kept when a run is resumed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.wire.record import HostRecord, host_in, read_record

_LABEL = re.compile(r"[A-Za-z0-9_.:%\[\]-]{1,255}")


def saved_evidence(directory: Path) -> dict[str, Path]:
    """The files ``*.json`` of *directory* by the host that each is of, in the order of their names.

    A file that holds no record is of the host that it is named for. Raise Fault where there
    is no such file, a host's name could not stand in a report, or two files are of one host.
    """
    if not directory.is_dir():
        raise Fault(f"{directory} is not a folder")
    paths = sorted(directory.glob("*.json"))
    if not paths:
        raise Fault(f"{directory} holds no evidence: no file there is named *.json")
    found: dict[str, Path] = {}
    for path in paths:
        host = host_in(path)
        if not _LABEL.fullmatch(host):
            raise Fault(f"{host[:80]!r} is not the name of a host", where=path.name)
        if host in found:
            raise Fault(f"{found[host].name} and {path.name} are both of {host}; leave one")
        found[host] = path
    return found


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
