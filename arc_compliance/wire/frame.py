"""Evidence in the frame in which a host sends it, and in either format."""

from __future__ import annotations

from pydantic import ValidationError

from arc_compliance.base.json_bounds import Bounds, read_json
from arc_compliance.base.redact import scrub_all
from arc_compliance.probe.python import contract, limits
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.format1 import upgraded

BEGIN = contract.BEGIN.encode()
END = contract.END.encode()
"""The marks between which a host sends its evidence, whatever else its shell says."""

MAX_EVIDENCE_BYTES = limits.MAX_EVIDENCE + 1024 * limits.KIB
"""What one host may send at the most; a healthy host sends about 200 KB."""

BOUNDS = Bounds(depth=20, values=200_000, text=2 * limits.MAX_RULES)
"""What its evidence may hold. A healthy host's has 3,000 values, eight levels deep; its longest
text can be the rules of its packet filter, in which a quote or a new line takes two bytes."""


def evidence_from(document: object) -> Evidence:
    """The evidence in *document*, plain JSON data of format 2 or 1; raise ValidationError."""
    return Evidence.model_validate(upgraded(document))


def evidence_in(output: bytes) -> Evidence:
    """The evidence between the marks of *output*, redacted.

    Raise ValueError, with words for the host's owner, where there is not exactly one frame, or
    what it holds is not evidence.
    """
    frames = output.split(BEGIN)[1:]
    if len(frames) != 1:
        raise ValueError(
            "the host sent no evidence" if not frames else "the host sent evidence more than once"
        )
    body, end, _ = frames[0].partition(END)
    if not end:
        raise ValueError("the host's evidence is cut off")
    try:
        return evidence_from(scrub_all(read_json(body, BOUNDS)))
    except ValidationError as error:
        raise ValueError(f"the host's evidence is not as agreed: {first_fault(error)}") from error
    except ValueError as error:
        raise ValueError(f"the host's evidence is not JSON: {error}") from error


def first_fault(error: ValidationError) -> str:
    """The first fault of *error* with its path, and how many more there are."""
    first, *rest = error.errors(include_url=False, include_input=False)
    path = ".".join(str(part) for part in first["loc"])
    more = f" and {len(rest)} more" if rest else ""
    return f"{path[:200]}: {first['msg'][:500]}{more}"
