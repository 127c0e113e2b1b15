"""Who does what about a cause."""

from __future__ import annotations

from arc_compliance.base.wording import first_few
from arc_compliance.judge.causes.table import CAUSES


def remedy(name: str, names: tuple[str, ...]) -> str:
    """Who does what about cause *name*, in one sentence; at most three names are spelled out."""
    cause = CAUSES[name]
    shown = first_few(names, 3)
    return f"{cause.owner.value}: {cause.remedy.format(names=shown or 'the endpoint')}"
