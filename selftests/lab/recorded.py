"""What the real clients answered in the field cases, as recorded.

``make reference`` asks them anew; otherwise the tests hold what they see against the record.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from selftests.lab.answers import Answer, Request

RECORD = Path(__file__).with_name("field_answers.json")
ANEW = "RECORD_ANSWERS"
"""The environment variable that has the record written instead of read."""

Names = dict[str, list[list[str]]]
"""The different answers for each name, as [says, words]; "*" for all names that are not listed."""


def summary(answers: Mapping[str, Sequence[Answer]]) -> Names:
    """The different answers by name, with what most names have under "*"."""
    found = {
        name: [list(one) for one in sorted({(a.says, _stable(a.words)) for a in its})]
        for name, its in answers.items()
    }
    usual, count = Counter(map(json.dumps, found.values())).most_common(1)[0]
    if count == 1:
        return dict(sorted(found.items()))
    rest = {name: its for name, its in found.items() if json.dumps(its) != usual}
    return {"*": json.loads(usual), **dict(sorted(rest.items()))}


def by_program(answers: Mapping[str, Mapping[Request, Sequence[Answer]]]) -> dict[str, Names]:
    """The summary of each program's answers."""
    return {
        program: summary({request.name: its for request, its in found.items()})
        for program, found in answers.items()
        if found
    }


def _stable(words: str) -> str:
    """*words* without addresses, which change with the number of peers."""
    return re.sub(r"\b\d+\.\d+\.\d+\.\d+\b", "ADDRESS", words)


def comparable(answers: dict[str, Any]) -> dict[str, Any]:
    """*answers* without the words of programs that come in other versions elsewhere."""
    return {
        program: {name: sorted({says for says, _ in its}) for name, its in names.items()}
        if program in ("wget", "apt")
        else names
        for program, names in answers.items()
    }


def recorded(situation: str) -> dict[str, Any]:
    """The record of one situation."""
    situations = json.loads(RECORD.read_text(encoding="utf-8"))["situations"]
    return dict(situations.get(situation, {}))


def record(situation: str, seen: dict[str, Any], versions: dict[str, str]) -> None:
    """Put what was *seen* in a situation into the record; workers take turns."""
    with RECORD.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        document = json.loads(file.read() or "{}")
        situations = {**document.get("situations", {}), situation: seen}
        document = {"versions": versions, "situations": dict(sorted(situations.items()))}
        file.truncate(0)
        file.write(json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def anew() -> bool:
    """Whether the record is to be written."""
    return bool(os.environ.get(ANEW))
