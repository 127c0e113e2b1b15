"""The folder of the tickets, a file for each owner: written whole, and no older one stays."""

from __future__ import annotations

from pathlib import Path

from arc_compliance.base.files import head_of, remove_file, write_whole
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.judge.causes import Owner
from arc_compliance.report.compliance import ComplianceReport
from arc_compliance.report.page.cards import NOBODY
from arc_compliance.report.tickets import FIRST_LINE, tickets

FOLDER = "tickets"
OWNERS = (*(owner.value for owner in Owner), NOBODY)


def ticket_path(directory: Path, owner: str) -> Path:
    """Where the ticket of *owner* stands in the report folder *directory*."""
    return directory / FOLDER / f"{owner.lower().replace(' ', '-')}.txt"


def write_tickets(directory: Path, report: ComplianceReport, catalogue: Catalogue) -> None:
    """Write the tickets of *report* in the place of those of an earlier run."""
    remove_tickets(directory)
    for owner, text in tickets(report, catalogue).items():
        path = ticket_path(directory, owner)
        path.parent.mkdir(exist_ok=True)
        write_whole(path, text)


def remove_tickets(directory: Path) -> None:
    """Remove our tickets of an earlier run, and the folder where nothing else is in it."""
    for path in tickets_in(directory).values():
        remove_file(path)
    folder = directory / FOLDER
    if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
        folder.rmdir()


def tickets_in(directory: Path) -> dict[str, Path]:
    """The tickets that are there, by owner; files of anybody else are left out."""
    found = {owner: ticket_path(directory, owner) for owner in OWNERS}
    return {owner: path for owner, path in found.items() if _is_ours(path)}


def _is_ours(path: Path) -> bool:
    return head_of(path, len(FIRST_LINE)) == FIRST_LINE.encode()
