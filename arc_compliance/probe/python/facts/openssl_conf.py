"""A configuration file of OpenSSL, as OpenSSL reads it (config(5))."""

import collections
import contextlib
import os
import re

from arc_compliance.probe.python.files import files_of, read_text
from arc_compliance.probe.python.limits import MAX_TEXT

CONF_KEY = re.compile(r"(?:([\w!.%&*+,/;?@^~|-]+)::)?([\w!.%&*+,/;?@^~|$-]+)\s*=(.*)\Z", re.DOTALL)
CONF_HEADING = re.compile(r"\[\s*([\w!.%&*+,/;?@^~| \t-]*?)\s*\]")
CONF_INCLUDE = re.compile(r"\.include(?:\s*=|\s)(.*)\Z", re.DOTALL)
CONF_PRAGMA = re.compile(r"\.pragma(?:\s*=|\s)\s*(\w+)\s*:\s*(.*)\Z", re.DOTALL)
CONF_PIECE = re.compile(
    r"\"(?P<double>(?:[^\"\\]|\\.)*)\"?|'(?P<single>(?:[^'\\]|\\.)*)'?|\\(?P<escaped>.)"
    r"|\$(?P<open>[{(]?)(?:(?P<section>\w+)::)?(?P<name>\w+)(?P<close>[})]?)"
    r"|(?P<plain>[^\"'\\$]+|.)",
    re.DOTALL,
)
CONF_COMMENT = re.compile(
    r"((?:[^#\"'\\]|\\.|\"(?:[^\"\\]|\\.)*(?:\"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z))*)", re.DOTALL
)
CONF_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b"}
MAX_CONF_FILES = 100
MAX_CONF_DEPTH = 5


class ConfFault(Exception):
    """OpenSSL would take nothing from this file."""


class OpensslConf:
    """The sections of a file and of those that it includes: (value, file) by key, in their order.

    A fault in any of them makes OpenSSL go on without all of it, so that nothing is left.
    """

    def __init__(self) -> None:
        self.sections: dict[str, dict[str, tuple[str, str]]] = {}
        self.files = 0
        self.dollar_id = False
        self.folder = ""

    def read(self, path: str) -> None:
        """Read the file at *path*; OSError where that cannot be read."""
        try:
            self._read_file(path, "default", 0)
        except ConfFault:
            self.sections = {}

    def value(self, section: str, key: str) -> str:
        """The value of *key* in *section*, an empty text where there is none."""
        return self.sections.get(section, {}).get(key, ("", ""))[0]

    def _read_file(self, path: str, section: str, depth: int) -> str:
        """Read one file; return the section that it ends in."""
        self.files += 1
        text = read_text(path)
        text = text[1:] if text.startswith("\ufeff") else text
        for line in re.sub(r"(?<!\\)((?:\\\\)*)\\\r?\n", r"\1", text).splitlines():
            comment = CONF_COMMENT.match(line)
            code = (comment.group() if comment else line).strip()
            if code:
                section = self._line(code, section, path, depth)
        return section

    def _line(self, code: str, section: str, path: str, depth: int) -> str:
        heading, include = CONF_HEADING.match(code), CONF_INCLUDE.match(code)
        pragma, said = CONF_PRAGMA.match(code), CONF_KEY.match(code)
        if code.startswith("["):
            if not heading:
                raise ConfFault
            return heading.group(1)
        if pragma:
            self._pragma(pragma.group(1), pragma.group(2).strip())
        elif include:
            return self._include(self._expanded(include.group(1), section), section, depth + 1)
        elif said:
            named, key, value = said.groups()
            if "$" in key and not self.dollar_id:
                raise ConfFault
            found = self.sections.setdefault(named or section, collections.OrderedDict())
            found.pop(key, None)  # the later one takes its place behind the others
            found[key] = self._expanded(value, named or section), path
        else:
            raise ConfFault
        return section

    def _pragma(self, name: str, value: str) -> None:
        if name == "dollarid":
            self.dollar_id = value.lower() in ("on", "true")
        elif name == "includedir":
            self.folder = value

    def _include(self, path: str, section: str, depth: int) -> str:
        path = os.path.join(self.folder, path)
        if not os.path.isabs(path):
            return section  # by the working directory of whoever asks OpenSSL
        paths = [path]
        if os.path.isdir(path):
            paths = [one for one in files_of(path) if one.endswith((".cnf", ".conf"))]
        for one in paths:
            if depth <= MAX_CONF_DEPTH and self.files < MAX_CONF_FILES:
                with contextlib.suppress(FileNotFoundError, ValueError):  # ValueError: a NUL
                    section = self._read_file(one, section, depth)
        return section

    def _expanded(self, value: str, section: str) -> str:
        """A value with quotes taken off and variables put in."""
        parts = []
        for piece in CONF_PIECE.finditer(value.strip()):
            kind = str(piece.lastgroup)
            if piece.group("name") is not None and not (self.dollar_id and not piece.group("open")):
                if {"": "", "{": "}", "(": ")"}[piece.group("open")] not in piece.group("close"):
                    raise ConfFault
                after = "" if piece.group("open") else piece.group("close")
                parts.append(self._variable(piece.group("section"), piece.group("name"), section))
                parts.append(after)
            elif kind == "escaped":
                parts.append(CONF_ESCAPES.get(piece.group("escaped"), piece.group("escaped")))
            elif kind in ("double", "single"):
                parts.append(re.sub(r"\\(.)", r"\1", piece.group(kind), flags=re.DOTALL))
            elif piece.group() == "$" and not self.dollar_id:
                raise ConfFault  # a name is wanted behind it
            else:
                parts.append(piece.group())
            if len(parts) > MAX_TEXT:
                raise ConfFault
        return "".join(parts)[:MAX_TEXT]

    def _variable(self, named: "str | None", name: str, section: str) -> str:
        if named == "ENV":
            found = os.environ.get(name)
        else:
            places = [self.sections.get(one, {}) for one in (named or section, "default")]
            found = next((place[name][0] for place in places if name in place), None)
        if found is None:
            raise ConfFault
        return found
