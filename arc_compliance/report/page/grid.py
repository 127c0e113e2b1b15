"""What the matrix is drawn from: plain numbers and texts, each text kept once.

A column is a requirement, and a row of the document where it has several; a cell is one case. An
outcome (verdict, cause, texts) is kept once however many cells have it, and so is each step of a
name and the row of a name's steps, which leaves its times. 1,000 hosts take some 3 MB that way.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from arc_compliance.catalogue.model import Catalogue
from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.judgement import Judgement
from arc_compliance.report.page.cards import asks_of
from arc_compliance.report.page.model import HostLine
from arc_compliance.report.page.strips import HostStrips, NameStrip, Step
from arc_compliance.report.page.text import Strings
from arc_compliance.report.words import STAGES, VERDICTS, plain

_KINDS = {"tls/1.2": "TLS 1.2", "principles/certificates": "certificate"}
"""Requirements that have a case for each row of the document, as a column names them."""

Key = tuple[str, str]
"""Requirement and row of the document, which make a column."""


class Grid:
    """Takes in judgements and strips host by host, and gives the data of the matrix."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._strings = Strings()
        self._statements = {r.id: (r.statement, r.condition) for r in catalogue.requirements}
        self._order = {r.id: place for place, r in enumerate(catalogue.requirements)}
        self._sections = {r.section: None for r in catalogue.requirements}
        self._columns: dict[Key, tuple[str, str]] = {}
        self._outcomes: dict[tuple[Any, ...], int] = {}
        self._steps: dict[Step, int] = {}
        self._shapes: dict[tuple[Any, ...], int] = {}
        self._row_maps: dict[tuple[Any, ...], int] = {}
        self._cells: dict[str, dict[Key, int]] = {}
        self._strips: dict[str, tuple[list[int], int, int]] = {}

    def add_cases(self, host: str, judgements: Iterable[Judgement]) -> None:
        """Take in the cases of *host*."""
        cells = self._cells.setdefault(host, {})
        for judgement in judgements:
            key = (judgement.requirement, judgement.endpoint)
            self._columns.setdefault(key, (judgement.section, judgement.level.value))
            cells[key] = self._outcome(judgement)

    def _outcome(self, j: Judgement) -> int:
        texts = (j.cause, j.expected, j.actual)
        same = (j.verdict, j.verdict_without_waiver, j.waiver, *texts, asks_of(j), j.failing)
        return self._outcomes.setdefault(same, len(self._outcomes))

    def add_strips(self, strips: HostStrips) -> None:
        """Take in the strips of a host."""
        flat: list[int] = []
        for strip in strips.names:
            flat.append(self._shape(strip))
            flat += [time for _, time in strip.steps]
        number = self._strings.number
        rows = tuple((number(label), places) for label, places in strips.rows.items())
        row_map = self._row_maps.setdefault(rows, len(self._row_maps))
        self._strips[strips.host] = (flat, row_map, number(strips.evidence))

    def _shape(self, strip: NameStrip) -> int:
        steps = tuple(self._steps.setdefault(step, len(self._steps)) for step, _ in strip.steps)
        same = (strip.name, strip.port, strip.scheme, strip.note, steps)
        return self._shapes.setdefault(same, len(self._shapes))

    def data(self, hosts: Sequence[HostLine]) -> dict[str, Any]:
        """Everything that was taken in, for *hosts* in this order."""
        number, numbers = self._strings.number, self._strings.numbers
        verdicts, stages = list(VERDICTS), list(STAGES)
        sections = list(dict.fromkeys([*self._sections, *(s for s, _ in self._columns.values())]))
        columns = sorted(
            self._columns.items(),
            key=lambda item: (
                sections.index(item[1][0]),
                self._order.get(item[0][0], len(self._order)),
            ),
        )
        groups = list(dict.fromkeys(host.group for host in hosts))
        return {
            "verdicts": [
                {"id": v.value, "short": w.short, "long": w.long, "tone": w.tone}
                for v, w in VERDICTS.items()
            ],
            "stages": [[stage, name] for stage, name in STAGES.items()],
            "causes": {number(cause): number(c.words) for cause, c in CAUSES.items()},
            "sections": numbers(sections),
            "columns": [
                self._column(key, sections.index(section), level)
                for key, (section, level) in columns
            ],
            "outcomes": [
                [
                    verdicts.index(verdict),
                    number(cause),
                    number(expected),
                    number(plain(actual)),
                    [[number(ask.owner), number(ask.text)] for ask in asks],
                    numbers(failing),
                    *([verdicts.index(without), number(waiver)] if without else []),
                ]
                for verdict, without, waiver, cause, expected, actual, asks, failing in (
                    self._outcomes
                )
            ],
            "steps": [
                [stages.index(s.stage), number(s.cause), number(s.detail), numbers(s.facts)]
                for s in self._steps
            ],
            "shapes": [
                [number(name), port, number(scheme), number(note), steps]
                for name, port, scheme, note, steps in self._shapes
            ],
            "rowMaps": [dict(rows) for rows in self._row_maps],
            "groups": numbers(groups),
            "hosts": [
                self._host(host, groups.index(host.group), [key for key, _ in columns])
                for host in hosts
            ],
            "strings": self._strings.texts,
        }

    def _column(self, key: Key, section: int, level: str) -> list[int]:
        requirement, endpoint = key
        statement, condition = self._statements.get(requirement, ("", ""))
        label = endpoint or requirement.partition("/")[2].replace("-", " ")
        texts = (requirement, endpoint, level, statement, condition, label)
        kind = _KINDS.get(requirement, "")
        return [section, *self._strings.numbers((*texts, kind))]

    def _host(self, host: HostLine, group: int, keys: Sequence[Key]) -> list[Any]:
        number = self._strings.number
        cells = self._cells.get(host.label, {})
        strips, row_map, evidence = self._strips.get(host.label, ([], -1, number("")))
        return [
            number(host.label),
            group,
            number(host.tone),
            number(host.word),
            number(host.counts),
            [cells.get(key, -1) for key in keys],
            strips,
            row_map,
            evidence,
            [self._strings.numbers(pair) for pair in host.vantage],
        ]
