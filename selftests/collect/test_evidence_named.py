"""What somebody may name with --evidence: the evidence, what holds it, or what was made of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.collect.replay import evidence_named, saved_evidence
from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


@pytest.fixture
def reports(run_suite: RunSuite, tmp_path: Path) -> Path:
    """The report folder of a run."""
    run = run_suite(*saved_fleet(tmp_path, {"web01": "faulty", "web02": "healthy"}))
    assert run.code == 1
    return run.reports


def test_a_report_folder_stands_for_its_evidence(reports: Path) -> None:
    assert evidence_named(reports) == reports / "evidence"
    assert list(saved_evidence(evidence_named(reports))) == ["web01", "web02"]


def test_a_folder_of_evidence_is_taken_with_reports_in_it(reports: Path) -> None:
    folder = reports / "evidence"
    (folder / "compliance.json").write_bytes((reports / "compliance.json").read_bytes())

    assert evidence_named(folder) == folder
    assert list(saved_evidence(folder)) == ["web01", "web02"]


def test_one_file_is_its_host(reports: Path, run_suite: RunSuite) -> None:
    one = reports / "evidence" / "web01.json"
    assert list(saved_evidence(evidence_named(one))) == ["web01"]

    run = run_suite(f"--evidence={one}", f"--report-dir={reports}")

    assert run.code == 1
    assert [host["label"] for host in run.json["hosts"]] == ["web01"]
    assert (reports / "evidence" / "web02.json").exists()  # nobody asked to delete it


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("compliance.json", "is a report (compliance.json), and not what a host sent; "),
        ("junit.xml", "is a JUnit report, and not what a host sent; "),
        ("report.html", "is a page, and not what a host sent; "),
    ],
)
def test_a_report_is_named_with_the_evidence_beside_it(
    reports: Path, name: str, words: str
) -> None:
    with pytest.raises(Fault) as caught:
        evidence_named(reports / name)

    evidence = reports / "evidence"
    assert str(caught.value) == f"{reports / name} {words}name its evidence, {evidence}"


def test_a_report_alone_asks_for_its_evidence(reports: Path, tmp_path: Path) -> None:
    alone = tmp_path / "alone" / "compliance.json"
    alone.parent.mkdir()
    (reports / "compliance.json").rename(alone)

    with pytest.raises(Fault, match=r"name the evidence it is of$"):
        evidence_named(alone)
    with pytest.raises(Fault, match="holds no evidence: no file there is named"):
        saved_evidence(evidence_named(alone.parent))


@pytest.mark.parametrize("content", [{"$schema": "x"}, {"name": "tags", "values": []}])
def test_a_folder_with_evidence_of_nobody(tmp_path: Path, content: object) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(content))

    with pytest.raises(Fault, match=r"holds no evidence: schema\.json is not what a host sent"):
        saved_evidence(evidence_named(tmp_path))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")

    for place in (tmp_path / "nothing", tmp_path / "pipe.json", Path("/dev/zero")):
        with pytest.raises(Fault, match="is not a folder and not a file"):
            evidence_named(place)


def test_a_file_of_another_kind(tmp_path: Path) -> None:
    (tmp_path / "hosts.yaml").write_text("hosts: []\n")

    with pytest.raises(Fault, match="is not evidence: that is a folder, or a host"):
        evidence_named(tmp_path / "hosts.yaml")
