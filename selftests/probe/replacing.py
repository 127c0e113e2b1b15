"""Puts something else in the place of a name of the probe, for the time of a test."""

from __future__ import annotations

import importlib

import pytest

from arc_compliance.probe.bundle import MODULES

PACKAGE = "arc_compliance.probe.python"


def replace(monkeypatch: pytest.MonkeyPatch, name: str, value: object) -> None:
    """Put *value* for *name* wherever the probe uses it: its modules share one namespace."""
    modules = [importlib.import_module(f"{PACKAGE}.{one.replace('/', '.')}") for one in MODULES]
    having = [module for module in modules if hasattr(module, name)]
    assert having, f"no module of the probe has {name}"
    for module in having:
        monkeypatch.setattr(module, name, value)
