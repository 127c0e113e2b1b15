"""Saved evidence: judged again a year later, kept when a run is resumed."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.wire.record import read_record
from selftests.conftest import Sshd
from selftests.runs.golden_triples import GOLDEN
from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


def _record(directory: Path, host: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((directory / f"{host}.json").read_text(encoding="utf-8"))
    return record


def _judgements(run: SuiteRun) -> str:
    """What compliance.json says of each case, as text: byte for byte."""
    return json.dumps([one["judgement"] for one in run.json["results"]])


# -- judging again -------------------------------------------------------------------------------


def test_saved_evidence_is_judged_as_it_was_and_touches_nobody(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    first = run_suite("--demo=faulty")
    judgements = _judgements(first)
    saved = tmp_path / "saved"
    shutil.move(first.reports, saved)

    run = run_suite(f"--evidence={saved / 'evidence'}", env={"PATH": "/nonexistent"})

    assert run.code == 1
    assert _judgements(run) == judgements
    assert run.properties["simulated"] == "true"
    assert "Simulated Azure" in (run.reports / "report.html").read_text(encoding="utf-8")
    assert _record(run.reports / "evidence", "local") == _record(saved / "evidence", "local")
    assert "local: measured" not in run.out


def test_evidence_is_judged_by_its_own_clock(run_suite: RunSuite, tmp_path: Path) -> None:
    run_suite("--demo")
    path = tmp_path / "reports" / "evidence" / "local.json"
    record = json.loads(path.read_text())
    saved = tmp_path / "saved"
    saved.mkdir()
    in_1990 = 20 * 365.25 * 86400
    (saved / "local.json").write_text(json.dumps({**record, "collected": in_1990}))

    run = run_suite(f"--evidence={saved}")

    certificate = run.case("principles/certificates", endpoint="aka.ms")
    assert (certificate["verdict"], certificate["cause"]) == ("fail", "cert-not-yet-valid")
    assert run.json["hosts"][0]["collected"] == "1990-01-01T00:00:00+00:00"


def test_the_folder_of_the_last_run_can_be_judged_in_place(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    first = run_suite("--demo")
    judgements, record = _judgements(first), _record(first.reports / "evidence", "local")

    run = run_suite(f"--evidence={tmp_path / 'reports' / 'evidence'}", "-n2")

    assert _judgements(run) == judgements
    assert _record(run.reports / "evidence", "local") == record


def test_a_scope_can_be_narrower_than_what_was_measured(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    run_suite("--demo")

    run = run_suite(f"--evidence={tmp_path / 'reports' / 'evidence'}", "--location=chinanorth3")

    assert "sampled 2 names" in run.case("urls/guestconfiguration")["actual"]


def test_what_was_never_measured_is_an_error_and_no_pass(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    run_suite("--demo", "--location=chinanorth3")

    run = run_suite(f"--evidence={tmp_path / 'reports' / 'evidence'}", "--location=chinaeast2")

    his = run.case("urls/blob")
    assert (his["verdict"], his["cause"]) == ("error", "probe-failed")
    assert "the host sent no measurement of it" in his["actual"]
    assert run.code == 6


def test_a_host_without_evidence_is_not_lost(run_suite: RunSuite, tmp_path: Path) -> None:
    run_suite("--demo")

    run = run_suite(
        f"--evidence={tmp_path / 'reports' / 'evidence'}", "--hosts=local://,ssh://web09"
    )

    missing = run.case("run/host-measured", "web09")
    assert (missing["verdict"], missing["cause"]) == ("error", "probe-failed")
    assert "evidence/web09.json: cannot be read: No such file" in missing["actual"]
    assert run.code == 6


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", "null", '{"record": 1}', "\x00\x01", '{"record":1,"run":"r","host":"h"'],
)
def test_a_file_that_is_no_evidence_is_an_error_of_the_host_it_is_named_for(
    run_suite: RunSuite, tmp_path: Path, content: str
) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "web01.json").write_text(content)

    run = run_suite(f"--evidence={saved}")

    assert run.code == 6
    case = run.case("run/host-measured", "web01")
    assert (case["verdict"], case["cause"]) == ("error", "probe-failed")
    assert "evidence/web01.json: it is not as agreed" in case["actual"]


def test_evidence_that_is_damaged_is_an_error_of_the_host_that_it_names(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    saved.mkdir()
    damaged = {"record": 1, "run": "r", "host": "web01", "collected": 0, "evidence": {}}
    (saved / "from-tuesday.json").write_text(json.dumps(damaged))

    run = run_suite(f"--evidence={saved}")

    case = run.case("run/host-measured", "web01")
    assert (case["verdict"], case["cause"]) == ("error", "probe-failed")
    assert "evidence/from-tuesday.json: it is not as agreed" in case["actual"]
    assert run.code == 6


def test_what_is_no_file_at_all_is_an_error_and_keeps_nobody_waiting(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    saved = tmp_path / "saved"
    (saved / "web01.json").mkdir(parents=True)
    os.mkfifo(saved / "web02.json")
    (saved / "web03.json").symlink_to("/dev/zero")
    (saved / "web04.json").symlink_to("/nowhere")

    run = run_suite(f"--evidence={saved}", timeout=60)

    assert run.code == 6
    for host in ("web01", "web02", "web03", "web04"):
        case = run.case("run/host-measured", host)
        assert (case["verdict"], case["cause"]) == ("error", "probe-failed")
    assert "is not a file" in run.case("run/host-measured", "web02")["actual"]


def test_two_files_of_one_host_are_refused(run_suite: RunSuite, tmp_path: Path) -> None:
    run_suite("--demo")
    saved = tmp_path / "reports" / "evidence"
    shutil.copy(saved / "local.json", saved / "copy.json")

    run = run_suite(f"--evidence={saved}")

    assert run.code == 4
    assert "--evidence: copy.json and local.json are both of local; leave one" in run.err


def test_a_host_whose_name_no_report_could_hold_is_refused(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    run_suite("--demo")
    path = tmp_path / "reports" / "evidence" / "local.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "host": "<b>a b</b>"}))

    run = run_suite(f"--evidence={path.parent}")

    assert run.code == 4
    assert "local.json: '<b>a b</b>' is not the name of a host" in run.err


def test_evidence_of_a_host_outside_the_inventory_is_not_passed_over(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    run_suite("--demo")
    (tmp_path / "hosts.yaml").write_text("hosts: [ssh://web01]")

    run = run_suite(
        f"--evidence={tmp_path / 'reports' / 'evidence'}", f"--inventory={tmp_path}/hosts.yaml"
    )

    assert run.code == 4
    assert "--evidence: local is not in the inventory" in run.err


def test_an_inventory_gives_saved_evidence_its_scopes(run_suite: RunSuite, tmp_path: Path) -> None:
    run_suite("--demo")
    (tmp_path / "hosts.yaml").write_text("hosts: [{host: 'local://', location: chinanorth3}]")

    run = run_suite(
        f"--evidence={tmp_path / 'reports' / 'evidence'}", f"--inventory={tmp_path}/hosts.yaml"
    )

    assert run.properties["location"] == "chinanorth3"
    assert "sampled 2 names" in run.case("urls/guestconfiguration")["actual"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--evidence=x", "--resume"), "--resume measures and --evidence does not"),
        (("--demo", "--evidence=x"), "leave --evidence out"),
        (("--demo", "--inventory=x"), "leave --inventory out"),
        (("--demo", "--write-order=x"), "leave --write-order out"),
        (("--evidence=x", "--write-order=x"), "--write-order measures later, --evidence never"),
    ],
)
def test_options_that_contradict_each_other_end_with_4(
    run_suite: RunSuite, options: tuple[str, ...], words: str
) -> None:
    run = run_suite(*options)

    assert run.code == 4
    assert words in run.err


# -- resumed -------------------------------------------------------------------------------------


def test_a_resumed_run_measures_only_what_the_first_one_lacks(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str]
) -> None:
    arguments = ("--hosts=ssh://web01,ssh://web02", f"--ssh-config={sshd.config}", *to_azure)
    first = run_suite(*arguments)
    kept = _record(first.reports / "evidence", "web01")
    (first.reports / "evidence" / "web02.json").unlink()
    before = sshd.logins()

    run = run_suite(*arguments, "--resume", "-n2")

    assert sshd.logins() - before == 1
    assert "resumed: 1 of 2 hosts measured already" in run.out
    assert _record(run.reports / "evidence", "web01") == kept
    assert run.json["header"]["run"] == kept["run"]
    assert run.case("run/host-measured", "web02")["verdict"] == "pass"


@pytest.mark.parametrize("change", ["another order", "cut off", "failed", "another run"])
def test_what_does_not_belong_to_the_run_is_measured_again(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str], change: str
) -> None:
    arguments = ("--hosts=ssh://web01,ssh://web02", f"--ssh-config={sshd.config}", *to_azure)
    first = run_suite(*arguments)
    path = first.reports / "evidence" / "web02.json"
    record = json.loads(path.read_text())
    if change == "another order":
        record["order"] = "0" * 64
    elif change == "cut off":
        record["evidence"]["complete"] = False
    elif change == "failed":
        record |= {"evidence": None, "failure": {"cause": "host-unreachable"}}
    else:
        record |= {"run": "older", "collected": 1.0}
    path.write_text(json.dumps(record))

    run = run_suite(*arguments, "--resume")

    assert "resumed: 1 of 2 hosts measured already" in run.out
    again = _record(run.reports / "evidence", "web02")
    assert again["evidence"]["complete"]
    assert again["run"] == _record(run.reports / "evidence", "web01")["run"]


def test_with_nothing_to_resume_all_is_measured(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "--resume")

    assert "resumed: 0 of 1 host measured already" in run.out
    assert run.case("run/host-measured")["verdict"] == "pass"


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"failure": {"cause": "probe-failed"}}, "a reason for there being none"),
        ({"host": "web02"}, "is of another host or run"),
        ({"run": "another"}, "is of another host or run"),
    ],
    ids=["failed all the same", "another host", "another run"],
)
def test_a_record_that_contradicts_itself_is_not_judged(
    tmp_path: Path, change: dict[str, Any], why: str
) -> None:
    record = json.loads((GOLDEN / "healthy" / "evidence.json").read_text(encoding="utf-8"))
    path = tmp_path / "local.json"
    path.write_text(json.dumps({**record, **change}))

    found = read_record(path)

    assert found.evidence is None
    assert found.failure is not None
    assert why in found.failure.detail


def test_a_duration_that_no_clock_measures_costs_its_host_only(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    options = saved_fleet(tmp_path, {"web01": "healthy", "web02": "healthy"})
    path = tmp_path / "saved" / "web02.json"
    record = json.loads(path.read_text(encoding="utf-8"))
    record["evidence"]["measurements"][0]["observations"][0]["duration"] = 1e308
    path.write_text(json.dumps(record))

    run = run_suite(*options)

    measured = [c for c in run.cases if c["requirement"] == "run/host-measured"]
    verdicts = {c["host"]: c["verdict"] for c in measured}
    assert run.code in (1, 6)
    assert verdicts == {"web01": "pass", "web02": "error"}
