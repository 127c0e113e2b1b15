"""However a run ends while it measures, its ssh clients and what they started end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arc_compliance.collect.lifeline import GO, Lifeline
from selftests.collect.fleet_of_fakes import fake_ssh
from selftests.conftest import Sshd, clean_environment, loopback_tags
from selftests.suite_run import ROOT

MARK = "ARC_SELFTEST_RUN"
"""A variable of the environment that tells the processes of one test from all others."""


def marked(value: str) -> dict[int, str]:
    """The living processes with the mark *value*, and their command lines."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            alive = (entry / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if alive and f"{MARK}={value}".encode() in environment:
            found[int(entry.name)] = command
    return found


def wait_until(condition: Callable[[], object], seconds: float = 60) -> bool:
    """Whether *condition* holds within so many *seconds*."""
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts the suite, marked, with these arguments; the test ends it."""
    started: list[subprocess.Popen[str]] = []

    def run(*arguments: str, path: str = "") -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
        command += [f"--report-dir={tmp_path / 'reports'}", *arguments]
        environment = {**clean_environment(), MARK: str(tmp_path)}
        environment["PATH"] = f"{path}:{environment['PATH']}" if path else environment["PATH"]
        started.append(
            subprocess.Popen(
                [*command, f"--service-tags={loopback_tags(tmp_path)}"],
                cwd=ROOT,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
        )
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()
    for pid in marked(str(tmp_path)):
        os.kill(pid, signal.SIGKILL)


def test_ssh_clients_end_with_a_killed_operator(
    start: Callable[..., subprocess.Popen[str]], sshd: Sshd, tmp_path: Path
) -> None:
    """One host that is measuring, one whose ProxyCommand hangs, one that is local."""
    relay = tmp_path / "relay"
    relay.write_text("#!/bin/sh\nsleep 900 &\nsleep 901\n")
    relay.chmod(0o755)
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nsleep 902\n")
    python.chmod(0o755)
    config = tmp_path / "config"
    config.write_text(
        f"Host stuck\n  ProxyCommand {relay}\n"
        f"Host web01\n  SetEnv PATH={tmp_path}\n{sshd.config.read_text()}"
    )
    process = start(
        "--hosts=ssh://stuck,ssh://web01,local://", f"--ssh-config={config}", path=str(tmp_path)
    )
    expected = ("ssh -F", "sleep 900", "sleep 901", "sleep 902")

    def commands() -> str:
        return "\n".join(marked(str(tmp_path)).values())

    assert wait_until(lambda: all(one in commands() for one in expected)), commands()
    process.kill()
    process.wait()

    assert wait_until(lambda: not marked(str(tmp_path)), 20), marked(str(tmp_path))


@pytest.mark.parametrize("milliseconds", [0, 30, 100, 300, 600, 1000])
def test_early_and_repeated_interrupts_print_no_noise(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, milliseconds: int
) -> None:
    """From the moment when measuring begins: at once, and while hosts start, answer and hang."""
    folder = fake_ssh(tmp_path / "bin")
    began = tmp_path / "reports" / "junit.xml"  # incomplete, as it is then
    names = [f"{kind}-{number}" for kind in ("healthy", "hanging") for number in range(8)]
    process = start(f"--hosts={','.join(f'ssh://{one}' for one in names)}", path=str(folder))
    assert wait_until(began.exists)
    time.sleep(milliseconds / 1000)
    for _ in range(20):
        process.send_signal(signal.SIGINT)
        time.sleep(0.01)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 2, out + err
    for noise in ("Traceback", "Task ", "never", "asyncio", "Exception ignored"):
        assert noise not in out + err
    assert wait_until(lambda: not marked(str(tmp_path)), 20), marked(str(tmp_path))


def test_a_client_that_nobody_watches_never_starts(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    with Lifeline() as lifeline:
        client = lifeline.start(f"touch {ran}")
        client.stdin.close()  # as when this process ends before it says go
        assert wait_until(lambda: client.status() is not None)
        client.end()

    assert not ran.exists()


def test_the_watcher_kills_what_is_left_and_nothing_else(tmp_path: Path) -> None:
    with Lifeline() as lifeline:
        done, left = lifeline.start("exit 3"), lifeline.start("exec sleep 903")
        for client in (done, left):
            client.stdin.write(GO)
        assert wait_until(lambda: done.status() is not None)
        assert done.status() == 3
        done.end()

    assert wait_until(lambda: left.status() is not None)
    assert left.status() == -signal.SIGKILL
    left.end()


def test_hosts_are_measured_though_the_watcher_was_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Lifeline() as lifeline:
        assert lifeline._watcher
        lifeline._watcher.kill()
        lifeline._watcher.wait()
        client = lifeline.start("exit 4")
        client.stdin.write(GO)
        assert wait_until(lambda: client.status() is not None)
        client.end()

    assert client.status() == 4
