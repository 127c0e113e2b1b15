"""Secrets and control characters leave a text before anybody keeps it.

Every text from a host, and every text that an operator typed, passes here on its way to a file
or a terminal.
"""

from __future__ import annotations

import re
from typing import Any

_HIDDEN = "***"
_CREDENTIALS = re.compile(
    r"(?<=://)(?:[^/\s:'\"<>]{0,300}:(?!\d{1,5}/)[^\s'\"<>]{0,300}|[^/\s'\"<>]{1,300})(?=@)"
)
_HEADERS = re.compile(r"(?i)((?:authorization|cookie)[\"']?\s{0,9}[:=]\s{0,9})[^\r\n<>]+")
_TOKENS = re.compile(
    r"(?i)((?:passw(?:or)?d|pwd|secret|token|credentials?|(?:api|access|account|shared)[-_]?key"
    r"|\b(?:sig|sas))[\"']?\s{0,9}[=:]\s{0,9}[\"']?)[^\s&;,'\"<>]+"
)
_OPTIONS = re.compile(r"(?i)(--[\w-]{0,40}(?:password|secret|token)\s{1,9})[^\s'\"<>-][^\s'\"<>]*")
_JWT = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")
_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
)


_SUSPECT = re.compile(
    r"(?i)[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e\u2066-\u2069]"
    r"|://|eyJ|authorization|cookie|passw|pwd|secret|token|credential|key|sig|sas"
)
"""What a text holds that any of the patterns above changes; most texts hold none of it."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")
"""A certificate, for example. The patterns above cannot find a secret in it: each of them needs a
separator (a colon, a dot, a space, or a = with something after it), and base64 has none but the =
at its end. Most of what a host sends is of this kind, and slow to search."""


def redact(text: str) -> str:
    """*text* without credentials in URLs, tokens and authorization values."""
    text = _CREDENTIALS.sub(_HIDDEN, text)
    text = _JWT.sub(_HIDDEN, text)
    for secrets in (_HEADERS, _TOKENS, _OPTIONS):
        text = secrets.sub(lambda found: found[1] + _HIDDEN, text)
    return text


def scrub(text: str) -> str:
    """*text* without terminal sequences, control and bidirectional characters, and redacted.

    What remains can stand in XML 1.0, in a terminal and, escaped, in HTML.
    """
    if _BASE64.fullmatch(text) or not _SUSPECT.search(text):
        return text
    return redact(_CONTROL.sub("", _ANSI.sub("", text)))


def scrub_all(value: Any) -> Any:
    """*value*, plain JSON data, with every text in it scrubbed, keys included."""
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [scrub_all(one) for one in value]
    if isinstance(value, dict):
        return {scrub(str(key)): scrub_all(one) for key, one in value.items()}
    return value
