"""The names that a discovery call returns."""

import collections
import json
import re
import urllib.parse
from typing import Any

from arc_compliance.probe.python.contract import HTTP_FAILED
from arc_compliance.probe.python.limits import MAX_BODY, MAX_DISCOVERED
from arc_compliance.probe.python.steps import StepFailed


def check_discovery(status: int, body: bytes) -> None:
    """Raise StepFailed where the answer to a discovery call cannot hold names."""
    if status != 200:
        raise StepFailed(HTTP_FAILED, f"answered {status}")
    if len(body) > MAX_BODY:
        raise StepFailed(HTTP_FAILED, "answer larger than 1 MiB")


def names_in(body: bytes, accept: "list[re.Pattern[str]]") -> "list[str]":
    """The host names in a JSON answer, bare or in URLs, that match one of *accept*, sorted."""
    try:
        pending: collections.deque[Any] = collections.deque([json.loads(body.decode("utf-8"))])
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
            if name and any(pattern.match(name) for pattern in accept):
                names.add(name)
    return sorted(names)


def host_name_in(text: str) -> "str | None":
    """The host name that *text* is or that its URL has, lower case; None where there is none."""
    if "://" in text[:16]:
        try:
            text = urllib.parse.urlsplit(text).hostname or ""
        except ValueError:
            return None
    name = text.lower()
    return name if re.match(r"(?=.{1,253}\Z)[a-z0-9][a-z0-9.-]*\Z", name) else None
