"""Evidence, judgement and report row: what was once found right stays so, byte for byte."""

from __future__ import annotations

import pytest

from arc_compliance.judge.judgement import Verdict
from arc_compliance.wire.record import read_record
from selftests.runs.golden_triples import GOLDEN, SITUATIONS, judgements, triple


@pytest.mark.parametrize("situation", SITUATIONS)
def test_the_same_evidence_gives_the_same_bytes(situation: str) -> None:
    folder = GOLDEN / situation

    found = triple(read_record(folder / "evidence.json"))

    for name, text in found.items():
        expected = (folder / name).read_text(encoding="utf-8")
        assert text == expected, f"{situation}/{name} differs; see `make golden`"


def test_the_triples_hold_more_than_one_verdict() -> None:
    found = {
        judgement.verdict
        for situation in SITUATIONS
        for judgement in judgements(read_record(GOLDEN / situation / "evidence.json"))
    }

    assert found == set(Verdict) - {Verdict.WAIVED, Verdict.NOT_TESTED}
