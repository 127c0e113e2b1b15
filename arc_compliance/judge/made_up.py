"""Names for which the resolver made addresses up."""

from __future__ import annotations

from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

_MADE_UP = Failure(
    cause="dns-rewritten", detail="it has the addresses of a name that does not exist"
)


def without_made_up_addresses(evidence: Evidence) -> Evidence:
    """*evidence* in which a name that was answered like one that does not exist, did not resolve.

    A name whose certificate verified is left alone: whatever the resolver says, the service is
    there.
    """
    made_up = {
        address
        for control in evidence.controls
        if control.stage is Stage.RESOLVE and control.answered
        for address in control.addresses
    }
    if not made_up:
        return evidence
    affected = {m.name for m in evidence.measurements if _is_made_up(m, made_up)}
    return evidence.model_copy(
        update={
            "measurements": tuple(
                _unresolved(m) if m.name in affected else m for m in evidence.measurements
            ),
            "discovered": tuple(
                d.model_copy(update={"failure": _MADE_UP})
                if d.name in affected and d.failure
                else d
                for d in evidence.discovered
            ),
        }
    )


def _is_made_up(measurement: Measurement, made_up: set[str]) -> bool:
    resolve, certificate = measurement.at(Stage.RESOLVE), measurement.at(Stage.CERTIFICATE)
    if resolve is None or resolve.via != "resolver" or not resolve.addresses:
        return False
    if certificate and not certificate.failure:
        return False
    return set(resolve.addresses) <= made_up


def _unresolved(measurement: Measurement) -> Measurement:
    resolve = measurement.at(Stage.RESOLVE)
    assert resolve is not None
    failed = resolve.model_copy(update={"failure": _MADE_UP})
    return measurement.model_copy(update={"observations": (failed,)})
