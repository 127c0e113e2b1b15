"""Where a value ends that begins at a place in a text: its marks, its line, its word."""

from __future__ import annotations

import re

Span = tuple[int, int]
"""Where what is to be hidden begins and ends."""

_END_OF_LINE = re.compile(r"[\n<]")
_JSON_MARK = re.compile(r"\\.|[\"{}\[\]]")
_WORD = re.compile(r"[^\s&;,'\"<>]+")
_QUOTE = re.compile(r"\\{0,8}[\"']")


def end_of_line(low: str, start: int) -> int:
    """Where the line ends, or the element around it."""
    found = _END_OF_LINE.search(low, start)
    return found.start() if found else len(low)


def element_at(low: str, start: int) -> Span | None:
    """The content of an XML element."""
    end = low.find("</", start)
    end = end if end >= 0 else len(low)
    return (start, end) if end > start else None


def enclosed(low: str, start: int) -> Span | None:
    """What stands in quotation marks, escaped or not, or in brackets; None where nothing does."""
    quote = _QUOTE.match(low, start)
    if quote is None:
        return _bracketed(low, start)
    mark, begin = quote[0], quote.end()
    end = low.find(mark, begin)
    while end >= 0 and low[end - 1] == "\\":
        end = low.find(mark, end + 1)
    end = end if end >= 0 else len(low)
    return (begin, end) if end > begin else None


def _bracketed(low: str, start: int) -> Span | None:
    """A whole JSON array or object; all that follows, where it has no end."""
    if not low.startswith(("{", "["), start):
        return None
    depth, inside = 0, False
    for found in _JSON_MARK.finditer(low, start):
        mark = found[0]
        if mark == '"':
            inside = not inside
        elif not inside and mark[0] != "\\":
            depth += 1 if mark in "{[" else -1
            if depth == 0:
                return start, found.end()
    return start, len(low)


def word_at(low: str, start: int) -> Span | None:
    """What stands up to a space, a quotation mark or the next parameter."""
    found = _WORD.match(low, start)
    return found.span() if found else None
