"""Files are written whole or not at all, so that nobody reads half of one."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, content: str | bytes) -> None:
    """Put *content* (a text as UTF-8) at *path* by writing beside it and moving it into place.

    Raise OSError where the disk or the rights do not allow it; what stood there stays then.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
