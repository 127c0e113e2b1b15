"""``python -m arc_compliance COMMAND``: what the suite does without a run."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from arc_compliance.base.fault import Fault

COMMANDS = {
    "explain": ("arc_compliance.report.explain_command", "explain a requirement"),
    "verify": (
        "arc_compliance.seal.verify_command",
        "check a sealed bundle, and judge its evidence anew, offline",
    ),
}
"""Each command: its module, which has ``add_arguments`` and ``run``, and what it does."""

BAD_USAGE = 4


def main(arguments: Sequence[str]) -> int:
    """Run the command that *arguments* name; its exit code, 4 for bad usage."""
    parser = argparse.ArgumentParser(prog="python -m arc_compliance", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, what) in COMMANDS.items():
        its = commands.add_parser(name, help=what, description=what, allow_abbrev=False)
        import_module(module).add_arguments(its)
    try:
        given = parser.parse_args(arguments)
    except SystemExit as ended:
        return BAD_USAGE if ended.code else 0
    try:
        return int(import_module(COMMANDS[given.command][0]).run(given))
    except Fault as fault:
        print(f"ERROR: {fault}", file=sys.stderr)  # noqa: T201
        return BAD_USAGE


if __name__ == "__main__":
    try:
        code = main(sys.argv[1:])
        sys.stdout.flush()
    except BrokenPipeError:  # somebody has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    sys.exit(code)
