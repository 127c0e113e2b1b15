"""``python -m arc_compliance explain``: every requirement in words that hold."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from arc_compliance.__main__ import main
from arc_compliance.catalogue import CLOUDS, load_catalogue
from arc_compliance.catalogue.model import Requirement
from arc_compliance.judge.causes import CAUSES
from arc_compliance.judge.ways import ALWAYS, WAYS, causes_of, way_of
from arc_compliance.report.explain import WIDTH, explained, explanation
from selftests.runs.golden_triples import GOLDEN
from selftests.suite_run import ROOT

EVERY = [(cloud, one) for cloud in CLOUDS for one in load_catalogue(cloud).requirements]


@pytest.mark.parametrize(("cloud", "requirement"), EVERY, ids=lambda one: getattr(one, "id", one))
def test_every_requirement_is_explained(
    cloud: str, requirement: Requirement, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["explain", requirement.id, f"--cloud={cloud}"]) == 0

    text = capsys.readouterr().out
    plain = " ".join(text.split())
    assert text.startswith(f"{requirement.id} ({requirement.level.value}), section ")
    assert requirement.statement in plain
    assert "How it is judged" in text
    assert all(len(line) <= WIDTH or " " not in line.strip() for line in text.splitlines())
    for cause in causes_of(requirement):
        assert f"{cause}: {CAUSES[cause].words}" in plain


def test_every_way_is_of_a_requirement_and_every_cause_of_a_way() -> None:
    known = {one.id for _, one in EVERY}
    used = {id(way_of(one)) for one in known}

    assert [way.ids for way in WAYS if id(way) not in used] == []
    reachable = {cause for _, one in EVERY for cause in causes_of(one)}
    assert set(CAUSES) - reachable - set(ALWAYS) == {"dns-slow"} - reachable


@pytest.mark.parametrize("situation", ["healthy", "faulty", "unreachable"])
def test_a_case_fails_by_a_cause_that_its_explanation_names(situation: str) -> None:
    by_id = {one.id: one for _, one in EVERY}
    judgements = json.loads((GOLDEN / situation / "judgements.json").read_text(encoding="utf-8"))

    for one in judgements:
        if one["verdict"] in ("fail", "warn") and one["cause"]:
            assert one["cause"] in set(causes_of(by_id[one["requirement"]]))


def test_what_cannot_be_tested_says_why_and_fails_by_nothing() -> None:
    catalogue = load_catalogue("AzureChinaCloud")

    text = explained(catalogue, "service-tags/keep-inspection")

    assert "Not judged: no host can show" in text
    assert "What it can fail by" not in text


def test_names_ports_and_remedies_of_a_row() -> None:
    catalogue = load_catalogue("AzureChinaCloud")
    (row,) = [one for one in catalogue.requirements if one.id == "esu/pkiops"]

    found = explanation(row)

    assert found.ports[0].startswith(("HTTP 80", "HTTPS 443"))
    denied = next(one for one in found.causes if one.cause == "proxy-denied")
    assert [one.text for one in denied.remedies] == [
        f"proxy owner: Add {found.names[0]} to the proxy's allow-list for CONNECT."
    ]


def test_an_unknown_id_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "urls/hiss"]) == 4

    assert capsys.readouterr().err == (
        "ERROR: unknown requirement 'urls/hiss' (did you mean 'urls/his'?); explain without an id "
        "lists those of AzureChinaCloud\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["explain", "--cloud=AzureChina"], 4, "--cloud: unknown cloud 'AzureChina'"),
        (["explian"], 4, "invalid choice: 'explian'"),
        ([], 4, "required: COMMAND"),
        (["explain", "urls/his", "tls/1.2"], 4, "unrecognized arguments"),
        (["--help"], 0, ""),
    ],
)
def test_bad_usage_ends_with_4(
    arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code

    assert words in capsys.readouterr().err


def test_without_an_id_all_are_listed_by_section(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain"]) == 0

    text = capsys.readouterr().out
    for one in load_catalogue("AzureChinaCloud").requirements:
        assert f"  {one.level.value:<7}{one.id}\n" in text
    assert all(len(line) <= WIDTH for line in text.splitlines())


def test_it_runs_as_a_program_in_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "arc_compliance", "explain", "tls/1.2"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("tls/1.2 (MUST), section ")
