"""The house itself: where pytest may be known, where nothing is thought, what a lock may hold."""

from __future__ import annotations

import re

from selftests.suite_run import ROOT


def test_the_library_does_not_know_pytest() -> None:
    knowing = [
        path.name
        for path in (ROOT / "arc_compliance").rglob("*.py")
        if re.search(r"^\s*(import|from) _?pytest", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]

    assert knowing == []


def test_tests_think_nothing() -> None:
    for path in ROOT.glob("tests_*/test_*.py"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"^\s+(if|for|while|try)\b|\bsocket\b", source, re.MULTILINE)


def test_no_lock_names_a_registry() -> None:
    for path in ROOT.glob("requirements*.txt"):
        lines = path.read_text(encoding="utf-8").splitlines()
        assert not [line for line in lines if "://" in line or line.startswith("-")]
        pinned = [line for line in lines if line and not line.startswith((" ", "#"))]
        assert all("==" in line for line in pinned)
