"""The lab as a fixture: laid once in each process, measured through in every situation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from selftests.conftest import clean_environment, needs
from selftests.lab.measuring import Findings, measure
from selftests.lab.network import Network
from selftests.suite_run import ROOT, SuiteRun

RunInLab = Callable[..., SuiteRun]
PARTS = ("sshd", "ip", "nft", "dnsmasq", "tinyproxy", "mitmdump", "curl", "openssl", "faketime")
PARTS += ("iptables-save",)


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """The network, open."""
    needs(not _outside(), "a network apart (make lab)")
    for part in PARTS:
        needs(shutil.which(part, path=f"{os.environ['PATH']}:/usr/sbin:/sbin"), part)
    network = Network(tmp_path_factory.mktemp("lab"))
    try:
        network.start()
        yield network
    finally:
        network.stop()


def _outside() -> bool:
    """Whether this process still has the machine's own network."""
    return len(Path("/proc/net/dev").read_text().splitlines()) > 3


@pytest.fixture(scope="session")
def healthy(lab: Network) -> Findings:
    """What is found in the open network."""
    return measure(lab)


@pytest.fixture(scope="session")
def run_in_lab(lab: Network, tmp_path_factory: pytest.TempPathFactory) -> RunInLab:
    """Runs the whole suite over ssh on the lab's host, with short limits."""

    def run(*arguments: str) -> SuiteRun:
        reports = tmp_path_factory.mktemp("reports")
        command = [sys.executable, "-m", "pytest", "--hosts=ssh://web01"]
        options = [f"--ssh-config={lab.ssh_config}", f"--report-dir={reports}"]
        options += [f"--public-roots={lab.azure['public_roots']}", f"--service-tags={lab.tag_file}"]
        limits = ["--connect-timeout=1", "--http-timeout=2", "--host-deadline=30"]
        quiet = ["-q", "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]
        done = subprocess.run(
            [*command, *options, *limits, *quiet, *arguments],
            cwd=ROOT,
            env=clean_environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return SuiteRun(done.returncode, done.stdout, done.stderr, reports)

    return run
