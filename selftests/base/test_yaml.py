"""YAML that somebody wrote by mistake or on purpose: a model, or one line with a number, soon."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from arc_compliance.base import yaml_bounds, yaml_file
from arc_compliance.base.fault import Fault
from arc_compliance.base.yaml_bounds import MAX_DEPTH, MAX_VALUES, check_bounds
from arc_compliance.base.yaml_file import read_yaml
from selftests.options.test_files import at_once


class Anything(BaseModel):
    """Takes any mapping, so that the faults are those of YAML."""

    model_config = ConfigDict(extra="allow")


def fault_of(folder: Path, text: str | bytes) -> str:
    """What is said of *text*; empty where it is read."""
    path = folder / "a.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    try:
        with at_once():
            read_yaml(path, Anything)
    except Fault as fault:
        return str(fault)
    return ""


def list_of(text: str, times: int) -> str:
    return "[" + ",".join([text] * times) + "]"


DEEP = f"more than {MAX_DEPTH} lists and mappings in each other"
MANY = f"more than {MAX_VALUES} values, aliases followed"
MERGES = [f"b{n}: &b{n} {{<<: {list_of(f'*b{n - 1}', 10)}}}\n" for n in range(1, 12)]

BOMBS = {
    "lists in lists": ("a:\n " + "[" * 40_000 + "]" * 40_000, f"{DEEP} (line 2)"),
    "mappings in mappings": ("{a: " * 40_000, f"{DEEP} (line 1)"),
    "lines in lines": (
        "\n".join(" " * n + "a:" for n in range(1000)),
        f"{DEEP} (line {MAX_DEPTH + 1})",
    ),
    "aliases in aliases": (
        "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}]\n" for n in range(1, 1000)),
        f"{DEEP} (line {MAX_DEPTH})",
    ),
    "a merge bomb": ("b0: &b0 {a: 1}\n" + "".join(MERGES), f"{MANY} (line 7)"),
    "aliases of a large list": (
        f"a: &a {list_of('x', 10_000)}\nb: {list_of('*a', 400)}",
        f"{MANY} (line 2)",
    ),
    "merges of a large mapping": (
        "a: &a {"
        + ",".join(f"k{n}: 1" for n in range(20_000))
        + "}\n"
        + "".join(f"b{n}: {{<<: *a}}\n" for n in range(400)),
        f"{MANY} (line 13)",
    ),
    "many merges": (
        "a: {<<: {" + "<<: {}," * 100_000 + "}}",
        "not valid YAML: the key '<<' is given twice (line 1)",
    ),
    "many values": (f"a: {list_of('x', MAX_VALUES)}", f"{MANY} (line 1)"),
    "a list in itself": ("a: &a [*a]", "the alias *a stands for what it is part of (line 1)"),
    "a mapping merged into itself": (
        "a: &a\n  <<: *a",
        "the alias *a stands for what it is part of (line 2)",
    ),
    "a number to the base of sixty": (
        "a: " + ":".join(["59"] * 50_000),
        "a value is longer than 10000 characters (line 1)",
    ),
}

FAULTS = {
    "a: &a [&a x, *a]": "not valid YAML: the anchor &a is given twice (line 1)",
    "a: *b": "not valid YAML: no anchor &b before this alias (line 1)",
    "a: b\na: c": "not valid YAML: the key 'a' is given twice (line 2)",
    "&a a: b\n*a : c": "not valid YAML: the key 'a' is given twice (line 2)",
    "a: 2026-99-99": "not valid YAML: this value cannot be read as timestamp (line 1)",
    "a: b\nc: !!timestamp soon": "not valid YAML: this value cannot be read as timestamp (line 2)",
    "a: !!bool perhaps": "not valid YAML: this value cannot be read as bool (line 1)",
    "a: !!int ''": "not valid YAML: this value cannot be read as int (line 1)",
    "a: " + "9" * 5000: "not valid YAML: this value cannot be read as int (line 1)",
    "? [a]\n: b": "not valid YAML: found unhashable key (line 1)",
    "a: b\n---\nc: d": "not valid YAML: but found another document (line 2)",
    "a: b: c": "not valid YAML: mapping values are not allowed in this context (line 1)",
    "a: b\nc: \x00": "not valid YAML: control characters are not allowed (line 2)",
    "a: &a [b]\nc: {<<: *a}": "not valid YAML: expected a mapping for merging, but found scalar "
    "(line 1)",
    "0x" + "f" * 9000: "expected a mapping, got a very large number (line 1)",
}

SOUND = {
    "an alias": ("a: &a {b: [c]}\nd: *a\ne: [*a, *a]", {"d": {"b": ["c"]}}),
    "a merge": ("a: &a {b: c}\nd: {<<: *a, e: f}", {"d": {"b": "c", "e": "f"}}),
    "two merges": ("a: &a {b: 1}\nc: &c {d: 2}\ne: {<<: [*a, *c]}", {"e": {"b": 1, "d": 2}}),
    "a key beside a value like it": ("a: b\nb: a", {"b": "a"}),
    "a key as in another mapping": ("a: {b: 1}\nb: {b: 2}", {"b": {"b": 2}}),
    "lists at the limit": ("a: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1), {}),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_a_fault_with_a_line(tmp_path: Path, name: str) -> None:
    text, words = BOMBS[name]

    assert fault_of(tmp_path, text) == f"a.yaml: {words}"


@pytest.mark.parametrize("text", FAULTS, ids=range(len(FAULTS)))
def test_what_is_not_yaml_is_a_fault_with_a_line(tmp_path: Path, text: str) -> None:
    assert fault_of(tmp_path, text) == f"a.yaml: {FAULTS[text]}"


@pytest.mark.parametrize("name", SOUND)
def test_what_people_write_is_read(tmp_path: Path, name: str) -> None:
    text, part = SOUND[name]
    (tmp_path / "a.yaml").write_text(text)

    found = read_yaml(tmp_path / "a.yaml", Anything).model_dump()

    assert part.items() <= found.items()


TOKENS = ["a", "b", "1", ".5", "~", "x: ", "y: ", "- ", "? ", ": ", "[", "]", "{", "}", ", ", "\n"]
TOKENS += ["&a ", "&b ", "*a ", "*b ", "<<: ", "  ", "'", '"', "|\n", ">\n", "#", "---\n", "...\n"]
TOKENS += ["!!int ", "!!set ", "!!omap ", "!!binary ", "!!timestamp ", "!x ", "2026-01-01", "\t"]
TOKENS += ["%YAML 1.1\n", "\x00", "\ufeff", "é", "\u2028", "0x", "1:59", "\\", "@", "`"]
LINE = re.compile(r"a\.yaml: .* \(line \d+\)", re.DOTALL)


@given(st.lists(st.sampled_from(TOKENS), max_size=60).map("".join) | st.binary(max_size=60))
@example(b"\xff\xfe[")
@example(b"\xef\xbb\xbfa: b")
@settings(max_examples=400, deadline=None)
def test_any_text_is_read_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, text: str | bytes
) -> None:
    said = fault_of(tmp_path_factory.getbasetemp(), text)

    assert not said or LINE.fullmatch(said)
    assert "\n" not in said


@st.composite
def shared(draw: st.DrawFn) -> Any:
    """Data in which the same list or mapping lies in several places."""
    made: list[Any] = [{"a": 1}, ["b"]]
    for _ in range(draw(st.integers(1, 8))):
        parts = draw(st.lists(st.sampled_from(made) | st.integers(0, 9), min_size=1, max_size=4))
        as_list = draw(st.booleans())
        made.append(parts if as_list else {str(n): part for n, part in enumerate(parts)})
    return made[-1]


def size_of(value: Any) -> int:
    """How many values *value* is where nothing is shared."""
    if isinstance(value, dict):
        return 1 + sum(1 + size_of(one) for one in value.values())
    return 1 + sum(map(size_of, value)) if isinstance(value, list) else 1


def depth_of(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value
    return 1 + max(map(depth_of, parts), default=0) if isinstance(value, (dict, list)) else 0


@given(shared())
@settings(deadline=None)
def test_what_is_counted_is_what_would_be_built(value: Any) -> None:
    text = yaml.safe_dump(value).encode()
    size, depth = size_of(value), depth_of(value)

    def held(most: int, deepest: int) -> bool:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(yaml_bounds, "MAX_VALUES", most)
            patch.setattr(yaml_bounds, "MAX_DEPTH", deepest)
            try:
                check_bounds(text, yaml_file._Loader)
            except Fault:
                return False
        return True

    assert held(size, depth)
    assert not held(size - 1, depth)
    assert not held(size, depth - 1)
