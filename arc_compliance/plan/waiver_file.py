"""The waiver file as somebody writes it: waivers of known failures, and attestations.

Both have an end. A day counts to its end in UTC.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    model_validator,
)

from arc_compliance.base.redact import scrub
from arc_compliance.base.wording import did_you_mean
from arc_compliance.base.yaml_file import Location, faults_at
from arc_compliance.catalogue import CLOUDS, OTHER_CLOUDS
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.plan.globs import matches

LONGEST = timedelta(days=366)
"""How far ahead the end of a waiver or an attestation may be."""

OVERALL = "run/overall"
"""What nobody can waive: the verdict on the run."""


def _day(given: Any) -> date:
    """The day that *given*, a value of YAML, stands for."""
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    if isinstance(given, str) and re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", given):
        try:
            return date.fromisoformat(given)
        except ValueError:
            raise ValueError(f"{given} is not a day of the calendar") from None
    raise ValueError(
        "expected a day without a time, as 2026-12-31; it counts to its end in UTC"
    ) from None


def _end(day: date, info: ValidationInfo) -> date:
    if info.context and day > info.context["today"] + LONGEST:
        last = info.context["today"] + LONGEST
        raise ValueError(f"{day} is more than a year ahead; {last} is the last day")
    return day


def _past(day: date, info: ValidationInfo) -> date:
    if info.context and day > info.context["today"]:
        raise ValueError(f"{day} is in the future")
    return day


def _cloud(name: str) -> str:
    known = (*CLOUDS, *OTHER_CLOUDS)
    if name not in known:
        raise ValueError(f"unknown cloud {scrub(name)!r}{did_you_mean(name, known)}")
    return name


def _words(text: str) -> str:
    """*text* on one line, without what nobody may read in a report."""
    return " ".join(scrub(text).split())


Day = Annotated[date, BeforeValidator(_day, json_schema_input_type=date)]
End = Annotated[Day, AfterValidator(_end)]
Words = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000),
    AfterValidator(_words),
]
Glob = Annotated[str, StringConstraints(min_length=1, max_length=300)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class WaiverEntry(_Strict):
    """A known failure that somebody has accepted until a day."""

    requirement: Glob = Field(description="an id such as urls/his; * and ? stand for any text")
    hosts: tuple[Glob, ...] = Field(
        min_length=1,
        description="labels of hosts; * and ? stand for any text, but a host without a result is "
        "waived by its whole label only",
    )
    rows: tuple[Glob, ...] | None = Field(
        default=None,
        min_length=1,
        description="rows of the document as it prints them; * and ? stand for any text",
    )
    cloud: Annotated[str, AfterValidator(_cloud)] | None = Field(
        default=None, description="azcmagent's name of the cloud; any where it is left out"
    )
    reason: Words = Field(description="why the failure is accepted; stands in every report")
    approved_by: Words = Field(alias="approved-by", description="who accepts it")
    expires: End = Field(description="the last day, in UTC, at most a year ahead")


class AttestationEntry(_Strict):
    """What somebody states of a requirement that no host can show."""

    requirement: Glob = Field(description="the id of a requirement that is not testable")
    hosts: tuple[Glob, ...] = Field(
        default=("*",), min_length=1, description="labels of hosts; * and ? stand for any text"
    )
    statement: Words = Field(description="what is stated")
    by: Words = Field(description="who states it")
    date: Annotated[Day, AfterValidator(_past)] = Field(description="the day of the statement")
    expires: End = Field(description="the last day, in UTC, at most a year ahead")


class WaiverFile(_Strict):
    """The whole file."""

    waivers: tuple[WaiverEntry, ...] = ()
    attestations: tuple[AttestationEntry, ...] = ()

    @model_validator(mode="after")
    def _about_the_catalogue(self, info: ValidationInfo) -> WaiverFile:
        if info.context:
            first = next(self._faults(info.context["catalogue"]), None)
            if first:
                raise faults_at("WaiverFile", [first])
        return self

    def _faults(self, catalogue: Catalogue) -> Iterator[tuple[Location, str]]:
        known = {one.id: one.not_testable for one in catalogue.requirements}
        for i, waiver in enumerate(self.waivers):
            if waiver.cloud in (None, catalogue.cloud):
                fault = _unknown(waiver.requirement, known)
                if fault:
                    yield ("waivers", i, "requirement"), fault
        for i, one in enumerate(self.attestations):
            fault = f"unknown requirement {one.requirement!r}"
            if one.requirement not in known:
                fault += did_you_mean(one.requirement, known)
            elif known[one.requirement]:
                fault = ""
            else:
                testable = ", ".join(known_id for known_id, why in known.items() if why)
                fault = (
                    f"{one.requirement!r} can be tested, which no attestation replaces; "
                    f"attestations are for {testable}"
                )
            if fault:
                yield ("attestations", i, "requirement"), scrub(fault)


def _unknown(requirement: str, known: Iterable[str]) -> str:
    """What is wrong with the *requirement* of a waiver; empty where nothing is."""
    if requirement == OVERALL:
        return f"{OVERALL} cannot be waived; waive the cases that fail"
    if any(matches(requirement, one) for one in known if one != OVERALL):
        return ""
    return scrub(f"unknown requirement {requirement!r}{did_you_mean(requirement, known)}")
