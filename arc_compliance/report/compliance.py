"""The one report from which every document is written: header, hosts, results, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from arc_compliance.catalogue.model import Level
from arc_compliance.judge.judgement import Judgement, Verdict

_STRICT = ConfigDict(extra="forbid", defer_build=True)
SEEN = {Verdict.PASS, Verdict.WARN, Verdict.FAIL, Verdict.WAIVED}
"""The verdicts that rest on something that was seen."""


class Overall(str, Enum):
    """The verdict on a whole run."""

    COMPLIANT = "compliant"
    COMPLIANT_WITH_WAIVERS = "compliant-with-waivers"
    NON_COMPLIANT = "non-compliant"
    INCOMPLETE = "incomplete"


EXIT_CODES = {
    Overall.COMPLIANT: 0,
    Overall.COMPLIANT_WITH_WAIVERS: 0,
    Overall.NON_COMPLIANT: 1,
    Overall.INCOMPLETE: 6,
}


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Result:
    """One judged case as a test: where it stands, how long judging took (seconds), what it says."""

    classname: str
    name: str
    duration: float
    judgement: Judgement


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Host:
    """From where and under which scope a host was measured, and when its evidence came in.

    ``controls`` has each negative control's stage and how it went: held, answered, not asked.
    ``left_out`` counts the cases that must hold and that a narrowed run left out. The fields that
    say how it was measured are empty where it was not.
    """

    label: str
    measured: bool
    simulated: bool = False
    scope: tuple[tuple[str, str], ...] = ()
    collected: str = ""
    controls: tuple[tuple[str, str], ...] = ()
    hostname: str = ""
    user: str = ""
    system: str = ""
    source_addresses: tuple[str, ...] = ()
    resolvers: tuple[str, ...] = ()
    proxy: str = ""
    seconds: float = 0.0
    detail: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Header:
    """What the run was about. Times are ISO 8601 in UTC; ``selection`` is "all" or says what of.

    ``settings`` are the options that changed what was measured or how it was judged.
    """

    suite_version: str
    run: str
    cloud: str
    location: str
    catalogue_sha256: str
    service_tags: str
    selection: str
    planned: int
    judged: int
    started: str
    finished: str
    simulated: bool
    settings: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ComplianceReport:
    """Everything that a run found out. ``missing`` lists what stands between it and compliant."""

    format: int = 1
    overall: Overall
    header: Header
    hosts: tuple[Host, ...]
    results: tuple[Result, ...]
    missing: tuple[str, ...]

    def counts(self) -> dict[Verdict, int]:
        """How many cases have each verdict, the run's own last case aside."""
        found = Counter(r.judgement.verdict for r in self.results if r.judgement.host)
        return {verdict: found[verdict] for verdict in Verdict}

    def counts_by_host(self) -> dict[str, Counter[Verdict]]:
        """The same for each host, by its label."""
        found: dict[str, Counter[Verdict]] = {host.label: Counter() for host in self.hosts}
        for result in self.results:
            if result.judgement.host in found:
                found[result.judgement.host][result.judgement.verdict] += 1
        return found

    def of(self, *verdicts: Verdict) -> list[Judgement]:
        """The judgements with one of *verdicts*, the run's own last case aside."""
        return [
            r.judgement
            for r in self.results
            if r.judgement.verdict in verdicts and r.judgement.host
        ]


REPORT = TypeAdapter(ComplianceReport)
"""Reads and writes compliance.json, and knows its JSON schema."""


def overall_of(judgements: Iterable[Judgement]) -> tuple[Overall, tuple[str, ...]]:
    """The overall verdict, and one line for each thing that is missing.

    A run in which nothing was seen, or no endpoint applied, is incomplete, whatever its cases say.
    """
    known: Sequence[Judgement] = list(judgements)
    failed = [j for j in known if j.verdict is Verdict.FAIL]
    unseen = [j for j in known if _leaves_open(j)]
    missing = tuple(_line(j) for j in (*failed, *unseen))
    seen = any(j.verdict in SEEN and j.level is not Level.RUN for j in known)
    rows = [j for j in known if j.endpoint]
    if rows and all(j.verdict is Verdict.NOT_APPLICABLE for j in rows):
        unseen, missing = [*unseen, *rows], (*missing, "no endpoint of the document was judged")
    if failed:
        return Overall.NON_COMPLIANT, missing
    if unseen or not seen:
        return Overall.INCOMPLETE, missing or ("nothing was judged",)
    if any(j.verdict is Verdict.WAIVED for j in known):
        return Overall.COMPLIANT_WITH_WAIVERS, missing
    return Overall.COMPLIANT, missing


def _leaves_open(judgement: Judgement) -> bool:
    """Whether *judgement* is a hole: a MUST that was not seen, or an error of the run itself."""
    if judgement.verdict is Verdict.ERROR:
        return judgement.must or judgement.level is Level.RUN
    return judgement.must and judgement.verdict in (Verdict.NOT_TESTED, Verdict.BLOCKED)


def _line(j: Judgement) -> str:
    what = j.requirement if j.endpoint == "" else f"{j.requirement} ({j.endpoint})"
    cause = f", {j.cause}" if j.cause else ""
    return f"{j.host}: {what}: {j.verdict.value}{cause}"


def overall_judgement(overall: Overall, missing: Sequence[str], statement: str) -> Judgement:
    """The run's last case: passes only where the run is compliant, and lists what is missing."""
    compliant = overall in (Overall.COMPLIANT, Overall.COMPLIANT_WITH_WAIVERS)
    shown = [*missing[:50], *([f"and {len(missing) - 50} more"] if len(missing) > 50 else [])]
    return Judgement(
        case="run/overall",
        requirement="run/overall",
        section="The run",
        level=Level.RUN,
        host="",
        verdict=Verdict.PASS if compliant else Verdict.FAIL,
        expected=statement,
        actual="\n".join([overall.value, *shown]),
    )
