"""The requirements as data: one YAML file per cloud, checked whole when it is loaded."""

from __future__ import annotations

import difflib
import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from arc_compliance.catalogue.model import Catalogue

HERE = Path(__file__).parent
CLOUDS = {"AzureChinaCloud": "azure_china.yaml"}
"""The clouds with a catalogue, by azcmagent's names."""

OTHER_CLOUDS = ("AzureCloud", "AzureUSGovernment")
"""Clouds that azcmagent knows and that have no catalogue yet."""


class CatalogueError(ValueError):
    """A cloud without a catalogue, or a catalogue with a fault; the text says where."""


@cache
def load_catalogue(cloud: str) -> Catalogue:
    """The catalogue of *cloud* (azcmagent's name).

    Raise CatalogueError where there is none, or it has a fault.
    """
    return read_catalogue(_path_of(cloud))


def catalogue_digest(cloud: str) -> str:
    """The SHA-256 of the catalogue file of *cloud*, in hexadecimal, for the audit trail."""
    return hashlib.sha256(_path_of(cloud).read_bytes()).hexdigest()


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in the file *path*; raise CatalogueError with the path of the first fault."""
    try:
        data = yaml.load(path.read_bytes(), Loader=_Loader)  # noqa: S506 - derived from SafeLoader
    except yaml.MarkedYAMLError as error:
        line = f" line {error.problem_mark.line + 1}:" if error.problem_mark else ""
        raise CatalogueError(f"{path.name}:{line} {error.problem}") from error
    except yaml.YAMLError as error:
        raise CatalogueError(f"{path.name}: {error}") from error
    try:
        return Catalogue.model_validate(data)
    except ValidationError as error:
        raise CatalogueError(f"{path.name}: {_fault(error)}") from error


def _path_of(cloud: str) -> Path:
    if cloud in CLOUDS:
        return HERE / CLOUDS[cloud]
    available = f"available: {', '.join(CLOUDS)}"
    if cloud in OTHER_CLOUDS:
        raise CatalogueError(f"no catalogue for {cloud} yet; {available}")
    close = difflib.get_close_matches(cloud, CLOUDS, n=1)
    guess = f" (did you mean {close[0]!r}?)" if close else ""
    raise CatalogueError(f"unknown cloud {cloud!r}{guess}; {available}")


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader that refuses a key given twice."""


def _mapping(loader: Any, node: yaml.MappingNode) -> dict[Any, Any]:
    keys = [loader.construct_object(key, deep=True) for key, _ in node.value]
    for (key_node, _), i in zip(node.value, range(len(keys)), strict=True):
        if keys[i] in keys[:i]:
            raise yaml.MarkedYAMLError(
                problem=f"the key {keys[i]!r} is given twice", problem_mark=key_node.start_mark
            )
    return {
        key: loader.construct_object(value, deep=True)
        for key, (_, value) in zip(keys, node.value, strict=True)
    }


_Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def _fault(error: ValidationError) -> str:
    """The first fault as ``requirements[7].when[0]: unknown condition 'instal' (did you …)``."""
    first = error.errors(include_url=False)[0]
    path = ""
    for part in first["loc"]:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return f"{path}: {_words(first)}" if path else _words(first)


def _words(fault: Any) -> str:
    kind, key = fault["type"], str(fault["loc"][-1]) if fault["loc"] else ""
    if kind == "enum":
        names = {"when": "condition"}
        what = next((names[p] for p in fault["loc"] if p in names), key)
        known = [w.strip("' ") for w in fault["ctx"]["expected"].replace(" or ", ", ").split(",")]
        close = difflib.get_close_matches(str(fault["input"]), known, n=1)
        guess = f" (did you mean {close[0]!r}?)" if close else f"; known: {', '.join(known)}"
        return f"unknown {what} {fault['input']!r}{guess}"
    if kind == "extra_forbidden":
        return "there is no such key"
    if kind == "missing":
        return "is missing"
    return str(fault["msg"]).removeprefix("Value error, ")
