"""Beside the evidence, all that a run was judged by: enough to judge it anew, and no secret."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import fields
from enum import Enum
from importlib.metadata import version
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import redact
from arc_compliance.judge.anew import Doubts
from arc_compliance.plan.scope import Scope
from arc_compliance.plan.waivers import Waivers

NAME = "judged-by.json"
_PACKAGES = ("cryptography", "netaddr", "pydantic", "pyOpenSSL", "service-identity")
"""The libraries on which verdicts rest."""

_SCOPE = TypeAdapter(Scope)


class Inputs(BaseModel):
    """The scope of each host by its label, the files of the allow-lists in their order, the
    versions of what judged, what spoke against a host's evidence, by its label, and the waivers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: int = 1
    suite_version: str
    versions: dict[str, str]
    scopes: dict[str, dict[str, Any]]
    allowlists: tuple[str, ...]
    doubts: dict[str, Doubts] = {}
    waivers: Waivers | None = None

    def scopes_read(self) -> dict[str, Scope]:
        """The scopes as a run has them; raise Fault where one is none."""
        try:
            return {host: _SCOPE.validate_python(one) for host, one in self.scopes.items()}
        except ValidationError as error:
            raise Fault(f"{NAME}: a scope is not one that this suite knows") from error


def versions() -> dict[str, str]:
    """The versions of Python and of the libraries on which verdicts rest."""
    return {"python": platform.python_version(), **{one: version(one) for one in _PACKAGES}}


def plain_scopes(scopes: Mapping[str, Scope]) -> dict[str, dict[str, Any]]:
    """*scopes* as plain data in a stable order, without credentials."""
    return {
        host: {field.name: _plain(getattr(scope, field.name)) for field in fields(scope)}
        for host, scope in scopes.items()
    }


def inputs_in(content: bytes) -> Inputs:
    """What `NAME` holds; raise Fault where it is something else."""
    try:
        return Inputs.model_validate_json(content)
    except ValidationError as error:
        raise Fault(f"{NAME}: is not as this suite writes it") from error


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, frozenset):
        return sorted(_plain(one) for one in value)
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in sorted(value.items())}
    return redact(value) if isinstance(value, str) else value
