"""Evidence that is formed as agreed and yet makes no sense: every case gets a judgement, none green
by it."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from pydantic import ValidationError

from arc_compliance.judge.judgement import Verdict
from arc_compliance.wire.record import HostRecord
from selftests.runs.golden_triples import GOLDEN, judgements

HEALTHY: dict[str, Any] = json.loads((GOLDEN / "healthy" / "evidence.json").read_text())
NONSENSE: list[Any] = [
    None,
    True,
    -1,
    10**30,
    1e308,
    "",
    "\N{PILE OF POO}" * 100,
    "<b>",
    [],
    [[["x"]]],
    [None, 7, {"a": 1}],
    {},
    {"address": {"address": []}, "location": ["http://"]},
]


def _records(nonsense: object) -> list[tuple[str, dict[str, Any]]]:
    """The healthy record with *nonsense* at one key of every stage's data, for each key."""
    keys = {
        (o["stage"], key)
        for m in HEALTHY["evidence"]["measurements"]
        for o in m["observations"]
        for key in o["data"]
    }
    records = []
    for stage, key in sorted(keys):
        record = copy.deepcopy(HEALTHY)
        for measurement in record["evidence"]["measurements"]:
            for observation in measurement["observations"]:
                if observation["stage"] == stage:
                    observation["data"][key] = nonsense
        records.append((f"{stage}.{key}", record))
    return records


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda one: repr(one)[:20])
def test_nonsense_in_a_stages_data_is_judged(nonsense: object) -> None:
    for where, record in _records(nonsense):
        found = list(judgements(HostRecord.model_validate(record)))

        assert len(found) == 86, where
        assert all(isinstance(one.actual, str) for one in found), where
        if where == "tls.chain":
            chains = [one for one in found if one.requirement == "principles/certificates"]
            assert Verdict.PASS not in {one.verdict for one in chains if one.endpoint == "aka.ms"}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("collected",), float("nan")),
        (("collected",), float("inf")),
        (("collected",), -1.0),
        (("collected",), 1e18),
        (("evidence", "finished"), 1e300),
        (("evidence", "measurements", 0, "port"), 0),
        (("evidence", "measurements", 0, "name"), "x" * 5000),
        (("evidence", "measurements", 0, "observations", 0, "stage"), "pray"),
        (("evidence", "measurements", 0, "observations", 0, "duration"), -1),
        (("evidence", "controls", 0, "stage"), "http"),
        (("evidence", "surprise"), 1),
    ],
    ids=str,
)
def test_what_is_not_as_agreed_is_refused(path: tuple[Any, ...], value: object) -> None:
    record = copy.deepcopy(HEALTHY)
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(ValidationError):
        HostRecord.model_validate(record)
