"""Which judge the compliance tests name for a requirement, without a run around them.

The tests are no part of the installed package: they stand in the folder of the checkout.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.judge.case import Judge

ROOT = Path(__file__).resolve().parents[2]

_Marked = tuple[tuple[str, ...], Judge | None]


def judge_of(requirement: str) -> Judge | None:
    """The judge of the test that is about *requirement*; None where it has none, or there is no
    such test. Raise Fault where the tests are not there."""
    for patterns, judge in _judges():
        if any(fnmatchcase(requirement, pattern) for pattern in patterns):
            return judge
    return None


@cache
def _judges() -> list[_Marked]:
    paths = sorted(ROOT.glob("tests_*/test_*.py"))
    if not paths or not (ROOT / "fixtures").is_dir():
        raise Fault("judging needs the suite's checkout, and only its library is installed here")
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    return [marked for path in paths for marked in _marked(f"{path.parent.name}.{path.stem}")]


def _marked(module: str) -> Iterator[_Marked]:
    """The patterns and the judge of every requirement marker of *module*."""
    for test in vars(importlib.import_module(module)).values():
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "requirement":
                yield mark.args, mark.kwargs.get("judge")
