"""Evidence that is formed as agreed and yet makes no sense: every case gets a judgement, none green
by it. What is not as agreed is refused whole."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from arc_compliance.judge.judgement import Verdict
from arc_compliance.wire.record import HostRecord, record_from
from selftests.runs.golden_triples import GOLDEN, judgements
from selftests.wire.test_format1 import FORMAT_1, SITUATIONS

HEALTHY: dict[str, Any] = json.loads((GOLDEN / "healthy" / "evidence.json").read_text())
HEALTHY_1: dict[str, Any] = json.loads(
    (FORMAT_1 / SITUATIONS[0] / "evidence.json").read_text(encoding="utf-8")
)
CASES = len(list(judgements(record_from(HEALTHY))))
COMMON = {"stage", "started", "duration", "failure"}
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


def _observations(record: dict[str, Any], stage: str) -> Iterator[dict[str, Any]]:
    for measurement in record["evidence"]["measurements"]:
        yield from (one for one in measurement["observations"] if one["stage"] == stage)


def _places() -> list[tuple[str, str]]:
    """Each stage with each of its own keys."""
    return sorted(
        {
            (one["stage"], key)
            for measurement in HEALTHY["evidence"]["measurements"]
            for one in measurement["observations"]
            for key in set(one) - COMMON
        }
    )


RESTS_ON = {
    ("tls", "chain"): "principles/certificates",
    ("tls", "protocol"): "tls/1.2",
    ("certificate", "verified"): "principles/certificates",
    ("http", "status"): "urls/aka",
}
"""What a step has to tell, and the requirement that is not green without it."""


def _is_judged(record: HostRecord, stage: str, key: str, value: object = None) -> None:
    """Every case of *record* has a judgement, and none is green by the nonsense."""
    found = list(judgements(record))

    where = f"{stage}.{key}"
    assert len(found) == CASES, where
    assert all(isinstance(one.actual, str) for one in found), where
    if (stage, key) in RESTS_ON and value is not True:
        resting = [one for one in found if one.requirement == RESTS_ON[stage, key]]
        seen = {one.verdict for one in resting if one.endpoint == "aka.ms"}
        assert seen, where
        assert Verdict.PASS not in seen, where


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda one: repr(one)[:20])
def test_nonsense_in_a_step_is_refused_or_judged(nonsense: object) -> None:
    for stage, key in _places():
        record = copy.deepcopy(HEALTHY)
        for observation in _observations(record, stage):
            observation[key] = nonsense

        try:
            read = record_from(record)
        except ValidationError:
            continue
        _is_judged(read, stage, key, nonsense)


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda one: repr(one)[:20])
def test_nonsense_in_format_1_is_judged(nonsense: object) -> None:
    for stage, key in _places():
        record = copy.deepcopy(HEALTHY_1)
        for observation in _observations(record, stage):
            observation["data"][key] = nonsense

        _is_judged(record_from(record), stage, key, nonsense)


@pytest.mark.parametrize(("stage", "key"), _places())
def test_what_a_step_leaves_out_is_judged(stage: str, key: str) -> None:
    record = copy.deepcopy(HEALTHY)
    for observation in _observations(record, stage):
        del observation[key]

    _is_judged(record_from(record), stage, key)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("collected",), float("nan")),
        (("collected",), float("inf")),
        (("collected",), -1.0),
        (("collected",), 1e18),
        (("evidence", "finished"), 1e300),
        (("evidence", "evidence"), 3),
        (("evidence", "measurements"), {}),
        (("evidence", "measurements", 0, "port"), 0),
        (("evidence", "measurements", 0, "name"), "x" * 5000),
        (("evidence", "measurements", 0, "observations", 0, "stage"), "pray"),
        (("evidence", "measurements", 0, "observations", 0, "duration"), -1),
        (("evidence", "measurements", 0, "observations", 0, "failure"), {"cause": "No Cause"}),
        (("evidence", "measurements", 0, "observations", 0, "surprise"), 1),
        (("evidence", "controls", 0, "stage"), "http"),
        (("evidence", "surprise"), 1),
    ],
    ids=str,
)
@pytest.mark.parametrize("healthy", [HEALTHY, HEALTHY_1], ids=["format 2", "format 1"])
def test_what_is_not_as_agreed_is_refused(
    healthy: dict[str, Any], path: tuple[Any, ...], value: object
) -> None:
    record = copy.deepcopy(healthy)
    place = record
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value

    with pytest.raises(ValidationError):
        record_from(record)


@pytest.mark.parametrize(
    ("stage", "key", "value"),
    [
        ("tls", "chain", ["A"] * 11),
        ("tls", "chain", ["A" * 65537]),
        ("http", "status", "200"),
        ("http", "status", True),
        ("http", "status", 1000),
        ("http", "address", "192.0.2.1"),
        ("certificate", "verified", 1),
        ("resolve", "via", "prayer"),
        ("connect", "dead", [{"address": "192.0.2.1"}]),
    ],
)
def test_a_step_has_its_own_types(stage: str, key: str, value: object) -> None:
    record = copy.deepcopy(HEALTHY)
    next(_observations(record, stage))[key] = value

    with pytest.raises(ValidationError, match=key):
        record_from(record)
