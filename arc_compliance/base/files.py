"""Files are written whole or not at all, and read up to a size."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import io
import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from arc_compliance.base.fault import Fault

_PART = ".arc-compliance-"
_PART_NAME = re.compile(re.escape(_PART) + r"[0-9a-f]{16}\.part")
"""The names of files that are being written; no name is longer for a longer name of its file."""

_NOT_FOR_FILES = (Path("/dev"), Path("/proc"), Path("/sys"))
_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder like any other


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


def head_of(path: Path, most_bytes: int) -> bytes:
    """The first *most_bytes* of the file *path*; nothing where it is not a file of its own, or
    cannot be read.

    A link is not followed, and a pipe is not waited for.
    """
    with _file_itself(path) as opened, contextlib.suppress(OSError):
        return b"" if opened is None else os.read(opened, most_bytes)
    return b""


def check_place(path: Path) -> None:
    """Raise OSError where no file can stand at *path*: something else stands there, or leads there.

    A link to a file, or to nothing, is fine: it is replaced, and what it leads to stays as it is.
    Nothing is put among devices and processes: /dev/stdout may be a link to a file, and would be
    gone for all of the machine.
    """
    folder = Path(os.path.realpath(path.parent))  # Path.resolve() raises for a link to itself
    among = [one for one in _NOT_FOR_FILES if folder.is_relative_to(one)]
    if among and not folder.is_relative_to(_SHARED_MEMORY):
        raise OSError(errno.EINVAL, "not a place for files", str(path))
    with contextlib.suppress(FileNotFoundError):
        path.lstat()
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))


def write_whole(
    path: Path, content: str | bytes | Iterable[bytes], *, private: bool = False
) -> None:
    """Put *content* (a text as UTF-8, or bytes at once or piece by piece) at *path*, by writing
    beside it and moving it into place.

    A *private* file is its owner's alone to read (mode 0600), from the first byte on; any other has
    the mode that the umask leaves. Raise OSError where the disk or the rights do not allow it, or
    where `check_place` does; what stood there stays then. A link is replaced and not followed, and
    other names of a file that is replaced keep what they had.
    """
    check_place(path)
    part, opened = _new_part(path.parent, 0o600 if private else 0o666)
    try:
        with open(opened, "wb") as file:  # noqa: PTH123 - it is open already
            file.writelines(_pieces(content))
            file.flush()
            os.fsync(file.fileno())
            part.replace(path)  # while it is locked
    finally:
        part.unlink(missing_ok=True)


def append_to(path: Path, text: str) -> None:
    """Append *text* to the file *path*; raise OSError where it is not one, as where it is a pipe
    that nobody reads."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK | os.O_CLOEXEC
    opened = os.open(path, flags, 0o666)
    with open(opened, "a", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
        if not stat.S_ISREG(os.fstat(opened).st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        file.write(text)


def remove_parts(directory: Path) -> None:
    """Delete what `write_whole` left in *directory* when its process was killed in the middle.

    A part that a living process writes is locked; one of another user stays.
    """
    for part in directory.glob(f"{_PART}*.part"):
        with contextlib.suppress(OSError):
            if not _PART_NAME.fullmatch(part.name) or part.lstat().st_uid != os.geteuid():
                continue
            with _file_itself(part) as opened:
                if opened is not None:
                    fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    part.unlink()


def remove_file(path: Path) -> None:
    """Delete the file or link *path*, where one stands there; anything else stays."""
    with contextlib.suppress(FileNotFoundError):
        if stat.S_IFMT(path.lstat().st_mode) in (stat.S_IFREG, stat.S_IFLNK):
            path.unlink()


@contextmanager
def _file_itself(path: Path) -> Iterator[int | None]:
    """The file *path*, open for reading; None where there is none, or a link or anything else."""
    try:
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        yield None
        return
    try:
        yield opened if stat.S_ISREG(os.fstat(opened).st_mode) else None
    finally:
        os.close(opened)


def _new_part(directory: Path, mode: int) -> tuple[Path, int]:
    """A new file in *directory* with a name that nobody can foresee, open and locked."""
    while True:
        part = directory / f"{_PART}{secrets.token_hex(8)}.part"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        opened = os.open(part, flags, mode)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            pass  # somebody clears up here at this very moment, and takes it for a dead process's
        except OSError:
            return part, opened  # a file system without locks, where nobody clears up
        else:
            if os.fstat(opened).st_nlink:
                return part, opened
        os.close(opened)
        part.unlink(missing_ok=True)


def _pieces(content: str | bytes | Iterable[bytes]) -> Iterable[bytes]:
    if isinstance(content, str):
        return [content.encode()]
    return [content] if isinstance(content, bytes) else content
