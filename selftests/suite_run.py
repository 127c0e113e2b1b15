"""One run of the compliance suite as its files and exit code show it."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from junitparser import JUnitXml
from junitparser.xunit2 import TestCase

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class SuiteRun:
    """Exit code, terminal output, and the report folder."""

    code: int
    out: str
    err: str
    reports: Path

    @cached_property
    def suites(self) -> list[Any]:
        """The test suites of junit.xml, one a host, read by a third party's parser."""
        return list(JUnitXml.fromfile(str(self.reports / "junit.xml")))

    @property
    def properties(self) -> dict[str, str]:
        """The properties that every suite has."""
        found = [{p.name: p.value for p in suite.properties()} for suite in self.suites]
        assert all(one == found[0] for one in found)
        return found[0]

    @cached_property
    def cases(self) -> list[dict[str, str]]:
        """Each testcase's properties, with its name, classname and outcome."""
        return [_case(TestCase.fromelem(one._elem)) for suite in self.suites for one in suite]

    def case(self, requirement: str, host: str = "local", endpoint: str = "") -> dict[str, str]:
        """The one case of *requirement* on *host*, for *endpoint* where there are several."""
        (found,) = [
            c
            for c in self.cases
            if c["requirement"] == requirement
            and c.get("host", "") == host
            and (not endpoint or c.get("endpoint") == endpoint)
        ]
        return found

    def verdicts(self) -> dict[tuple[str, str, str], tuple[str, str]]:
        """(verdict, cause) by (requirement, host, endpoint)."""
        return {
            (c["requirement"], c.get("host", ""), c.get("endpoint", "")): (
                c["verdict"],
                c.get("cause", ""),
            )
            for c in self.cases
        }

    def counts(self) -> Counter[str]:
        """How many cases have each verdict."""
        return Counter(c["verdict"] for c in self.cases)

    @cached_property
    def json(self) -> Any:
        """compliance.json."""
        return json.loads((self.reports / "compliance.json").read_text(encoding="utf-8"))

    def text(self) -> str:
        """Everything that the run wrote, terminal included."""
        files = [p.read_text(encoding="utf-8") for p in self.reports.rglob("*") if p.is_file()]
        return "\n".join([self.out, self.err, *files])


def as_python(directory: Path, script: str) -> dict[str, str]:
    """An environment in which this machine's python3 is the shell *script*."""
    directory.mkdir()
    fake = directory / "python3"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def _case(one: TestCase) -> dict[str, str]:
    found = {p.name: p.value for p in one.properties()}
    outcome = one.result[0]._tag if one.result else "passed"
    message = one.result[0].message if one.result else ""
    return {
        **found,
        "name": one.name,
        "classname": one.classname,
        "outcome": outcome,
        "message": message,
    }
