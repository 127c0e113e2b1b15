"""The strips: what a host's evidence says, step by step."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arc_compliance.judge.view import view_of
from arc_compliance.report.page.strips import HostStrips, NameStrip, certificate_facts, strips_of
from arc_compliance.wire.record import load_record
from selftests.judge.evidence_made import grounds
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
    assert facts["tls"][0] == "TLSv1.2"
    assert facts["certificate"][0].startswith("issued by ")
    assert facts["certificate"][1].startswith("valid 20")
    assert facts["certificate"][2] == "verified by the host"
    assert facts["http"] == ("status 403",)
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


def test_a_host_without_evidence_has_no_strips(tmp_path: Path) -> None:
    record = load_record(tmp_path, "a/b", "run")

    strips = strips_of("a/b", record, folder="evidence")

    assert (strips.names, strips.evidence) == ((), "evidence/a%252Fb.json")


@pytest.mark.parametrize("der", ["", "not base64!", "aGVsbG8=", "MIIC"])
def test_what_is_not_a_certificate_is_said_to_be_none(der: str) -> None:
    assert certificate_facts(der) == ("a certificate that cannot be parsed",)
