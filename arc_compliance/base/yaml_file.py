"""A YAML file becomes a checked model, or one clear error: file, path in it, words, line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from reprlib import Repr
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import read_at_most
from arc_compliance.base.redact import redact, scrub
from arc_compliance.base.wording import did_you_mean
from arc_compliance.base.yaml_bounds import check_bounds

MAX_BYTES = 16 * 1024 * 1024
"""What a file may hold at the most."""

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[int | str, ...]


class _Repr(Repr):
    def repr_int(self, x: int, level: int) -> str:
        """Python refuses to write numbers of more than 4300 digits."""
        return super().repr_int(x, level) if x.bit_length() < 128 else "a very large number"


_SHORT = _Repr()
_SHORT.maxstring = _SHORT.maxother = 100
_SHORT.maxlevel = 2  # a few aliases can stand for millions of lists in lists


def read_yaml(
    path: Path,
    model: type[Model],
    *,
    nouns: Mapping[str, str] | None = None,
    context: Mapping[str, Any] | None = None,
) -> Model:
    """The *model* that the YAML file *path* holds.

    *nouns* say what a field holds where its name does not; *context* goes to the model's
    validators. Raise Fault for the first fault: the file's name, the place in it, what is wrong,
    and the line.
    """
    with reading(scrub(path.name)):
        text = read_at_most(path, MAX_BYTES)
        data = _built(text)
        try:
            return model.model_validate(data, context=context)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            words = _words(first, model, nouns or {})
            number = _line(text, first["loc"])
            raise Fault(f"{words} (line {number})", where=redact(_place(first["loc"]))) from error


def _built(text: bytes) -> Any:
    """The plain data that *text* stands for."""
    try:
        check_bounds(text, _Loader)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from the safe loader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" (line {mark.line + 1})" if mark else ""
        problem = redact(str(error.problem))[:300]
        raise Fault(f"not valid YAML: {problem}{line}") from error
    except yaml.reader.ReaderError as error:
        number = text[: error.position].count(b"\n") + 1
        raise Fault(f"not valid YAML: {error.reason} (line {number})") from error


def faults_at(model: str, faults: Iterable[tuple[Location, str]]) -> ValidationError:
    """The error to raise in a validator of *model* that found *faults* in places of its own."""
    return ValidationError.from_exception_data(
        model,
        [
            InitErrorDetails(
                type=PydanticCustomError("fault", "{what}", {"what": what}), loc=where, input=None
            )
            for where, what in faults
        ],
    )


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """PyYAML's safe loader, the one in C where there is one, that names the line of any fault."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's signature
        try:
            return super().construct_object(node, deep=deep)
        except (ValueError, LookupError, AttributeError, ArithmeticError, TypeError) as error:
            raise yaml.constructor.ConstructorError(
                problem=f"this value cannot be read as {_kind(node)}", problem_mark=node.start_mark
            ) from error


def _kind(node: yaml.Node) -> str:
    """What the tag of *node* says that it is: ``int``, ``timestamp``."""
    return str(node.tag).rpartition(":")[2][:40]


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


def _words(fault: ErrorDetails, model: type[BaseModel], nouns: Mapping[str, str]) -> str:
    """What is wrong, for somebody who edits the file."""
    kind, given = fault["type"], fault["input"]
    fields = [part for part in fault["loc"] if isinstance(part, str)]
    field = fields[-1] if fields else ""
    shown = redact(_SHORT.repr(given))
    if kind in ("enum", "literal_error"):
        known = re.findall(r"'([^']+)'", fault["ctx"]["expected"])
        guess = did_you_mean(str(given), known) or f"; known are {', '.join(known)}"
        return f"unknown {nouns.get(field, field)} {shown}{guess}"
    if kind == "extra_forbidden":
        known = _keys(_model_at(model, fields[:-1]))
        return f"unknown key{did_you_mean(field, known)}"
    expected = {
        "missing": "is missing",
        "string_type": f"expected a text, got {shown}",
        "int_parsing": f"expected a number, got {shown}",
        "tuple_type": f"expected a list, got {shown}",
        "model_type": f"expected a mapping, got {shown}",
        "dict_type": f"expected a mapping, got {shown}",
        "too_short": "must not be empty",
        "string_too_short": "must not be empty",
        "string_pattern_mismatch": f"{shown} is not of the expected form",
    }
    return expected.get(kind) or fault["msg"].removeprefix("Value error, ")


def _keys(model: type[BaseModel]) -> list[str]:
    """The keys of *model* as they are written in a file."""
    return [one.alias or name for name, one in model.model_fields.items()]


def _model_at(model: type[BaseModel], fields: list[str]) -> type[BaseModel]:
    """The model whose key the last of *fields* is; names that are a mapping's keys lead nowhere."""
    for name in fields:
        if name in model.model_fields:
            inner = _models_in(model.model_fields[name].annotation)
            model = next(inner, model)
    return model


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models that stand in a type such as ``tuple[Requirement, ...]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)
