"""The Huffman code of HTTP/2's headers (RFC 7541, appendix B)."""

import collections

# How many bits the code of each byte has, and last that of the end. The codes follow from these:
# they are numbered by length, then by byte.
HUFFMAN_LENGTHS = (
    "13 23 28 28 28 28 28 28 28 24 30 28 28 30 28 28 28 28 28 28 28 28 30 28 28 28 28 28 28 28 "
    "28 28 6 10 10 12 13 6 8 11 10 10 8 11 8 6 6 6 5 5 5 6 6 6 6 6 6 6 7 8 15 6 12 10 13 6 7 7 7 "
    "7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 7 8 7 8 13 19 13 14 6 15 5 6 5 6 5 6 6 6 5 7 7 6 6 6 5 "
    "6 7 6 5 5 6 7 7 7 7 7 15 11 14 13 28 20 22 20 20 22 22 22 23 22 23 23 23 23 23 24 23 24 24 "
    "22 23 24 23 23 23 23 21 22 23 22 23 23 24 22 21 20 22 22 23 23 21 23 22 22 24 21 22 23 23 "
    "21 21 22 21 23 22 23 23 20 22 22 22 23 22 22 23 26 26 20 19 22 23 22 25 26 26 26 27 27 26 "
    "24 25 19 21 26 27 27 26 27 24 21 21 26 26 28 27 27 27 20 24 20 21 22 21 21 23 22 22 25 25 "
    "24 24 26 23 26 27 26 26 27 27 27 27 27 28 27 27 27 27 27 26 30 "
)


class BadHeaders(Exception):
    """A block of headers is not as RFC 7541 says."""


def huffman_table() -> "dict[int, tuple[int, list[int]]]":
    """(first code, symbols) of each length, in order."""
    by_length: dict[int, list[int]] = collections.OrderedDict()
    for length, symbol in sorted((int(n), i) for i, n in enumerate(HUFFMAN_LENGTHS.split())):
        by_length.setdefault(length, []).append(symbol)
    table: dict[int, tuple[int, list[int]]] = collections.OrderedDict()
    code = before = 0
    for length, symbols in by_length.items():
        code <<= length - before
        table[length] = code, symbols
        code, before = code + len(symbols), length
    return table


HUFFMAN_TABLE = huffman_table()
HUFFMAN_END = 256


def huffman_decoded(data: bytes) -> bytes:
    """The text that *data* encodes (RFC 7541, 5.2); BadHeaders where it encodes none."""
    text = bytearray()
    code = length = 0
    for byte in data:
        for shift in range(7, -1, -1):
            code, length = code << 1 | byte >> shift & 1, length + 1
            first, symbols = HUFFMAN_TABLE.get(length, (code, ()))
            if 0 <= code - first < len(symbols):
                symbol = symbols[code - first]
                if symbol == HUFFMAN_END:
                    raise BadHeaders("the end stands within a text")
                text.append(symbol)
                code = length = 0
    if length > 7 or code != (1 << length) - 1:
        raise BadHeaders("a text ends within a character")
    return bytes(text)
