"""A host's record: its file in ``evidence/``, and what is made of a file that is none."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Literal
from urllib.parse import quote, unquote

from pydantic import BaseModel, ConfigDict, ValidationError

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import read_at_most, write_whole
from arc_compliance.base.redact import scrub, scrub_all, shown
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.fields import Failure, Text, Time
from arc_compliance.wire.format1 import upgraded
from arc_compliance.wire.frame import BEGIN, END, MAX_EVIDENCE_BYTES, evidence_in, first_fault


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
    """Where the record of *host* stands; what a file name cannot hold is percent-encoded."""
    return directory / f"{quote(host, safe='')}.json"


def save_record(directory: Path, record: HostRecord) -> None:
    """Write *record* into *directory*, whole or not at all."""
    write_whole(record_path(directory, record.host), record.model_dump_json(indent=1) + "\n")


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
        content = read_at_most(path, 2 * MAX_EVIDENCE_BYTES)
        if clean or BEGIN not in content:
            return _record_in(content, clean=clean)
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
    except json.JSONDecodeError as error:
        return _unreadable(path, f"it is not as agreed (no JSON: {error.msg})")
    except (ValueError, RecursionError) as error:
        return _unreadable(path, str(error))


def _record_in(content: bytes, *, clean: bool) -> HostRecord:
    if clean:
        with contextlib.suppress(ValidationError):  # a run that was resumed may hold format 1
            return HostRecord.model_validate_json(content)
    document = json.loads(content)
    return record_from(document if clean else scrub_all(document))


def record_from(document: object) -> HostRecord:
    """The record in *document*, plain JSON data whose evidence is of format 2 or 1.

    Raise ValidationError where it is none.
    """
    if isinstance(document, dict):
        document = {**document, "evidence": upgraded(document.get("evidence"))}
    return HostRecord.model_validate(document)


def host_in(path: Path) -> str:
    """The host whose record or evidence the file *path* holds, by what it says of itself.

    A file that holds neither is of the host that it is named for. Only `read_record` checks what
    else the file holds.
    """
    try:
        content = read_at_most(path, 2 * MAX_EVIDENCE_BYTES)
        printed = content.partition(BEGIN)[2].partition(END)[0]
        return scrub(_Head.model_validate_json(printed or content).host) or _named_for(path)
    except ValueError:
        return _named_for(path)


class _Head(BaseModel):
    """What records and evidence say of themselves alike."""

    run: Text
    host: Text


def _named_for(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.:%\[\]-]", "_", shown(unquote(path.stem)))[:255]


def _unreadable(path: Path, fault: str) -> HostRecord:
    failure = Failure(cause="probe-failed", detail=shown(f"evidence/{path.name}: {fault}")[:4096])
    return HostRecord(run="", host=_named_for(path), collected=0, failure=failure)
