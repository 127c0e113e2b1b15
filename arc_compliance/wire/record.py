"""A host's record: its file in ``evidence/``, and what is made of a file that is none."""

from __future__ import annotations

import contextlib
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict, ValidationError

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import read_at_most, write_whole
from arc_compliance.base.json_bounds import Bounds, check_json, read_json
from arc_compliance.base.redact import scrub, scrub_all, shown
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.fields import Failure, Text, Time
from arc_compliance.wire.format1 import upgraded
from arc_compliance.wire.frame import (
    BEGIN,
    BOUNDS,
    END,
    MAX_EVIDENCE_BYTES,
    evidence_in,
    first_fault,
)

MAX_BYTES = 2 * MAX_EVIDENCE_BYTES
"""What a record's file may hold; a healthy host's has 70 KB, indentation and all."""

RECORD = Bounds(depth=BOUNDS.depth, values=10 * BOUNDS.values, text=BOUNDS.text)
"""What a record may hold: its evidence with every field that a host may leave out."""

_MAX_NAME = 200
"""How long the name of a record's file is at the most, without its ending. File systems take 255
bytes, and the file has a longer name while it is written."""


class HostRecord(BaseModel):
    """One host's file in ``evidence/``: what came back, or why nothing did.

    ``order`` is the digest of the order that was carried out, empty where it is not known.
    ``collected`` is the operator's clock at receipt, by which the certificates are judged; of
    evidence that was carried here by hand it is the host's own clock when it was done.
    ``public_roots`` (PEM) is set in a simulation only: the roots that count as public there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)

    record: Literal[1] = 1
    run: Text
    host: Text
    order: Text = ""
    collected: Time
    evidence: Evidence | None = None
    failure: Failure | None = None
    public_roots: str | None = None


def record_path(directory: Path, host: str) -> Path:
    """Where the record of *host* stands; what a file name cannot hold is percent-encoded.

    A label that is too long for a file name is cut off and gets a digest. The whole of it stands in
    the record.
    """
    name = quote(host, safe="")
    if len(name) > _MAX_NAME:
        digest = hashlib.sha256(host.encode("utf-8", "surrogatepass")).hexdigest()[:16]
        name = f"{name[: _MAX_NAME - 17]}-{digest}"
    return directory / f"{name}.json"


def save_record(directory: Path, record: HostRecord) -> HostRecord:
    """Write *record* into *directory*, whole or not at all, for its owner alone to read; return
    what was written.

    It is indented for people, and not where indentation makes it too large. Where it is too large
    even so, the host's record is that it was.
    """
    text = record.model_dump_json(indent=1)
    if len(text) > MAX_BYTES // 4:  # in UTF-8 a character takes up to four bytes
        text = record.model_dump_json()
    if len(text.encode()) >= MAX_BYTES:
        why = f"the host's evidence takes more than {MAX_BYTES} bytes as a file"
        failure = Failure(cause="probe-failed", detail=why)
        record = record.model_copy(
            update={"evidence": None, "failure": failure, "public_roots": None}
        )
        text = record.model_dump_json(indent=1)
    write_whole(record_path(directory, record.host), text + "\n", private=True)
    return record


def load_record(directory: Path, host: str, run: str | None) -> HostRecord:
    """The record of *host* from *run*, or from any where None is given.

    Where its file is not such a record, the record is one that says why.
    """
    path = record_path(directory, host)
    record = read_record(path, clean=True)
    if record.run and (record.host != host or run not in (None, record.run)):
        record = _unreadable(path, "it is of another host or run")
    return record if record.run else record.model_copy(update={"host": host, "run": run or ""})


def read_record(path: Path, *, clean: bool = False) -> HostRecord:
    """The record in the file *path*: one that was saved, or what a probe printed.

    What a probe printed without knowing its host's label belongs to the host that the file is
    named for. Where the file is neither, the record has no run, and a failure that says why.
    *clean* says that this run saved the file, so that its texts are redacted already.
    """
    try:
        content = read_at_most(path, MAX_BYTES)
        if clean or BEGIN not in content:
            record = _record_in(content, clean=clean)
            fault = _contradiction(record)
            return _unreadable(path, fault) if fault else record
        evidence = evidence_in(content)
        return HostRecord(
            run=evidence.run,
            host=evidence.host or _named_for(path),
            collected=evidence.finished,
            evidence=evidence,
        )
    except Fault as fault:
        return _unreadable(path, fault.what)
    except ValidationError as error:
        return _unreadable(path, f"it is not as agreed ({first_fault(error)})")
    except ValueError as error:
        return _unreadable(path, str(error))


def _record_in(content: bytes, *, clean: bool) -> HostRecord:
    try:
        if clean:
            check_json(content, RECORD)
            with contextlib.suppress(ValidationError):  # a run that was resumed may hold format 1
                return HostRecord.model_validate_json(content)
        document = read_json(content, RECORD)
    except ValueError as error:
        raise ValueError(f"it is not as agreed ({error})") from error
    return record_from(document if clean else scrub_all(document))


def _contradiction(record: HostRecord) -> str:
    """What *record* says of itself that cannot be; empty where there is nothing of the kind.

    Evidence that was carried here by hand may name no host.
    """
    evidence = record.evidence
    if evidence is None:
        return ""
    if record.failure is not None:
        return "it holds evidence, and a reason for there being none"
    if evidence.run != record.run or evidence.host not in ("", record.host):
        return "its evidence is of another host or run"
    return ""


def record_from(document: object) -> HostRecord:
    """The record in *document*, plain JSON data whose evidence is of format 2 or 1.

    Raise ValidationError where it is none.
    """
    if isinstance(document, dict):
        document = {**document, "evidence": upgraded(document.get("evidence"))}
    return HostRecord.model_validate(document)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What a saved file says of itself: its host, and whether it is of a simulation; neither real
    nor simulated is one that holds no evidence."""

    path: Path
    host: str
    simulated: bool = False
    real: bool = False


def saved_in(path: Path) -> Saved:
    """What the file *path* is, by what it says of itself.

    A file that holds neither a record nor evidence is of the host that it is named for. Only
    `read_record` checks what else the file holds.
    """
    try:
        content = read_at_most(path, MAX_BYTES)
        printed = content.partition(BEGIN)[2].partition(END)[0]
        head = _Head.model_validate(read_json(printed or content, RECORD))
        return Saved(
            path=path,
            host=scrub(head.host) or _named_for(path),
            simulated=head.public_roots is not None,
            real=head.public_roots is None and head.evidence is not None,
        )
    except ValueError:
        return Saved(path=path, host=_named_for(path))


class _Head(BaseModel):
    """What records and evidence say of themselves alike."""

    run: Text
    host: Text
    evidence: object = None
    public_roots: object = None


def _named_for(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.:%\[\]-]", "_", shown(unquote(path.stem)))[:255]


def _unreadable(path: Path, fault: str) -> HostRecord:
    detail = shown(f"evidence/{path.name}: {fault}")[:2000]
    failure = Failure(cause="probe-failed", detail=detail)
    return HostRecord(run="", host=_named_for(path), collected=0, failure=failure)
