"""What an option is: how it is written, what is said of it, and what reads its value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import path_named
from arc_compliance.base.redact import scrub
from arc_compliance.catalogue import Catalogue, load_catalogue

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a value may depend on: the folder in which the command was typed, --cloud, and the day
    (UTC)."""

    directory: Path
    cloud: str
    today: date

    @property
    def catalogue(self) -> Catalogue:
        """The requirements of the cloud; raise Fault where there are none."""
        return load_catalogue(self.cloud)

    def path(self, text: str) -> Path:
        """The path that *text* names; raise Fault where it is empty."""
        if not text:
            raise Fault("the path is empty; name one, or leave the option out")
        return path_named(text, self.directory)


Reader = Callable[[Any, Context], Value]
"""Makes a checked value of what the command line holds of an option, or raises Fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option(Generic[Value]):
    """One option: its place on the command line, in --help, in README and in the reports.

    ``written`` is how somebody writes it: ``--phase=PHASE``, or ``--resume`` for a flag.
    ``default`` is what the command line holds where it is not given: a text, None, False for a
    flag, () for one that can be repeated; ``otherwise`` says in words what holds then, where the
    default does not. ``bare`` is its value when it is written without one. ``page`` is the page in
    docs/ that tells more. ``shown`` says whether the settings in a report name it where it differs
    from its default, credentials hidden. ``ours`` is false for an option that testinfra defines
    and we only read.
    """

    written: str = field(kw_only=False)
    reader: Reader[Value]
    help: str
    default: str | bool | tuple[str, ...] | None = None
    otherwise: str = ""
    bare: str | None = None
    page: str = ""
    shown: bool = True
    ours: bool = True

    @property
    def name(self) -> str:
        """The option without its value."""
        return self.written.partition("=")[0].rstrip("[")

    @property
    def metavar(self) -> str:
        """What stands for its value, empty for a flag."""
        value = self.written.partition("=")[2]
        return value.removesuffix("]") if self.bare else value

    @property
    def attribute(self) -> str:
        """The attribute that has its value when the command line was parsed."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def flag(self) -> bool:
        """Whether it takes no value."""
        return self.default is False

    @property
    def repeatable(self) -> bool:
        """Whether it can be given more than once."""
        return self.default == ()

    @property
    def without(self) -> str:
        """What holds where it is not given, in words."""
        text = self.default if isinstance(self.default, str) else ""
        return self.otherwise or text or ("off" if self.flag else "none")

    def read(self, parsed: Any, context: Context) -> Value:
        """Its value on the command line *parsed*; raise Fault, led by its name."""
        with reading(self.name):
            return self.reader(getattr(parsed, self.attribute), context)

    def text(self, parsed: Any) -> str | None:
        """What was typed, as an auditor may read it; None where it is the default."""
        value = getattr(parsed, self.attribute)
        given = tuple(value) if isinstance(value, list) else value
        if given == self.default:
            return None
        return scrub(",".join(given) if isinstance(given, tuple) else str(given))


# -- readers made of readers ---------------------------------------------------------------------


def plain(read: Callable[[str], Value]) -> Reader[Value]:
    """A reader that needs no context."""
    return lambda text, _: read(text)


def optional(read: Reader[Value]) -> Reader[Value | None]:
    """A reader of an option that need not be given."""
    return lambda text, context: None if text is None else read(text, context)


def each(read: Reader[Value]) -> Reader[tuple[Value, ...]]:
    """A reader of an option that can be given more than once."""

    def read_all(texts: Sequence[str], context: Context) -> tuple[Value, ...]:
        return tuple(read(text, context) for text in texts)

    return read_all


def flag(given: bool, _: Context) -> bool:  # noqa: FBT001 - the signature of a reader
    """A flag is given or not."""
    return given


def as_typed(text: str | None, _: Context) -> str | None:
    """A text that is read elsewhere, or None."""
    return text
