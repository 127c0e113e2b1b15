"""Situations of public bug reports: what real clients answer, and what the suite makes of them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from selftests.lab.answers import GO, OLDER_GO, Answer, Request
from selftests.lab.azure import NOTIFICATIONS
from selftests.lab.field_cases import FIELD_CASES, FieldCase
from selftests.lab.measuring import Findings, measure
from selftests.lab.network import Network
from selftests.lab.real_clients import (
    ask_all,
    ask_go,
    by_row,
    disagreements,
    go,
    go_answer,
    requests_of,
)
from selftests.lab.recorded import anew, by_program, comparable, record, recorded
from selftests.lab.right import RIGHT
from selftests.lab.shell_clients import APT_HELPER
from selftests.lab.wrong_today import WRONG_TODAY, Pair, Wrong, out_of_date, unexplained

LISTS = f"https://{NOTIFICATIONS}/urls/allowlist?api-version=2020-01-01&location=chinanorth3"
Seen = dict[str, dict[Request, list[Answer]]]


@pytest.mark.parametrize("case", FIELD_CASES, ids=lambda one: one.situation.__name__)
def test_field_case(lab: Network, go_client: Path, case: FieldCase) -> None:
    name = case.situation.__name__
    with case.situation(lab) as told:
        found = measure(lab, **told)
        seen = asked(lab, go_client, told, list(requests_of(found)), case)
        lists = names_read(lab, go_client, case) if case.lists else {}

    answers = {"field case": case.number, "right": case.right, **by_program(seen), **lists}
    if anew():
        record(name, answers, versions(lab, go_client))
    assert comparable(answers) == comparable(recorded(name))
    current = {
        request: its for some in ("go", "wget", "apt") for request, its in seen[some].items()
    }
    observed = disagreements(found, current)
    differing = by_row(observed)
    assert not out_of_date(name, differing)
    today = suite_today(found, unexplained(name, differing), case)
    assert today == WRONG_TODAY.get(name, Wrong()), "\n".join(map(str, observed))
    right = RIGHT.get(name, {})
    judged = {one: found.of(*one) for one in right}
    assert {one: (j.verdict.value, j.cause) for one, j in judged.items()} == right


def asked(
    lab: Network,
    go_client: Path,
    told: dict[str, Any],
    requests: Sequence[Request],
    case: FieldCase,
) -> Seen:
    """The answers of every program, as often as the case has them asked."""
    seen: Seen = {"go": {}, "wget": {}, "apt": {}, OLDER_GO: {}}
    programs = {"agent": GO, "installer": "wget", "package-manager": "apt"}
    options = ("-strict",) if case.times > 1 else ()  # a second question would take its turn
    for _ in range(case.times):
        for request, answer in ask_all(
            lab, go_client, told, requests, case.patience, *options
        ).items():
            seen[programs[request.client]].setdefault(request, []).append(answer)
    if case.older:
        about = [request for request in requests if request.row in {row for _, row in case.about}]
        found = ask_go(lab, go_client, told, about, case.patience, "-older")
        seen[OLDER_GO] = {request: [answer] for request, answer in found.items()}
    return seen


def names_read(lab: Network, go_client: Path, case: FieldCase) -> dict[str, Any]:
    """What clients read of the allow-list."""
    (said,) = go(lab, go_client, [LISTS], case.patience, None, "", "-json")
    fetched = lab.on_host("curl", "-sk", "--compressed", LISTS).stdout
    return {
        "go's encoding/json": {LISTS: [["", go_answer(said).words]]},
        "curl, then Python's json": {LISTS: [["", ", ".join(json.loads(fetched))]]},
    }


def suite_today(found: Findings, differing: dict[str, Pair], case: FieldCase) -> Wrong:
    """What the suite has wrong in *case*, as wrong_today.py has it."""
    today = WRONG_TODAY.get(case.situation.__name__, Wrong())
    judged = {one: found.of(*one) for one in (*case.about, *today.judged)}
    first = judged[case.about[0]]
    text = f"{first.actual} {first.remedy}".lower()
    return Wrong(
        reach=today.reach if today.varies else differing,
        judged={one: (judged[one].verdict.value, judged[one].cause) for one in today.judged},
        lacks=tuple(word for word in case.words if word.lower() not in text),
        varies=today.varies,
    )


def versions(lab: Network, go_client: Path) -> dict[str, str]:
    """The versions of the programs that were asked."""
    said = json.loads(
        subprocess.run([go_client, "version"], check=True, capture_output=True).stdout
    )
    wget = lab.on_host("wget", "--version").stdout.decode().split(" built")[0]
    apt = lab.on_host(APT_HELPER, "--version").stdout.decode().strip()
    return {GO: said["version"], "wget": wget, "apt": apt}
