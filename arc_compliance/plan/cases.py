"""Catalogue and scope make the cases to judge: requirement, host and row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from arc_compliance.catalogue.model import Catalogue, Endpoint, Requirement, Subject
from arc_compliance.plan.scope import Scenario, Scope
from arc_compliance.wire.evidence import Platform


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One requirement on one host, for one row of the document where it speaks of endpoints.

    ``row_of`` is the requirement whose row of the document the case is about; ``not_applicable`` is
    why nothing is to be judged, or None. ``platform`` is the host's, as its evidence tells it.
    """

    requirement: Requirement
    host: str
    row_of: Requirement | None = None
    not_applicable: str | None = None
    platform: Platform = Platform.LINUX

    @property
    def row(self) -> Endpoint | None:
        """The row of the document, where the case is about one."""
        return self.row_of.endpoint if self.row_of else None

    @property
    def id(self) -> str:
        """The case's name in test ids: host, requirement and row, never a position."""
        parts = [self.host, self.requirement.id]
        if self.row is not None and self.requirement.subject is Subject.ENDPOINTS:
            parts.append(self.row.label)
        return "-".join(parts)


def rows_in_scope(catalogue: Catalogue, scope: Scope) -> Iterator[tuple[Requirement, str | None]]:
    """Each row of the scenario's table, with why it does not apply or None."""
    table = "esu/" if scope.scenario is Scenario.ESU else "urls/"
    for requirement in catalogue.requirements:
        if requirement.endpoint and requirement.id.startswith(table):
            yield requirement, scope.not_applicable(requirement)


def plan_cases(catalogue: Catalogue, scopes: Mapping[str, Scope]) -> list[Case]:
    """All cases of a run but ``run/overall``, for each host's label and scope, host by host in the
    order of the document."""
    cases = []
    for host, scope in scopes.items():
        rows = list(rows_in_scope(catalogue, scope))
        for requirement in catalogue.requirements:
            reason = scope.not_applicable(requirement)
            if requirement.subject is Subject.RUN:
                continue
            if requirement.subject is Subject.ENDPOINTS:
                cases += [
                    Case(
                        requirement=requirement, host=host, row_of=row, not_applicable=reason or why
                    )
                    for row, why in rows
                ]
            else:
                cases.append(
                    Case(
                        requirement=requirement,
                        host=host,
                        row_of=requirement if requirement.endpoint else None,
                        not_applicable=reason,
                    )
                )
    return cases


def known_names(row: Endpoint) -> list[str]:
    """The names of *row* that the catalogue has: those spelled out, and those of its wildcards."""
    spelled_out = [pattern for pattern in row.patterns if "*" not in pattern]
    return [*spelled_out, *row.names]
