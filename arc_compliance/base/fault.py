"""The one error for what somebody gave that cannot be used: where it stands, and what is wrong.

It is raised where the fault is found, by code that does not know who asked. Each caller on its way
up puts its own place before it, so that the text leads from the option to the line::

    --inventory: hosts.yaml: groups.web.proxy: 'ftp://proxy' is not a proxy; write auto, none or ...
    └── option   └── file    └── path in it   └── what is wrong, what is expected, what to do

What a host or a network did is never a Fault: it is a value, and in the end a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from arc_compliance.base.redact import scrub

MOST_CHARACTERS = 2000
"""Of what is wrong, and of where: whatever stood in a file, the text of its fault is short."""


class Fault(ValueError):  # noqa: N818 - a fault is in what was given, an error in us
    """An option, a file or an address that cannot be used as it is given.

    ``where`` are the places that lead to it, outermost first, empty where it is found; ``what`` is
    the rest of the sentence. The text holds no credentials. It is one line that a terminal shows as
    it is, also where the name of a file is not.
    """

    def __init__(self, what: str, *, where: str = "") -> None:
        self.where = _line(where)
        self.what = _line(what)
        super().__init__(f"{self.where}: {self.what}" if where else self.what)

    def within(self, place: str) -> Fault:
        """The same fault, seen from *place*, that holds it."""
        return Fault(self.what, where=f"{place}: {self.where}" if self.where else place)


def _line(text: str) -> str:
    """*text* without secrets, and a space for what cannot be printed: new lines, controls."""
    text = scrub(text)
    if len(text) > MOST_CHARACTERS:
        half = MOST_CHARACTERS // 2  # the end says most, as the reason behind a path does
        text = f"{text[:half]}…{text[1 - half :]}"
    if text.isprintable():
        return text
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


@contextmanager
def reading(place: str) -> Iterator[None]:
    """Put *place* before every Fault that leaves the context."""
    try:
        yield
    except Fault as fault:
        raise fault.within(place) from fault
