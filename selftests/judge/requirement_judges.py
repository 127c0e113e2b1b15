"""Which judge the compliance tests name for a requirement, without a pytest run around it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache

from arc_compliance.judge.case import Judge
from selftests.suite_run import ROOT

_Marked = tuple[tuple[str, ...], Judge | None]


def judge_of(requirement: str) -> Judge | None:
    """The judge of the one test that is about *requirement*."""
    (judge,) = [
        judge
        for patterns, judge in _judges()
        if any(fnmatchcase(requirement, pattern) for pattern in patterns)
    ]
    return judge


@cache
def _judges() -> list[_Marked]:
    return list(_marked())


def _marked() -> Iterator[_Marked]:
    """The patterns and the judge of every requirement marker."""
    for path in sorted(ROOT.glob("tests_*/test_*.py")):
        module = importlib.import_module(f"{path.parent.name}.{path.stem}")
        for test in vars(module).values():
            for mark in getattr(test, "pytestmark", ()):
                if mark.name == "requirement":
                    yield mark.args, mark.kwargs.get("judge")
