"""Nothing that one host does, and nothing that goes wrong with it here, costs another host."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.base.fault import Fault
from arc_compliance.collect.backends import Access, command_line
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.plan.order import Limits
from arc_compliance.wire.record import HostRecord, load_record, record_path, save_record
from selftests.collect.fleet_of_fakes import (
    children,
    descriptors,
    fake_ssh,
    measured,
    outcome,
    save_answers,
)
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]
SAVED = ("saved-1", "saved-2", "saved-3")


@pytest.fixture
def ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The fake ssh on PATH, with three hosts that answer at once."""
    folder = fake_ssh(tmp_path / "bin")
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    save_answers(folder, SAVED)
    return folder


def test_whatever_raises_anywhere_is_one_hosts_failure(tmp_path: Path) -> None:
    """In a process of its own, which ends itself where a run hangs."""
    done = subprocess.run(
        [sys.executable, "-m", "selftests.collect.faults_everywhere", str(tmp_path / "bin"), "1"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    assert " 0 wrong" in done.stdout


HOSTILE = {
    "hanging": "host-unreachable",
    "mute": "probe-failed",
    "dripping": "host-unreachable",
    "flooding": "probe-failed",
    "chattering": "probe-failed",
    "dead": "ssh-unreachable",
    "begun": "probe-failed",
    "holding-errors": "measured",
    "holding-output": "measured",
    "slow": "measured",
}


def test_hostile_hosts_beside_healthy_ones(ssh: Path) -> None:
    before, others, threads = descriptors(), children(), threading.active_count()

    records = measured([*HOSTILE, *SAVED], forks=3, limits=Limits(connect=1, deadline=6))

    assert {name: outcome(record) for name, record in records.items()} == {
        **HOSTILE,
        **dict.fromkeys(SAVED, "measured"),
    }
    assert children() - others == set()
    assert descriptors() - before == set()
    until = time.monotonic() + 10
    while threading.active_count() > threads and time.monotonic() < until:
        time.sleep(0.05)  # the loop's own threads end when they see that it has
    assert threading.active_count() <= threads


def test_a_host_that_holds_its_pipes_open_loses_no_words(ssh: Path) -> None:
    (ssh / "ssh").write_text("#!/bin/sh\necho 'the last word' >&2\nsleep 600 &\nexit 255\n")

    records = measured(["web01"], limits=Limits(deadline=20))

    assert records["web01"].failure is not None
    assert records["web01"].failure.detail == "the last word. Try: ssh web01 true"


def test_how_long_the_login_took_is_said(ssh: Path) -> None:
    records = measured(["begun", "hanging"], limits=Limits(connect=1, deadline=2))

    words = {name: record.failure.detail for name, record in records.items() if record.failure}
    assert words["begun"].startswith("the login took 0.")
    assert words["begun"].endswith(
        "of the 2 s of --host-deadline, and no whole evidence came in the rest"
    )
    assert words["hanging"] == (
        "no answer within 2 s (--host-deadline): the login was not over. Try: ssh hanging true"
    )


# -- what raises here ----------------------------------------------------------------------------

ERRORS = [
    RuntimeError("broken"),
    MemoryError(),
    RecursionError("deep"),
    OSError(28, "No space left on device"),
    UnicodeEncodeError("ascii", "\u202e", 0, 1, "no"),
    asyncio.CancelledError(),
    SystemExit(3),
    GeneratorExit(),
    StopIteration(),
    StopAsyncIteration(),
    TimeoutError(),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("where", ["keep", "told"])
def test_a_callback_that_fails_for_one_host_harms_no_other(
    ssh: Path, where: str, error: BaseException
) -> None:
    kept: list[str] = []

    def fail(record: HostRecord) -> None:
        if record.host == "saved-2" and record.failure is None:
            raise error

    def keep(record: HostRecord) -> None:
        kept.append(record.host)
        if where == "keep":
            fail(record)

    told = fail if where == "told" else lambda _: None
    records = measured(SAVED, keep=keep, told=told)

    assert {name: outcome(record) for name, record in records.items()} == {
        "saved-1": "measured",
        "saved-2": "probe-failed",
        "saved-3": "measured",
    }
    assert kept.count("saved-2") == 2


def test_a_record_that_can_never_be_saved_ends_nothing(ssh: Path) -> None:
    def keep(record: HostRecord) -> None:
        if record.host == "saved-2":
            raise OSError(28, "No space left on device")

    records = measured(SAVED, keep=keep)

    assert records["saved-2"].failure is not None
    assert records["saved-2"].failure.detail == "not saved: No space left on device"
    assert outcome(records["saved-1"]) == outcome(records["saved-3"]) == "measured"


def test_an_interrupt_from_a_callback_ends_the_run(ssh: Path) -> None:
    def keep(record: HostRecord) -> None:
        raise KeyboardInterrupt

    others = children()
    with pytest.raises(KeyboardInterrupt):
        measured([*SAVED, "hanging"], keep=keep)

    assert children() - others == set()


def test_reading_that_takes_for_ever_is_given_up(
    ssh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from arc_compliance.collect import fleet

    stuck = threading.Event()
    record_of = fleet.record_of

    def read(order: Any, answer: Any, login: Any) -> HostRecord:
        if order.host == "saved-2":
            stuck.wait(60)
        return record_of(order, answer, login)

    monkeypatch.setattr(fleet, "record_of", read)
    monkeypatch.setattr(fleet, "_OWN_WORK", 1)
    try:
        records = measured(SAVED, limits=Limits(connect=1, deadline=1))
    finally:
        stuck.set()

    assert records["saved-2"].failure is not None
    assert (
        records["saved-2"].failure.detail == "its answer could not be read: it took more than 1 s"
    )
    assert outcome(records["saved-1"]) == outcome(records["saved-3"]) == "measured"


def test_evidence_nested_deeply_is_its_hosts_error(ssh: Path) -> None:
    begin, end = "-----BEGIN ARC-COMPLIANCE EVIDENCE-----", "-----END ARC-COMPLIANCE EVIDENCE-----"
    for name, depth in {"saved-a": 300, "saved-b": 3_000, "saved-c": 900_000}.items():
        (ssh / name).write_text(f"{begin}\n{'[' * depth}{']' * depth}\n{end}\n")

    records = measured([*SAVED, "saved-a", "saved-b", "saved-c"], forks=2)

    assert {name for name, record in records.items() if record.failure} == {
        "saved-a",
        "saved-b",
        "saved-c",
    }


# -- names and files -----------------------------------------------------------------------------


@given(st.text(min_size=1, max_size=260))
def test_a_record_has_a_name_that_any_file_system_takes(host: str) -> None:
    name = record_path(Path("/evidence"), host).name

    assert len(name.encode()) <= 205
    assert "/" not in name
    assert name == record_path(Path("/evidence"), host).name
    assert name != record_path(Path("/evidence"), host + "x").name


def test_a_record_with_a_long_label_is_found_again(tmp_path: Path) -> None:
    label = "a" * 251
    failure = {"cause": "probe-failed", "detail": "why"}
    save_record(
        tmp_path, HostRecord.model_validate({**vars_of(label), "run": "r", "failure": failure})
    )

    record = load_record(tmp_path, label, "r")

    assert record.host == label
    assert record.failure is not None
    assert record.failure.detail == "why"


def vars_of(label: str) -> dict[str, Any]:
    return {"host": label, "collected": 1}


def test_what_cannot_be_saved_is_an_error_of_its_host_alone(
    run_suite: RunSuite, ssh: Path, tmp_path: Path
) -> None:
    """A folder where a record should stand, and a label of 251 characters."""
    long = f"saved-{'a' * 245}"
    blocked = tmp_path / "reports" / "evidence" / "dead.json" / "in the way"
    blocked.mkdir(parents=True)

    run = run_suite(f"--hosts=ssh://healthy,ssh://dead,ssh://{long}", "--proxy=none")

    assert run.code in (1, 6)
    assert "Traceback" not in run.out + run.err
    assert run.properties["planned"] == run.properties["judged"]
    assert run.case("run/host-measured", "healthy")["verdict"] == "pass"
    for label in ("dead", long):
        assert run.case("run/host-measured", label)["verdict"] == "error"
    assert blocked.is_dir()


@pytest.mark.parametrize("host", ["[abc]", "[::g]", "[1.2.3.4]", "[v1.x]", "a" * 254])
def test_an_address_that_is_none_ends_with_4(run_suite: RunSuite, host: str) -> None:
    run = run_suite(f"--hosts=local://,ssh://{host}")

    assert run.code == 4
    assert "--hosts: " in run.err
    assert "Traceback" not in run.err


_NAMES = st.from_regex(r"[A-Za-z0-9_\[\]:.%@\\-]{1,40}", fullmatch=True)


@given(st.sampled_from(["ssh", "docker", "podman", "kubectl"]), _NAMES)
def test_every_address_that_is_taken_has_a_command_line(backend: str, name: str) -> None:
    try:
        host = parse_host(f"{backend}://{name}")
    except Fault:
        return

    assert command_line(host, Access(), Limits()).startswith(f"exec {backend}")


def test_a_replay_that_cannot_be_saved_is_an_error_of_its_host(
    run_suite: RunSuite, ssh: Path, tmp_path: Path
) -> None:
    first = run_suite("--hosts=ssh://healthy-1,ssh://healthy-2", "--proxy=none")
    saved = tmp_path / "saved"
    (first.reports / "evidence").rename(saved)
    (first.reports / "evidence" / "healthy-2.json" / "in the way").mkdir(parents=True)

    run = run_suite(f"--evidence={saved}")

    assert run.case("run/host-measured", "healthy-1")["verdict"] == "pass"
    assert run.case("run/host-measured", "healthy-2")["verdict"] == "error"
    assert json.loads((saved / "healthy-2.json").read_text())["host"] == "healthy-2"


# -- open files ----------------------------------------------------------------------------------


def limited(tmp_path: Path, files: int, *arguments: str) -> SuiteRun:
    """The suite where a process may have so many *files* open."""
    reports = tmp_path / "reports"
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments]
    command.append(f"--report-dir={reports}")
    done = subprocess.run(
        ["/bin/sh", "-c", f'ulimit -n {files}; exec "$@"', "sh", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    return SuiteRun(done.returncode, done.stdout, done.stderr, reports)


def test_fewer_hosts_at_once_where_few_files_may_be_open(
    ssh: Path, tmp_path: Path, tags: str
) -> None:
    hosts = ",".join(f"ssh://dead-{number}" for number in range(40))

    run = limited(tmp_path, 80, f"--hosts={hosts}", tags)

    assert "--forks=32 is lowered to " in run.out
    assert "this process may have 80 files open (ulimit -n)" in run.out
    details = {case["actual"] for case in run.cases if case["requirement"] == "run/host-measured"}
    assert len(details) == 40
    assert all("No route to host" in detail for detail in details)


def test_too_few_open_files_for_any_host_end_with_4(ssh: Path, tmp_path: Path, tags: str) -> None:
    run = limited(tmp_path, 50, "--hosts=ssh://dead", tags)

    assert run.code == 4
    assert "--forks=32: this process may have 50 files open (ulimit -n) and needs " in run.err


@pytest.fixture
def tags(tmp_path: Path) -> str:
    from selftests.conftest import loopback_tags

    return f"--service-tags={loopback_tags(tmp_path)}"


def test_slow_hosts_make_room(ssh: Path) -> None:
    """Hosts that hang fill every place; those behind them are measured before they are given up."""
    order: list[str] = []

    measured(
        ["hanging-1", "hanging-2", *SAVED],
        forks=2,
        limits=Limits(connect=0.5, deadline=8),
        told=lambda record: order.append(record.host),
    )

    assert set(order[:3]) == set(SAVED)
