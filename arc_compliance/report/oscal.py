"""The report as OSCAL assessment results, for the tools of auditors.

https://pages.nist.gov/OSCAL/reference/ (assessment-results). Each case is an observation on its
host, each requirement a finding, each failure a risk. OSCAL knows satisfied and not satisfied only:
what could not be measured is not satisfied, with the reason "other", and never satisfied.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from arc_compliance.catalogue.model import Catalogue, Requirement
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.compliance import ComplianceReport, Host

VERSION = "1.2.1"
"""Of OSCAL; the one that the self-tests validate."""

NS = "https://arc-compliance.example/ns/oscal"
_NAMESPACE = uuid.UUID("6f0d3a0e-4f0c-4a83-9a53-2d5a1c6b8e11")
_MARKUP = re.compile(r"([\\`*_\[\]<>])")

_MET = {Verdict.PASS, Verdict.WARN}
_SAYS_NOTHING = {Verdict.NOT_APPLICABLE, Verdict.NOT_TESTABLE}
_AT_RISK = {Verdict.FAIL, Verdict.WAIVED}


def render_oscal(report: ComplianceReport, catalogue: Catalogue) -> str:
    """The assessment results as JSON of a *report* with at least one case. The same report makes
    the same document, identifiers included."""
    results = {"assessment-results": _Results(report, catalogue).document()}
    return json.dumps(results, indent=1) + "\n"


def control_id(requirement: str) -> str:
    """The id of *requirement* as OSCAL allows it: a dot takes the place of the slash."""
    return requirement.replace("/", ".")


class _Results:
    def __init__(self, report: ComplianceReport, catalogue: Catalogue) -> None:
        self._report, self._catalogue = report, catalogue
        self._hosts = {host.label: host for host in report.hosts}
        self._cases: dict[str, list[Judgement]] = {}
        for result in report.results:
            if result.judgement.host:
                self._cases.setdefault(result.judgement.requirement, []).append(result.judgement)

    def document(self) -> dict[str, Any]:
        header, plan = self._report.header, self._id("plan")
        return {
            "uuid": self._id("assessment-results"),
            "metadata": {
                "title": _line(f"{self._catalogue.title}: {self._report.overall.value}"),
                "last-modified": header.finished,
                "version": _line(header.run),
                "oscal-version": VERSION,
                "props": [_prop("suite-version", header.suite_version)],
            },
            "import-ap": {"href": f"#{plan}"},
            "results": [self._result()],
            "back-matter": {"resources": [self._plan(plan)]},
        }

    def _plan(self, plan: str) -> dict[str, Any]:
        """What stands for an assessment plan: the catalogue, and what was selected of it."""
        header = self._report.header
        given = [f"{name}={value}" for name, value in header.settings]
        told = f"cloud {header.cloud}, location {header.location}, selection {header.selection}"
        return {
            "uuid": plan,
            "title": _line(self._catalogue.title),
            "description": _markup("; ".join([told, *given])),
            "props": [_prop("catalogue-sha256", header.catalogue_sha256)],
        }

    def _result(self) -> dict[str, Any]:
        header = self._report.header
        reviewed = [{"control-id": control_id(one)} for one in self._cases]
        requirements = {one.id: one for one in self._catalogue.requirements}
        named = [(requirements[one], cases) for one, cases in self._cases.items()]
        made = {
            "uuid": self._id("result"),
            "title": _line(f"Run {header.run}"),
            "description": _markup(self._about()),
            "start": header.started,
            "end": header.finished,
            "props": [
                _prop("overall", self._report.overall.value),
                _prop("selection", header.selection),
                _prop("simulated", str(header.simulated).lower()),
            ],
            "local-definitions": {"inventory-items": [self._item(h) for h in self._report.hosts]},
            "reviewed-controls": {"control-selections": [{"include-controls": reviewed}]},
            "observations": [self._observation(j) for cases in self._cases.values() for j in cases],
            "risks": [self._risk(one, at) for one, cases in named if (at := _of(cases, _AT_RISK))],
            "findings": [found for one in named for found in self._findings(*one)],
        }
        return {name: value for name, value in made.items() if value != []}

    def _about(self) -> str:
        """The run in a sentence."""
        counts = ", ".join(f"{n} {v.value}" for v, n in self._report.counts().items() if n)
        partial = "" if self._report.header.selection == "all" else " A part of a whole run."
        demo = " A simulation: it says nothing of a real network." * self._report.header.simulated
        return f"{self._report.overall.value}: {counts or 'nothing was judged'}.{partial}{demo}"

    def _item(self, host: Host) -> dict[str, Any]:
        facts = {
            "hostname": host.hostname,
            "system": host.system,
            "measured": str(host.measured).lower(),
            "source-addresses": ", ".join(host.source_addresses),
        }
        return {
            "uuid": self._id("host", host.label),
            "description": _markup(host.label),
            "props": [_prop(name, value) for name, value in facts.items() if _line(value) != "-"],
        }

    def _observation(self, judgement: Judgement) -> dict[str, Any]:
        host = self._hosts.get(judgement.host)
        facts = {
            "verdict": judgement.verdict.value,
            "requirement": judgement.requirement,
            "level": judgement.level.value,
            "endpoint": judgement.endpoint,
            "cause": judgement.cause,
            "failing": ",".join(judgement.failing),
        }
        made = {
            "uuid": self._observation_id(judgement),
            "title": _line(judgement.case),
            "description": _markup(judgement.actual or judgement.verdict.value),
            "props": [_prop(name, value) for name, value in facts.items() if value],
            "methods": ["TEST"],
            "types": ["control-objective"],
            "collected": (host.collected if host else "") or self._report.header.finished,
        }
        if host:
            subject = self._id("host", judgement.host)
            made["subjects"] = [
                {"subject-uuid": subject, "type": "inventory-item", "title": _line(host.label)}
            ]
        if host and host.measured:
            href = f"evidence/{quote(quote(host.label, safe=''))}.json"
            made["relevant-evidence"] = [
                {"href": href, "description": "What the probe saw on the host."}
            ]
        return made

    def _risk(self, requirement: Requirement, cases: Sequence[Judgement]) -> dict[str, Any]:
        """What follows from the failures of *requirement*; accepted where all are waived."""
        remedies = dict.fromkeys(one.text for case in cases for one in case.remedies)
        accepted = all(case.verdict is Verdict.WAIVED for case in cases)
        hosts = dict.fromkeys(case.host for case in cases)
        return {
            "uuid": self._id("risk", requirement.id),
            "title": _line(f"{requirement.id} is not met"),
            "description": _markup(f"on {', '.join(hosts)}"),
            "statement": _markup("\n\n".join(remedies) or requirement.statement),
            "status": "deviation-approved" if accepted else "open",
            "related-observations": self._related(cases),
        }

    def _findings(
        self, requirement: Requirement, cases: Sequence[Judgement]
    ) -> Iterator[dict[str, Any]]:
        """The finding on *requirement*; none where no case of it says anything."""
        telling = [case for case in cases if case.verdict not in _SAYS_NOTHING]
        if not telling:
            return
        found: dict[str, Any] = {
            "uuid": self._id("finding", requirement.id),
            "title": _line(requirement.id),
            "description": _markup(requirement.statement),
            "target": {
                "type": "objective-id",
                "target-id": control_id(requirement.id),
                "status": _status(telling),
            },
            "related-observations": self._related(telling),
        }
        if _of(cases, _AT_RISK):
            found["related-risks"] = [{"risk-uuid": self._id("risk", requirement.id)}]
        yield found

    def _related(self, cases: Sequence[Judgement]) -> list[dict[str, str]]:
        return [{"observation-uuid": self._observation_id(case)} for case in cases]

    def _observation_id(self, judgement: Judgement) -> str:
        return self._id("case", judgement.host, judgement.requirement, judgement.endpoint)

    def _id(self, *parts: str) -> str:
        """An identifier that follows from the run and *parts*."""
        return str(uuid.uuid5(_NAMESPACE, json.dumps([self._report.header.run, *parts])))


def _of(cases: Sequence[Judgement], verdicts: set[Verdict]) -> list[Judgement]:
    return [case for case in cases if case.verdict in verdicts]


def _status(cases: Sequence[Judgement]) -> Mapping[str, str]:
    """Whether what *cases* are about is satisfied, and why not: it failed, or something else."""
    if any(case.verdict is Verdict.FAIL for case in cases):
        return {"state": "not-satisfied", "reason": "fail"}
    if all(case.verdict in _MET for case in cases):
        return {"state": "satisfied", "reason": "pass"}
    verdicts = ", ".join(sorted({c.verdict.value for c in cases if c.verdict not in _MET}))
    return {"state": "not-satisfied", "reason": "other", "remarks": f"Verdicts: {verdicts}."}


def _prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": NS, "value": _line(value)}


def _line(text: str) -> str:
    """*text* on one line; a dash where there is none, since OSCAL has no empty values."""
    return " ".join(text.split()) or "-"


def _markup(text: str) -> str:
    """*text* as OSCAL's Markdown, in which it means itself."""
    return _MARKUP.sub(r"\\\1", text) or "-"
