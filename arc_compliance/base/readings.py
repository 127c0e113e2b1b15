"""One text in the ways in which a program may have written it: what it says once it is read.

A secret that is spelled with percent signs, entities, escapes, characters of full width or accents
is the same secret, and the word before it is the same word.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")
_ENTITY = re.compile(
    r"&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|(amp|lt|gt|quot|apos|colon|commat|sol|equals));?"
)
_ESCAPE = re.compile(
    r"((?:\\u[0-9A-Fa-f]{4})+)|((?:\\x[0-9A-Fa-f]{2})+)|\\(?:u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8})|(/))"
)
_NAMED = {
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "quot": '"',
    "apos": "'",
    "colon": ":",
    "commat": "@",
    "sol": "/",
    "equals": "=",
}
_LOOKALIKES = str.maketrans("аеорсухіѕԁһјԛԝοατκνιρ", "aeopcyxisdhjqwoatkvip")
"""Letters of Cyrillic and Greek that look as those of Latin."""


def reading(text: str) -> str:
    """*text* with one layer of each way of writing taken off; *text* itself where there is none."""
    if "%" in text:
        text = _PERCENT.sub(_of_percent, text)
    if "&" in text:
        text = _ENTITY.sub(_of_entity, text)
    if "\\" in text:
        text = _ESCAPE.sub(_of_escape, text)
    return text if text.isascii() else folded(text)


def folded(text: str) -> str:
    """*text* in plain letters where there are such: without accents, width, style and script."""
    return "".join(map(_plain, text))


@lru_cache(maxsize=4096)
def _plain(character: str) -> str:
    plain = unicodedata.normalize("NFKD", character).translate(_LOOKALIKES)
    return "".join(one for one in plain if not unicodedata.combining(one))


def _of_percent(found: re.Match[str]) -> str:
    return _decoded(bytes.fromhex(found[0].replace("%", "")))


def _decoded(content: bytes) -> str:
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def _of_entity(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    return _NAMED[name] if name else _character(int(decimal or hexadecimal, 10 if decimal else 16))


def _of_escape(found: re.Match[str]) -> str:
    units, octets, *others, slash = found.groups()
    if units:
        return bytes.fromhex(units.replace("\\u", "")).decode("utf-16-be", "replace")
    if octets:
        return _decoded(bytes.fromhex(octets.replace("\\x", "")))
    return slash or _character(int(next(one for one in others if one), 16))


def _character(code: int) -> str:
    return chr(code) if code <= 0x10FFFF else "\ufffd"
