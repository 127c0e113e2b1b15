"""What may stand where the suite wants to write: somebody else's, in every form."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

FOREIGN = b"somebody else's\n"


def link_to_file(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere / "file")


def dangling_link(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere / "nothing")


def link_to_folder(path: Path, elsewhere: Path) -> None:
    path.symlink_to(elsewhere)


def link_to_itself(path: Path, elsewhere: Path) -> None:
    path.symlink_to(path)


def link_to_device(path: Path, elsewhere: Path) -> None:
    path.symlink_to("/dev/null")


def folder(path: Path, elsewhere: Path) -> None:
    path.mkdir()
    (path / "file").write_bytes(FOREIGN)


def pipe(path: Path, elsewhere: Path) -> None:
    os.mkfifo(path)


def hard_link(path: Path, elsewhere: Path) -> None:
    path.hardlink_to(elsewhere / "file")


def file(path: Path, elsewhere: Path) -> None:
    path.write_bytes(FOREIGN)


def read_only_file(path: Path, elsewhere: Path) -> None:
    path.write_bytes(FOREIGN)
    path.chmod(0o444)


Obstacle = Callable[[Path, Path], None]

OBSTACLES: dict[str, Obstacle] = {
    one.__name__: one
    for one in (
        link_to_file,
        dangling_link,
        link_to_folder,
        link_to_itself,
        link_to_device,
        folder,
        pipe,
        hard_link,
        file,
        read_only_file,
    )
}


def foreign_folder(elsewhere: Path) -> None:
    """Fill the folder *elsewhere* with what nobody may touch."""
    elsewhere.mkdir()
    for name in ("file", "local.json", "junit-2.xml", "AzureCloud.json"):
        (elsewhere / name).write_bytes(FOREIGN)
        (elsewhere / name).chmod(0o640)


def look(path: Path) -> dict[str, tuple[int, bytes]]:
    """Everything below *path*, links not followed: its kind and mode, and what it holds."""
    found = {}
    for one in [path, *path.rglob("*")]:
        mode = one.lstat().st_mode
        held = one.read_bytes() if stat.S_ISREG(mode) else b""
        held = str(one.readlink()).encode() if stat.S_ISLNK(mode) else held
        found[str(one.relative_to(path))] = (mode, held)
    return found
