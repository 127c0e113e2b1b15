"""What somebody typed that is neither an option nor a place of tests, answered in one line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import did_you_mean
from arc_compliance.options.table import OPTIONS

SELFTESTS = "selftests"

_DASHES = "-\u2010\u2011\u2012\u2013\u2014\u2212"
"""The hyphen, and what word processors and web pages make of it."""


def check_options(typed: Sequence[str], unknown: Iterable[str], known: Iterable[str]) -> None:
    """Raise Fault for the first of the *unknown* options with the nearest of the *known* ones.

    *typed* is the whole command line: an option of ours with one dash in place of two would pass
    for a short option of pytest's and its value.
    """
    ours = {option.name for option in OPTIONS}
    for word in typed:
        name = word.partition("=")[0]
        meant = "--" + name.lstrip(_DASHES)
        if name != meant and name[:1] in _DASHES and meant in ours:
            raise Fault(f"an option begins with two hyphens; write {meant}", where=name)
    for word in unknown:
        name = word.partition("=")[0]
        if name.startswith("-") and name.strip("-"):
            guess = _nearest(name, sorted(known))
            raise Fault(f"unknown option{guess}; pytest --help lists all", where=name)


def _nearest(name: str, known: Sequence[str]) -> str:
    """A guess at *name*, or those that begin like it. Hyphens do not make two names alike."""
    by_words = {one.lstrip("-"): one for one in known if one.startswith("--")}
    typed = name.lstrip("-")
    if guess := did_you_mean(typed, by_words):
        return guess.replace("'", "'--", 1)
    longer = [one for words, one in by_words.items() if words.startswith(typed)]
    return f" (did you mean {' or '.join(longer[:3])}?)" if longer else ""


def check_places(given: Iterable[str], directory: Path, root: Path, homes: Sequence[str]) -> None:
    """Raise Fault for the first of the *given* paths that is not a place of compliance tests.

    *given* are as pytest takes them, ``::`` and a test's name behind the path, typed in
    *directory*. The tests are in *homes*, folders of *root*.
    """
    folders = [(root / home).resolve() for home in homes]
    for argument in given:
        text = argument.partition("::")[0]
        path = (directory / text).resolve()
        if not path.exists():
            guess = did_you_mean(text, _places(root, homes))
            raise Fault(f"no such file or folder{guess}; {_where(homes)}", where=text)
        if any(path.is_relative_to(folder) for folder in folders):
            continue
        if path.is_relative_to((root / SELFTESTS).resolve()):
            own = f"the suite's own tests; for them, run pytest -c {SELFTESTS}/pytest.ini {text}"
            raise Fault(own, where=text)
        if any(folder.is_relative_to(path) for folder in folders):
            raise Fault(f"holds more than the compliance tests; {_where(homes)}", where=text)
        raise Fault(f"holds no compliance test; {_where(homes)}", where=text)


def _where(homes: Sequence[str]) -> str:
    return f"leave it out, or name a part of {', '.join(homes)}"


def _places(root: Path, homes: Sequence[str]) -> list[str]:
    """Each folder and file of tests, as it is typed in *root*."""
    files = (path for home in homes for path in sorted((root / home).glob("test_*.py")))
    return [*homes, *(path.relative_to(root).as_posix() for path in files)]
