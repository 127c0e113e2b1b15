"""The demo, as a user runs it: the whole house from options to files."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from arc_compliance.report.schemas import schemas
from selftests.conftest import clean_environment, loopback_tags
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]
EXPECTED_FAULTS = {
    ("urls/packages", "fail", "connect-refused"),
    ("urls/his", "fail", "dns-not-found"),
    ("tls/1.2", "fail", "tls-version"),
    ("principles/certificates", "fail", "cert-expired"),
    ("principles/certificates", "warn", "cert-not-public"),
}


def test_every_case_of_the_demo_passes_but_for_what_nobody_can_test(run_suite: RunSuite) -> None:
    run = run_suite("--demo")

    assert run.code == 0
    assert set(run.counts()) == {"pass", "not-applicable", "not-testable"}
    assert [c["requirement"] for c in run.cases if c["verdict"] == "not-testable"] == [
        "service-tags/keep-inspection"
    ]
    assert run.properties["overall"] == "compliant"
    assert run.properties["service_tags"].startswith("AzureChinaCloud change 1 of ")
    assert run.properties["simulated"] == "true"
    assert "Simulated Azure" in (run.reports / "report.html").read_text(encoding="utf-8")
    assert "sampled 10 names" in run.case("urls/azgn")["actual"]


def test_every_planned_case_has_one_testcase_with_a_name_of_its_own(run_suite: RunSuite) -> None:
    run = run_suite("--demo")

    planned = int(run.properties["planned"])
    assert planned == int(run.properties["judged"]) == len(run.cases)
    assert len({(c["classname"], c["name"]) for c in run.cases}) == planned
    assert run.cases[-1]["requirement"] == "run/overall"
    assert all({"requirement", "level", "verdict"} <= set(c) for c in run.cases)
    assert all(c["message"].startswith(f"[{c['verdict']}]") for c in run.cases if c["message"])


def test_the_faulty_demo_shows_each_fault_with_its_cause(run_suite: RunSuite) -> None:
    healthy = run_suite("--demo").verdicts()

    run = run_suite("--demo=faulty")

    assert run.code == 1
    changed = {
        (requirement, *verdict)
        for (requirement, host, endpoint), verdict in run.verdicts().items()
        if host and healthy[requirement, host, endpoint] != verdict
    }
    assert {one for one in changed if one[1] != "blocked"} == EXPECTED_FAULTS
    for case in run.cases:
        if case["verdict"] == "fail" and case["requirement"] != "run/overall":
            assert case["outcome"] == "failure"
            assert case["failing"]
    assert all(c["outcome"] == "skipped" for c in run.cases if c["verdict"] == "blocked")


def test_strict_inspection_turns_the_inspected_endpoint_red(run_suite: RunSuite) -> None:
    run = run_suite("--demo=faulty", "--strict-inspection")

    login = run.case("principles/certificates", endpoint="login.chinacloudapi.cn")
    assert (login["verdict"], login["cause"]) == ("fail", "cert-not-public")


def test_workers_give_the_same_report(run_suite: RunSuite) -> None:
    alone = run_suite("--demo=faulty", "-n0")
    verdicts, planned = alone.verdicts(), alone.properties["planned"]

    run = run_suite("--demo=faulty", "-n4")

    assert run.code == alone.code == 1
    assert run.verdicts() == verdicts
    assert run.properties["planned"] == planned


def test_the_json_follows_the_published_schema(run_suite: RunSuite) -> None:
    schema = json.loads((ROOT / "docs" / "compliance.schema.json").read_text(encoding="utf-8"))

    run = run_suite("--demo=faulty")

    jsonschema.validate(run.json, schema)
    assert Counter(r["judgement"]["verdict"] for r in run.json["results"]) == run.counts()


@pytest.mark.parametrize("name", schemas())
def test_the_published_schema_is_that_of_the_code(name: str) -> None:
    published = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))

    assert published == schemas()[name], "write it anew with `make schemas`"


def test_a_narrowed_run_says_so_everywhere(run_suite: RunSuite) -> None:
    run = run_suite("tests_tls", "--demo", "-k", "login", "--partial-ok")

    assert run.properties["selection"].startswith("4 of ")
    assert "-k login tests_tls" in run.properties["selection"]
    assert run.code == 0
    assert run.properties["planned"] == "5"
    assert "Partial run" in (run.reports / "report.html").read_text(encoding="utf-8")
    assert "Partial run: 4 of" in run.out


def test_an_early_stop_leaves_no_planned_case_out(run_suite: RunSuite) -> None:
    run = run_suite("--demo=faulty", "-x")

    assert run.code == 1
    assert int(run.properties["planned"]) == len(run.cases)
    assert int(run.properties["judged"]) < len(run.cases)
    assert any("not run: the session stopped" in c.get("actual", "") for c in run.cases)


def test_a_crashed_worker_loses_no_case(run_suite: RunSuite, tmp_path: Path) -> None:
    # the pause: a worker that dies while pytest-xdist sends to it is the next test's matter
    (tmp_path / "crash.py").write_text(
        "import os, time\n"
        "def pytest_runtest_call(item):\n"
        "    if 'urls/login-partner' in item.name: time.sleep(0.5); os._exit(9)\n"
    )

    run = run_suite("--demo", "-n2", "-p", "crash", env={"PYTHONPATH": str(tmp_path)})

    assert run.code == 6
    crashed = run.case("urls/login-partner")
    assert (crashed["verdict"], crashed["outcome"]) == ("error", "error")
    assert int(run.properties["planned"]) == len(run.cases)


def test_a_worker_that_dies_while_it_is_sent_to_loses_no_case(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    (tmp_path / "closed.py").write_text(
        "import xdist.workermanage\n"
        "def send(self, indices, first=[]):\n"
        "    if first: raise OSError('cannot send (already closed?)')\n"
        "    self.sendcommand('runtests', indices=first.__iadd__(indices))\n"
        "xdist.workermanage.WorkerController.send_runtest_some = send\n"
    )

    run = run_suite("--demo", "-n2", "-p", "closed", env={"PYTHONPATH": str(tmp_path)})

    assert run.code == 3
    assert run.properties["overall"] == "incomplete"
    assert int(run.properties["planned"]) == len(run.cases) > int(run.properties["judged"])


def test_workers_that_never_start_are_no_empty_selection(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    (tmp_path / "dead.py").write_text(
        "import os\n"
        "def pytest_sessionstart(session):\n"
        "    if 'PYTEST_XDIST_WORKER' in os.environ: os._exit(9)\n"
    )

    workers = ("-n1", "--max-worker-restart=0")
    run = run_suite("--demo", *workers, "-p", "dead", env={"PYTHONPATH": str(tmp_path)})

    assert run.code == 3
    assert run.properties["overall"] == "incomplete"
    assert "no worker of pytest-xdist got as far as the tests" in run.out


def test_the_terminal_keeps_to_80_columns_and_names_owners(run_suite: RunSuite) -> None:
    run = run_suite("--demo=faulty")

    lines = run.out.partition("collected")[2].splitlines()  # the header is pytest's own
    long = [one for one in lines if len(one) > 80]
    assert [
        one for one in long if not one.startswith(("report: ", "ticket: ", "firewall request: "))
    ] == []
    assert any(line == "local: 38 passed, 4 failed, 1 warning, 7 not reached" for line in lines)
    assert "For the network team:" in run.out
    assert "report: " in run.out


def test_quiet_is_silent_while_measuring(run_suite: RunSuite) -> None:
    assert "local: measured" in run_suite("--demo").out
    assert "local: measured" not in run_suite("--demo", "-q").out


@pytest.mark.parametrize("phase", ["install", "connect", "operate"])
def test_each_phase_keeps_the_rows_that_always_count(run_suite: RunSuite, phase: str) -> None:
    run = run_suite("--demo", f"--phase={phase}")

    assert run.case("urls/his")["verdict"] == "pass"
    assert (run.case("urls/aka")["verdict"] == "pass") is (phase == "install")
    assert (run.case("urls/management")["verdict"] == "pass") is (phase == "connect")


def test_a_location_leaves_other_regions_names_out(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "--location=chinanorth3")

    evidence = json.loads((run.reports / "evidence" / "local.json").read_text(encoding="utf-8"))
    names = {m["name"] for m in evidence["evidence"]["measurements"]}
    assert "chinanorth3-gas.guestconfiguration.azure.cn" in names
    assert "chinaeast2-gas.guestconfiguration.azure.cn" not in names
    assert run.properties["location"] == "chinanorth3"


def test_esu_on_linux_judges_no_endpoint_and_is_not_green(run_suite: RunSuite) -> None:
    run = run_suite("--demo", "--scenario=esu")

    assert run.code == 6
    assert run.case("esu/his")["verdict"] == "not-applicable"
    assert run.case("urls/his")["verdict"] == "not-applicable"


@pytest.mark.parametrize(
    ("workers", "sent"), [("-n0", signal.SIGINT), ("-n2", signal.SIGINT), ("-n2", signal.SIGTERM)]
)
def test_an_interrupted_measuring_ends_with_2_and_leaves_nothing_running(
    tmp_path: Path, workers: str, sent: signal.Signals
) -> None:
    started = tmp_path / "started"
    fake = tmp_path / "python3"
    fake.write_text(f"#!/bin/sh\necho $$ > {started}\nexec sleep 60\n")
    fake.chmod(0o755)
    reports = tmp_path / "reports"
    command = [sys.executable, "-m", "pytest", f"--report-dir={reports}", workers]
    with subprocess.Popen(
        [*command, f"--service-tags={loopback_tags(tmp_path)}"],
        cwd=ROOT,
        env={**clean_environment(), "PATH": f"{tmp_path}:/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        until = time.monotonic() + 30
        while not (started.exists() and started.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(sent)
        while sent is signal.SIGINT and process.poll() is None:  # somebody has lost patience
            time.sleep(0.02)
            process.send_signal(sent)
        out, _ = process.communicate(timeout=30)

    run = SuiteRun(process.returncode, out, "", reports)
    assert run.code == 2
    assert run.properties["overall"] == "incomplete"
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert "</svg>Incomplete" in page or "<h1>Nothing was judged" in page
    assert not _runs(started.read_text().strip())


def _runs(process: str) -> bool:
    """Whether *process* is there and no mere entry that nobody has taken note of."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
