"""Files are written whole or not at all, and read up to a size."""

from __future__ import annotations

import errno
import io
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from arc_compliance.base.fault import Fault


def path_named(text: str, directory: Path) -> Path:
    """The path that *text* names when it is typed in *directory*; ``~`` is a home folder.

    Shells leave the ``~`` of ``--option=~/file`` as it is.
    """
    return directory / os.path.expanduser(text)  # noqa: PTH111 - never raises


def read_at_most(path: Path, most_bytes: int) -> bytes:
    """The whole content of the file *path*.

    Raise Fault where it cannot be read, is not a file (a pipe would keep us waiting, a device would
    never end), or holds more than *most_bytes*. Nothing that stands at *path* keeps us waiting, not
    even what is put there meanwhile.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a device can be to use it
            raise Fault("is not a file")
        with open(path, "rb", buffering=0, opener=_without_waiting) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Fault("is not a file")
            content = _first(file, most_bytes + 1)
    except OSError as error:
        raise Fault(f"cannot be read: {error.strerror}") from error
    except ValueError as error:  # a NUL in the path, or a character that no path can have
        if isinstance(error, Fault):
            raise
        raise Fault("cannot be read: not a path") from error
    if len(content) > most_bytes:
        raise Fault(f"larger than {most_bytes} bytes")
    return content


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _first(file: io.FileIO, most_bytes: int) -> bytes:
    """The first *most_bytes* of *file*; some files of the kernel have their end to be waited for.

    Raise OSError for those.
    """
    content = bytearray()
    while len(content) < most_bytes:
        piece = file.read(min(most_bytes - len(content), 1 << 20))
        if piece is None:
            raise OSError(errno.EAGAIN, "it has no end yet")
        if not piece:
            break
        content += piece
    return bytes(content)


def write_whole(
    path: Path, content: str | bytes | Iterable[bytes], *, private: bool = False
) -> None:
    """Put *content* (a text as UTF-8, or bytes at once or piece by piece) at *path*, by writing
    beside it and moving it into place.

    A *private* file is its owner's alone to read (mode 0600), from the first byte on. Raise OSError
    where the disk or the rights do not allow it; what stood there stays then. A device, a pipe or a
    folder is not replaced: /dev/stdout would be gone for all of the machine.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "not a file")
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if private:
            part.touch(mode=0o600, exist_ok=False)
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
