"""Evidence of format 1, read as if it were of format 2.

Format 1 kept what a step saw in an untyped ``data``. A value in it that format 2 does not allow is
left out, so that the observation shows nothing; the rest of the evidence is read.
"""

from __future__ import annotations

from pydantic import TypeAdapter, ValidationError

from arc_compliance.wire.observation import Observation

_OBSERVATION: TypeAdapter[Observation] = TypeAdapter(Observation)
_OF_EVERY_STAGE = ("stage", "started", "duration", "failure")


def upgraded(evidence: object) -> object:
    """*evidence*, JSON data of either format, as format 2 has it.

    What is not evidence at all is handed back as it is, for the model to refuse.
    """
    if not isinstance(evidence, dict) or evidence.get("evidence") != 1:
        return evidence
    measurements = evidence.get("measurements")
    if isinstance(measurements, list):
        measurements = [_measurement(one) for one in measurements]
    return {**evidence, "evidence": 2, "measurements": measurements}


def _measurement(told: object) -> object:
    if not isinstance(told, dict) or not isinstance(told.get("observations"), list):
        return told
    return {**told, "observations": [_observation(one) for one in told["observations"]]}


def _observation(told: object) -> object:
    if not isinstance(told, dict) or not isinstance(data := told.get("data", {}), dict):
        return told
    common = {key: value for key, value in told.items() if key != "data"}
    flat = {**{k: v for k, v in data.items() if k not in _OF_EVERY_STAGE}, **common}
    if isinstance(refused := flat.pop("tls12_refused", None), bool):
        flat["tls12"] = {"negotiated": not refused}
    try:
        _OBSERVATION.validate_python(flat)
    except ValidationError as error:
        # A place in the union is (stage, field, …).
        wrong = {part for fault in error.errors() for part in fault["loc"][1:2]}
        return {k: v for k, v in flat.items() if k in common or k not in wrong}
    return flat
