"""The fields of an order; an error names the place in it."""

import re
from typing import Any, Callable

from arc_compliance.probe.python.proxy_server import HOST_NAME

REQUEST_PATH = re.compile(r"/[!-~]{0,4000}\Z")
CLOUD_NAME = re.compile(r"[A-Za-z0-9]{1,40}\Z")
PRINTABLE = re.compile(r"[ -~]{0,1000}\Z")
ROW = re.compile(r"[a-z0-9-]{1,40}/[a-z0-9.-]{1,59}\Z")


class BadOrder(Exception):
    """The order cannot be carried out; the text names the place in it."""


def field(document: "Any", key: str, kind: "Any", where: str) -> "Any":
    """The value of *key*, which must be there and of *kind* (true and false are not numbers)."""
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadOrder(f"{where}{key}: missing or of the wrong type")
    return value


def optional(document: "Any", key: str, kind: "Any") -> "Any":
    """As :func:`field`, but absent and null are None."""
    return None if document.get(key) is None else field(document, key, kind, "")


def matching(document: "Any", key: str, pattern: "re.Pattern[str]", where: str) -> str:
    """The text of *key*, which must match *pattern*."""
    value: str = field(document, key, str, where)
    if not pattern.match(value):
        raise BadOrder(f"{where}{key}: not acceptable")
    return value


def read_list(
    document: "Any",
    key: str,
    read_one: "Callable[[Any, str], Any]",
    at_most: int,
    where: str = "",
) -> "list[Any]":
    """The list of *key*, each item read by *read_one*."""
    items = field(document, key, list, where)
    if len(items) > at_most:
        raise BadOrder(f"{where}{key}: more than {at_most}")
    return [read_one(item, f"{where}{key}[{i}].") for i, item in enumerate(items)]


def read_word(item: "Any", where: str) -> str:
    """One text of a list."""
    if not isinstance(item, str):
        raise BadOrder(where + ": not a text")
    return item


def read_name(item: "Any", where: str) -> str:
    """One host name of a list."""
    return matching({"": item}, "", HOST_NAME, where)


def read_port(value: "Any", where: str) -> int:
    """A TCP port."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise BadOrder(where + "port: not a TCP port")
    return value


def read_optional_port(value: "Any", where: str) -> "int | None":
    """A TCP port or null."""
    return None if value is None else read_port(value, where)


def wildcard(pattern: str) -> "re.Pattern[str]":
    """*pattern* as a regular expression: ``*`` is one or more characters of a name, as in
    catalogue/patterns.py; everything else is itself."""
    parts = [re.escape(part) for part in pattern.lower().split("*")]
    return re.compile("[a-z0-9._-]+".join(parts) + r"\Z")
