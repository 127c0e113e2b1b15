"""Order and probe carried by hand to a host that nobody can reach, and its evidence back."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from arc_compliance.probe.bundle import program_sha256
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]


def _record(directory: Path, host: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((directory / f"{host}.json").read_text(encoding="utf-8"))
    return record


def test_an_order_is_carried_to_a_host_and_its_evidence_back(
    run_suite: RunSuite, tmp_path: Path, to_azure: list[str]
) -> None:
    order, program, back = (tmp_path / one for one in ("order.json", "probe.py", "back"))
    back.mkdir()

    written = run_suite(f"--write-order={order}", "--location=chinanorth3", *to_azure)
    assert not (written.reports / "evidence").exists()
    for host in ("web01", "web02"):
        with order.open() as given, (back / f"{host}.json").open("w") as taken:
            subprocess.run(
                [sys.executable, tmp_path / "probe.py"], stdin=given, stdout=taken, check=True
            )
    run = run_suite(f"--evidence={back}", "--location=chinanorth3", to_azure[0])

    assert written.code == 0
    assert "an order for any host" in written.out
    assert f"in plain Python, SHA-256 {program_sha256()}" in written.out
    assert "credentials" not in written.out
    assert order.stat().st_mode == program.stat().st_mode
    assert {c["host"] for c in run.cases if "host" in c} == {"web01", "web02"}
    assert run.case("urls/login", "web02")["verdict"] == "pass"
    record = _record(run.reports / "evidence", "web01")
    assert record["host"] == "web01"
    assert record["evidence"]["probe"]["sha256"] == program_sha256()


def test_evidence_carried_from_another_program_is_judged_and_names_it(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    run_suite("--demo")
    path = tmp_path / "reports" / "evidence" / "local.json"
    record = json.loads(path.read_text())
    record["evidence"]["probe"]["sha256"] = "0" * 64
    path.write_text(json.dumps(record))

    run = run_suite(f"--evidence={path.parent}")

    assert run.case("run/host-measured")["verdict"] == "pass"
    kept = _record(run.reports / "evidence", "local")
    assert kept["evidence"]["probe"]["sha256"] == "0" * 64


def test_an_order_with_credentials_is_for_its_owner_alone(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    order = tmp_path / "order.json"
    order.write_text("an older one, which everybody may read")

    run = run_suite(f"--write-order={order}", "--proxy=http://jo:hunter2@proxy:3128")

    assert run.code == 0
    assert stat.S_IMODE(order.stat().st_mode) == 0o600
    assert "The order holds the proxy's credentials: only you can read order.json" in run.out
    assert "hunter2" in order.read_text()
    assert "hunter2" not in run.out + run.err + (tmp_path / "probe.py").read_text()


def test_a_file_that_is_not_a_probe_stays(run_suite: RunSuite, tmp_path: Path) -> None:
    theirs = tmp_path / "probe.py"
    theirs.write_text("print('mine')\n")

    run = run_suite(f"--write-order={tmp_path}/order.json")

    assert run.code == 4
    assert f"--write-order: {theirs} is there and is not a probe" in run.err
    assert theirs.read_text() == "print('mine')\n"
    assert not (tmp_path / "order.json").exists()


def test_an_order_cannot_have_the_name_of_the_probe(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(f"--write-order={tmp_path}/probe.py")

    assert run.code == 4
    assert "the probe is written as probe.py; give the order another name" in run.err


def test_an_order_for_one_host_bears_its_name(run_suite: RunSuite, tmp_path: Path) -> None:
    order = tmp_path / "orders" / "order.json"

    run = run_suite(f"--write-order={order}", "--hosts=ssh://root@web01:2222")

    assert run.code == 0
    assert json.loads(order.read_text())["host"] == "web01:2222"


def test_an_order_for_several_hosts_is_refused(run_suite: RunSuite, tmp_path: Path) -> None:
    run = run_suite(f"--write-order={tmp_path}/order.json", "--hosts=ssh://a,ssh://b")

    assert run.code == 4
    assert "--write-order: an order is for one host, and 2 are named" in run.err
    assert not (tmp_path / "order.json").exists()


def test_an_order_that_cannot_be_written_ends_with_4(run_suite: RunSuite, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    run = run_suite(f"--write-order={tmp_path}/file/order.json")

    assert run.code == 4
    assert "cannot be written" in run.err


def test_an_order_with_credentials_is_its_owners_alone(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    order = tmp_path / "order.json"
    order.write_text("{}")
    order.chmod(0o644)
    before = os.umask(0)
    try:
        run = run_suite(
            "--write-order=~/order.json",
            "--proxy=http://me:Secret-of-9@proxy:3128",
            env={"HOME": str(tmp_path)},
        )
    finally:
        os.umask(before)

    assert run.code == 0, run.err
    assert stat.S_IMODE(order.stat().st_mode) == 0o600
    assert "only you can read order.json (mode 0600)" in run.out
    assert "Secret-of-9" not in run.out + run.err
