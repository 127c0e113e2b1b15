"""JSON from hosts and files: whether it may be built is decided by its bytes, before anything is.

Eight megabytes of ``0,`` are four million numbers, and a gigabyte once they are written with
indentation; as many brackets end in a RecursionError. Both are seen without parsing: the quotes
split a text into what is inside strings and what is not, and outside of strings a bracket is a
level, a comma or a colon a value. Every step is one pass of C code over the bytes, whatever they
hold. What is not JSON is counted right up to the place where the parser stops, and no further is
needed.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import Any, NoReturn

from arc_compliance.base.redact import scrub

MAX_NUMBER = 100
"""How many characters a number may have; Python takes quadratic time over its digits."""

_STRUCTURE = b"[]{},:"
_ALL = bytes(range(256))
_NOT_STRUCTURE = bytes(set(_ALL) - set(_STRUCTURE))
_TO_SPACES = bytes.maketrans(_STRUCTURE, b" " * len(_STRUCTURE))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What a document may hold: how many lists and objects in each other, how many values (keys,
    lists and objects among them), and how many bytes in one text, its escapes as they are written.
    """

    depth: int
    values: int
    text: int


def read_json(content: bytes | str, bounds: Bounds) -> Any:
    r"""The plain data that *content*, JSON in UTF-8, stands for.

    Raise ValueError (json.JSONDecodeError for a fault of syntax), with words that hold no secret,
    for what is not JSON or is out of *bounds*, for a key that is given twice in an object, and for
    numbers that JSON does not have: NaN, Infinity, or one that no float can hold.

    Half of a surrogate pair (``\ud800``) is read as Python reads it: a host may well have one in
    the name of a file. `scrub_all` takes it out.
    """
    if isinstance(content, bytes):
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content[: error.start].count(b"\n") + 1
            raise ValueError(f"not text in UTF-8 (line {line})") from None
        raw = content
    else:
        text, raw = content, content.encode("utf-8", "surrogatepass")
    check_json(raw, bounds)
    return _DECODER.decode(text)


def check_json(raw: bytes, bounds: Bounds) -> None:
    """Raise ValueError where *raw*, JSON in UTF-8, is out of *bounds*; it may still not be JSON."""
    # An escaped backslash first: what then stands before a quote escapes that quote.
    plain = raw.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    if plain.count(b'"') > 2 * bounds.values:
        raise _too_many(bounds)
    parts = plain.split(b'"')
    if max(map(len, parts[1::2]), default=0) > bounds.text:
        raise ValueError(f"a text is longer than {bounds.text} bytes")
    outside = b" ".join(parts[::2])
    structure = outside.translate(None, _NOT_STRUCTURE)
    if 1 + len(structure) - structure.count(b"]") - structure.count(b"}") > bounds.values:
        raise _too_many(bounds)
    if max(map(len, outside.translate(_TO_SPACES).split()), default=0) > MAX_NUMBER:
        raise ValueError(f"a number is longer than {MAX_NUMBER} characters")
    depth = 0
    for bracket in structure.translate(None, b",:"):
        depth += 1 if bracket in b"[{" else -1
        if depth > bounds.depth:
            raise ValueError(f"nested too deeply: more than {bounds.depth} lists and objects")
        if depth < 0:  # nor does the parser get any further
            return


def _too_many(bounds: Bounds) -> ValueError:
    return ValueError(f"more than {bounds.values} values")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        ((twice, _),) = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {scrub(twice)[:80]!r} is given twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError("a number is too large for a float")
    return number


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number of JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_once, parse_float=_finite, parse_constant=_refuse)
