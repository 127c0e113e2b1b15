"""Text for the evidence: one line, bounded, without credentials."""

import base64
import re

from arc_compliance.probe.python.limits import MAX_DETAIL

# What this process has sent to a proxy to be let through; a peer may send it back.
SECRETS: "set[str]" = set()


def scrubbed(text: object, at_most: int = MAX_DETAIL) -> str:
    """*text* on one line, without control characters and SECRETS, cut to a length."""
    line = re.sub(r"[^ -~\u00a0-\ud7ff\ue000-\uffff]+", " ", str(text))
    for secret in sorted(SECRETS, key=len, reverse=True):
        line = line.replace(secret, "***")
    return line[:at_most].strip()


def secrets_in(credentials: str) -> "set[str]":
    """The forms in which a peer may repeat *credentials*, base64 of user:password."""
    pair = base64.b64decode(credentials).decode("utf-8", "replace")
    password = pair.partition(":")[2]
    # A shorter password would take half of every text with it.
    return {credentials, pair} | ({password} if len(password) >= 4 else set())


def describe(problem: BaseException) -> str:
    """An exception in words."""
    return f"{type(problem).__name__}: {problem}"
