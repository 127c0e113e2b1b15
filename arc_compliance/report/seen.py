"""What a host saw of each name, in the few facts by which two runs are compared."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from arc_compliance.report.page.strips import certificate_facts
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage
from arc_compliance.wire.record import read_record, record_path

Seen = Mapping[str, Mapping[str, str]]
"""For each name and port: addresses, issuer and TLS version, as far as they were seen."""


def seen_by(
    hosts: Iterable[str], directory: Path, run: str | None, *, clean: bool = False
) -> dict[str, Seen]:
    """What each of *hosts* saw, by its record of *run* (of any run where that is None) in
    *directory*; those without one are left out. *clean* says that this run saved the records."""
    found: dict[str, Seen] = {}
    for host in hosts:
        record = read_record(record_path(directory, host), clean=clean)
        if record.evidence and record.host == host and run in (None, record.run):
            found[host] = {f"{m.name}:{m.port}": _facts(m) for m in record.evidence.measurements}
    return found


def _facts(measurement: Measurement) -> dict[str, str]:
    return {what: value for what, value in _told(measurement) if value}


def _told(measurement: Measurement) -> Iterator[tuple[str, str]]:
    handshake = measurement.at(Stage.TLS)
    yield "addresses", ", ".join(sorted(measurement.addresses))
    yield "TLS version", (handshake.protocol if handshake else "") or ""
    if measurement.chain:
        yield "issuer", certificate_facts(measurement.chain[0])[0]
