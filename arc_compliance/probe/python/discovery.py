"""The names that a discovery call returns."""

import collections
import json
import re
import urllib.parse
import zlib
from typing import Any

from arc_compliance.probe.python.contract import HTTP_FAILED
from arc_compliance.probe.python.limits import MAX_BODY, MAX_DISCOVERED
from arc_compliance.probe.python.order import AcceptedNames
from arc_compliance.probe.python.steps import StepFailed


def check_discovery(status: int, body: bytes) -> None:
    """Raise StepFailed where the answer to a discovery call cannot hold names."""
    if status != 200:
        raise StepFailed(HTTP_FAILED, f"answered {status}")
    if len(body) > MAX_BODY:
        raise StepFailed(HTTP_FAILED, "answer larger than 1 MiB")


def names_in(body: bytes, accept: "list[AcceptedNames]") -> "list[str]":
    """The host names in a JSON answer, bare or in URLs, that a row in *accept* takes, sorted."""
    try:
        # In UTF-8, 16 or 32, with a byte order mark or without.
        pending: collections.deque[Any] = collections.deque([json.loads(unpacked(body))])
    except (ValueError, RecursionError):
        raise StepFailed(HTTP_FAILED, "answer is not JSON") from None
    names: set[str] = set()
    while pending and len(names) < MAX_DISCOVERED:
        value = pending.popleft()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, str):
            name = host_name_in(value)
            if name and any(one.takes(name) for one in accept):
                names.add(name)
    return sorted(names)


def unpacked(body: bytes) -> bytes:
    """*body*, decompressed where it is of gzip (RFC 1952), whatever its headers say."""
    if body[:2] != b"\x1f\x8b":
        return body
    gunzip = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        content = gunzip.decompress(body, MAX_BODY + 1)
    except zlib.error:
        content = b""
    if len(content) > MAX_BODY:
        raise StepFailed(HTTP_FAILED, "answer larger than 1 MiB")
    if not gunzip.eof:
        raise StepFailed(HTTP_FAILED, "answer is gzip that is broken or cut off")
    return content


def host_name_in(text: str) -> "str | None":
    """The host name that *text* is or that its URL has, lower case; None where there is none."""
    if "://" in text[:16]:
        try:
            text = urllib.parse.urlsplit(text).hostname or ""
        except ValueError:
            return None
    name = text.lower()
    return name if re.match(r"(?=.{1,253}\Z)[a-z0-9][a-z0-9.-]*\Z", name) else None
