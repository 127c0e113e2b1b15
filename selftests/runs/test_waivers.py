"""A run under waivers: what is waived, what it would be, and what no waiver lifts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from selftests.runs.saved_fleet import saved_fleet
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
TODAY = datetime.now(timezone.utc).date()
SOON, PAST = TODAY + timedelta(days=30), TODAY - timedelta(days=1)
FAILING = ["urls/*", "tls/1.2", "principles/certificates"]


def entry(requirement: str, hosts: str, expires: object = SOON, reason: str = "known") -> str:
    return (
        f'  - {{requirement: "{requirement}", hosts: {hosts}, reason: "{reason}", '
        f"approved-by: J. Doe, expires: {expires}}}\n"
    )


def file(folder: Path, *entries: str) -> str:
    path = folder / "waivers.yaml"
    path.write_text("waivers:\n" + "".join(entries), encoding="utf-8")
    return f"--waivers={path}"


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_known_failures_and_a_host_that_is_down_are_waived(
    run_suite: RunSuite, tmp_path: Path, workers: str
) -> None:
    waivers = file(
        tmp_path,
        entry("*", "[web03]", reason="rebuilt, see http://u:hunter2@wiki/ token=abcdef123"),
        entry("*", '["web*"]'),
        entry("urls/his", "[web02]", PAST),
        entry("*", "[web99]"),
    )

    run = run_suite(*saved_fleet(tmp_path), waivers, workers)

    assert run.code == 0
    assert run.properties["overall"] == "compliant-with-waivers"
    waived = [case for case in run.cases if case["verdict"] == "waived"]
    assert {case["host"] for case in waived} == {"web02", "web03"}
    his = run.case("urls/his", "web02")
    assert (his["verdict"], his["verdict_without_waiver"]) == ("waived", "fail")
    assert his["waiver"] == f"until {SOON}, approved by J. Doe: known (waivers.yaml, waiver 2)"
    assert his["outcome"] == "skipped"
    assert his["message"].startswith(f"[waived] until {SOON}, approved by J. Doe: known")
    measured = run.case("run/host-measured", "web03")
    assert (measured["verdict"], measured["verdict_without_waiver"]) == ("waived", "error")
    assert [one["state"] for one in run.json["waivers"]] == [
        "active",
        "active",
        "expired",
        "unused",
    ]
    assert len(run.json["waivers"][0]["cases"]) + len(run.json["waivers"][1]["cases"]) == len(
        waived
    )
    assert run.json["waivers"][3]["note"] == "no host of the run is web99"
    assert f"waiver 3 (urls/his on web02) expired on {PAST}" in run.out
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "Waivers and attestations" in page
    assert "Compliant with waivers" in page
    assert "sha256 of waivers.yaml" in dict(run.json["header"]["settings"])
    assert "hunter2" not in run.text()
    assert "abcdef123" not in run.text()


def test_a_pattern_leaves_an_unreachable_host_open(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(*saved_fleet(tmp_path), file(tmp_path, entry("*", '["*"]')))

    assert run.code == 6
    assert run.case("run/host-measured", "web03")["verdict"] == "error"
    assert run.case("urls/his", "web03")["verdict"] == "blocked"
    assert run.case("urls/his", "web02")["verdict"] == "waived"


def test_one_host_that_is_down_is_never_compliant(run_suite: RunSuite, tmp_path: Path) -> None:
    evidence = saved_fleet(tmp_path, {"web03": "unreachable"})

    run = run_suite(*evidence, file(tmp_path, entry("*", "[web03]")))

    assert run.code == 6
    assert run.properties["overall"] == "incomplete"


def test_an_expired_waiver_no_longer_waives(run_suite: RunSuite, tmp_path: Path) -> None:
    evidence = saved_fleet(tmp_path, {"web02": "faulty"})

    run = run_suite(*evidence, file(tmp_path, entry("*", "[web02]", PAST)))

    assert run.code == 1
    assert "waived" not in run.counts()
    (use,) = run.json["waivers"]
    assert use["state"] == "expired"
    assert run.case("urls/his", "web02")["verdict"] == "fail"
    assert any("urls/his" in case for case in use["cases"])


def test_one_waiver_short_is_not_compliant(run_suite: RunSuite, tmp_path: Path) -> None:
    evidence = saved_fleet(tmp_path, {"web02": "faulty"})
    short = [entry(one, "[web02]") for one in FAILING if one != "tls/1.2"]

    run = run_suite(*evidence, file(tmp_path, *short))

    assert run.code == 1
    assert {case["requirement"] for case in run.cases if case["verdict"] == "fail"} == {
        "tls/1.2",
        "run/overall",
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (entry("urls/hiss", "[a]"), "unknown requirement 'urls/hiss' (did you mean 'urls/his'?)"),
        (entry("run/overall", "[a]"), "run/overall cannot be waived"),
        (entry("urls/his", '"*"'), "waivers[0].hosts: expected a list, got '*' (line 2)"),
        (entry("urls/his", "[a]", TODAY + timedelta(days=367)), "more than a year ahead"),
    ],
)
def test_a_fault_ends_the_run_before_it_begins(
    run_suite: RunSuite, tmp_path: Path, text: str, words: str
) -> None:
    run = run_suite("--demo", file(tmp_path, text))

    assert run.code == 4
    assert "--waivers: waivers.yaml: " in run.err
    assert words in run.err
    assert not (run.reports / "junit.xml").exists()
