"""Evidence of format 1: read as format 2, and judged as it was when it was new."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from arc_compliance.wire.frame import BEGIN, END, evidence_in
from arc_compliance.wire.observation import Answered, Connected, DeadAddress, Handshake, Stage
from arc_compliance.wire.record import load_record, read_record, record_from, save_record
from selftests.runs.golden_triples import judgements

FORMAT_1 = Path(__file__).parent / "format1"
SITUATIONS = ("healthy", "faulty")
COMMON_KEYS = {"stage": "resolve", "failure": "no", "started": -1}


@pytest.mark.parametrize("situation", SITUATIONS)
def test_it_is_judged_as_before(situation: str) -> None:
    """judgements.json was written when format 1 was judged without a converter."""
    expected = json.loads((FORMAT_1 / situation / "judgements.json").read_text(encoding="utf-8"))

    record = read_record(FORMAT_1 / situation / "evidence.json")

    found = [[j.case, j.verdict.value, j.cause, list(j.failing)] for j in judgements(record)]
    then = {case for case, *_ in expected}  # requirements that came later could not be measured
    assert [one for one in found if one[0] in then] == expected


def test_what_a_step_saw_is_typed(tmp_path: Path) -> None:
    dead = [{"address": "192.0.2.2", "cause": "connect-timeout"}]
    record = told(
        step("connect", address="192.0.2.1", port=443, source="192.0.2.9", dead=dead),
        step("tls", protocol="TLSv1.2", cipher="AES", chain=["AAAA"], tls12_refused=False),
        step("http", status=403, headers={"x-ms-a": "1"}, via="tls12"),
    )

    (measurement,) = record_from(record).evidence.measurements

    assert measurement.rows is None
    assert measurement.at(Stage.CONNECT) == Connected(
        stage=Stage.CONNECT,
        started=1.0,
        duration=0.1,
        address="192.0.2.1",
        port=443,
        source="192.0.2.9",
        dead=(DeadAddress(address="192.0.2.2", cause="connect-timeout"),),
    )
    assert isinstance(measurement.at(Stage.TLS), Handshake)
    answered = measurement.at(Stage.HTTP)
    assert isinstance(answered, Answered)
    assert (answered.status, measurement.headers) == (403, {"x-ms-a": "1"})


def test_what_is_not_as_format_2_has_it_is_left_out() -> None:
    record = told(
        step("connect", address=["192.0.2.1"], port="443", source="192.0.2.9", weather="fine"),
        step("http", status="403", headers={"date": 7}, via="tls12"),
    )
    record["evidence"]["measurements"][0]["observations"][1]["data"] |= COMMON_KEYS

    connected, answered = record_from(record).evidence.measurements[0].observations

    assert isinstance(connected, Connected)
    assert (connected.address, connected.port, connected.source) == (None, None, "192.0.2.9")
    assert isinstance(answered, Answered)
    assert (answered.status, answered.headers, answered.via) == (None, {}, "tls12")
    assert answered.failure is None


@pytest.mark.parametrize(
    "observation",
    ["no object", {"stage": "http"}, {"stage": "pray", "started": 1.0, "duration": 0.1}],
)
def test_what_is_no_observation_is_refused(observation: object) -> None:
    with pytest.raises(ValidationError, match="observations"):
        record_from(told(observation))


def test_a_probe_may_send_either_format() -> None:
    document = json.dumps(told(step("http", status=200))["evidence"]).encode()

    evidence = evidence_in(BEGIN + b"\n" + document + b"\n" + END)

    assert evidence.evidence == 2
    assert evidence.measurements[0].passed(Stage.HTTP)


def test_a_resumed_run_may_have_saved_format_1(tmp_path: Path) -> None:
    """load_record reads what this run saved, and a run that is resumed may be of an older suite."""
    record = told(step("http", status=200))
    (tmp_path / "h.json").write_text(json.dumps(record))

    first = load_record(tmp_path, "h", "run")
    save_record(tmp_path, first)

    assert first.evidence is not None
    assert load_record(tmp_path, "h", "run") == first
    assert json.loads((tmp_path / "h.json").read_text())["evidence"]["evidence"] == 2


def step(stage: str, **data: object) -> dict[str, Any]:
    """An observation of format 1 without a failure."""
    return {"stage": stage, "started": 1.0, "duration": 0.1, "failure": None, "data": data}


def told(*observations: object) -> dict[str, Any]:
    """A record of format 1 with one measurement."""
    measurement = {
        "name": "aka.ms",
        "port": 443,
        "scheme": "https",
        "origin": "ordered",
        "attempts": 1,
        "observations": list(observations),
    }
    probe = {"version": "1", "platform": "linux", "python": "3", "openssl_library": "OpenSSL 3"}
    evidence = {
        "evidence": 1,
        "run": "run",
        "host": "h",
        "probe": probe,
        "started": 1.0,
        "finished": 2.0,
        "complete": True,
        "vantage": {"hostname": "h", "user": "root"},
        "facts": {"os": {}, "tls": {}, "trust": {}, "agent": {"installed": False}},
        "measurements": [measurement],
    }
    return {"run": "run", "host": "h", "collected": 2.0, "evidence": evidence}
