"""What changed since an earlier run, as it stands in compliance.json."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arc_compliance.judge.judgement import Verdict

_STRICT = ConfigDict(extra="forbid", defer_build=True)


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class CaseChange:
    """One case in both runs; ``was`` is None where the earlier run did not judge it.

    ``cause_was`` is another cause than now, empty where it is the same. ``names`` are those that
    fail now and did not then, of a case that failed then too.
    """

    host: str
    requirement: str
    endpoint: str = ""
    was: Verdict | None
    now: Verdict
    cause: str = ""
    cause_was: str = ""
    names: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it is: host, requirement and row."""
        row = f" ({self.endpoint})" if self.endpoint else ""
        return f"{self.host}: {self.requirement}{row}"


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class SeenChange:
    """Something that hosts saw of one name and port, and that is another than before."""

    name: str
    what: Literal["addresses", "issuer", "TLS version"]
    was: str
    now: str
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Comparison:
    """A run beside an earlier one, of which ``run``, ``finished`` and ``overall`` tell.

    ``newly_failing`` fail now and did not fail then, be it for more names only; a case that was
    not judged then is one of them. ``fixed`` failed then and are met now. ``still_blocked`` were
    not reached then either. ``other`` are all other verdicts that changed, and other causes.
    ``rows_*`` are requirements with their rows. ``remarks`` say what differs between the two runs
    as a whole, and what could not be compared.
    """

    run: str
    finished: str
    overall: str
    newly_failing: tuple[CaseChange, ...] = ()
    fixed: tuple[CaseChange, ...] = ()
    still_failing: tuple[CaseChange, ...] = ()
    still_blocked: tuple[CaseChange, ...] = ()
    other: tuple[CaseChange, ...] = ()
    hosts_added: tuple[str, ...] = ()
    hosts_removed: tuple[str, ...] = ()
    rows_added: tuple[str, ...] = ()
    rows_removed: tuple[str, ...] = ()
    seen: tuple[SeenChange, ...] = ()
    remarks: tuple[str, ...] = ()
