"""Whose a file is, told from its head alone: the same host as reading all of it tells."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arc_compliance.wire.frame import BEGIN, END
from arc_compliance.wire.record import read_record, saved_in
from selftests.runs.golden_triples import GOLDEN
from selftests.runs.saved_fleet import of_host

RECORD = json.loads((GOLDEN / "healthy" / "evidence.json").read_text(encoding="utf-8"))


def _printed(host: str) -> bytes:
    """What a probe prints on a host that greets."""
    evidence = json.dumps({**RECORD["evidence"], "host": host}).encode()
    return b"Welcome!\n" + BEGIN + b"\n" + evidence + b"\n" + END + b"\nBye\n"


@pytest.mark.parametrize(
    ("content", "host"),
    [
        (json.dumps(of_host(RECORD, "web01")).encode(), "web01"),
        (json.dumps({**RECORD, "host": "web01", "evidence": None}).encode(), "web01"),
        (json.dumps(of_host(RECORD, "web\x1b[31m01")).encode(), "web01"),
        (_printed("web01"), "web01"),
        (_printed(""), "named"),
        (b"", "named"),
        (b"[]", "named"),
        (b'{"host": "web01"}', "named"),
        (json.dumps(RECORD).encode()[:-9], "named"),
        (b"\x00\xff", "named"),
        (b" " * 17_000_000, "named"),
    ],
    ids=[
        "record",
        "no evidence",
        "coloured",
        "printed",
        "printed, of any host",
        "empty",
        "a list",
        "no run",
        "cut off",
        "not a text",
        "too large",
    ],
)
def test_a_file_is_of_the_host_that_it_names(tmp_path: Path, content: bytes, host: str) -> None:
    path = tmp_path / "named.json"
    path.write_bytes(content)

    assert saved_in(path).host == host
    assert read_record(path).host == host
