"""What a word of bash's stands for, where that is known."""

import collections
import re

from arc_compliance.probe.python.proxies.assignments import C_ESCAPE, c_escape
from arc_compliance.probe.python.proxies.shell_tokens import ShellSyntax, ShellTokens

PARAMETER = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:(:?)([-=+?])(.*))?\Z", re.DOTALL)
PARAMETER_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LITERAL = re.compile(r"[^'\"\\$`]+")
MAX_VALUE = 4096


class ShellValue(collections.namedtuple("ShellValue", "text certain")):
    """The value of a variable or word; ``text`` is None where it is not set."""

    __slots__ = ()
    text: "str | None"
    certain: bool


class UnknownValue(Exception):
    """Only bash could tell."""


def expanded(word: str, variables: "dict[str, ShellValue]", quoted: bool = False) -> ShellValue:  # noqa: FBT001, FBT002
    """The text of *word*; UnknownValue where only bash could tell."""
    home = None if quoted else re.match(r"~(?=/|\Z)", word)
    if home:
        return parameter_and_rest("HOME", word[1:], variables)
    if len(word) > MAX_VALUE or (not quoted and re.search(r"(^|:)~", word)):
        raise UnknownValue
    reader, parts, certain, at = ShellTokens(word), [], True, 0
    while at < len(word):
        plain = LITERAL.match(word, at)
        if plain:
            parts.append(plain.group())
            at = plain.end()
            continue
        try:
            end = at + 1 if quoted and word[at] == "'" else reader.quoted_end(at)
        except (ShellSyntax, IndexError):
            raise UnknownValue from None
        piece = piece_value(word[at:end], word[end:], variables, quoted)
        if piece is None:  # a variable without brackets, whose name follows the dollar
            name = PARAMETER_NAME.match(word, at + 1)
            assert name
            piece, end = parameter_value(name.group(), variables), name.end()
        parts.append(piece.text or "")
        certain, at = certain and piece.certain, end
    text = "".join(parts)
    if len(text) > MAX_VALUE:
        raise UnknownValue
    return ShellValue(text, certain)


def parameter_and_rest(name: str, rest: str, variables: "dict[str, ShellValue]") -> ShellValue:
    """The value of the variable *name*, and that of what follows it."""
    first, second = parameter_value(name, variables), expanded(rest, variables)
    return ShellValue((first.text or "") + (second.text or ""), first.certain and second.certain)


def piece_value(
    piece: str,
    rest: str,
    variables: "dict[str, ShellValue]",
    quoted: bool,  # noqa: FBT001
) -> "ShellValue | None":
    """The value of a quoted or dollar piece of a word; None where a name follows a dollar."""
    if piece.startswith("\\"):
        keeps = quoted and piece[1:] not in ("$", "`", '"', "\\", "\n")
        return ShellValue(piece if keeps else piece[1:].strip("\n"), certain=True)
    if piece.startswith("'"):
        return ShellValue("'" if quoted else piece[1:-1], certain=True)
    if piece.startswith('"') and not quoted:
        return expanded(piece[1:-1], variables, quoted=True)
    if piece.startswith("$'") and not quoted:
        text = C_ESCAPE.sub(lambda found: c_escape(found.group(1)), piece[2:-1])
        return ShellValue(text.partition("\0")[0], certain=True)
    if piece.startswith("${"):
        return parameter_value(piece[2:-1], variables)
    if piece == "$" and PARAMETER_NAME.match(rest):
        return None
    if piece == "$" and (not rest or rest[0] in "%/.,:;=+^~ ]}&"):
        return ShellValue("$", certain=True)
    raise UnknownValue


def parameter_value(inner: str, variables: "dict[str, ShellValue]") -> ShellValue:
    """The value of ${inner}."""
    found = PARAMETER.match(inner)
    if not found:
        raise UnknownValue
    name, colon, operation, word = found.groups()
    value = variables.get(name)
    if value is None or not value.certain:
        if operation not in ("-", "=", "+"):
            raise UnknownValue
        return expanded(word, variables)._replace(certain=False)
    there = value.text is not None and not (colon and not value.text)
    if operation is None:
        return ShellValue(value.text or "", certain=True)
    if operation == "+":
        return expanded(word, variables) if there else ShellValue("", certain=True)
    if there:
        return ShellValue(value.text, certain=True)
    if operation == "-":
        return expanded(word, variables)
    raise UnknownValue


def brace_words(word: str) -> "list[str]":
    """The words that one pair of braces with commas makes of *word*; the word itself without."""
    found = re.match(r"([\w]*)\{([\w,]*,[\w,]*)\}([^{}]*)\Z", word)
    if not found:
        return [word]
    before, inner, after = found.groups()
    return [before + one + after for one in inner.split(",")]
