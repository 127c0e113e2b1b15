"""Files: read up to a size, written whole, and nothing but files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import head_of, path_named, read_at_most, write_whole


def test_a_file_is_read_up_to_its_size(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")

    assert read_at_most(tmp_path / "file", 5) == b"12345"
    with pytest.raises(Fault, match="larger than 4 bytes"):
        read_at_most(tmp_path / "file", 4)


@pytest.mark.parametrize("kind", ["folder", "pipe", "link to a pipe"])
def test_what_is_not_a_file_is_neither_read_nor_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / kind
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(tmp_path / "pipe")
    if kind == "link to a pipe":
        path.symlink_to("pipe")

    with pytest.raises(Fault, match="is not a file"):
        read_at_most(path, 5)
    with pytest.raises(OSError, match="not a file"):
        write_whole(path, "text")

    assert not path.is_file()
    assert [one.name for one in tmp_path.glob(".*")] == []


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    write_whole(tmp_path / "file", "ä")
    write_whole(tmp_path / "file", b"b")

    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("file", "b")]


def test_a_path_is_of_the_folder_in_which_it_is_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/jo")

    assert path_named("a/b", tmp_path) == tmp_path / "a" / "b"
    assert path_named("/a/b", tmp_path) == Path("/a/b")
    assert path_named("~/b", tmp_path) == Path("/home/jo/b")


def test_a_file_whose_reading_fails_has_no_head() -> None:
    assert head_of(Path("/proc/self/mem"), 10) == b""  # nothing is mapped at its beginning
