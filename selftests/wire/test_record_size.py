"""A record's file is bounded, whatever its host sent, and can be read again."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.wire import record as records
from arc_compliance.wire.frame import BEGIN, END, MAX_EVIDENCE_BYTES, evidence_in
from arc_compliance.wire.record import (
    MAX_BYTES,
    HostRecord,
    load_record,
    record_path,
    save_record,
)
from selftests.runs.golden_triples import GOLDEN

HEALTHY: dict[str, Any] = json.loads((GOLDEN / "healthy" / "evidence.json").read_text())

LARGE: dict[str, Any] = {
    "addresses of the host": ("vantage", "source_addresses", [""] * 150_000),
    "directories": ("facts", "trust", {"directories": ["a"] * 150_000}),
    "rules": ("facts", "egress", {"tool": "nft", "rules": "\n" * 900_000}),
    "rules of quotes": ("facts", "egress", {"tool": "nft", "rules": '"\\' * 400_000}),
}


def saved(folder: Path, evidence: dict[str, Any]) -> HostRecord:
    sent = BEGIN + b"\n" + json.dumps(evidence).encode() + b"\n" + END
    assert len(sent) < MAX_EVIDENCE_BYTES
    found = evidence_in(sent).model_copy(update={"run": "r", "host": "h"})
    record = HostRecord(run="r", host="h", collected=1.0, evidence=found)
    return save_record(folder, record)


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_is_bounded_and_read_again(tmp_path: Path, name: str) -> None:
    part, key, value = LARGE[name]
    evidence = copy.deepcopy(HEALTHY["evidence"])
    evidence[part][key] = value

    record = saved(tmp_path, evidence)

    assert record_path(tmp_path, "h").stat().st_size <= MAX_BYTES
    assert load_record(tmp_path, "h", "r") == record


def test_what_grows_most_by_what_it_leaves_out_is_bounded(tmp_path: Path) -> None:
    """Each address of a handshake is fifteen bytes as it is sent, and five fields as it is kept."""
    evidence = copy.deepcopy(HEALTHY["evidence"])
    step = {"stage": "tls", "started": 0, "duration": 0, "addresses": [{"address": ""}] * 16}
    one = {
        "port": 1,
        "scheme": "http",
        "origin": "ordered",
        "attempts": 1,
        "observations": [step] * 2,
    }
    evidence["measurements"] = [{**one, "name": f"n{number}"} for number in range(900)]

    record = saved(tmp_path, evidence)

    assert record_path(tmp_path, "h").stat().st_size <= MAX_BYTES
    assert load_record(tmp_path, "h", "r") == record


def test_a_healthy_record_is_indented_for_people(tmp_path: Path) -> None:
    saved(tmp_path, HEALTHY["evidence"])

    assert record_path(tmp_path, "h").read_text().startswith('{\n "record": 1,\n "run": "r",\n')


def test_a_record_that_is_too_large_is_compact_and_then_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compact = len(HostRecord.model_validate(HEALTHY).model_dump_json())
    monkeypatch.setattr(records, "MAX_BYTES", compact + 100)
    saved(tmp_path, HEALTHY["evidence"])
    assert record_path(tmp_path, "h").read_text().startswith('{"record":1')

    monkeypatch.setattr(records, "MAX_BYTES", 20_000)
    record = saved(tmp_path, HEALTHY["evidence"])

    assert record.failure is not None
    assert record.failure.cause == "probe-failed"
    assert load_record(tmp_path, "h", "r") == record
