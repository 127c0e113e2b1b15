"""``python -m arc_compliance explain [ID]``: a requirement in words, or the list of them."""

from __future__ import annotations

import argparse

from arc_compliance.base.fault import reading
from arc_compliance.catalogue import CLOUDS, load_catalogue
from arc_compliance.report.explain import explained, listed


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("id", nargs="?", metavar="ID", help="a requirement, as urls/his")
    parser.add_argument("--cloud", default=next(iter(CLOUDS)), help="azcmagent's name of the cloud")


def run(given: argparse.Namespace) -> int:
    """Print what is asked for; raise Fault for an unknown cloud or requirement."""
    with reading("--cloud"):
        catalogue = load_catalogue(given.cloud)
    text = listed(catalogue) if given.id is None else explained(catalogue, given.id)
    print(text, end="")  # noqa: T201 - what the command is for
    return 0
