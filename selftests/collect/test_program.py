"""The probe on its way to a host: sent compressed, run as it was sent, known by its digest."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from arc_compliance.collect.backends import NO_PYTHON, STARTED, Access, command_line, request_for
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.plan.order import Limits
from arc_compliance.probe.bundle import bundled, program_sha256
from arc_compliance.wire.frame import evidence_in
from selftests.probe import peers
from selftests.suite_run import SuiteRun, as_python

RunSuite = Callable[..., SuiteRun]

OTHER_PROGRAM = """
import sys, zlib
program = zlib.decompress(sys.stdin.buffer.read(int(sys.stdin.buffer.readline())))
PROGRAM = program + b"# changed\\n"
exec(compile(PROGRAM, "probe.py", "exec"))
"""


def started(request: bytes, **options: object) -> subprocess.CompletedProcess[bytes]:
    """What this machine, as a host, makes of *request*."""
    command = command_line(parse_host("local://"), Access(), Limits())
    return subprocess.run(
        ["/bin/sh", "-c", command],
        input=request,
        capture_output=True,
        check=False,
        timeout=30,
        **options,
    )


@pytest.fixture
def order() -> bytes:
    """An order for a name that does not exist, which needs no peer."""
    return json.dumps(peers.order(peers.target("missing.invalid"))).encode()


def test_the_program_runs_as_it_was_sent(order: bytes) -> None:
    evidence = evidence_in(started(request_for(bundled(), order)).stdout)

    assert evidence.probe.sha256 == program_sha256()
    assert peers.fault(evidence.measurements[0]) == ("resolve", "dns-not-found")


def test_a_request_is_much_smaller_than_the_program(order: bytes) -> None:
    assert len(request_for(bundled(), order)) < (len(bundled()) + len(order)) / 3


def test_a_program_that_arrives_cut_off_is_not_run(order: bytes) -> None:
    done = started(request_for(bundled(), order)[:20_000])

    assert (done.returncode, done.stdout) == (1, STARTED + b"\n")
    assert done.stderr == b"the probe arrived cut off\n"


def test_a_program_that_unpacks_to_too_much_is_not_run(order: bytes) -> None:
    done = started(request_for(b"print('run')\n" + b"#" * 10_000_000, order))

    assert (done.returncode, done.stdout) == (1, STARTED + b"\n")


def test_a_host_without_python(order: bytes) -> None:
    done = started(request_for(bundled(), order), env={"PATH": "/nonexistent"})

    assert done.returncode == NO_PYTHON


def test_neither_program_nor_order_is_in_the_command_line() -> None:
    assert len(command_line(parse_host("local://"), Access(), Limits())) < 1000


def test_evidence_of_another_program_is_refused(run_suite: RunSuite, tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text(OTHER_PROGRAM)

    run = run_suite(env=as_python(tmp_path / "bin", f"exec /usr/bin/python3 {other}"))

    measured = run.case("run/host-measured")
    assert (measured["verdict"], measured["cause"]) == ("error", "probe-failed")
    assert "evidence of a program other than the one sent to it" in measured["actual"]
    assert run.code == 6
