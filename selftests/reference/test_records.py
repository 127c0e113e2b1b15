"""The recorded answers are those that the programs give."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from selftests.conftest import needs
from selftests.reference.programs import available
from selftests.reference.record import TABLES, Table, written


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.name)
def test_the_program_still_answers_so(request: pytest.FixtureRequest, table: Table) -> None:
    client: Path | None = None
    if table.program is None:
        client = request.getfixturevalue("go_client")
    else:
        needs(available(table.program), str(table.program))

    assert table.ask(client)["rows"] == json.loads(table.path.read_text(encoding="utf-8"))["rows"]


@pytest.mark.parametrize("table", TABLES, ids=lambda one: one.name)
def test_a_table_is_written_as_it_is_read(table: Table) -> None:
    text = table.path.read_text(encoding="utf-8")

    assert written(json.loads(text)) == text
