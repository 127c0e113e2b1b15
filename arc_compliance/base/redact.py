"""Secrets and control characters leave a text before anybody keeps it.

Every text from a host, and every text that an operator typed, passes here on its way to a file
or a terminal. What is hidden, and what cannot be: docs/redaction.md.
"""

from __future__ import annotations

import json
import re
from base64 import b64decode
from functools import lru_cache
from typing import Any

from arc_compliance.base.readings import reading
from arc_compliance.base.secret_forms import names_a_secret, secrets_in
from arc_compliance.base.secrets import KNOWN
from arc_compliance.base.userinfo import HIDDEN, without_userinfo

LAYERS = 3
"""How often a text is read anew: percent signs within JSON within percent signs."""

LONGEST_SEARCHED = 2 * 1024 * 1024
"""Characters of a text that is searched. The longest that a host has reason to send are the rules
of its packet filter, a million; of a longer text that is not base64 only the length is kept."""

LONGEST_JSON = 65536
"""Characters of a text that is read as JSON where it looks like it."""

SHORT = 200
"""Characters of a text that is likely to come again, as the keys and most values of evidence do."""

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0"
    r"\ufff0-\uffff\U000e0000-\U000e0fff]"
)
"""Controls, what turns the direction of writing, and all that has no width: joiners, fillers, tags,
selectors of variants. Nobody needs them to read a text, and they can hide what it says."""

_BASE64 = re.compile(r"[A-Za-z0-9+/]{100,}={0,2}")
"""A certificate, for example. The forms need a separator (a colon, a dot, a space, or a = with
something after it), and base64 has none but the = at its end: only a secret that is known can be in
it. Most of what a host sends is of this kind, and slow to search."""

_SPELLED = re.compile(r"[%&\\]")


def scrub(text: str) -> str:
    """*text* without terminal sequences, control, bidirectional and invisible characters, and
    without secrets.

    What remains can stand in XML 1.0, in a terminal and, escaped, in HTML.
    """
    return _scrubbed_before(text) if len(text) <= SHORT else _scrubbed(text)


def shown(name: object) -> str:
    """*name*, a path or what else somebody else chose, on one line and scrubbed.

    A file name may hold anything but NUL: line breaks, terminal sequences, passwords.
    """
    return scrub(" ".join(str(name).split("\n")).replace("\t", " "))


def redact(text: str) -> str:
    """*text* with three stars in place of each secret in it.

    Where a secret is spelled in some way, with percent signs or in letters of full width, the text
    comes back as it reads.
    """
    found = KNOWN.hidden_in(text, HIDDEN)
    found = _in_forms(_in_json(found))
    now = found
    for _ in range(LAYERS):
        if now.isascii() and not _SPELLED.search(now):
            break
        deeper = _CONTROL.sub("", reading(now))
        if deeper == now:
            break
        now = _in_forms(KNOWN.hidden_in(deeper, HIDDEN))
        if now != deeper:
            found = now
    return found


def scrub_all(value: Any) -> Any:
    """*value*, plain JSON data, with every text in it scrubbed, keys included.

    What stands under a key that names a secret is hidden whatever it is.
    """
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, list):
        return [scrub_all(one) for one in value]
    if isinstance(value, dict):
        names = (str(one) for key, one in value.items() if str(key).lower() in ("name", "key"))
        named = any(map(names_a_secret, names))
        return {
            scrub(str(key)): _hidden_whole(one)
            if _of_secret(str(key)) or (named and str(key).lower() == "value")
            else scrub_all(one)
            for key, one in value.items()
        }
    return value


_of_secret = lru_cache(maxsize=1024)(names_a_secret)


def _hidden_whole(value: Any) -> Any:
    """Three stars; what cannot be a secret stays, since it may be a fact about one."""
    if value is None or isinstance(value, bool) or value in ("", [], {}):
        return value
    return HIDDEN


def _scrubbed(text: str) -> str:
    if _BASE64.fullmatch(text):
        return HIDDEN if _is_private_key(text) else KNOWN.hidden_in(text, HIDDEN)
    if len(text) > LONGEST_SEARCHED:
        return f"{HIDDEN} ({len(text)} characters)"
    if not text.isprintable() or not text.isascii():
        text = _CONTROL.sub("", _ANSI.sub("", text))
    return redact(text)


_scrubbed_before = lru_cache(maxsize=8192)(_scrubbed)
KNOWN.when_changed(_scrubbed_before.cache_clear)


def _is_private_key(base64: str) -> bool:
    """Whether *base64* begins as a private key does: OpenSSH's with its name, one in DER with a
    version number, where a certificate has a sequence."""
    if base64.startswith("b3BlbnNzaC1rZXktdjE"):
        return True
    der = b64decode(base64[:16])
    return der[:1] == b"\x30" and der[2 + max(0, der[1] - 0x80) :][:2] == b"\x02\x01"


def _in_forms(text: str) -> str:
    """*text* without what the forms find, up to where they find no more."""
    text = without_userinfo(text)
    pieces, end = [], 0
    for start, stop in secrets_in(text):
        pieces += [text[end:start], HIDDEN]
        end = stop
    return "".join([*pieces, text[end:]]) if pieces else text


def _in_json(text: str) -> str:
    """*text*, where it is a JSON object or array, scrubbed by its structure."""
    if len(text) > LONGEST_JSON or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        value = json.loads(text)
        scrubbed = scrub_all(value)
    except (ValueError, RecursionError):
        return text
    return text if scrubbed == value else json.dumps(scrubbed, ensure_ascii=False)
