"""The strips: what a host's evidence says, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.view import view_of
from arc_compliance.report.page.strips import HostStrips, NameStrip, certificate_facts, strips_of
from arc_compliance.wire.record import load_record
from selftests.judge.evidence_made import evidence, grounds, measurement, view
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


@pytest.fixture
def faulty(run_suite: RunSuite) -> HostStrips:
    """The strips of the faulty demo."""
    run = run_suite("--demo=faulty")
    record = load_record(run.reports / "evidence", "local", None)
    host = view_of(record, grounds())
    assert host is not None
    return strips_of("local", host, folder="evidence")


def _strip(strips: HostStrips, name: str) -> NameStrip:
    return next(one for one in strips.names if one.name == name)


def test_each_name_has_the_steps_that_it_went_through(faulty: HostStrips) -> None:
    well = _strip(faulty, "aka.ms")
    assert [step.stage for step, _ in well.steps] == [
        "resolve", "connect", "tls", "certificate", "http",
    ]  # fmt: skip
    facts = {step.stage: step.facts for step, _ in well.steps}
    assert facts["resolve"] == ("127.0.0.1", "given by --connect-to")
    assert facts["connect"][0].startswith("127.0.0.1 port ")
    assert facts["tls"][0] == "TLSv1.3"
    assert facts["tls"][2].startswith("TLS 1.2 alone: ECDHE-")
    assert facts["certificate"][0].startswith("issued by ")
    assert facts["certificate"][1].startswith("valid 20")
    assert facts["certificate"][2] == "verified by the host"
    assert facts["http"] == ("status 403", "HTTP/1.1")
    assert all(spent >= 0 for _, spent in well.steps)

    for name, stage, cause in (
        ("gbl.his.arc.azure.cn", "resolve", "dns-not-found"),
        ("packages.microsoft.com", "connect", "connect-refused"),
        ("pas.chinacloudapi.cn", "tls", "tls-version"),
    ):
        last, _ = _strip(faulty, name).steps[-1]
        assert (last.stage, last.cause) == (stage, cause)
        assert last.detail


def test_rows_know_their_strips(faulty: HostStrips) -> None:
    for label, names in (
        ("*.his.arc.azure.cn", {"gbl.his.arc.azure.cn"}),
        ("aka.ms", {"aka.ms"}),
    ):
        assert {faulty.names[place].name for place in faulty.rows[label]} == names
    assert faulty.evidence == "evidence/local.json"


def test_a_strip_has_all_facts_of_the_agents_handshake() -> None:
    made = measurement("aka.ms", addresses=("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    made["observations"][0]["hosts_file"] = "/etc/hosts:12"
    made["observations"][1]["dead"] = [{"address": "192.0.2.4", "cause": "connect-timeout"}]
    made["observations"][2] |= {
        "alpn": "h2",
        "tls12": {"negotiated": False, "failure": {"cause": "tls-reset"}},
        "large_hello": {"size": 1528, "answer": "silence"},
        "addresses": [
            {"address": "192.0.2.1", "protocol": "TLSv1.3", "verified": True},
            {"address": "192.0.2.2", "protocol": "TLSv1.2", "verified": False},
            {"address": "192.0.2.3", "failure": {"cause": "connect-refused"}},
            {"address": "192.0.2.5"},
        ],
    }
    made["observations"][4]["version"] = "2"

    (strip,) = strips_of("h", view(evidence(made))).names

    facts = {step.stage: step.facts for step, _ in strip.steps}
    assert facts["resolve"] == ("192.0.2.1", "192.0.2.2", "192.0.2.3", "from /etc/hosts:12")
    assert facts["connect"] == (
        "192.0.2.1 port 443",
        "192.0.2.4: the connection was dropped silently",
    )
    assert facts["tls"] == (
        "TLSv1.2",
        "ECDHE-RSA-AES256-GCM-SHA384",
        "ALPN h2",
        f"TLS 1.2 alone is not negotiated: {CAUSES['tls-reset'].words}",
        "a ClientHello of 1,528 bytes: silence",
        "192.0.2.1: TLSv1.3, verified",
        "192.0.2.2: TLSv1.2, not verified",
        "192.0.2.3: the connection was refused",
        "192.0.2.5: answered",
    )
    assert facts["http"] == ("status 403", "HTTP/2")


def test_a_proxy_says_what_it_asks_for() -> None:
    made = measurement("aka.ms", ("proxy", "proxy-auth-required"))
    made["observations"][0] |= {"status": 407, "schemes": ["Negotiate", "Basic"]}

    (strip,) = strips_of("h", view(evidence(made))).names

    ((step, _),) = strip.steps
    assert step.facts == ("proxy:3128", "answered 407", "offers Negotiate, Basic")
    assert step.cause == "proxy-auth-required"


@pytest.mark.parametrize(
    ("seen", "note"),
    [
        ({}, ""),
        (
            {"flaky": {"stage": "tls", "cause": "tls-reset", "failed": 1, "of": 3}},
            f"went well; 1 of 3 attempts failed: {CAUSES['tls-reset'].words}",
        ),
        (
            {"flaky": {"stage": "tls", "cause": "tls-reset"}},
            f"went well; an earlier attempt failed: {CAUSES['tls-reset'].words}",
        ),
        (
            {"crowded": {"stage": "connect", "cause": "connect-timeout"}},
            "went well alone; failed while other names were measured beside it: "
            "the connection was dropped silently",
        ),
        (
            {"websocket": {"path": "/", "status": 101, "accepted": True}},
            "WebSocket accepted (status 101)",
        ),
        (
            {"websocket": {"path": "/", "status": 200, "accepted": False}},
            "WebSocket not accepted (status 200)",
        ),
        (
            {"websocket": {"path": "/", "accepted": False, "failure": {"cause": "http-timeout"}}},
            f"WebSocket failed: {CAUSES['http-timeout'].words}",
        ),
    ],
)
def test_a_note_says_what_other_attempts_saw(seen: dict[str, Any], note: str) -> None:
    (strip,) = strips_of("h", view(evidence(measurement("aka.ms") | seen))).names

    assert strip.note == note


def test_a_host_without_evidence_has_no_strips(tmp_path: Path) -> None:
    record = load_record(tmp_path, "a/b", "run")

    strips = strips_of("a/b", record, folder="evidence")

    assert (strips.names, strips.evidence) == ((), "evidence/a%252Fb.json")


@pytest.mark.parametrize("der", ["", "not base64!", "aGVsbG8=", "MIIC"])
def test_what_is_not_a_certificate_is_said_to_be_none(der: str) -> None:
    assert certificate_facts(der) == ("a certificate that cannot be parsed",)
