"""Texts of others, made safe to read: what a reader cannot see is spelled out.

Escaping for HTML is the templates' work. A text can deceive without markup too: a right-to-left
override turns ``exe.gpj`` around, a zero width space makes two names look like one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ufeff\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """*text* with control, bidirectional and zero width characters as ``[U+202E]``."""
    return _UNSEEN.sub(lambda found: f"[U+{ord(found[0]):04X}]", text.replace("\r\n", "\n"))


class Strings:
    """Texts by number, each kept once: a fleet says the same thing a thousand times."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._texts: list[str] = []

    def number(self, text: str) -> int:
        """The number of *text*."""
        known = self._numbers.get(text)
        if known is None:
            known = self._numbers[text] = len(self._texts)
            self._texts.append(visible(text))
        return known

    def numbers(self, texts: Iterable[str]) -> list[int]:
        """The numbers of *texts*."""
        return [self.number(text) for text in texts]

    @property
    def texts(self) -> list[str]:
        """All texts, each at the place of its number."""
        return self._texts


def script_json(value: Any) -> str:
    """*value* as JSON that can stand in a script element: nothing in it ends the element or opens
    a comment, and all of it is ASCII."""
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=True)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
