"""Header fields of HTTP/2: decoded (RFC 7541), and encoded plainly."""

import collections
from typing import Iterable

from arc_compliance.probe.python.huffman import BadHeaders, huffman_decoded
from arc_compliance.probe.python.limits import MAX_HEAD

# The static table (RFC 7541, appendix A).
STATIC_TABLE = (
    ":authority=|:method=GET|:method=POST|:path=/|:path=/index.html|:scheme=http|:scheme=https|"
    ":status=200|:status=204|:status=206|:status=304|:status=400|:status=404|:status=500|"
    "accept-charset=|accept-encoding=gzip, deflate|accept-language=|accept-ranges=|accept=|"
    "access-control-allow-origin=|age=|allow=|authorization=|cache-control=|content-disposition=|"
    "content-encoding=|content-language=|content-length=|content-location=|content-range=|"
    "content-type=|cookie=|date=|etag=|expect=|expires=|from=|host=|if-match=|if-modified-since=|"
    "if-none-match=|if-range=|if-unmodified-since=|last-modified=|link=|location=|max-forwards=|"
    "proxy-authenticate=|proxy-authorization=|range=|referer=|refresh=|retry-after=|server=|"
    "set-cookie=|strict-transport-security=|transfer-encoding=|user-agent=|vary=|via=|"
    "www-authenticate="
)
STATIC_FIELDS = [
    (name.encode("ascii"), value.encode("ascii"))
    for name, _, value in (entry.partition("=") for entry in STATIC_TABLE.split("|"))
]

MAX_TABLE = 4096  # bytes of the dynamic table, where no SETTINGS change it
FIELD_OVERHEAD = 32  # that each field has in the tables' and lists' sizes (RFC 7541, 4.1)
MAX_INTEGER = 1 << 32


class HeaderDecoder:
    """Decodes the header blocks of one connection, which share a dynamic table."""

    def __init__(self) -> None:
        self.table: collections.deque[tuple[bytes, bytes]] = collections.deque()
        self.size = 0
        self.limit = MAX_TABLE

    def decode(self, block: bytes) -> "list[tuple[bytes, bytes]]":
        """(name, value) of each field; BadHeaders where it has none or too many bytes."""
        fields: list[tuple[bytes, bytes]] = []
        at = size = 0
        while at < len(block):
            kind = block[at]
            if kind & 0x80:
                index, at = integer(block, at, 7)
                field = self._field(index)
            elif kind & 0xE0 == 0x20:
                new_limit, at = integer(block, at, 5)
                if fields or new_limit > MAX_TABLE:
                    raise BadHeaders("a table size that was not agreed upon")
                self.limit = new_limit
                self._evict()
                continue
            else:
                field, at = self._literal(block, at, 6 if kind & 0x40 else 4)
                if kind & 0x40:
                    self._add(field)
            fields.append(field)
            size += len(field[0]) + len(field[1]) + FIELD_OVERHEAD
            if size > MAX_HEAD:
                raise BadHeaders(f"more than {MAX_HEAD} bytes")
        return fields

    def _literal(self, block: bytes, at: int, bits: int) -> "tuple[tuple[bytes, bytes], int]":
        index, at = integer(block, at, bits)
        if index:
            name = self._field(index)[0]
        else:
            name, at = text_at(block, at)
        value, at = text_at(block, at)
        return (name, value), at

    def _field(self, index: int) -> "tuple[bytes, bytes]":
        if 1 <= index <= len(STATIC_FIELDS):
            return STATIC_FIELDS[index - 1]
        if len(STATIC_FIELDS) < index <= len(STATIC_FIELDS) + len(self.table):
            return self.table[index - len(STATIC_FIELDS) - 1]
        raise BadHeaders(f"no field has the index {index}")

    def _add(self, field: "tuple[bytes, bytes]") -> None:
        self.table.appendleft(field)
        self.size += len(field[0]) + len(field[1]) + FIELD_OVERHEAD
        self._evict()

    def _evict(self) -> None:
        while self.size > self.limit:
            name, value = self.table.pop()
            self.size -= len(name) + len(value) + FIELD_OVERHEAD


def integer(block: bytes, at: int, bits: int) -> "tuple[int, int]":
    """(the integer at *at* whose first byte has *bits* of it, where it ends) (RFC 7541, 5.1)."""
    if at >= len(block):
        raise BadHeaders("cut off")
    most = (1 << bits) - 1
    value = block[at] & most
    at += 1
    if value < most:
        return value, at
    for shift in range(0, 35, 7):
        if at >= len(block):
            break
        value += (block[at] & 0x7F) << shift
        at += 1
        if not block[at - 1] & 0x80 and value < MAX_INTEGER:
            return value, at
    raise BadHeaders("an integer without an end")


def text_at(block: bytes, at: int) -> "tuple[bytes, int]":
    """(the text at *at*, where it ends) (RFC 7541, 5.2)."""
    size, begin = integer(block, at, 7)
    end = begin + size
    if end > len(block):
        raise BadHeaders("cut off")
    text = block[begin:end]
    return (huffman_decoded(text) if block[at] & 0x80 else text), end


def encoded(fields: "Iterable[tuple[str, str]]") -> bytes:
    """*fields* as literals that no table keeps: any decoder takes them."""
    block = bytearray()
    for pair in fields:
        block.append(0)
        for text in pair:
            data = text.encode("latin-1")
            block += encoded_length(len(data)) + data
    return bytes(block)


def encoded_length(size: int) -> bytes:
    """The length of a text that is not Huffman-coded."""
    if size < 0x7F:
        return bytes([size])
    rest, found = size - 0x7F, bytearray([0x7F])
    while rest >= 0x80:
        found.append(rest & 0x7F | 0x80)
        rest >>= 7
    found.append(rest)
    return bytes(found)
