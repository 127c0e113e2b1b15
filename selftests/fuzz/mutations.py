"""Real files, damaged as accidents and attackers damage them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

MOST_BYTES = 300_000
"""How large a damaged file becomes at the most; the bounds of size have tests of their own."""

PIECES = [
    b"\0",
    b"\n",
    b"\r",
    b"\t",
    b" ",
    b'"',
    b"'",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"#",
    b"*",
    b"&",
    b"!",
    b"|",
    b"-",
    b"<",
    b"&lt;",
    b"<!--",
    b"]]>",
    b"\x1b[31m",
    b"\xff",
    b"\xed\xa0\x80",
    "\u202e".encode(),
    b"\\ud800",
    b"\\u0000",
    b"1e999",
    b"-0",
    b"NaN",
    b"null",
    b"true",
    b"9" * 400,
    b"://u:hunter2@h/",
    b"password=hunter2",
    b"0.0.0.0/0",
    b"::/0",
    b"1.2.3.4-1.2.3.9",
    b"!!set ",
    b"&a ",
    b"*a ",
    b"<<: ",
    b"---\n",
    b"COMMIT\n",
    b":OUTPUT DROP [0:0]\n",
    b"-j OUTPUT\n",
    b"! ",
]
"""What means something to one of the readers."""

ODD: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    1,
    443,
    65536,
    2**31,
    2**63,
    10**90,
    -(10**90),
    0.5,
    1e308,
    -1e308,
    "",
    " ",
    "*",
    "@nobody",
    "0",
    "-1",
    "1.2.3.4",
    "::1",
    "::ffff:1.2.3.4",
    "1.2.3.4/33",
    "a\nb",
    "\x1b[31m",
    "\u202e",
    "\ud800",
    "\0",
    "x" * 5000,
    "://u:hunter2@h/",
    "password=hunter2",
    [],
    {},
    [[]],
    [{}],
    [None],
    {"": ""},
    {"set": []},
    {"prefix": {}},
    {"range": []},
    {"elem": {}},
    {"prefix": {"addr": "1.2.3.4", "len": -1}},
    {"range": ["9.9.9.9", "1.1.1.1"]},
    {"a": {"a": {}}},
]
"""Values that are seldom where they stand."""


class Sources(tuple[Any, ...]):
    """Files or documents to begin with; hypothesis writes the arguments of its strategies out."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} sources>"

    def one(self, draw: st.DrawFn) -> Any:
        return self[draw(st.integers(0, len(self) - 1))]


@st.composite
def bytes_like(draw: st.DrawFn, files: Sources) -> bytes:
    """One of *files* with parts cut, spliced, repeated, nested or replaced."""
    content = bytearray(files.one(draw))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(content)))
        size = draw(st.sampled_from([1, 2, 8, 40, 200, 2000]))
        match draw(st.sampled_from(["cut", "end", "piece", "splice", "repeat", "nest", "any"])):
            case "cut":
                del content[at : at + size]
            case "end":
                del content[at:]
            case "piece":
                content[at : at + draw(st.integers(0, 1))] = draw(st.sampled_from(PIECES))
            case "splice":
                other = files.one(draw)
                start = draw(st.integers(0, len(other)))
                content[at:at] = other[start : start + size]
            case "repeat":
                content[at:at] = bytes(content[at : at + size]) * draw(st.sampled_from([1, 9, 300]))
            case "nest":
                times = draw(st.sampled_from([1, 30, 3000]))
                before, after = draw(
                    st.sampled_from([(b"[", b"]"), (b'{"a":', b"}"), (b"(", b")")])
                )
                content[at : at + size] = before * times + content[at : at + size] + after * times
            case _:
                content[at:at] = draw(st.binary(max_size=20))
        del content[MOST_BYTES:]
    return bytes(content)


@st.composite
def data_like(draw: st.DrawFn, documents: Sources) -> Any:
    """One of *documents*, plain JSON data, with values of other types, places and numbers in it."""
    document = copy.deepcopy(documents.one(draw))
    for _ in range(draw(st.integers(1, 5))):
        place, key = _place(draw, document)
        old = place[key]
        match draw(st.sampled_from(["odd", "odd", "drop", "repeat", "swap", "nest", "rename"])):
            case "drop":
                del place[key]
            case "repeat" if isinstance(old, list) and old:
                place[key] = old[: draw(st.integers(1, 3))] * draw(st.sampled_from([2, 11, 300]))
            case "swap":
                other, at = _place(draw, document)
                place[key] = json.loads(json.dumps(other[at]))
            case "nest":
                for _ in range(draw(st.sampled_from([1, 3, 150]))):
                    old = {"a": old} if draw(st.booleans()) else [old]
                place[key] = old
            case "rename" if isinstance(place, dict):
                place[draw(st.sampled_from(["a", "", "\x1b", "host", "elem"]) | st.text())] = old
            case _:
                place[key] = copy.deepcopy(draw(st.sampled_from(ODD)))
        if not document:
            break
    return document


def _place(draw: st.DrawFn, document: Any) -> tuple[Any, Any]:
    """A list or object of *document*, and an index or key of it; the deeper the rarer."""
    place = document
    while True:
        keys = sorted(place) if isinstance(place, dict) else range(len(place))
        key = draw(st.sampled_from(list(keys)))
        inner = place[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.integers(0, 5)) == 0:
            return place, key
        place = inner


def as_json(change: Callable[[str], str] = str) -> Callable[[Any], bytes]:
    """The bytes of plain data as JSON; a half of a pair stays an escape."""
    return lambda document: change(json.dumps(document)).encode()
