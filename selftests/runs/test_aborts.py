"""Bad days: what is cut off, killed or full leaves reports that are valid, and never green."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from junitparser import JUnitXml

from selftests.conftest import Sshd, clean_environment, loopback_tags, needs
from selftests.suite_run import ROOT, SuiteRun, as_python

RunSuite = Callable[..., SuiteRun]

SLOW_JUDGING = """
import pathlib, time
def pytest_runtest_call(item):
    if "urls/pas" in item.name:
        pathlib.Path({started!r}).write_text("here")
        time.sleep(60)
"""


def _start(tmp_path: Path, *arguments: str) -> tuple[subprocess.Popen[str], Path]:
    """The suite in a process of its own, stuck in the middle of its judging."""
    started = tmp_path / "started"
    (tmp_path / "slow.py").write_text(SLOW_JUDGING.format(started=str(started)))
    command = [sys.executable, "-m", "pytest", "--demo=faulty", "-p", "slow", "-p"]
    process = subprocess.Popen(
        [*command, "no:cacheprovider", f"--report-dir={tmp_path / 'reports'}", *arguments],
        cwd=ROOT,
        env={**clean_environment(), "PYTHONPATH": str(tmp_path), "COLUMNS": "80"},
        stdout=subprocess.PIPE,
        text=True,
    )
    return process, started


def _wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists() and time.monotonic() < until:
        time.sleep(0.05)
    assert path.exists()


@pytest.mark.parametrize(("workers", "sent"), [("-n2", signal.SIGINT), ("-n0", signal.SIGTERM)])
def test_interrupted_judging_keeps_what_was_judged(
    tmp_path: Path, workers: str, sent: signal.Signals
) -> None:
    process, started = _start(tmp_path, workers)
    with process:
        _wait_for(started)
        process.send_signal(sent)
        out, _ = process.communicate(timeout=60)

    run = SuiteRun(process.returncode, out, "", tmp_path / "reports")
    assert run.code == 2
    assert int(run.properties["planned"]) == len(run.cases)
    left_out = [c for c in run.cases if "not run: the session stopped" in c.get("actual", "")]
    assert {c["verdict"] for c in left_out} == {"error"}
    assert 0 < len(left_out) < len(run.cases) - 1
    assert "stopped before" in run.properties["selection"]
    assert run.cases[-1]["verdict"] == "fail"
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "Partial run: stopped before" in page
    assert "</svg>Compliant" not in page


def test_a_second_interrupt_does_not_cost_the_reports(tmp_path: Path) -> None:
    process, started = _start(tmp_path)
    with process:
        _wait_for(started)
        while process.poll() is None:  # to its very end
            process.send_signal(signal.SIGINT)
            time.sleep(0.02)
        out, _ = process.communicate(timeout=60)

    run = SuiteRun(process.returncode, out, "", tmp_path / "reports")
    assert run.code == 2
    assert int(run.properties["planned"]) == len(run.cases)
    assert "Partial run: " in (run.reports / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_killed_run_leaves_incomplete_reports_and_its_evidence(
    run_suite: RunSuite, tmp_path: Path, workers: str
) -> None:
    process, started = _start(tmp_path, workers)
    with process:
        _wait_for(started)
        process.kill()

    reports = tmp_path / "reports"
    (suite,) = JUnitXml.fromfile(str(reports / "junit.xml"))
    assert {p.name: p.value for p in suite.properties()}["overall"] == "incomplete"
    assert suite.failures == 1
    assert json.loads((reports / "compliance.json").read_text())["overall"] == "incomplete"
    assert "<h1>Incomplete</h1>" in (reports / "report.html").read_text()
    saved = tmp_path / "saved"
    shutil.copytree(reports / "evidence", saved)
    assert run_suite(f"--evidence={saved}").case("run/host-measured")["verdict"] == "pass"


def test_a_run_that_was_killed_while_measuring_is_resumed(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str], tmp_path: Path
) -> None:
    config = sshd.directory / "sleepy_config"
    config.write_text("Host sleepy\n  ProxyCommand sleep 60\n" + sshd.config.read_text())
    arguments = ["--hosts=ssh://web01,ssh://sleepy", f"--ssh-config={config}", *to_azure]
    reports = tmp_path / "reports"
    command = [sys.executable, "-m", "pytest", f"--report-dir={reports}", *arguments]
    command += [f"--service-tags={loopback_tags(tmp_path)}"]
    with subprocess.Popen(
        command, cwd=ROOT, env=clean_environment(), stdout=subprocess.DEVNULL
    ) as process:
        _wait_for(reports / "evidence" / "web01.json")
        process.kill()
    assert json.loads((reports / "compliance.json").read_text())["overall"] == "incomplete"

    run = run_suite(*arguments, "--resume", "--host-deadline=60", "--forks=1", timeout=120)

    assert "resumed: 1 of 2 hosts measured already" in run.out
    assert run.case("run/host-measured", "web01")["verdict"] == "pass"
    assert run.case("run/host-measured", "sleepy")["verdict"] == "error"


# -- a full disk ---------------------------------------------------------------------------------


@pytest.mark.parametrize("size", ["4k", "150k", "220k"])
def test_a_full_disk_leaves_nothing_green(tmp_path: Path, size: str) -> None:
    """Room for no report; for the evidence not; for the evidence but not for the reports."""
    needs(shutil.which("unshare"), "unshare")
    disk, kept = tmp_path / "disk", tmp_path / "kept"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none {disk} && echo mounted; "
        f"echo '<testsuites/>' > {disk}/junit.xml; echo green > {disk}/report.html; "
        f"{sys.executable} -m pytest --demo -p no:cacheprovider --report-dir={disk}; code=$?; "
        f"cp -r {disk} {kept}; exit $code"
    )
    done = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script],
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    needs("mounted" in done.stdout, "a user namespace in which a tmpfs can be mounted")

    assert done.returncode == 3
    assert "No space left on device" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert sorted(p.name for p in kept.iterdir() if p.name.startswith(".")) == []
    if size == "4k":
        assert not (kept / "junit.xml").exists()
        assert not (kept / "report.html").exists()
    else:
        (suite,) = JUnitXml.fromfile(str(kept / "junit.xml"))
        assert {p.name: p.value for p in suite.properties()}["overall"] == "incomplete"
        assert "<h1>Incomplete</h1>" in (kept / "report.html").read_text()


# -- hosts that die or lie -----------------------------------------------------------------------

CUT = """
import os, select, socket, sys
peer = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
left = int(sys.argv[2])
while left > 0:
    ready, _, _ = select.select([0, peer], [], [])
    if 0 in ready:
        data = os.read(0, min(left, 65536))
        left -= len(data)
        if not data:
            break
        peer.sendall(data)
    if peer in ready:
        data = peer.recv(65536)
        if not data:
            break
        os.write(1, data)
"""


@pytest.mark.parametrize("after", [10, 3000, 30000])
def test_a_connection_that_dies_under_way_is_an_error_of_its_host(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str], tmp_path: Path, after: int
) -> None:
    """Cut in the greeting, in the login, and while the probe is on its way."""
    relay = tmp_path / "relay.py"
    relay.write_text(CUT)
    lines = sshd.config.read_text()
    port = lines.partition("Host web02")[2].partition("Port ")[2].split()[0]
    config = tmp_path / "config"
    config.write_text(
        f"Host web02\n  ProxyCommand {sys.executable} {relay} {port} {after}\n{lines}"
    )

    run = run_suite("--hosts=ssh://web01,ssh://web02", f"--ssh-config={config}", *to_azure)

    dead = run.case("run/host-measured", "web02")
    assert dead["verdict"] == "error"
    assert dead["cause"] in ("ssh-jump-host-failed", "ssh-connection-lost")
    assert dead["actual"]
    assert run.case("run/host-measured", "web01")["verdict"] == "pass"


def test_a_host_that_talks_around_its_evidence_is_measured(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str]
) -> None:
    script = (
        "printf 'Welcome to \\033[31mweb01\\033[0m\\n\\000<b>the message of the day</b>\\n'; "
        "printf 'last login: never\\n' >&2\n"
        f'{sys.executable} "$@"; code=$?\n'
        "echo goodbye; exit $code"
    )

    run = run_suite(*to_azure, env=as_python(tmp_path / "bin", script))

    assert run.case("run/host-measured")["verdict"] == "pass"
    assert "message of the day" not in run.text()  # no word that base64 could hold


def test_what_evidence_holds_cannot_inject_into_any_report(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str]
) -> None:
    hostile = r"\u001b[31m<script>alert(1)</script>\u0000\u202e]]>&x;http://u:hunter2@p/"
    lie = tmp_path / "lie.py"
    lie.write_text(
        "import re, sys\n"
        f"hostile = {hostile!r}\n"
        "text = sys.stdin.read()\n"
        'text = re.sub(r\'"(hostname|user|openssl|server)": "[^"]*"\', '
        'lambda m: f\'"{m[1]}": "{hostile}"\', text)\n'
        "sys.stdout.write(text)\n"
    )
    script = f'{sys.executable} "$@" | {sys.executable} {lie}'

    run = run_suite(*to_azure, env=as_python(tmp_path / "bin", script))

    assert run.case("run/host-measured")["verdict"] == "pass"
    assert "<script>alert(1)</script>]]>&x;http://***@p/" in run.case("run/host-measured")["actual"]
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    everything = run.text()
    for forbidden in ("hunter2", "\x1b[31m", "\x00", "\u202e"):
        assert forbidden not in everything


@pytest.mark.parametrize("stream", ["1", "2"])
def test_a_flood_of_100_megabytes_is_cut_off(
    run_suite: RunSuite, tmp_path: Path, stream: str
) -> None:
    script = f"head -c 100000000 /dev/zero | tr '\\0' 'A' >&{stream}; exit 3"

    run = run_suite(env=as_python(tmp_path / "bin", script))

    measured = run.case("run/host-measured")
    assert (measured["verdict"], measured["cause"]) == ("error", "probe-failed")
    assert sum(p.stat().st_size for p in run.reports.rglob("*") if p.is_file()) < 1_000_000
