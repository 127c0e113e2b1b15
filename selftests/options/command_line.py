"""A command line as pytest parses it, without pytest."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from arc_compliance.options.settings import Settings, read_settings
from arc_compliance.options.table import OPTIONS


def parsed(**given: object) -> SimpleNamespace:
    """What the command line holds: the defaults, and what is *given*."""
    defaults = {option.attribute: [] if option.repeatable else option.default for option in OPTIONS}
    return SimpleNamespace(**{**defaults, "connection": None, **given})


def settings(directory: Path, **given: object) -> Settings:
    """The settings of a command that was typed in *directory*."""
    return read_settings(parsed(**given), directory)
