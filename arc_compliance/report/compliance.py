"""The one report from which every document is written: header, hosts, results, what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from enum import Enum

from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from arc_compliance.base.redact import scrub
from arc_compliance.base.wording import first_few
from arc_compliance.catalogue.model import Level
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.changes import Comparison

_STRICT = ConfigDict(extra="forbid", defer_build=True)
SEEN = {Verdict.PASS, Verdict.WARN, Verdict.FAIL}
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

    ``run`` is the one that measured it. ``remarks`` are what a reader has to know of saved
    evidence: another order, a day that is still to come. ``controls`` has each negative control's
    stage and how it went: held, answered, not asked. ``left_out`` counts the cases that must hold
    and that a narrowed run left out. The fields that say how it was measured are empty where it was
    not.
    """

    label: str
    measured: bool
    simulated: bool = False
    scope: tuple[tuple[str, str], ...] = ()
    run: str = ""
    remarks: tuple[str, ...] = ()
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
class Edition:
    """The document that the run goes by: ``dated`` is the day of its text, ``read`` the day on
    which the catalogue was made from it. Both are ISO dates, empty where nobody knows."""

    publisher: str = ""
    title: str = ""
    cloud: str = ""
    dated: str = ""
    read: str = ""

    @property
    def words(self) -> str:
        """The edition in a few words."""
        if not self.dated and not self.read:
            return "edition not recorded"
        dated = f"edition of {self.dated}" if self.dated else "undated edition"
        return f"{dated}, read on {self.read}" if self.read else dated


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class Operator:
    """Who ran the suite: a person at a machine, or a CI job (with its page, an http or https
    address) and the commit that it ran on. Empty where nobody knows."""

    who: str = ""
    job: str = ""
    url: str = ""
    commit: str = ""


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
    edition: Edition = Edition()
    operator: Operator = Operator()


class UseState(str, Enum):
    """What a waiver or an attestation is in a run: an active one covers a case."""

    ACTIVE = "active"
    EXPIRED = "expired"
    UNUSED = "unused"


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class WaiverUse:
    """One waiver of the file, by its place there from 1.

    ``cases`` are those that it waives, or would waive had it not expired; ``note`` says why there
    are none. ``expires`` is an ISO date, the last day in UTC.
    """

    number: int
    state: UseState
    requirement: str
    hosts: tuple[str, ...]
    rows: tuple[str, ...]
    reason: str
    approved_by: str
    expires: str
    cases: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class AttestationUse:
    """One attestation of the file, by its place there from 1; ``cases`` are what it speaks of."""

    number: int
    state: UseState
    requirement: str
    hosts: tuple[str, ...]
    statement: str
    by: str
    date: str
    expires: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, config=_STRICT)
class ComplianceReport:
    """Everything that a run found out. ``missing`` lists what stands between it and compliant,
    ``comparison`` is what changed since an earlier run, where one was named."""

    format: int = 1
    overall: Overall
    header: Header
    hosts: tuple[Host, ...]
    results: tuple[Result, ...]
    missing: tuple[str, ...]
    waivers: tuple[WaiverUse, ...] = ()
    attestations: tuple[AttestationUse, ...] = ()
    comparison: Comparison | None = None

    @property
    def headline(self) -> str:
        """The overall verdict, which is never that on a simulation without saying so."""
        simulated = " (simulated)" if self.header.simulated else ""
        return f"{self.overall.value}{simulated}"

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader has to know of the evidence, each thing once with the hosts that it is
        about."""
        about: dict[str, list[str]] = {}
        for host in self.hosts:
            for remark in host.remarks:
                about.setdefault(remark, []).append(host.label)
        told = [f"{first_few(labels, 4)}: {remark}" for remark, labels in about.items()]
        runs = Counter(host.run for host in self.hosts if host.run and host.measured)
        if len(runs) > 1:
            most, number = runs.most_common(1)[0]
            others = [h.label for h in self.hosts if h.measured and h.run not in ("", most)]
            told.append(
                f"evidence of {len(runs)} runs: {number} hosts are of the run {scrub(most)[:40]}, "
                f"and others are not: {first_few(others, 4)}"
            )
        return tuple(told)

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
    unseen = [j for j in known if leaves_open(j)]
    missing = tuple(_line(j) for j in (*failed, *unseen))
    seen = any(
        (j.verdict_without_waiver or j.verdict) in SEEN and j.level is not Level.RUN for j in known
    )
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


def leaves_open(judgement: Judgement) -> bool:
    """Whether *judgement* is a hole: a MUST that was not seen, or an error of the run itself."""
    if judgement.verdict is Verdict.ERROR:
        return judgement.must or judgement.level is Level.RUN
    return judgement.must and judgement.verdict in (Verdict.NOT_TESTED, Verdict.BLOCKED)


def _line(j: Judgement) -> str:
    what = j.requirement if j.endpoint == "" else f"{j.requirement} ({j.endpoint})"
    cause = f", {j.cause}" if j.cause else ""
    return f"{j.host}: {what}: {j.verdict.value}{cause}"


def overall_judgement(
    overall: Overall, missing: Sequence[str], statement: str, *, simulated: bool = False
) -> Judgement:
    """The run's last case: passes only where the run is compliant, and lists what is missing; says
    where it was *simulated*."""
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
        actual="\n".join([f"{overall.value}{' (simulated)' if simulated else ''}", *shown]),
    )
