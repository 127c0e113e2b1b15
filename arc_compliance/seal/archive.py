"""The bundle as a ZIP archive of one form only: the same files make the same bytes, and no byte can
be another without being noticed.

Every byte follows from the names and contents: files stand in the order of their names and are
stored, not compressed (what a compressor makes differs between its versions, and what is not
compressed cannot swell), all with one date, one set of rights and no comment. So reading is
comparing: each part is made anew from what was read, and has to be the part that stands there.
That leaves no place for a link, an encrypted file, an extra field, or data between the files.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import head_of
from arc_compliance.base.redact import scrub

MARK = "arc-compliance-bundle"
"""The first file of every bundle, by which it is known; it holds the number of the format."""

FORMAT = b"1\n"
MAX_BYTES = 2 * 1024**3
MAX_FILES = 50_000

_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_FIELDS = struct.Struct("<HHHHHIIIHH")
"""What both headers of a file share: version, flags, method, time, date, CRC-32, two sizes, the
lengths of name and extra field (APPNOTE.TXT, 4.3.7)."""

_LOCAL_SIZE = len(_LOCAL) + _FIELDS.size
_VERSION, _STORED, _DATE = 20, 0, 0x21  # 1 January 1980, the first day that ZIP knows
_MADE_BY = 3 << 8 | _VERSION  # Unix, so that the rights below count
_RIGHTS = 0o100644 << 16
_NAME = re.compile(r"[A-Za-z0-9_%~-][A-Za-z0-9_.%~-]*(/[A-Za-z0-9_%~-][A-Za-z0-9_.%~-]*){0,5}")


class Tampered(Exception):  # noqa: N818 - a finding, not an error of ours
    """A bundle is not as it was sealed: which file of it, and what is wrong there."""

    def __init__(self, file: str, what: str) -> None:
        super().__init__(f"{file}: {what}")


def pack(files: Mapping[str, bytes]) -> Iterator[bytes]:
    """The archive of *files*, piece by piece; the mark comes first.

    Raise Fault where they are too many or too large for one.
    """
    everything = {MARK: FORMAT, **dict(sorted(files.items()))}
    size = sum(len(content) + 200 for content in everything.values())
    if len(everything) > MAX_FILES or size > MAX_BYTES:
        raise Fault(f"holds up to {MAX_FILES} files and {MAX_BYTES} bytes, and these are more")
    central, offset = [], 0
    for name, content in everything.items():
        if not _NAME.fullmatch(name):
            raise Fault(f"{name!r} is not a name for a file in a bundle")
        header = _header(name, content)
        central.append(_entry(name, content, offset))
        offset += len(header) + len(content)
        yield header
        yield content
    yield b"".join([*central, _end(len(central), sum(map(len, central)), offset)])


def unpack(data: bytes) -> dict[str, bytes]:
    """The files of the archive *data*, the mark aside.

    Raise Fault where it is not a bundle, Tampered where it is one that was changed.
    """
    if not is_bundle(data):
        raise Fault("is not a bundle of this suite")
    listed = _listed(data)
    files: dict[str, bytes] = {}
    central: list[tuple[str, bytes]] = []
    folded: dict[str, str] = {}
    offset, last = 0, MARK
    while data[offset : offset + len(_LOCAL)] == _LOCAL and len(files) < MAX_FILES:
        name, content, length = _read(data, offset, listed.get(offset))
        if name in files:
            raise Tampered(name, "stands twice in the bundle")
        if (other := folded.setdefault(name.casefold(), name)) != name:
            raise Tampered(name, f"differs from {other} in upper and lower case only")
        if len(files) > 1 and name < last:
            raise Tampered(
                name, f"stands after {last}, and files stand in the order of their names"
            )
        central.append((name, _entry(name, content, offset)))
        files[name] = content
        offset, last = offset + length, name
    _compare_end(data, offset, central, listed.get(offset, last))
    if files.pop(MARK, b"") != FORMAT:
        raise Tampered(MARK, f"is not {FORMAT!r}, the format that this suite reads")
    return files


def is_bundle(data: bytes) -> bool:
    """Whether *data* is a bundle, or was one before it was damaged at an end."""
    return (data.startswith(_LOCAL) or _END in data[-22:]) and MARK.encode() in data


def starts_as_bundle(path: Path) -> bool:
    """Whether the file *path* begins as a bundle does."""
    begin = _header(MARK, FORMAT)
    return head_of(path, len(begin)) == begin


def _listed(data: bytes) -> dict[int, str]:
    """The names in the list at the end by where each file begins, to name the file whose header
    was changed; nothing where the list cannot be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return {one.header_offset: one.filename for one in archive.infolist()}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error):
        return {}


def _read(data: bytes, offset: int, listed: str | None) -> tuple[str, bytes, int]:
    """Name and content of the file whose header stands at *offset*, and the length of both
    together; *listed* is its name in the list at the end, where that can be read."""
    head = data[offset + len(_LOCAL) : offset + _LOCAL_SIZE].ljust(_FIELDS.size, b"\0")
    _, flags, method, *_, size, length, extra = _FIELDS.unpack(head)
    start = offset + _LOCAL_SIZE
    begin = start + length + extra
    name = data[start : start + length].decode("ascii", "backslashreplace")
    content = data[begin : begin + size]
    told = scrub(listed or name)[:200]
    if not _NAME.fullmatch(name) or listed not in (None, name):
        raise Tampered(told, f"its header has {scrub(name)[:80]!r} for a name")
    if flags & 1:
        raise Tampered(told, "is encrypted; a bundle holds its files as they are")
    if method != _STORED:
        raise Tampered(told, "is compressed; a bundle holds its files as they are")
    if len(content) < size:
        raise Tampered(told, "is cut off, or its header claims more than there is")
    if data[offset:begin] != _header(name, content):
        raise Tampered(told, "its content is not what its header says")
    return name, content, begin + size - offset


def _compare_end(data: bytes, offset: int, central: list[tuple[str, bytes]], near: str) -> None:
    """Raise Tampered where what begins at *offset* is not the list of files *central*; *near* is
    the file that is damaged where no list begins there."""
    if data[offset : offset + len(_CENTRAL)] != _CENTRAL:
        raise Tampered(scrub(near)[:200], "the bundle ends there, or other data follows")
    begin = offset
    for name, entry in central:
        if data[offset : offset + len(entry)] != entry:
            raise Tampered(name, "its entry in the list of files is not as sealed")
        offset += len(entry)
    if data[offset:] != _end(len(central), offset - begin, begin):
        raise Tampered(central[-1][0], "what follows its entry in the list of files was changed")


def _header(name: str, content: bytes) -> bytes:
    return _LOCAL + _fields(name, content) + name.encode()


def _entry(name: str, content: bytes, offset: int) -> bytes:
    """The file in the list at the end: no comment, disk 0, no attributes but its rights."""
    made_by = struct.pack("<H", _MADE_BY)
    rest = struct.pack("<HHHII", 0, 0, 0, _RIGHTS, offset)
    return _CENTRAL + made_by + _fields(name, content) + rest + name.encode()


def _fields(name: str, content: bytes) -> bytes:
    size, crc = len(content), zlib.crc32(content)
    return _FIELDS.pack(_VERSION, 0, _STORED, 0, _DATE, crc, size, size, len(name), 0)


def _end(files: int, size: int, offset: int) -> bytes:
    return _END + struct.pack("<HHHHIIH", 0, 0, files, files, size, offset, 0)
