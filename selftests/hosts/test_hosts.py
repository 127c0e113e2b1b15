"""Many hosts over real ssh: each measured once, the dead one delays nobody."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from selftests.conftest import Sshd
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
HOSTS = "--hosts=ssh://web01,ssh://web02,ssh://dead"


def test_two_live_hosts_and_a_dead_one(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str]
) -> None:
    run = run_suite(HOSTS, f"--ssh-config={sshd.config}", *to_azure)

    assert run.code == 1
    assert run.properties["planned"] == run.properties["judged"] == str(len(run.cases))
    dead = run.case("run/host-measured", "dead")
    assert (dead["verdict"], dead["cause"]) == ("error", "ssh-refused")
    assert "Connection refused" in dead["actual"]
    rest = [c for c in run.cases if c.get("host") == "dead" and c is not dead]
    assert {c["outcome"] for c in rest} == {"skipped"}
    for host in ("web01", "web02"):
        assert run.case("run/host-measured", host)["verdict"] == "pass"
        assert run.case("urls/azgn", host)["verdict"] == "pass"
        chain = run.case("principles/certificates", host, "aka.ms")
        assert (chain["verdict"], chain["cause"]) == ("fail", "cert-root-missing")
        record = json.loads((run.reports / "evidence" / f"{host}.json").read_text())
        assert record["host"] == record["evidence"]["host"] == host


def test_workers_measure_no_host_again(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str]
) -> None:
    arguments = (HOSTS, f"--ssh-config={sshd.config}", *to_azure)
    alone = run_suite(*arguments, "-n0").verdicts()
    before = sshd.logins()

    run = run_suite(*arguments, "-n4")

    assert run.verdicts() == alone
    assert sshd.logins() - before == 2


def test_an_unreachable_host_alone_is_incomplete(run_suite: RunSuite, sshd: Sshd) -> None:
    run = run_suite("--hosts=ssh://dead", f"--ssh-config={sshd.config}")

    assert run.code == 6
    assert run.properties["overall"] == "incomplete"


def test_a_host_that_hangs_is_cut_off_at_its_deadline(
    run_suite: RunSuite, sshd: Sshd, to_azure: list[str]
) -> None:
    config = sshd.directory / "hanging_config"
    config.write_text("Host hanging\n  ProxyCommand sleep 60\n" + sshd.config.read_text())
    started = time.monotonic()

    run = run_suite(
        "--hosts=ssh://hanging,ssh://web01",
        f"--ssh-config={config}",
        "--host-deadline=8",
        *to_azure,
    )

    assert time.monotonic() - started < 30
    hanging = run.case("run/host-measured", "hanging")
    assert (hanging["verdict"], hanging["cause"]) == ("error", "ssh-jump-host-failed")
    assert run.case("run/host-measured", "web01")["verdict"] == "pass"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/nonexistent", "no python3 on the host"),
    ],
)
def test_a_host_without_python_is_an_error_of_that_host(
    run_suite: RunSuite, path: str, words: str
) -> None:
    run = run_suite("--hosts=local://", env={"PATH": path})

    measured = run.case("run/host-measured")
    assert run.code == 6
    assert (measured["verdict"], measured["cause"]) == ("error", "probe-failed")
    assert words in measured["actual"]


def test_this_machine_alone_is_measured_without_options(run_suite: RunSuite) -> None:
    run = run_suite(timeout=60)

    assert run.code in (0, 1, 6)
    assert run.case("run/host-measured")["verdict"] == "pass"
    if run.code == 1:
        reach = [c for c in run.cases if c["requirement"].startswith("urls/")]
        red = [c for c in reach if c["verdict"] in ("fail", "not-testable")]
        assert red
        assert all(c.get("cause") for c in red)
