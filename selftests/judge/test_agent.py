"""What the agent says of itself: read from what stands in for azcmagent, and judged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.judge.case import Judge
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.host.agent import judge_agent_health
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.probe.python.facts.agent import AgentFacts as AgentReader
from arc_compliance.wire.facts import AgentFacts
from selftests.judge.evidence_made import case_of, evidence, grounds, judge_evidence, measurement
from selftests.probe.replacing import replace

SHOWN = {
    "resourceName": "web01",
    "subscriptionId": "00000000-0000-0000-0000-000000000000",
    "tenantId": "00000000-0000-0000-0000-000000000001",
    "location": "chinanorth3",
    "cloud": "AzureChinaCloud",
    "status": "Connected",
    "lastHeartbeat": "2026-11-22T11:58:00Z",
    "agentVersion": "1.47.02786.1234",
    "agentErrorCode": "",
    "services": [{"serviceName": "himds", "status": "active"}],
}


def says(document: object, before: str = "", status: int = 0) -> str:
    return f"cat <<'END'\n{before}{json.dumps(document)}\nEND\nexit {status}"


def read(
    directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    show: str,
    configuration: str = '{"location": "China North 3"}',
    systemctl: str = "exit 1",
) -> AgentFacts:
    """The facts where azcmagent and systemctl are the shell scripts given."""
    for name, script in (("azcmagent", show), ("systemctl", systemctl)):
        (directory / name).write_text(f"#!/bin/sh\n{script}\n")
        (directory / name).chmod(0o755)
    (directory / "agentconfig.json").write_text(configuration)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    replace(monkeypatch, "AGENT_PROGRAM", str(directory / "azcmagent"))
    replace(monkeypatch, "AGENT_CONFIGURATION", str(directory / "agentconfig.json"))
    replace(monkeypatch, "AGENT_SECONDS", 0.5)
    agent = AgentReader()
    agent.read()
    return AgentFacts.model_validate(agent.facts)


def test_a_connected_agent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of tenant and subscription stay where they are."""
    states = "printf 'active\\nactive\\nactive\\ninactive\\n'; exit 3"

    facts = read(tmp_path, monkeypatch, says(SHOWN), systemctl=states)

    assert facts == AgentFacts(
        installed=True,
        location="chinanorth3",
        version="1.47.02786.1234",
        status="Connected",
        cloud="AzureChinaCloud",
        last_heartbeat="2026-11-22T11:58:00Z",
        units={"himdsd": "active", "gcad": "active", "extd": "active", "arcproxyd": "inactive"},
    )


@pytest.mark.parametrize(
    "show",
    [
        says(SHOWN, before="WARN  The agent is old\n"),
        says(SHOWN, before='WARN  {old} {"status": 1}\n[1] {\n'),
        says({key.upper(): value for key, value in SHOWN.items()}),
        says({**SHOWN, "newKey": {"a": [1]}, "lastHeartbeat": None}),
        says(SHOWN, status=1),
    ],
)
def test_what_surrounds_the_json_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: str
) -> None:
    facts = read(tmp_path, monkeypatch, show)

    assert (facts.status, facts.show_failure) == ("Connected", None)


@pytest.mark.parametrize(
    ("show", "why"),
    [
        ("exec sleep 9", "no answer within 0.5 s"),
        ("", "exit 0: it printed nothing"),
        ("echo 'FATAL cannot reach the service'; exit 1", "exit 1: FATAL cannot reach"),
        ("echo '{\"status\": '", "exit 0: {"),
        ("echo 'You must run this command with elevated privileges'; exit 1", "permission-denied"),
        ("head -c 300000 /dev/zero | tr '\\0' '{'", "exit 0: {"),
        ("exec cat /dev/zero", "more than 8000000 bytes"),
    ],
)
def test_an_agent_that_tells_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: str, why: str
) -> None:
    facts = read(tmp_path, monkeypatch, show)

    assert facts.status is None
    assert (facts.show_failure or "").startswith(why)


@pytest.mark.parametrize("text", ["", "{", '["a"]', "null", "[" * 99999])
def test_a_configuration_that_is_half_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    facts = read(tmp_path, monkeypatch, says(SHOWN), configuration=text)

    assert facts.installed
    assert facts.location is None


# -- judged --------------------------------------------------------------------------------------

CONNECTED = {
    "installed": True,
    "location": "chinanorth3",
    "version": "1.47.02786.1234",
    "status": "Connected",
    "cloud": "AzureChinaCloud",
    "last_heartbeat": "1970-01-01T00:00:00.1234567Z",
    "units": {"himdsd": "active", "gcad": "active", "extd": "active", "arcproxyd": "inactive"},
}


def judged(requirement: str, judge: Judge, agent: dict[str, Any], **scope: Any) -> Judgement:
    found = evidence(measurement("dc.applicationinsights.azure.cn"), agent=agent)
    return judge_evidence(case_of(requirement, **scope), found, judge, grounds(**scope))


@pytest.mark.parametrize(
    ("changes", "scope", "words"),
    [
        ({"status": "Disconnected"}, {}, "its status is Disconnected"),
        ({"status": "Expired"}, {}, "its status is Expired"),
        (
            {"error_code": "AZCM0026", "error_details": "x"},
            {},
            "AZCM0026 (network error, or a service",
        ),
        ({"error_code": "AZCM0999"}, {}, "AZCM0999 (no details)"),
        ({"last_heartbeat": "1969-12-31T23:00:00+00:00"}, {}, "last heartbeat was 60 minutes"),
        ({"units": {"himdsd": "failed"}}, {}, "himdsd is failed"),
        ({"cloud": "AzureCloud"}, {}, "it is connected to AzureCloud, the run is about Azure"),
        ({}, {"location": "chinaeast2"}, "it is in chinanorth3, the run is about chinaeast2"),
    ],
)
def test_what_is_the_matter_with_an_agent(
    changes: dict[str, Any], scope: dict[str, Any], words: str
) -> None:
    found = judged("practice/agent-health", judge_agent_health, {**CONNECTED, **changes}, **scope)

    assert found.verdict is Verdict.WARN
    assert words in found.actual
    assert found.remedy_text.startswith("server owner: Look at `azcmagent show`")


NEW = {**CONNECTED, "location": None, "status": "Disconnected", "last_heartbeat": None}


@pytest.mark.parametrize(
    ("changes", "verdict", "words"),
    [
        ({}, Verdict.PASS, "installed, not onboarded yet"),
        ({"status": None}, Verdict.PASS, "installed, not onboarded yet"),
        ({"status": "Expired"}, Verdict.WARN, "its status is Expired"),
        ({"error_code": "AZCM0026"}, Verdict.WARN, "AZCM0026"),
        ({"units": {"himdsd": "failed"}}, Verdict.WARN, "himdsd is failed"),
        ({"failure": "permission-denied"}, Verdict.NOT_TESTED, "run again with --sudo"),
        ({"last_heartbeat": "0001-01-01T00:00:00+23:59"}, Verdict.PASS, "not onboarded yet"),
    ],
)
def test_an_agent_that_was_never_connected(
    changes: dict[str, Any], verdict: Verdict, words: str
) -> None:
    found = judged("practice/agent-health", judge_agent_health, {**NEW, **changes})

    assert found.verdict is verdict
    assert words in found.actual


@pytest.mark.parametrize("location", [None, "auto", "chinanorth3"])
def test_an_agent_that_is_well(location: str | None) -> None:
    found = judged("practice/agent-health", judge_agent_health, CONNECTED, location=location)

    assert (found.verdict, found.actual) == (Verdict.PASS, "version 1.47.02786.1234, Connected")


def test_an_agent_before_onboarding() -> None:
    agent = {"installed": True, "version": "1.47.1", "status": "Disconnected"}

    found = judged("practice/agent-health", judge_agent_health, agent)

    assert found.verdict is Verdict.PASS
    assert "not onboarded yet" in found.actual


@pytest.mark.parametrize(
    ("failure", "words"),
    [("permission-denied", "run again with --sudo"), ("no answer within 5 s", "no answer")],
)
def test_an_agent_that_could_not_be_asked(failure: str, words: str) -> None:
    agent = {"installed": True, "show_failure": failure}

    found = judged("practice/agent-health", judge_agent_health, agent)

    assert found.verdict is Verdict.NOT_TESTED
    assert words in found.actual


def test_no_agent() -> None:
    found = judged("practice/agent-health", judge_agent_health, {"installed": False})

    assert found.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("version", "verdict"),
    [
        ("1.23.01000.2", Verdict.PASS),
        ("1.24.01000.2", Verdict.NOT_APPLICABLE),
        ("2.0", Verdict.NOT_APPLICABLE),
        ("1.3", Verdict.PASS),
        (None, Verdict.PASS),
        ("nonsense", Verdict.PASS),
    ],
)
def test_telemetry_is_for_old_agents(version: str | None, verdict: Verdict) -> None:
    found = judged("urls/telemetry", judge_reach, {**CONNECTED, "version": version})

    assert found.verdict is verdict
