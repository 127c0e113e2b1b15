"""Whatever stands at the path of a file option: one line at once, or a file that was read whole."""

from __future__ import annotations

import ast
import io
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.base import files
from arc_compliance.base.fault import Fault
from arc_compliance.options.option import Option
from arc_compliance.options.table import OPTIONS, WRITE_ORDER
from selftests.options.command_line import settings
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]

READ = [one for one in OPTIONS if one.metavar == "FILE" and one is not WRITE_ORDER]


def pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def folder(folder: Path) -> Path:
    (folder / "folder").mkdir()
    return folder / "folder"


def unreadable(folder: Path) -> Path:
    if os.geteuid() == 0:  # whom no rights keep from reading
        return Path("/proc/self/mem")
    (folder / "locked").touch(mode=0)
    return folder / "locked"


def large(folder: Path) -> Path:
    with (folder / "large").open("wb") as file:
        file.truncate(100 * 2**30)
    return folder / "large"


def loop(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


def unix_socket(folder: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(folder / "socket"))
    return folder / "socket"


def to_a_pipe(folder: Path) -> Path:
    (folder / "link").symlink_to(pipe(folder))
    return folder / "link"


def hostile_name(folder: Path) -> Path:
    (folder / "a\x1b[31m\u202e\nname").mkdir()
    return folder / "a\x1b[31m\u202e\nname"


STANDING = {
    "a pipe": (pipe, "is not a file"),
    "a device": (lambda _: Path("/dev/zero"), "is not a file"),
    "a folder": (folder, "is not a file"),
    "another device": (lambda _: Path("/dev/full"), "is not a file"),
    "a terminal": (lambda _: Path("/dev/tty"), "is not a file"),
    "a socket": (unix_socket, "is not a file"),
    "a link to a pipe": (to_a_pipe, "is not a file"),
    "a link to itself": (loop, "cannot be read: Too many levels of symbolic links"),
    "a name that is too long": (lambda folder: folder / ("x" * 5000), "cannot be read: File name"),
    "a path that is not one": (lambda folder: folder / "a\0b", "cannot be read: not a path"),
    "a name with colours": (hostile_name, "is not a file"),
    "nothing": (lambda folder: folder / "missing", "cannot be read: No such file or directory"),
    "unreadable": (unreadable, "cannot be read: "),
    "larger than any": (large, "larger than "),
}


@contextmanager
def at_once() -> Iterator[None]:
    """End what waits for a pipe, or reads a device to its end."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, 10)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("what", STANDING)
@pytest.mark.parametrize("option", READ, ids=lambda option: option.name)
def test_what_cannot_be_read_is_one_line_at_once(
    tmp_path: Path, option: Option[Any], what: str
) -> None:
    place, words = STANDING[what]
    path = str(place(tmp_path))

    with at_once(), pytest.raises(Fault) as caught:
        settings(tmp_path, **{option.attribute: [path] if option.repeatable else path})

    text = str(caught.value)
    assert text.startswith(f"{option.name}: ")
    assert words in text
    assert Path(path).name[:20] in text or not Path(path).name.isprintable()
    assert text.isprintable()
    assert len(text) < 5000


@pytest.mark.parametrize("option", READ, ids=lambda option: option.name)
def test_a_pipe_that_comes_between_looking_and_opening_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: Option[Any]
) -> None:
    path = str(pipe(tmp_path))
    regular = Path(__file__).stat()
    monkeypatch.setattr(Path, "stat", lambda *_, **__: regular)

    with at_once(), pytest.raises(Fault, match=f"^{option.name}: .*is not a file"):
        settings(tmp_path, **{option.attribute: [path] if option.repeatable else path})


def test_a_file_that_has_no_end_yet_keeps_nobody_waiting(tmp_path: Path) -> None:
    """As /proc/kmsg, which is a regular file to stat(2), and has its readers wait."""
    here, there = os.pipe()
    os.write(there, b"a line")
    try:
        os.set_blocking(here, False)
        with at_once(), io.FileIO(here) as file, pytest.raises(OSError, match="no end yet"):
            files._first(file, 100)
    finally:
        os.close(there)


def test_a_file_that_grows_is_read_up_to_the_limit(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="larger than 1000 bytes"):
        files.read_at_most(large(tmp_path), 1000)


def test_a_kubeconfig_that_kubectl_would_wait_for_is_refused(tmp_path: Path) -> None:
    with at_once(), pytest.raises(Fault, match=r"^--hosts: pod: kubeconfig=.*/pipe is not a file"):
        settings(tmp_path, hosts=f"kubectl://pod?kubeconfig={pipe(tmp_path)}")


READS = {"open", "read_text", "read_bytes", "fdopen"}
MAY_READ = {
    "arc_compliance/__main__.py": "/dev/null",
    "arc_compliance/base/files.py": "is the reader",
    "arc_compliance/catalogue/__init__.py": "our own data",
    "arc_compliance/options/files.py": "certifi's bundle, and our own data",
    "arc_compliance/options/readme.py": "README, for make docs",
    "arc_compliance/probe/bundle.py": "our own data",
    "arc_compliance/report/page/render.py": "our own data",
    "fixtures/hosts.py": "the roots of the simulation, which it has just written",
    "fixtures/output.py": "/dev/null",
}


def test_files_are_read_by_the_reader_that_waits_for_nothing() -> None:
    """Whoever opens a file in another way says here why it may."""
    found = set()
    for folder in ("arc_compliance", "fixtures"):
        for path in (ROOT / folder).rglob("*.py"):
            name = path.relative_to(ROOT).as_posix()
            if name.startswith(("arc_compliance/probe/python/", "arc_compliance/lab/")):
                continue  # on the host, with a reader of its own; the simulation
            calls = (
                n.func for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)
            )
            names = {getattr(one, "attr", getattr(one, "id", "")) for one in calls}
            found |= {name} if names & READS else set()

    assert found <= MAY_READ.keys()


@pytest.mark.parametrize("option", READ, ids=lambda option: option.name)
def test_an_empty_path_is_not_this_folder(tmp_path: Path, option: Option[Any]) -> None:
    """As a CI's variable that is not set leaves it."""
    with pytest.raises(Fault, match=f"^{option.name}: the path is empty; name one, or leave"):
        settings(tmp_path, **{option.attribute: [""] if option.repeatable else ""})


@pytest.mark.parametrize("path", ["/dev/zero", "."])
def test_evidence_is_a_folder(tmp_path: Path, path: str) -> None:
    with at_once(), pytest.raises(Fault, match=r"^--evidence: "):
        settings(tmp_path, evidence=path)


def test_a_home_is_found_behind_an_equals_sign(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "hosts.yaml").write_text("hosts: [ssh://web01]\n")

    found = settings(tmp_path / "elsewhere", inventory="~/hosts.yaml")

    assert [host.label for host in found.hosts] == ["web01"]


def test_ssh_may_be_given_no_settings_at_all(tmp_path: Path) -> None:
    assert settings(tmp_path, ssh_config="/dev/null").access.ssh_config == "/dev/null"


def test_a_home_of_nobody_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="--ssh-config: ~nobody-at-all/config cannot be read"):
        settings(tmp_path, ssh_config="~nobody-at-all/config")


@pytest.mark.parametrize("option", ["--write-order", "--junit-xml", "--html"])
def test_what_is_written_replaces_no_pipe(run_suite: RunSuite, tmp_path: Path, option: str) -> None:
    """A root's --write-order=/dev/stdout would take that from all of the machine."""
    path = pipe(tmp_path)

    run = run_suite(f"{option}={path}")

    assert run.code == 4
    assert "not a file" in run.err
    assert path.is_fifo()
