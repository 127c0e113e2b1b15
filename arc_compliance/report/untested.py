"""Says what an incomplete run of the demo leaves open, for `make demo`.

``python -m arc_compliance.report.untested compliance.json`` exits 0 where all that is missing are
requirements that this edition cannot judge yet, and 6 where anything else is.
"""

from __future__ import annotations

import sys
from pathlib import Path

from arc_compliance.catalogue import load_catalogue
from arc_compliance.judge.judgement import Verdict
from arc_compliance.report.compliance import EXIT_CODES, REPORT, Overall


def main(path: Path) -> int:
    """Print the ids of what this edition cannot judge; the exit code as above."""
    report = REPORT.validate_json(path.read_bytes())
    catalogue = load_catalogue(report.header.cloud)
    unbuilt = {r.id for r in catalogue.requirements if r.not_tested}
    untested = [j.requirement for j in report.of(Verdict.NOT_TESTED) if j.must]
    explained = set(untested) <= unbuilt and len(untested) == len(report.missing)
    if report.overall is not Overall.INCOMPLETE or not explained:
        return EXIT_CODES[report.overall]
    print(  # noqa: T201 - this is its purpose
        "The demo is as it should be. Incomplete, because this edition does not judge yet: "
        f"{', '.join(dict.fromkeys(untested))}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
