"""Files are written whole or not at all, and read up to a size."""

from __future__ import annotations

import os
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


def write_whole(path: Path, content: str | bytes, *, private: bool = False) -> None:
    """Put *content* (a text as UTF-8) at *path* by writing beside it and moving it into place.

    A *private* file is its owner's alone to read (mode 0600), from the first byte on. Raise OSError
    where the disk or the rights do not allow it; what stood there stays then.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if private:
            part.touch(mode=0o600, exist_ok=False)
        with part.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
