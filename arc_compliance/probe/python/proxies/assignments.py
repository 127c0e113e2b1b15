"""NAME=value, in what systemctl shows and in environment files."""

import re
from typing import Iterable, Iterator

VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
C_ESCAPES = {"a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
C_ESCAPES["v"] = "\v"
C_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|u[0-9A-Fa-f]{4}|.)", re.DOTALL)
SHELL_PIECE = re.compile(
    r"\$'(?P<ansi>(?:[^'\\]|\\.)*)'|'(?P<single>[^']*)'|\"(?P<double>(?:[^\"\\]|\\.)*)\""
    r"|\\(?P<escaped>.)|(?P<plain>[^\s'\"\\$]+|\$)|(?P<blank>\s+)",
    re.DOTALL,
)
SYSTEMD_PIECE = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|(\S)", re.DOTALL)


def assignments(lines: "Iterable[str]") -> "Iterator[tuple[str, str]]":
    """The (name, value) of the NAME=value words of *lines*, quoted as for a shell."""
    for line in lines:
        for word in shell_words(line):
            name, equals, value = word.partition("=")
            if equals and VARIABLE.match(name):
                yield name, value


def shell_words(line: str) -> "list[str]":
    """The words of *line*, with quotes and backslashes taken off and nothing expanded; those before
    a quote that is never closed."""
    words: list[str] = []
    word: list[str] | None = None
    at = 0
    while at < len(line):
        piece = SHELL_PIECE.match(line, at)
        if piece is None:
            return words
        at = piece.end()
        if piece.lastgroup == "blank":
            words += [] if word is None else ["".join(word)]
            word = None
        else:
            word = [] if word is None else word
            word.append(unquoted_piece(str(piece.lastgroup), piece))
    return words + ([] if word is None else ["".join(word)])


def unquoted_piece(kind: str, piece: "re.Match[str]") -> str:
    """What a piece of a word stands for."""
    text = piece.group(kind)
    if kind == "ansi":
        return C_ESCAPE.sub(lambda found: c_escape(found.group(1)), text)
    if kind == "double":
        return re.sub(r"\\([\"\\$`])", r"\1", text)
    return str(text)


def c_escape(code: str) -> str:
    """The character that a backslash and *code* stand for, as in C."""
    if code[0] in "xu" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 255)
    return C_ESCAPES.get(code, code)


def environment_file(text: str) -> "dict[str, str]":
    """The variables of a file for ``EnvironmentFile=`` (systemd.exec(5)).

    Lines that begin with # or ; are comments, a backslash before the end of a line joins it with
    the next, quotes count where a value begins. Nothing is expanded.
    """
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        end = line_end(text, at)
        key, equals, _ = text[at:end].partition("=")
        name = key.strip()
        if not equals or name[:1] in ("#", ";"):
            at = end + 1
            continue
        value, at = systemd_value(text, at + len(key) + 1)
        if VARIABLE.match(name):
            found[name] = value
    return found


def line_end(text: str, at: int) -> int:
    """Where the line that *at* is in ends."""
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def systemd_value(text: str, at: int) -> "tuple[str, int]":
    """(value, where the next line begins) of an assignment whose value begins *at*."""
    parts: list[str] = []
    while at < len(text) and text[at] != "\n":
        if text[at].isspace():
            at += 1
            continue
        piece = SYSTEMD_PIECE.match(text, at)
        if piece is None:  # a quote that is never closed takes the rest of the file
            return "".join(parts) + text[at + 1 :], len(text)
        if piece.group(1) is not None:
            parts.append(piece.group(1))
        elif piece.group(2) is not None:
            parts.append(re.sub(r"\\(?:\n|([\"\\$`]))", r"\1", piece.group(2)))
        elif piece.group(3) in "'\"":
            return "".join(parts) + text[at + 1 :], len(text)
        else:
            plain = re.compile(r"(?:\\.|[^\\\n])*", re.DOTALL).match(text, at)
            assert plain
            bare = re.sub(r"\\(\n|.)", lambda one: one.group(1).strip("\n"), plain.group())
            return "".join(parts) + bare.rstrip(" \t\r"), plain.end() + 1
        at = piece.end()
    return "".join(parts), at + 1


def login_environment(text: str) -> "dict[str, str]":
    """The variables of /etc/environment (pam_env(8)): one in a line, a # ends it, a pair of quotes
    around a value goes. Nothing is expanded."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        code = line.partition("#")[0].strip()
        if code.startswith("export "):
            code = code[len("export ") :].lstrip()
        name, equals, value = code.partition("=")
        if equals and VARIABLE.match(name):
            if value[:1] in ("'", '"'):
                value = value[1:-1] if value[-1:] in ("'", '"') and len(value) > 1 else value[1:]
            found[name] = value
    return found
