"""``python -m arc_compliance verify BUNDLE``."""

from __future__ import annotations

import argparse
from pathlib import Path

from arc_compliance.base.fault import reading
from arc_compliance.base.files import read_at_most

AS_SEALED, DIFFERS = 0, 1

MOST_SIGNERS = 1024 * 1024
"""What a file of allowed signers may hold."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes to its *parser*."""
    parser.epilog = "0: as sealed, same verdicts. 1: it differs. 4: not a bundle, or not checked."
    parser.add_argument("bundle", type=Path, metavar="BUNDLE")
    parser.add_argument(
        "--allowed-signers",
        type=Path,
        metavar="FILE",
        help="who may have signed it, as in ssh-keygen(1); without it a signature may be anybody's",
    )


def run(given: argparse.Namespace) -> int:
    """Verify and print what there is to say; the exit code. Raise Fault for what is no bundle."""
    from arc_compliance.seal.judges import judge_of
    from arc_compliance.seal.verify import verify

    if given.allowed_signers:
        with reading(str(given.allowed_signers)):
            read_at_most(given.allowed_signers, MOST_SIGNERS)  # ssh-keygen tells no fault of it
    with reading(str(given.bundle)):
        found = verify(given.bundle, given.allowed_signers, judge_of)
    outcome = "DIFFERS from what was sealed" if found.faults else "as sealed"
    print("\n".join([f"{given.bundle}: {outcome}", *found.lines]))  # noqa: T201 - a command prints
    return DIFFERS if found.faults else AS_SEALED
