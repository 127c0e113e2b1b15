"""What saved evidence says of itself is checked: its order, its run, its day, its simulation."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.collect.replay import doubt_about
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
DAY = 86400.0


def saved(run: SuiteRun, folder: Path, /, **changes: Any) -> Path:
    """A folder with the record of *run*, changed."""
    folder.mkdir(exist_ok=True)
    record = json.loads((run.reports / "evidence" / "local.json").read_text(encoding="utf-8"))
    record |= changes
    record["evidence"] |= {name: record[name] for name in ("host", "run")}
    (folder / f"{record['host']}.json").write_text(json.dumps(record), encoding="utf-8")
    return folder


def everything(run: SuiteRun) -> list[str]:
    """Every place in which a reader may see the verdict on a run."""
    junit = (run.reports / "junit.xml").read_text(encoding="utf-8")
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    return [run.out, junit, page]


def test_a_simulation_among_real_hosts_is_not_judged_by_its_own_roots(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str]
) -> None:
    folder = saved(run_suite("--demo"), tmp_path / "saved", host="forged")
    saved(run_suite(*to_azure), folder, host="web01")

    run = run_suite(f"--evidence={folder}")

    forged = run.case("run/host-measured", "forged")
    assert (forged["verdict"], forged["cause"]) == ("error", "probe-failed")
    assert "forged.json is of a simulated Azure, and others" in forged["actual"]
    assert "pass" not in {c["verdict"] for c in run.cases if c.get("host") == "forged"}
    assert run.case("run/host-measured", "web01")["verdict"] == "pass"
    assert run.properties["simulated"] == "false"


def test_a_simulation_says_so_beside_every_verdict(run_suite: RunSuite, tmp_path: Path) -> None:
    folder = saved(run_suite("--demo"), tmp_path / "saved")

    run = run_suite(f"--evidence={folder}")

    assert run.code == 0
    assert run.properties["simulated"] == "true"
    assert "Compliant (simulated): AzureChinaCloud" in run.out
    assert run.case("run/overall", host="")["actual"].startswith("compliant (simulated)")
    assert all("simulated" in one.lower() for one in everything(run))


def test_roots_that_cannot_be_read_are_an_error_of_their_host(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    junk = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    folder = saved(run_suite("--demo"), tmp_path / "saved", public_roots=junk)

    run = run_suite(f"--evidence={folder}")

    assert run.code == 6
    assert "its public_roots" in run.case("run/host-measured")["actual"]


def test_evidence_of_several_runs_says_so(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str]
) -> None:
    first = run_suite(*to_azure)
    folder = tmp_path / "saved"
    saved(first, folder, host="web01")
    saved(first, folder, host="web02")
    saved(first, folder, host="web03", run="another")

    run = run_suite(f"--evidence={folder}", *to_azure)

    assert "evidence of 2 runs: 2 hosts are of the run" in " ".join(run.out.split())
    assert "others are not: web03" in " ".join(run.out.split())
    assert "evidence of 2 runs" in everything(run)[2]


def test_another_order_leaves_what_it_did_not_ask_for_untested(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str]
) -> None:
    folder = saved(run_suite(*to_azure, "--location=chinanorth3"), tmp_path / "saved")

    same = run_suite(f"--evidence={folder}", *to_azure, "--location=chinanorth3")
    run = run_suite(f"--evidence={folder}", *to_azure, "--location=chinaeast2")

    assert "measured with other settings" not in same.out
    assert "local: measured with other settings" in run.out
    blob = run.case("urls/blob")
    assert blob["verdict"] == "not-tested"
    assert "measured with other settings, which did not ask for it" in blob["actual"]


@pytest.mark.parametrize(
    ("collected", "words"),
    [
        (time.time() + 400 * DAY, "which is still to come by this machine's clock"),
        (time.time() - 7 * 366 * DAY, "which is 7 years ago"),
    ],
    ids=["to come", "long ago"],
)
def test_no_certificate_is_good_on_a_day_that_nobody_can_believe(
    run_suite: RunSuite, tmp_path: Path, collected: float, words: str
) -> None:
    folder = saved(run_suite("--demo"), tmp_path / "saved", collected=collected)

    run = run_suite(f"--evidence={folder}")

    found = [c for c in run.cases if c["requirement"] == "principles/certificates"]
    judged = [c for c in found if c["verdict"] not in ("not-applicable", "not-testable")]
    assert judged
    assert "pass" not in {c["verdict"] for c in judged}
    assert all(words in c["actual"] for c in judged)
    assert words in " ".join(run.out.split())
    assert run.code != 0


def test_what_is_to_be_believed() -> None:
    now = 1_800_000_000.0

    assert not doubt_about(now, now)
    assert not doubt_about(now + DAY / 2, now)
    assert not doubt_about(now - 4 * 366 * DAY, now)
    assert doubt_about(now + 2 * DAY, now)
    assert doubt_about(0, now)
    assert doubt_about(253402300799, now)
