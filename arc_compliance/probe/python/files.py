"""Reads files of the host: regular ones only, up to a size."""

import errno
import os
import stat

from arc_compliance.probe.python.contract import PERMISSION_DENIED
from arc_compliance.probe.python.limits import MAX_FILE, MAX_FILES
from arc_compliance.probe.python.scrubbing import describe


def read_text(path: str) -> str:
    """The text of a file, up to a size; what is not a file (a pipe would block) is an OSError."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return stream.read(MAX_FILE).decode("utf-8", "replace")


def why_unreadable(problem: OSError) -> str:
    """An OSError in the words of the evidence."""
    if isinstance(problem, PermissionError):
        return PERMISSION_DENIED
    return problem.strerror or describe(problem)


def files_of(directory: str) -> "list[str]":
    """The files of *directory*; links within it are left out, since they repeat its files."""
    try:
        names = sorted(os.listdir(directory))[:MAX_FILES]
    except OSError:
        return []
    paths = [os.path.join(directory, name) for name in names]
    return [path for path in paths if not link_within(path) and os.path.isfile(path)]


def link_within(path: str) -> bool:
    """Whether *path* is a link to a neighbour."""
    return os.path.islink(path) and "/" not in os.readlink(path)
