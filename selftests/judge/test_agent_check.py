"""The agent's own check beside ours: read from what stands in for azcmagent, and judged."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.judge.host.agent_check import judge_agent_check
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.probe.python.facts.agent_check import AgentCheck as AgentCheckReader
from arc_compliance.probe.python.order_fields import BadOrder
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.wire.evidence import AgentCheck
from selftests.judge.evidence_made import case_of, evidence, judge_evidence, measurement
from selftests.probe import peers
from selftests.probe.replacing import replace

LOGIN, PAS = "login.chinacloudapi.cn", "pas.chinacloudapi.cn"
ASKED = {"cloud": "AzureChinaCloud", "location": None}


def read(
    directory: Path, monkeypatch: pytest.MonkeyPatch, script: str, asked: object = ASKED
) -> AgentCheck | None:
    program = directory / "azcmagent"
    program.write_text(f'#!/bin/sh\necho "$@" > {directory}/arguments\n{script}\n')
    program.chmod(0o755)
    (directory / "agentconfig.json").write_text('{"location": "China North 3"}')
    replace(monkeypatch, "AGENT_PROGRAM", str(program))
    replace(monkeypatch, "AGENT_CONFIGURATION", str(directory / "agentconfig.json"))
    order = json.dumps(peers.order(agent_check=asked, limits={"connect": 0.2})).encode()
    check = AgentCheckReader(read_order(io.BytesIO(order)))
    check.limit = 0.5
    check.read()
    return AgentCheck.model_validate(check.facts) if check.facts else None


def says(*entries: dict[str, object]) -> str:
    return f"cat <<'END'\n[WARN] old [1]\n{json.dumps(entries)}\nEND"


def test_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entries = (
        {"endpoint": f"https://{LOGIN.upper()}/x", "reachable": True, "private": False},
        {"Endpoint": PAS, "Reachable": "unreachable", "proxy status": "set"},
        {"endpoint": PAS, "reachable": "perhaps"},
        {"new": 1},
    )

    check = read(tmp_path, monkeypatch, says(*entries))

    assert check is not None
    assert [(one.name, one.reachable) for one in check.found] == [(LOGIN, True), (PAS, False)]
    arguments = (tmp_path / "arguments").read_text().split()
    assert arguments == ["check", "-j", "--cloud", "AzureChinaCloud", "--location", "chinanorth3"]


def test_the_region_of_the_order_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(tmp_path, monkeypatch, says(), {**ASKED, "location": "chinaeast2"})

    assert (tmp_path / "arguments").read_text().split()[-1] == "chinaeast2"


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exec sleep 9", "no answer within 0.5 s"),
        ("exit 1", "exit 1: it printed nothing"),
        ("echo '[{'; exit 3", "exit 3: [{"),
        ("head -c 300000 /dev/zero | tr '\\0' '['", "exit 0: ["),
        ("echo nothing to see", "exit 0: nothing to see"),
    ],
)
def test_a_check_that_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, why: str
) -> None:
    check = read(tmp_path, monkeypatch, script)

    assert check is not None
    assert (check.found, (check.failure or "")[: len(why)]) == ((), why)


def test_it_is_not_run_unasked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(tmp_path, monkeypatch, says(), None) is None
    assert not (tmp_path / "arguments").exists()


@pytest.mark.parametrize("asked", [{"cloud": "a b"}, {"cloud": "A", "location": "--x"}, {}])
def test_an_order_with_something_else_is_refused(asked: dict[str, str]) -> None:
    order = json.dumps(peers.order(agent_check=asked)).encode()

    with pytest.raises(BadOrder, match="agent_check"):
        read_order(io.BytesIO(order))


# -- judged --------------------------------------------------------------------------------------


def judged(check: dict[str, Any] | None) -> Judgement:
    found = evidence(
        measurement(LOGIN),
        measurement(PAS, ("connect", "connect-timeout")),
        agent={"installed": True},
        agent_check=check,
    )
    return judge_evidence(case_of("practice/agent-check"), found, judge_agent_check)


def said(name: str, *, reachable: bool) -> dict[str, Any]:
    return {"name": name, "reachable": reachable}


def test_they_agree() -> None:
    found = judged({"found": [said(LOGIN, reachable=True), said(PAS, reachable=False)]})

    assert (found.verdict, found.actual) == (Verdict.PASS, "they agree on 2 endpoints")


def test_each_disagreement_stands_there_with_both_observations() -> None:
    found = judged({"found": [said(LOGIN, reachable=False), said(PAS, reachable=True)]})

    assert (found.verdict, found.failing) == (Verdict.WARN, (LOGIN, PAS))
    first, *rows = found.actual.splitlines()
    assert first == "they differ on 2 of 2 endpoints"
    assert rows[0] == f"{LOGIN}: azcmagent says unreachable, seen here: reached"
    assert rows[1].startswith(f"{PAS}: azcmagent says reachable, seen here: connect-timeout while")


@pytest.mark.parametrize(
    "check",
    [None, {"failure": "exit 1: x"}, {"found": [{"name": "aka.ms", "reachable": True}]}, {}],
)
def test_what_nobody_can_compare_is_not_tested(check: dict[str, Any] | None) -> None:
    assert judged(check).verdict is Verdict.NOT_TESTED
