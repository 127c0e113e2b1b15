"""Patterns over ids, labels of hosts and rows: ``*`` and ``?`` stand for any text."""

from __future__ import annotations

import re
from collections.abc import Container
from fnmatch import translate
from functools import lru_cache


@lru_cache(maxsize=20_000)
def _expression(pattern: str) -> re.Pattern[str]:
    # what it makes does not backtrack, however many stars there are; a bracket is a bracket
    return re.compile(translate(pattern.replace("[", "[[]")))


def is_pattern(text: str) -> bool:
    """Whether *text* may stand for more than itself."""
    return "*" in text or "?" in text


def matches(pattern: str, text: str) -> bool:
    """Whether *pattern* stands for *text*."""
    return pattern in (text, "*") or _expression(pattern).fullmatch(text) is not None


def names_row(pattern: str, row: str, rows: Container[str]) -> bool:
    """Whether *pattern* stands for the *row*, one of the document's *rows*.

    Rows have stars of their own: a pattern that is a row as the document prints it stands for that
    row alone, so that ``*.servicebus.chinacloudapi.cn`` leaves ``azgn*.servicebus…`` out.
    """
    return pattern == row if pattern in rows else matches(pattern, row)
