"""The form of a bundle: one byte that is another is noticed, wherever it stands."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arc_compliance.base.fault import Fault
from arc_compliance.seal.archive import FORMAT, MARK, Tampered, is_bundle, pack, unpack

FILES = {
    "SHA256SUMS": b"0" * 64 + b"  x\n",
    "evidence/web01.json": b'{"host": "web01"}' * 30,
    "evidence/%77.json": b"",
    "report.html": bytes(range(256)),
}
BUNDLE = b"".join(pack(FILES))
NAMES = (MARK, *FILES)


def faults(data: bytes) -> str:
    """What is wrong with *data*."""
    with pytest.raises((Tampered, Fault)) as caught:
        unpack(data)
    return str(caught.value)


def test_what_is_packed_is_unpacked() -> None:
    assert unpack(BUNDLE) == FILES


def test_the_order_in_which_files_come_makes_no_difference() -> None:
    assert b"".join(pack(dict(reversed(FILES.items())))) == BUNDLE


def test_it_is_an_ordinary_zip_archive() -> None:
    with zipfile.ZipFile(io.BytesIO(BUNDLE)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {MARK: FORMAT, **FILES}


def test_every_single_byte_counts_and_its_file_is_named() -> None:
    for place in range(len(BUNDLE)):
        for bit in (1, 0x20, 0x80):
            flipped = bytearray(BUNDLE)
            flipped[place] ^= bit
            words = faults(bytes(flipped))
            assert any(name in words for name in NAMES), (place, bit, words)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_nothing_can_be_cut_put_in_or_replaced(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(BUNDLE)))
    end = data.draw(st.integers(begin, len(BUNDLE)))
    other = BUNDLE[:begin] + data.draw(st.binary(max_size=40)) + BUNDLE[end:]

    if other != BUNDLE:
        assert faults(other)


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_anything_at_all_is_refused_without_a_crash(content: bytes) -> None:
    assert faults(content) == "is not a bundle of this suite" or is_bundle(content)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_anything_after_the_mark_is_refused_without_a_crash(content: bytes) -> None:
    assert faults(BUNDLE[:60] + content)


def zipped(write: Callable[[zipfile.ZipFile], None], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive that somebody made of a bundle's files with another tool."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo(MARK), FORMAT)
        write(archive)
    return held.getvalue()


def linked(archive: zipfile.ZipFile) -> None:
    link = zipfile.ZipInfo("evidence/web01.json")
    link.external_attr = 0o120777 << 16
    archive.writestr(link, "/etc/passwd")


def twice(archive: zipfile.ZipFile) -> None:
    archive.writestr(zipfile.ZipInfo("a"), b"1")
    archive._didModify, archive.NameToInfo = True, {}
    archive.writestr(zipfile.ZipInfo("a"), b"2")


MADE_ELSEWHERE: dict[str, tuple[Callable[[zipfile.ZipFile], None], str]] = {
    "a path upwards": (lambda a: a.writestr(zipfile.ZipInfo("../x"), b""), "for a name"),
    "an absolute path": (lambda a: a.writestr(zipfile.ZipInfo("/etc/x"), b""), "for a name"),
    "a drive": (lambda a: a.writestr(zipfile.ZipInfo("C:x"), b""), "for a name"),
    "a hidden file": (lambda a: a.writestr(zipfile.ZipInfo(".ssh/x"), b""), "for a name"),
    "a folder": (lambda a: a.writestr(zipfile.ZipInfo("x/"), b""), "for a name"),
    "a control character": (lambda a: a.writestr(zipfile.ZipInfo("x\x1b[31m"), b""), "for a name"),
    "a link": (linked, "as sealed"),
    "a file twice": (twice, "stands twice"),
    "another date": (
        lambda a: a.writestr(zipfile.ZipInfo("x", (2026, 1, 1, 0, 0, 0)), b""),
        "not what its header says",
    ),
}


@pytest.mark.parametrize("what", MADE_ELSEWHERE)
def test_what_no_bundle_has_is_refused(what: str) -> None:
    write, words = MADE_ELSEWHERE[what]

    assert words in faults(zipped(write))


def test_names_that_differ_in_case_are_refused() -> None:
    both = b"".join(pack({"A": b"", "a": b""}))

    assert faults(both) == "a: differs from A in upper and lower case only"


def test_nothing_is_ever_decompressed() -> None:
    """Neither a bomb nor an archive in an archive can swell."""
    bomb = zipped(lambda a: a.writestr("x", b"\0" * 10_000_000), zipfile.ZIP_DEFLATED)

    assert faults(bomb) == "x: is compressed; a bundle holds its files as they are"


def test_a_file_that_is_encrypted_is_refused() -> None:
    flagged = bytearray(BUNDLE)
    flagged[6] |= 1

    assert faults(bytes(flagged)) == f"{MARK}: is encrypted; a bundle holds its files as they are"


def test_an_archive_of_somebody_else_is_no_bundle() -> None:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a", b"b")

    assert faults(held.getvalue()) == "is not a bundle of this suite"


@pytest.mark.parametrize("name", ["../x", "a b", "", "a//b", ".x", "x/.y", "a/b/c/d/e/f/g"])
def test_no_such_name_is_packed(name: str) -> None:
    with pytest.raises(Fault, match="is not a name for a file in a bundle"):
        b"".join(pack({name: b""}))


def test_too_many_files_are_not_packed() -> None:
    with pytest.raises(Fault, match="holds up to 50000 files"):
        b"".join(pack({str(number): b"" for number in range(50_001)}))
