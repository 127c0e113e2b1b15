"""The requirements as data: one YAML file per cloud, checked whole when it is loaded."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from arc_compliance.catalogue.model import (
    Catalogue,
    Client,
    Condition,
    Discovery,
    Door,
    Endpoint,
    LedgerEntry,
    Level,
    Requirement,
    Subject,
)
from arc_compliance.catalogue.spelling import did_you_mean

__all__ = [
    "CLOUDS",
    "Catalogue",
    "CatalogueError",
    "Client",
    "Condition",
    "Discovery",
    "Door",
    "Endpoint",
    "LedgerEntry",
    "Level",
    "Requirement",
    "Subject",
    "catalogue_digest",
    "load_catalogue",
    "read_catalogue",
]

HERE = Path(__file__).parent
CLOUDS = {"AzureChinaCloud": "azure_china.yaml"}
"""The clouds with a catalogue, by azcmagent's names."""

OTHER_CLOUDS = ("AzureCloud", "AzureUSGovernment")
"""Clouds that azcmagent knows and that have no catalogue yet."""


class CatalogueError(ValueError):
    """A cloud without a catalogue, or a catalogue with a fault; the text says where."""


@cache
def load_catalogue(cloud: str) -> Catalogue:
    """The catalogue of *cloud* (azcmagent's name), read once per process.

    Raise CatalogueError where there is none, or it has a fault.
    """
    return read_catalogue(_path_of(cloud))


def catalogue_digest(cloud: str) -> str:
    """The SHA-256 of the catalogue file of *cloud*, in hexadecimal, for the audit trail."""
    return hashlib.sha256(_path_of(cloud).read_bytes()).hexdigest()


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in the file *path*.

    Raise CatalogueError for the first fault: the file's name, the path of the fault in it, what is
    wrong, and the line.
    """
    try:
        text = path.read_bytes()
        data = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except OSError as error:
        raise CatalogueError(f"{path.name}: cannot be read: {error.strerror}") from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" (line {mark.line + 1})" if mark else ""
        raise CatalogueError(f"{path.name}: no YAML: {error.problem}{line}") from error
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path.name}: no YAML: {error}") from error
    try:
        return Catalogue.model_validate(data)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = _place(first["loc"])
        where = f"{place}: " if place else ""
        line = f" (line {_line(text, first['loc'])})"
        raise CatalogueError(f"{path.name}: {where}{_words(first)}{line}") from error


def _path_of(cloud: str) -> Path:
    if cloud in CLOUDS:
        return HERE / CLOUDS[cloud]
    available = ", ".join(CLOUDS)
    if cloud in OTHER_CLOUDS:
        raise CatalogueError(f"no catalogue for {cloud} yet: available are {available}")
    guess = did_you_mean(cloud, (*CLOUDS, *OTHER_CLOUDS))
    raise CatalogueError(f"unknown cloud {cloud!r}: a catalogue exists for {available}{guess}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader, the one in C where there is one, that refuses a key given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        seen = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                continue
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"the key {key.value!r} is given twice", problem_mark=key.start_mark
                )
            seen.add(key.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return mapping


Location = tuple[int | str, ...]


def _place(location: Location) -> str:
    """*location* as ``requirements[7].when[0]``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")


def _line(text: bytes, location: Location) -> int:
    """The line, from 1, of *location* in the YAML *text*; of the nearest part that is there."""
    node = yaml.compose(text, Loader=_Loader)
    for part in location:
        if isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
        elif isinstance(node, yaml.MappingNode):
            node = next((v for k, v in node.value if k.value == part), node)
    return int(node.start_mark.line) + 1 if node else 1


_NOUNS = {"when": "condition"}
"""What a field holds, where its name does not say it."""

_MODELS: dict[str, type[BaseModel]] = {
    "requirements": Requirement,
    "endpoint": Endpoint,
    "doors": Door,
    "discoveries": Discovery,
    "ledger": LedgerEntry,
}


def _words(fault: ErrorDetails) -> str:
    """What is wrong, for somebody who edits the file."""
    kind, given = fault["type"], fault["input"]
    fields = [part for part in fault["loc"] if isinstance(part, str)]
    field = fields[-1] if fields else ""
    if kind in ("enum", "literal_error"):
        known = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        guess = did_you_mean(str(given), known) or f"; known are {', '.join(known)}"
        return f"unknown {_NOUNS.get(field, field)} {given!r}{guess}"
    if kind == "extra_forbidden":
        model = next((_MODELS[f] for f in reversed(fields[:-1]) if f in _MODELS), Catalogue)
        return f"unknown key{did_you_mean(field, model.model_fields)}"
    expected = {
        "missing": "is missing",
        "string_type": f"expected a text, got {given!r}",
        "int_parsing": f"expected a number, got {given!r}",
        "tuple_type": f"expected a list, got {given!r}",
        "model_type": f"expected a mapping, got {given!r}",
        "dict_type": f"expected a mapping, got {given!r}",
        "too_short": "must not be empty",
        "string_too_short": "must not be empty",
        "string_pattern_mismatch": f"{given!r} is not of the expected form",
    }
    return expected.get(kind) or fault["msg"].removeprefix("Value error, ")
