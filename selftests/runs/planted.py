"""Evidence in which every text field says what it must not say."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from pydantic import ValidationError

from arc_compliance.probe.python import limits
from arc_compliance.wire.record import HostRecord, record_from
from selftests.runs.golden_triples import GOLDEN

OURS = {"run", "host", "order", "record", "collected", "public_roots"}
"""Fields of a record that say whose it is; with another value it is not judged at all."""

_SAMPLES = {r"^[a-z0-9-]{1,40}$": "dns-failed"}
_ROWS = "urls/ngc"


def texts_of(spelled: Sequence[str], most: int = limits.MAX_TEXT - 100) -> list[str]:
    """*spelled*, as many in a text as a field holds; those that have no end come last in theirs."""
    found, text = [], ""
    for one in sorted(spelled, key=lambda text: text.endswith(("\n", "MII")) or "-----" in text):
        if len(text) + len(one) > most:
            found.append(text)
            text = ""
        text += f"{one}\n\n"
    return [*found, text]


def filled(schema: dict[str, Any], text: Callable[[], str]) -> Any:
    """An instance of the JSON *schema* with everything in it that may be in it, and *text* in every
    field that takes one."""

    def of(part: dict[str, Any]) -> Any:
        if "$ref" in part:
            return of(schema["$defs"][part["$ref"].rpartition("/")[2]])
        if "const" in part or "enum" in part:
            return part.get("const", part.get("enum", [None])[0])
        if found := part.get("oneOf") or part.get("anyOf"):
            return of(next(one for one in found if one.get("type") != "null"))
        return of_type[part["type"]](part)

    def items(part: dict[str, Any]) -> list[Any]:
        each = part.get("items", {})
        return [of(one) for one in each.get("oneOf", [each])]

    def an_object(part: dict[str, Any]) -> dict[str, Any]:
        if "properties" not in part:
            return {text(): text()}
        return {name: of(one) for name, one in part["properties"].items()}

    def a_text(part: dict[str, Any]) -> str:
        if "pattern" in part:
            return _SAMPLES.get(part["pattern"], _ROWS)
        return text()[: part.get("maxLength")]

    of_type = {
        "string": a_text,
        "boolean": lambda part: False,
        "integer": lambda part: int(max(1, part.get("minimum", 1))),
        "number": lambda part: float(part.get("minimum", 1)),
        "array": items,
        "object": an_object,
    }
    return of(schema)


def planted(record: Any, text: Callable[[], str], *, names: bool) -> Any:
    """*record* with *text* in place of every text in it that may be any; *names* says whether the
    names of endpoints are replaced too, without which judges find what they look for."""
    record = copy.deepcopy(record)
    for number, (holder, key, path) in enumerate(list(_leaves(record, ()))):
        if key in OURS or (key == "name" and not names) or not isinstance(holder[key], str):
            continue
        before, holder[key] = holder[key], f"{number}\n{text()}"  # no endpoint stands twice
        if path not in _TAKES:
            try:
                record_from(record)
                _TAKES[path] = True
            except ValidationError:
                _TAKES[path] = False
        if not _TAKES[path]:
            holder[key] = before
    return record


_TAKES: dict[tuple[str, ...], bool] = {}
"""Whether a field takes any text, by its path."""


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[Any, Any, tuple[str, ...]]]:
    if isinstance(value, dict):
        stage = (str(value.get("stage", "")),)
        for key, one in value.items():
            yield from _leaf(value, key, one, (*path, *stage, key))
    elif isinstance(value, list):
        for key, one in enumerate(value):
            yield from _leaf(value, key, one, (*path, "[]"))


def _leaf(holder: Any, key: Any, one: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(one, (dict, list)):
        yield from _leaves(one, path)
    else:
        yield holder, key, path


def records(text: Callable[[], str]) -> Iterator[dict[str, Any]]:
    """A record for each way of planting: the golden ones with and without their names, one made by
    the schema alone, and one of a host that failed."""
    for situation in ("healthy", "faulty"):
        golden = json.loads((GOLDEN / situation / "evidence.json").read_text(encoding="utf-8"))
        yield planted(golden, text, names=False)
        yield planted(golden, text, names=True)
    whole = filled(HostRecord.model_json_schema(), text)
    evidence = {**whole["evidence"], "run": golden["run"], "host": "made", "complete": True}
    mine = {**golden, "failure": None, "evidence": evidence, "host": "made"}
    record_from(mine)
    yield mine
    yield {**golden, "evidence": None, "failure": {"cause": "probe-failed", "detail": text()}}
