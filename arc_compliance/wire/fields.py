"""What the fields of everything on the wire are made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from arc_compliance.probe.python import limits

Text = Annotated[str, StringConstraints(max_length=limits.MAX_TEXT)]
Time = Annotated[float, Field(ge=0, le=253402300799)]
"""Seconds since the epoch, up to the last second that a calendar with four digits has."""

Duration = Annotated[float, Field(ge=0, le=86400)]
"""Seconds that one step took, up to a day, which is the longest deadline. What no clock can have
measured has no milliseconds either."""

RowId = Annotated[str, StringConstraints(max_length=100, pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$")]
"""The id of a requirement of the catalogue that is a row of the document."""

Cause = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,40}$")]


class WireRecord(BaseModel):
    """A part of the evidence: frozen, and without a key that was not agreed upon."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, defer_build=True)


class Failure(WireRecord):
    """Why a step failed: one cause of the closed list, and a scrubbed detail."""

    cause: Cause
    detail: Text = ""
