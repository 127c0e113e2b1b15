"""Readers of host names and ports: names for a wildcard row, mappings, Log Analytics gateways."""

from __future__ import annotations

import re
from collections.abc import Sequence

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import did_you_mean
from arc_compliance.options.option import Context
from arc_compliance.plan.order import ConnectTo

_CONNECT_TO = re.compile(
    r"(?P<host>\[[^\]]*\]|[^:\[\]]*):(?P<port>\d*):(?P<address>\[[^\]]*\]|[^:\[\]]*):(?P<to>\d*)"
)
_GATEWAY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]{1,253})(:(?P<port>\d{1,5}))?")
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
)


def endpoint_names(texts: Sequence[str], context: Context) -> dict[str, tuple[str, ...]]:
    """The names given for rows with a wildcard, by the row's label."""
    rows = {r.id: r.endpoint for r in context.catalogue.requirements if r.endpoint}
    wildcards = [one for one, row in rows.items() if row.wildcard]
    given: dict[str, tuple[str, ...]] = {}
    for text in texts:
        requirement, separator, names = text.partition("=")
        if not separator or not names:
            raise Fault(f"{text!r} is not REQUIREMENT=HOST[,HOST...]")
        if requirement not in wildcards:
            raise Fault(
                f"{requirement!r} is not a row with a wildcard"
                f"{did_you_mean(requirement, wildcards)}; known: {', '.join(wildcards)}"
            )
        row = rows[requirement]
        for name in names.lower().split(","):
            if not _HOST_NAME.fullmatch(name) or not row.matches(name):
                raise Fault(f"{name!r} is not a name of {row.label}")
            given[row.label] = (*given.get(row.label, ()), name)
    return given


def connect_to(text: str) -> ConnectTo:
    """Where to connect for a name and port; what is left empty stands for any, or stays."""
    found = _CONNECT_TO.fullmatch(text)
    ports = [found["port"], found["to"]] if found else []
    if found is None or any(port and not _is_port(port) for port in ports):
        raise Fault(f"{text!r} is not HOST:PORT:ADDR:PORT, as curl takes it")
    port, to = (int(one) if one else None for one in ports)
    return found["host"].strip("[]"), port, found["address"].strip("[]"), to


def gateway(text: str) -> str:
    """A Log Analytics gateway, in lower case."""
    found = _GATEWAY.fullmatch(text.lower())
    if found is None or (found["port"] and not _is_port(found["port"])):
        raise Fault(f"{text!r} is not HOST or HOST:PORT")
    return text.lower()


def _is_port(digits: str) -> bool:
    return len(digits) <= 5 and 0 < int(digits) < 65536
