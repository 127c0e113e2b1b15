"""The files of a bundle: what a run wrote, and what it was judged by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from arc_compliance import __version__
from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import read_at_most, write_whole
from arc_compliance.catalogue import CLOUDS, HERE
from arc_compliance.judge.anew import Doubts
from arc_compliance.plan.scope import Scope
from arc_compliance.plan.waivers import Waivers
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.seal import inputs, manifest, signature, statement
from arc_compliance.seal.archive import MAX_BYTES, pack
from arc_compliance.wire.record import record_path

ROOTS = "public-roots.pem"
REPORT = "compliance.json"
TAGS = "service-tags"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What goes into a bundle. ``documents`` are the files that the run wrote, each by its name in
    the bundle; ``directory`` is the report folder, in which evidence and service tags lie;
    ``allowlists`` are the files as they were read, ``doubts`` what spoke against the evidence of
    some hosts."""

    report: ComplianceReport
    documents: Mapping[str, Path]
    directory: Path
    scopes: Mapping[str, Scope]
    public_roots: bytes
    allowlists: Sequence[tuple[str, bytes]]
    doubts: Mapping[str, Doubts]
    waivers: Waivers


def seal(path: Path, sealing: Sealing, key: str | None) -> None:
    """Write the bundle of *sealing* at *path*, signed with *key* where one is given.

    Raise Fault or OSError where a file of it cannot be read or the bundle cannot be written.
    """
    write_whole(path, pack(sealed_files(sealing, key)))


def sealed_files(sealing: Sealing, key: str | None) -> dict[str, bytes]:
    """All files of the bundle by their names in it."""
    judged_by = _judged_by(sealing)
    files = {**judged_by, **_documents(sealing), **_evidence(sealing)}
    about = statement.statement_of(sealing.report, files, judged_by)
    files[statement.NAME] = about
    if key:
        files[signature.NAME] = signature.sign(about, key)
    files[manifest.NAME] = manifest.manifest_of(files)
    return files


def evidence_names(labels: Iterable[str]) -> dict[str, str]:
    """The name of each host's record in a bundle. Names that differ in case only are told apart on
    every disk, since capitals are percent-encoded there; so is a dot at the beginning."""
    known = list(labels)
    folded = [label.casefold() for label in known]
    return {
        label: f"evidence/{_name(label, capitals=folded.count(label.casefold()) > 1)}.json"
        for label in known
    }


def catalogue_name(cloud: str) -> str:
    """The name of the catalogue of *cloud* in a bundle."""
    return f"catalogue/{CLOUDS[cloud]}"


def _name(text: str, *, capitals: bool = False) -> str:
    encoded = re.sub(r"^\.", "%2E", quote(text, safe=""))
    if not capitals:
        return encoded
    return re.sub(r"%..|[A-Z]", lambda found: found[0] if found[0][0] == "%" else
                  f"%{ord(found[0]):02X}", encoded)  # fmt: skip


def _judged_by(sealing: Sealing) -> dict[str, bytes]:
    """The catalogue, the public roots, the service tags, the allow-lists, the scopes."""
    cloud = sealing.report.header.cloud
    lists = {
        f"allowlists/{number}/{_name(name)}": content
        for number, (name, content) in enumerate(sealing.allowlists, start=1)
    }
    tags = sealing.directory / TAGS
    kept = [*tags.glob("sources.json"), *tags.glob("*/*.json")]
    about = inputs.Inputs(
        suite_version=__version__,
        versions=inputs.versions(),
        scopes=inputs.plain_scopes(sealing.scopes),
        allowlists=tuple(lists),
        doubts=dict(sealing.doubts),
        waivers=sealing.waivers or None,
    )
    return {
        inputs.NAME: about.model_dump_json(indent=1).encode() + b"\n",
        catalogue_name(cloud): _read(HERE / CLOUDS[cloud]),
        ROOTS: sealing.public_roots,
        **{"/".join([TAGS, *map(_name, one.relative_to(tags).parts)]): _read(one) for one in kept},
        **lists,
    }


def _documents(sealing: Sealing) -> dict[str, bytes]:
    return {name: _read(path) for name, path in sealing.documents.items() if path.is_file()}


def _evidence(sealing: Sealing) -> dict[str, bytes]:
    names = evidence_names(host.label for host in sealing.report.hosts)
    paths = {
        name: record_path(sealing.directory / "evidence", host) for host, name in names.items()
    }
    return {name: _read(path) for name, path in paths.items() if path.is_file()}


def _read(path: Path) -> bytes:
    try:
        with reading(str(path)):
            return read_at_most(path, MAX_BYTES)
    except Fault as fault:
        raise Fault(f"the bundle lacks a file: {fault}") from fault
