"""All steps of one name and port."""

from __future__ import annotations

from typing import Annotated, Literal, overload

from pydantic import Field

from arc_compliance.wire.fields import Failure, RowId, Text, WireRecord
from arc_compliance.wire.observation import (
    Answered,
    Connected,
    Handshake,
    Observation,
    Proxied,
    Resolved,
    Stage,
    Verified,
)


class FirstFailure(WireRecord):
    """What an earlier attempt failed with, where a later one went well."""

    stage: Stage
    cause: Text
    detail: Text = ""


class Flaky(FirstFailure):
    """What the first failure was, where another attempt went well: ``failed`` of the attempts
    ``of`` ended so. Both are 0 in evidence that does not tell."""

    failed: Annotated[int, Field(ge=0, le=100)] = 0
    of: Annotated[int, Field(ge=0, le=100)] = 0


class WebSocket(WireRecord):
    """The answer to a request for a WebSocket at ``path``, on a connection of its own.

    ``accepted`` is true where the peer switched protocols and showed that it had read the request
    (RFC 6455); ``failure`` says why there is no answer.
    """

    path: Text
    status: int | None = None
    accepted: bool
    failure: Failure | None = None


class Measurement(WireRecord):
    """All steps of one name and port, in order; the last attempt, where there were two.

    ``rows`` are the ids of the document's rows for which the name was ordered or discovered, None
    where the evidence does not tell. ``crowded`` is what failed while others were measured beside
    it, and went well when it was measured alone.
    """

    name: Text
    port: int = Field(ge=1, le=65535)
    scheme: Literal["https", "http"]
    origin: Literal["ordered", "discovered"]
    rows: Annotated[tuple[RowId, ...], Field(max_length=100)] | None = None
    attempts: int = Field(ge=1, le=2)
    flaky: Flaky | None = None
    crowded: FirstFailure | None = None
    observations: Annotated[tuple[Observation, ...], Field(max_length=8)]
    websocket: WebSocket | None = None

    @overload
    def at(self, stage: Literal[Stage.RESOLVE]) -> Resolved | None: ...
    @overload
    def at(self, stage: Literal[Stage.CONNECT]) -> Connected | None: ...
    @overload
    def at(self, stage: Literal[Stage.PROXY]) -> Proxied | None: ...
    @overload
    def at(self, stage: Literal[Stage.TLS]) -> Handshake | None: ...
    @overload
    def at(self, stage: Literal[Stage.CERTIFICATE]) -> Verified | None: ...
    @overload
    def at(self, stage: Literal[Stage.HTTP]) -> Answered | None: ...
    @overload
    def at(self, stage: Stage) -> Observation | None: ...
    def at(self, stage: Stage) -> Observation | None:
        """The observation of *stage*, failed or not; None where the measurement did not get there.

        Where a stage stands twice, the first counts.
        """
        return next((o for o in self.observations if o.stage is stage), None)

    def passed(self, stage: Stage) -> bool:
        """Whether the measurement got through *stage*."""
        step = self.at(stage)
        return step is not None and step.failure is None

    @property
    def addresses(self) -> tuple[str, ...]:
        """What the name resolved to on the host, as it said it; nothing behind a proxy."""
        resolved = self.at(Stage.RESOLVE)
        return resolved.addresses if resolved else ()

    @property
    def chain(self) -> tuple[str, ...]:
        """The certificates that the peer sent, base64 of DER, leaf first; none where none came."""
        handshake = self.at(Stage.TLS)
        return handshake.chain if handshake else ()

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the HTTP answer; none where none came."""
        answered = self.at(Stage.HTTP)
        return answered.headers if answered else {}

    @property
    def failed(self) -> Observation | None:
        """The first observation that failed, certificate aside, or None."""
        return next(
            (o for o in self.observations if o.failure and o.stage is not Stage.CERTIFICATE), None
        )
