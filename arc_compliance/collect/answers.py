"""What a host's answer amounts to: its record, with evidence or with the reason for none."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from arc_compliance.base.redact import scrub
from arc_compliance.collect.backends import NO_PYTHON, STARTED
from arc_compliance.collect.login import Login
from arc_compliance.collect.not_begun import SSH_FAILED, UNREACHABLE, to_try, why_not_begun
from arc_compliance.collect.ssh_failures import connection_lost
from arc_compliance.collect.ssh_sentences import LOST
from arc_compliance.probe.bundle import program_sha256
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.frame import BEGIN, MAX_EVIDENCE_BYTES, evidence_in
from arc_compliance.wire.order import Order
from arc_compliance.wire.record import HostRecord

FAILED = "probe-failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a host said, up to the limits, and the exit status of its client.

    The status is None where the client had not ended by then.
    """

    out: bytes
    err: bytes
    status: int | None
    flooded: bool = False

    @property
    def last_words(self) -> str:
        """The end of standard error, scrubbed."""
        # As a whole first: a key in PEM has many lines.
        lines = scrub(self.err.decode("utf-8", "replace")).splitlines()
        return "; ".join([line.strip() for line in lines if line.strip()][-3:])


def record_of(order: Order, answer: Answer, login: Callable[[], Login]) -> HostRecord:
    """The record of a host that gave this *answer* to *order*; *login* is the way to it."""
    status = "its connection stayed open" if answer.status is None else str(answer.status)
    if BEGIN not in answer.out and answer.status not in (None, NO_PYTHON):
        why = _not_measured(answer, answer.status, login())
        if why is not None:
            return failed(order, why.cause, why.detail)
    if answer.flooded:
        return failed(order, FAILED, f"the host sent more than {MAX_EVIDENCE_BYTES} bytes")
    if answer.status == NO_PYTHON:
        return failed(order, FAILED, "no python3 on the host, and the probe needs one")
    try:
        return _record(order, evidence=_unpack(answer.out, order))
    except ValueError as error:
        said = f"; the host said: {answer.last_words}" if answer.last_words else ""
        how = f"exit status {status}" if answer.status is not None else status
        return failed(order, FAILED, f"{error} ({how}){said}")


def out_of_time(
    order: Order,
    answer: Answer,
    login: Callable[[], Login],
    *,
    deadline: float,
    took: float | None,
) -> HostRecord:
    """The record of a host that has not answered within *deadline* seconds.

    *took* is how many of them passed before its shell began, None where it never did.
    """
    said = f"; it said: {answer.last_words}" if answer.last_words else ""
    if took is None:
        within = f"no answer within {deadline:g} s (--host-deadline): the login was not over"
        return failed(order, UNREACHABLE, to_try(f"{within}{said}", login()))
    took_words = f"the login took {took:.1f} s of the {deadline:g} s of --host-deadline"
    return failed(order, FAILED, f"{took_words}, and no whole evidence came in the rest{said}")


def could_not(order: Order, what: str, error: BaseException, cause: str = FAILED) -> HostRecord:
    """The record of a host for which *error* came up here, while doing *what*."""
    try:
        said = str(getattr(error, "strerror", None) or error)
        words = said if isinstance(error, OSError | ValueError) and said else _named(error)
        return failed(order, cause, f"{what}: {words}")
    except Exception:  # noqa: BLE001 - whatever its text does, the host gets its record
        return _record(order, failure=Failure(cause=cause, detail=what))


def failed(order: Order, cause: str, detail: str) -> HostRecord:
    """The record of a host that was not measured."""
    return _record(order, failure=Failure(cause=cause, detail=scrub(detail[:8000])[:2000]))


def _record(
    order: Order, *, evidence: Evidence | None = None, failure: Failure | None = None
) -> HostRecord:
    return HostRecord(
        run=order.run,
        host=order.host,
        order=order.digest,
        collected=time.time(),
        evidence=evidence,
        failure=failure,
    )


def _not_measured(answer: Answer, status: int, login: Login) -> Failure | None:
    """Why the client, which ended with *status*, did not get to the host, or lost it.

    After the probe has begun, the host can write what it likes to standard error: nothing but the
    exit status of ssh and the loss of a connection is believed then.
    """
    if STARTED not in answer.out:
        return why_not_begun(answer.out, answer.err, status, login)
    if login.kind != "ssh" or status != SSH_FAILED:
        return None
    cause = LOST if connection_lost(answer.err) else UNREACHABLE
    silent = f"ssh ended with {status} and without a word"
    return Failure(cause=cause, detail=to_try(answer.last_words or silent, login))


def _named(error: BaseException) -> str:
    text = str(error)
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _unpack(out: bytes, order: Order) -> Evidence:
    """The evidence in *out*; raise ValueError where it is not of this run, host and program."""
    evidence = evidence_in(out)
    if (evidence.run, evidence.host) != (order.run, order.host):
        raise ValueError("the host sent the evidence of another run or host")
    if evidence.probe.sha256 != program_sha256():
        raise ValueError("the host sent the evidence of a program other than the one sent to it")
    return evidence
