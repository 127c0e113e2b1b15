"""Whatever stands at the path of a file option: one line at once, or a file that was read whole."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.options.option import Option
from arc_compliance.options.table import OPTIONS, WRITE_ORDER
from selftests.options.command_line import settings
from selftests.suite_run import SuiteRun

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


STANDING = {
    "a pipe": (pipe, "is not a file"),
    "a device": (lambda _: Path("/dev/zero"), "is not a file"),
    "a folder": (folder, "is not a file"),
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
    assert Path(path).name in text
    assert "\n" not in text


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
