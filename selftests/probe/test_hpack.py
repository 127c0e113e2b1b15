"""The header fields of HTTP/2 (RFC 7541): its own examples, there and back, and hostile blocks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.hpack import MAX_TABLE, STATIC_FIELDS, HeaderDecoder, encoded
from arc_compliance.probe.python.huffman import HUFFMAN_TABLE, BadHeaders, huffman_decoded
from arc_compliance.probe.python.limits import MAX_HEAD


def pairs(*texts: str) -> list[tuple[bytes, bytes]]:
    fields = (text.partition("=") for text in texts)
    return [(name.encode(), value.encode()) for name, _, value in fields]


def test_the_answers_of_the_rfcs_own_example() -> None:
    """RFC 7541, C.6: with Huffman, a dynamic table of 256 bytes, and evictions."""
    decoder = HeaderDecoder()
    decoder.limit = 256
    first = decoder.decode(
        bytes.fromhex(
            "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff"
            "6e919d29ad171863c78f0b97c8e9ae82ae43d3"
        )
    )
    second = decoder.decode(bytes.fromhex("4883640effc1c0bf"))
    third = decoder.decode(
        bytes.fromhex(
            "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7"
            "821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed"
            "4ee5b1063d5007"
        )
    )

    location, date = "location=https://www.example.com", "date=Mon, 21 Oct 2013 20:13:21 GMT"
    assert first == pairs(":status=302", "cache-control=private", date, location)
    assert second == pairs(":status=307", "cache-control=private", date, location)
    assert third == pairs(
        ":status=200",
        "cache-control=private",
        "date=Mon, 21 Oct 2013 20:13:22 GMT",
        location,
        "content-encoding=gzip",
        "set-cookie=foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
    )
    assert decoder.size == 215


def huffman_encoded(text: bytes) -> bytes:
    """*text* by the table, and ones to the end of the last byte."""
    codes = {
        symbol: format(first + n, f"0{length}b")
        for length, (first, symbols) in HUFFMAN_TABLE.items()
        for n, symbol in enumerate(symbols)
    }
    bits = "".join(codes[byte] for byte in text)
    bits += "1" * (-len(bits) % 8)
    return bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits), 8))


@given(some.binary(max_size=100))
def test_huffman_there_and_back(text: bytes) -> None:
    assert huffman_decoded(huffman_encoded(text)) == text


def test_huffman_is_a_complete_code() -> None:
    """No code is the beginning of another, and none is left (Kraft's sum is one)."""
    assert sum(len(its) * 2.0**-length for length, (_, its) in HUFFMAN_TABLE.items()) == 1
    assert sorted(one for _, its in HUFFMAN_TABLE.values() for one in its) == [*range(257)]


@given(some.lists(some.tuples(some.text("abc-", min_size=1), some.text(alphabet="xyz é"))))
def test_what_is_encoded_is_decoded(fields: list[tuple[str, str]]) -> None:
    expected = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in fields]

    assert HeaderDecoder().decode(encoded(fields)) == expected


@pytest.mark.parametrize(
    ("block", "why"),
    [
        ("80", "no field has the index 0"),
        ("be", "no field has the index 62"),
        ("ff", "an integer without an end"),
        ("ffffffffffffffff", "an integer without an end"),
        ("ff8080808080808000", "an integer without an end"),
        ("40", "cut off"),
        ("4001", "cut off"),
        ("400161", "cut off"),
        ("40016105ff", "cut off"),
        ("4082", "cut off"),
        ("400081ff", "a text ends within a character"),
        ("40018161", "cut off"),
        ("0001618400000000", "a text ends within a character"),
        ("00016184ffffffff", "the end stands within a text"),
        ("0001618100", "a text ends within a character"),
        ("3fe2ff0f", "a table size that was not agreed upon"),
        ("8820", "a table size that was not agreed upon"),
    ],
)
def test_blocks_that_are_none(block: str, why: str) -> None:
    with pytest.raises(BadHeaders, match=why):
        HeaderDecoder().decode(bytes.fromhex(block))


def test_a_table_that_is_made_small_and_large_again() -> None:
    decoder = HeaderDecoder()
    decoder.decode(b"\x40\x01a\x01b")
    assert decoder.decode(b"\xbe") == [(b"a", b"b")]

    assert decoder.decode(b"\x20\x3f\xe1\x1f" + b"\x40\x01c\x01d") == [(b"c", b"d")]

    assert decoder.limit == MAX_TABLE
    assert decoder.decode(b"\xbe") == [(b"c", b"d")]
    with pytest.raises(BadHeaders):
        decoder.decode(b"\xbf")


def test_a_small_block_with_much_in_it() -> None:
    """A field of 4 KB that the table keeps, a hundred times by its index."""
    decoder = HeaderDecoder()
    value = b"x" * 4000
    decoder.decode(b"\x40\x01a\x7f\xa1\x1e" + value)

    with pytest.raises(BadHeaders, match=f"more than {MAX_HEAD} bytes"):
        decoder.decode(b"\xbe" * 100)


@given(some.lists(some.binary(max_size=60), max_size=5))
def test_hostile_blocks(blocks: list[bytes]) -> None:
    decoder = HeaderDecoder()
    for block in blocks:
        try:
            decoder.decode(block)
        except BadHeaders:
            return
        assert 0 <= decoder.size <= decoder.limit <= MAX_TABLE
        assert len(STATIC_FIELDS) == 61
