"""What a program, or the suite, says of a name: the words for it, and the records of it."""

from __future__ import annotations

from dataclasses import dataclass

NOT_REACHED, UNVERIFIED, VERIFIED = "not reached", "reached unverified", "reached"
SOMETIMES, OPEN = "sometimes", "open"
"""What a client or the suite says of a name. A client that has to verify cannot use the second;
the suite's reach case takes it, and its certificate case does not. Sometimes: asked several times
it was not the same each time. Open: the suite does not say."""

GATEWAY_ERRORS = (502, 503, 504)
"""What a device on the way answers for a service that it cannot reach."""

GO, OLDER_GO = "go", "go as of 1.21"
CLIENTS = {"agent": GO, "installer": "wget", "package-manager": "apt"}
"""The program that stands for each client of the catalogue's rows."""


@dataclass(frozen=True)
class Request:
    """A name and port of a row, with the client that asks there."""

    row: str
    requirement: str
    name: str
    url: str
    client: str
    bypass: str | None


@dataclass(frozen=True)
class Answer:
    """What one program said of one name, and the words that it used."""

    says: str
    words: str
