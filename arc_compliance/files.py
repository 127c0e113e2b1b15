"""Files are written whole or not at all, so that nobody reads half of one."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Put *text* (UTF-8) at *path* by writing beside it and moving it into place.

    Raise OSError where the disk or the rights do not allow it; what stood there stays then.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
