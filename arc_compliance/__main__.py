"""What the suite does beside the compliance tests: `python -m arc_compliance verify BUNDLE`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from arc_compliance.base.fault import Fault

AS_SEALED, DIFFERS, UNUSABLE = 0, 1, 4


def main(arguments: list[str]) -> int:
    """Carry out the command line *arguments*; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m arc_compliance", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    verifying = commands.add_parser(
        "verify",
        help="check a sealed bundle, and judge its evidence anew, offline",
        description="0: as sealed, same verdicts. 1: it differs. 4: not a bundle, or not checked.",
    )
    verifying.add_argument("bundle", type=Path, metavar="BUNDLE")
    verifying.add_argument(
        "--allowed-signers",
        type=Path,
        metavar="FILE",
        help="who may have signed it, as in ssh-keygen(1); without it a signature may be anybody's",
    )
    try:
        given = parser.parse_args(arguments)
    except SystemExit as ended:  # argparse ends with 2, which means interrupted here
        return UNUSABLE if ended.code else 0
    return _verify(given.bundle, given.allowed_signers)


def _verify(bundle: Path, allowed_signers: Path | None) -> int:
    from arc_compliance.seal.judges import judge_of
    from arc_compliance.seal.verify import verify

    try:
        found = verify(bundle, allowed_signers, judge_of)
    except Fault as fault:
        print(f"{bundle}: {fault}", file=sys.stderr)  # noqa: T201 - a command prints
        return UNUSABLE
    outcome = "DIFFERS from what was sealed" if found.faults else "as sealed"
    print("\n".join([f"{bundle}: {outcome}", *found.lines]))  # noqa: T201
    return DIFFERS if found.faults else AS_SEALED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
