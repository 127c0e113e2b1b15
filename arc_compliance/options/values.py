"""Readers of single values: words of a closed list, regions, numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from typing import TypeVar

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import did_you_mean
from arc_compliance.catalogue import Catalogue, load_catalogue
from arc_compliance.catalogue.model import Bypass
from arc_compliance.options.option import Context
from arc_compliance.plan.scope import PrivateLink, location_named, private_links

LONGEST = 3600.0
"""The largest time limit, in seconds: one hour."""

MOST_HOSTS = 1000
"""How many hosts may be measured at once."""

Word = TypeVar("Word", bound=Enum)


class Demo(str, Enum):
    """The simulated Azure: as it should be, or with faults in it."""

    HEALTHY = "healthy"
    FAULTY = "faulty"


class FailOn(str, Enum):
    """Which failures a run ends with 1 for."""

    ANY = "any"
    NEW = "new"


def one_of(kind: type[Word]) -> Callable[[str], Word]:
    """A reader of one member of *kind*."""

    def read(text: str) -> Word:
        known = [str(one.value) for one in kind]
        if text in known:
            return kind(text)
        guess = did_you_mean(text, known)
        raise Fault(f"unknown value {text!r}{guess}; known: {', '.join(known)}")

    return read


def some_of(kind: type[Word]) -> Callable[[str | None], frozenset[Word]]:
    """A reader of a comma list of members of *kind*; no list is an empty one."""
    read_one = one_of(kind)

    def read(text: str | None) -> frozenset[Word]:
        return frozenset(read_one(one) for one in text.split(",")) if text else frozenset()

    return read


def bypassing(text: str | None) -> frozenset[Bypass] | None:
    """The endpoint groups that do not take the proxy; None for those that the host's agent has."""
    return some_of(Bypass)(text) if text else None


def links(text: str | None) -> frozenset[PrivateLink]:
    """The private endpoints in use, as they go together."""
    return private_links(some_of(PrivateLink)(text))


def catalogue(cloud: str, _: Context) -> Catalogue:
    """The requirements of *cloud*."""
    return load_catalogue(cloud)


def region(text: str, context: Context) -> str:
    """A region of the run's cloud, or auto."""
    return location_named(text, context.catalogue.regions)


def seconds(text: str) -> float:
    """A time limit."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST:
        raise Fault(f"{text!r} is not a number of seconds up to {LONGEST:g}")
    return value


def number_of_hosts(text: str) -> int:
    """How many hosts are measured at once."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    if not 0 < number <= MOST_HOSTS:
        raise Fault(f"{text!r} is not a number of hosts from 1 to {MOST_HOSTS}")
    return number


def demo(text: str) -> Demo:
    """Which simulated Azure; a path in its place was swallowed by a bare --demo."""
    if text not in [one.value for one in Demo]:
        raise Fault(f"unknown value {text!r}; write --demo or --demo=faulty, and paths before it")
    return Demo(text)
