"""JSON from hosts and files: read as Python reads it, or one short line before it is built."""

from __future__ import annotations

import json
import re
import tracemalloc
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from arc_compliance.base.json_bounds import Bounds, read_json
from arc_compliance.wire.frame import BEGIN, BOUNDS, END, MAX_EVIDENCE_BYTES, evidence_in

MB = 1024 * 1024
HOSTILE: dict[str, tuple[bytes, str]] = {
    "lists, 300 deep": (b"[" * 300 + b"]" * 300, "nested too deeply"),
    "lists, 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "nested too deeply"),
    "lists without an end": (b"[" * (8 * MB), "more than 200000 values"),
    "ends without a list": (b"[" + b"]" * (8 * MB), "Extra data"),
    "objects in objects": (b'{"a":' * (MB * 8 // 5), "more than 200000 values"),
    "objects, 300 deep": (b'{"a":' * 300 + b"0" + b"}" * 300, "nested too deeply"),
    "numbers": (b"[" + b"0," * (4 * MB - 2) + b"0]", "more than 200000 values"),
    "numbers without commas": (b"[0" + b" 0" * (4 * MB - 2) + b"]", "Expecting ',' delimiter"),
    "texts": (b"[" + b'"",' * (2 * MB) + b'""]', "more than 200000 values"),
    "quotes": (b'"' * (8 * MB), "more than 200000 values"),
    "escapes in one text": (b'"' + rb"\u0000" * MB + b'"', "a text is longer than"),
    "escapes in many": (b"[" + rb'"\u0000",' * (MB // 2) + b"0]", "more than 200000 values"),
    "backslashes": (b'"' + b"\\" * (8 * MB), "a text is longer than"),
    "addresses": (b'"' + b"://" * (2 * MB) + b'"', "a text is longer than"),
    "a key as long as all": (b'{"' + b"k" * (8 * MB - 9) + b'":0}', "a text is longer than"),
    "a huge number": (b"9" * (8 * MB), "a number is longer than"),
    "a huge fraction": (b"0." + b"9" * 5_000, "a number is longer than"),
    "too large for a float": (b"[1e999999]", "a number is too large for a float"),
    "NaN": (b"[NaN]", "NaN is not a number of JSON"),
    "Infinity": (b"[-Infinity]", "-Infinity is not a number of JSON"),
    "a key twice": (b'{"a": 1, "b": {"a": 2}, "a": 1}', "the key 'a' is given twice"),
    "a secret as a key": (b'{"token=hunter2": 1, "token=hunter2": 2}', "is given twice"),
    "Latin-1": (b'["\xe4"]', "not text in UTF-8 (line 1)"),
    "half of a pair": (b'\n["\xed\xa0\x80"]', "not text in UTF-8 (line 2)"),
    "UTF-16": ("[]".encode("utf-16"), "not text in UTF-8 (line 1)"),
    "NUL": (b"\0" * MB, "a number is longer than"),
    "nothing": (b"", "Expecting value"),
    "an escaped bracket": (b"[" + b"\\[" * 9, "Expecting value"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_document_is_one_short_line(name: str) -> None:
    content, words = HOSTILE[name]

    with pytest.raises(ValueError, match=re.escape(words)) as caught:
        read_json(content, BOUNDS)

    said = str(caught.value)

    assert said.isprintable()
    assert len(said) < 300
    assert "hunter2" not in said


@pytest.mark.parametrize("name", HOSTILE)
def test_a_host_that_sends_it_is_told_so(name: str) -> None:
    content = HOSTILE[name][0][:MAX_EVIDENCE_BYTES]

    with pytest.raises(ValueError, match=r"^the host's evidence is not JSON: "):
        evidence_in(b"Welcome\n" + BEGIN + b"\n" + content + b"\n" + END)


def test_what_is_refused_was_not_built() -> None:
    content = b"[" + b'{"a":[0]},' * (MB * 8 // 10 - 2) + b"0]"
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match="more than 200000 values"):
            read_json(content, BOUNDS)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert peak < 8 * len(content)


def sizes(value: Any) -> tuple[int, int, int]:
    """Depth, values (an empty list or object counts as two) and the longest text of *value*."""
    if isinstance(value, str):
        return 0, 1, len(json.dumps(value)) - 2
    if not isinstance(value, (list, dict)):
        return 0, 1, 0
    parts = [*value] if isinstance(value, list) else [*value, *value.values()]
    found = [sizes(one) for one in parts] or [(0, 1, 0)]
    return (
        1 + max(depth for depth, _, _ in found),
        1 + sum(values for _, values, _ in found),
        max(text for _, _, text in found),
    )


TEXTS = st.text() | st.text('"\\[]{},:u0 ', max_size=20)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**98), 10**98)
    | TEXTS
    | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
    max_leaves=30,
)


@given(VALUES)
@settings(deadline=None)
def test_what_is_counted_is_what_is_built(value: Any) -> None:
    depth, values, text = sizes(value)
    content = json.dumps(value).encode()

    def taken(depth: int, values: int, text: int) -> bool:
        try:
            return bool(read_json(content, Bounds(depth=depth, values=values, text=text)) == value)
        except ValueError:
            return False

    assert taken(depth, values, text)
    assert not depth or not taken(depth - 1, 9999, 9999)
    assert not text or not taken(999, 9999, text - 1)
    assert not taken(999, values - 1, 9999)


@given(st.binary() | st.text('"\\[]{},:0 1e-+.NaInfinitytruels\n').map(str.encode))
@settings(deadline=None)
def test_any_bytes_are_read_as_python_reads_them_or_refused(content: bytes) -> None:
    bounds = Bounds(depth=50, values=10_000, text=10_000)
    try:
        found = read_json(content, bounds)
    except ValueError:
        return
    assert found == json.loads(content.decode("utf-8-sig"))
