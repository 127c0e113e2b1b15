"""Files are written whole or not at all, and read up to a size."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path


class NoFileError(OSError):
    """What stands at a path is there and no file."""


def read_at_most(path: Path, most_bytes: int) -> bytes:
    """The content of *path*; one byte more than *most_bytes* where it is larger.

    Raise NoFileError for what is no file, a pipe say, which would keep us waiting; OSError where it
    cannot be read.
    """
    if path.exists() and not path.is_file():
        raise NoFileError(f"{path} is no file")
    with path.open("rb") as file:
        return file.read(most_bytes + 1)


def write_whole(path: Path, content: str | bytes | Iterable[bytes]) -> None:
    """Put *content* (a text as UTF-8, or bytes at once or piece by piece) at *path*, by writing
    beside it and moving it into place.

    Raise OSError where the disk or the rights do not allow it; what stood there stays then.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.writelines(_pieces(content))
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _pieces(content: str | bytes | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(content, str):
        return [content.encode()]
    return [content] if isinstance(content, bytes) else content
