"""The probe's way to hosts that are not reached by ssh: stand-ins for the clients, podman for real.

A stand-in executable writes down what it was given and runs the command that it was to carry to
the host, with the standard input that it got: so all but the transport itself is tried.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.collect.backends import Access, command_line, expand
from arc_compliance.hosts.addresses import HostSpec, parse_host
from arc_compliance.plan.order import Limits
from selftests.conftest import needs
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]

STAND_INS = {
    "docker://web01": ("docker", ["exec", "-i", "web01", "/bin/sh", "-c"]),
    "docker://app@web01": ("docker", ["exec", "-i", "-u", "app", "web01", "/bin/sh", "-c"]),
    "podman://web01": ("podman", ["exec", "-i", "web01", "/bin/sh", "-c"]),
    "kubectl://web01?namespace=arc&container=main": (
        "kubectl",
        ["-n", "arc", "-c", "main", "exec", "-i", "web01", "--", "/bin/sh", "-c"],
    ),
}


def _stand_in(directory: Path, name: str, script: str) -> None:
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _path(directory: Path) -> dict[str, str]:
    return {"PATH": f"{directory}:{os.environ['PATH']}"}


@pytest.mark.parametrize("host", STAND_INS)
def test_a_container_is_measured_through_its_own_client(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str], host: str
) -> None:
    client, expected = STAND_INS[host]
    _stand_in(
        tmp_path / "bin",
        client,
        f'printf "%s\\n" "$@" > {tmp_path}/given\n'
        'while [ "$1" != /bin/sh ]; do shift; done\n'
        'exec "$@"',
    )

    run = run_suite(f"--hosts={host}", *to_azure, env=_path(tmp_path / "bin"))

    assert run.case("run/host-measured", "web01")["verdict"] == "pass"
    assert run.case("urls/login", "web01")["verdict"] == "pass"
    given = (tmp_path / "given").read_text().splitlines()
    assert given[: len(expected)] == expected


def test_a_container_that_is_not_there_is_unreachable(run_suite: RunSuite, tmp_path: Path) -> None:
    _stand_in(tmp_path / "bin", "docker", "echo 'Error: No such container: web01' >&2; exit 1")

    run = run_suite("--hosts=docker://web01", env=_path(tmp_path / "bin"))

    measured = run.case("run/host-measured", "web01")
    assert run.code == 6
    assert (measured["verdict"], measured["cause"]) == ("error", "container-not-found")
    assert measured["actual"] == ("Error: No such container: web01. To check it: docker ps --all")


def test_a_client_that_is_not_installed_is_an_error_of_its_host(run_suite: RunSuite) -> None:
    run = run_suite("--hosts=podman://web01", env={"PATH": "/nonexistent"})

    measured = run.case("run/host-measured", "web01")
    assert (measured["verdict"], measured["cause"]) == ("error", "client-missing")
    assert "podman" in measured["actual"]


INVENTORY = {
    "_meta": {
        "hostvars": {
            "web01": {"ansible_connection": "local"},
            "web02": {"ansible_host": "192.0.2.7", "ansible_port": 2222, "ansible_become": True},
            "win01": {"ansible_connection": "winrm"},
            "old01": {"ansible_user": "root", "ansible_ssh_pass": "hunter2"},
        }
    },
    "all": {"children": ["web", "other"]},
    "web": {"hosts": ["web01", "web02"]},
    "other": {"hosts": ["win01", "old01"]},
}


@pytest.fixture
def ansible(tmp_path: Path) -> Path:
    """A stand-in for ansible-inventory, and the inventory file that it reads."""
    (tmp_path / "inventory.ini").write_text(json.dumps(INVENTORY))
    _stand_in(
        tmp_path / "bin",
        "ansible-inventory",
        f'printf "%s\\n" "$@" > {tmp_path}/given; cat {tmp_path}/inventory.ini',
    )
    return tmp_path / "inventory.ini"


def test_hosts_of_an_ansible_inventory_are_measured_by_their_names(
    run_suite: RunSuite, tmp_path: Path, ansible: Path, to_azure: list[str]
) -> None:
    _stand_in(tmp_path / "bin", "ssh", "echo 'ssh: no route' >&2; exit 255")

    run = run_suite(
        "--hosts=ansible://web",
        f"--ansible-inventory={ansible}",
        *to_azure,
        env=_path(tmp_path / "bin"),
    )

    assert run.case("run/host-measured", "web01")["verdict"] == "pass"
    assert run.case("run/host-measured", "web02")["cause"] == "host-unreachable"
    assert (tmp_path / "given").read_text().split() == ["--list", "-i", str(ansible)]


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("win01", "win01: no command line for its ansible_connection (of that kind)"),
        ("old01", "old01: its password in the ansible inventory would show in the process list"),
        ("nobody", "ansible://nobody: no host of the ansible inventory is called so"),
    ],
)
def test_an_ansible_host_that_cannot_be_measured_ends_with_4(
    run_suite: RunSuite, tmp_path: Path, ansible: Path, pattern: str, words: str
) -> None:
    run = run_suite(
        f"--hosts=ansible://{pattern}",
        f"--ansible-inventory={ansible}",
        env=_path(tmp_path / "bin"),
    )

    assert run.code == 4
    assert f"--hosts: {words}" in run.err
    assert "hunter2" not in run.text()


def test_without_ansible_the_error_says_what_is_needed(run_suite: RunSuite, tmp_path: Path) -> None:
    (tmp_path / "inventory.ini").write_text("")

    run = run_suite(
        "--hosts=ansible://web",
        f"--ansible-inventory={tmp_path}/inventory.ini",
        env={"PATH": "/nonexistent"},
    )

    assert run.code == 4
    assert "ansible-inventory gives no hosts" in run.err
    assert "is ansible installed, and --ansible-inventory=FILE right?" in run.err


def test_become_is_sudo_that_never_asks_for_a_password(
    ansible: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    access = Access(ansible_inventory=str(ansible))
    _, web02 = expand([parse_host("ansible://web")], access)

    line = command_line(web02, access, Limits())

    assert line.startswith("exec ssh ")
    assert "-o Port=2222" in line
    assert "192.0.2.7" in line
    assert "sudo -n -- /bin/sh -c" in line
    assert "ControlPersist" not in line


def test_one_host_under_two_patterns_is_refused(
    ansible: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    access = Access(ansible_inventory=str(ansible))

    with pytest.raises(Fault, match="'web01' is named twice; name each host once"):
        expand([parse_host("ansible://web"), parse_host("ssh://web01")], access)


def test_ssh_gets_the_options_of_the_run() -> None:
    access = Access(ssh_config="/c", ssh_identity_file="/k", sudo=True, sudo_user="o'x")

    line = command_line(parse_host("ssh://u@web01:2222"), access, Limits(connect=3))

    assert line.startswith(
        "exec ssh -F /c -o User=u -o Port=2222 -i /k -o ConnectTimeout=3 web01 'exec sudo -n -u "
    )


def test_a_backend_without_a_command_line_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    from testinfra.backend.local import LocalBackend

    monkeypatch.setattr(LocalBackend, "run", lambda *_: None)

    with pytest.raises(Fault, match="testinfra's local backend gives no command line"):
        command_line(HostSpec(address="local://", label="local"), Access(), Limits())


# -- podman for real -----------------------------------------------------------------------------

# Some sandboxes let nobody set resource limits; the container then runs without any.
_WITHOUT_LIMITS = """#!/usr/bin/python3
import json, os, sys
arguments = sys.argv[1:]
for option in ("--bundle", "-b", "--process", "-p"):
    if option in arguments:
        path = arguments[arguments.index(option) + 1]
        path = os.path.join(path, "config.json") if option in ("--bundle", "-b") else path
        with open(path) as file:
            config = json.load(file)
        config.get("process", config).pop("rlimits", None)
        with open(path, "w") as file:
            json.dump(config, file)
os.execv(os.environ.get("RUNC", "/usr/sbin/runc"), ["runc", *arguments])
"""


@pytest.fixture
def container(tmp_path: Path) -> Iterator[str]:
    """A podman container with this machine's /usr and network."""
    needs(shutil.which("podman") and Path("/usr/sbin/runc").exists(), "podman or runc")
    if os.geteuid() != 0:
        pytest.skip("a container that shares /usr needs root here")
    root = tmp_path / "root"
    for folder in ("usr", "etc", "proc", "sys", "dev", "tmp"):
        (root / folder).mkdir(parents=True)
    for link in ("bin", "lib", "lib64", "sbin"):
        (root / link).symlink_to(f"usr/{link}")
    runtime = tmp_path / "runc"
    runtime.write_text(_WITHOUT_LIMITS)
    runtime.chmod(0o755)
    name = f"arc-compliance-{os.getpid()}"
    options = [
        "--detach",
        "--name",
        name,
        "--network=host",
        "--volume=/usr:/usr:ro",
        "--init=false",
    ]
    started = subprocess.run(
        ["podman", f"--runtime={runtime}", "run", *options, "--rootfs", root, "sleep", "300"],
        capture_output=True,
        text=True,
        check=False,
    )
    if started.returncode:
        subprocess.run(["podman", "rm", "--force", name], capture_output=True, check=False)
        pytest.skip(f"podman runs no container here: {started.stderr.strip()[-200:]}")
    yield name
    subprocess.run(["podman", "rm", "--force", "--time=0", name], capture_output=True, check=False)


def test_a_podman_container_is_measured(
    run_suite: RunSuite, container: str, to_azure: list[str]
) -> None:
    run = run_suite(f"--hosts=podman://{container}", *to_azure)

    assert run.case("run/host-measured", container)["verdict"] == "pass"
    assert run.case("urls/login", container)["verdict"] == "pass"
    record = json.loads((run.reports / "evidence" / f"{container}.json").read_text())
    assert record["evidence"]["vantage"]["hostname"]
    assert record["evidence"]["facts"]["os"] == {"id": "", "version": "", "name": ""}
