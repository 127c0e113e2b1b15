"""The report folder: what in it is ours to replace and to delete, and what is not.

The documents' own names (README lists them) are ours. The names in ``evidence/`` can be anybody's:
a file is ours there when it holds a record. Links are never followed: the report folder may be one,
nothing in it may lead out of it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Collection, Iterable
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import head_of, remove_file, remove_parts
from arc_compliance.wire.record import record_path

_RECORD = re.compile(rb'\s*\{\s*"record"\s*:\s*1\s*,\s*"run"\s*:')
_HEAD_BYTES = 4096
_FOLDERS = ("evidence", "service-tags", "tickets")


def check_folders(report_dir: Path) -> None:
    """Raise Fault where a folder of ours in *report_dir* is something else.

    A link would have another folder's files deleted and replaced.
    """
    inside = [report_dir / name for name in _FOLDERS]
    inside += [one for one in _entries(report_dir / "service-tags") if one.is_symlink()]
    for folder in inside:
        try:
            mode = _mode(folder)
        except OSError as error:  # a link to itself, a folder that nobody may look into
            raise Fault(f"{folder}: {error.strerror}", where="--report-dir") from error
        if mode is None or stat.S_ISDIR(mode):
            continue
        what = "a link" if stat.S_ISLNK(mode) else "not a folder"
        raise Fault(f"{folder} is {what}; remove it, or name another folder", where="--report-dir")


def check_records(directory: Path, hosts: Iterable[str]) -> None:
    """Raise Fault where the record of one of *hosts* would take the place of a file in *directory*
    that is not a record.

    Where something else stands there, a folder or a pipe, that is an error of its host alone.
    """
    for host in hosts:
        path = record_path(directory, host)
        try:
            mode = _mode(path)
        except OSError:
            continue
        if mode is not None and stat.S_ISREG(mode) and path.stat().st_size and not is_record(path):
            raise Fault(
                f"{path} is not a record of this suite, and would be replaced; move it away, or "
                "name another folder",
                where="--report-dir",
            )


def is_record(path: Path) -> bool:
    """Whether the file *path* begins as a host's record does. A link is none."""
    return _RECORD.match(head_of(path, _HEAD_BYTES)) is not None


def remove_records(directory: Path, keep: Collection[Path] = ()) -> None:
    """Delete the records of earlier runs in *directory*, those in *keep* aside. What is not a
    record stays."""
    remove_parts(directory)
    kept = {path.resolve() for path in keep}
    for path in directory.glob("*.json"):
        if is_record(path) and path.resolve() not in kept:
            remove_file(path)


def not_records(directory: Path) -> tuple[str, ...]:
    """The names of the files in *directory* that look like records and are none."""
    return tuple(path.name for path in sorted(directory.glob("*.json")) if not is_record(path))


def _entries(directory: Path) -> list[Path]:
    try:
        return sorted(directory.iterdir())
    except OSError:
        return []


def _mode(path: Path) -> int | None:
    """The type and mode of *path* itself, None where nothing is there."""
    try:
        return path.lstat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
