"""Whole runs of the suite in the lab: they find what the situations find, and tell no secrets."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

from selftests.lab import situations
from selftests.lab.conftest import RunInLab
from selftests.lab.measuring import Findings, measure
from selftests.lab.network import Network


def test_a_run_finds_what_was_found_without_one(run_in_lab: RunInLab, healthy: Findings) -> None:
    run = run_in_lab()

    verdicts = {(one, row): found for (one, host, row), found in run.verdicts().items() if host}
    assert verdicts == healthy.outcomes()
    assert run.code == 0


def test_a_red_row_says_who_does_what(lab: Network, run_in_lab: RunInLab) -> None:
    with situations.shell_has_a_proxy_and_the_agent_none(lab):
        run = run_in_lab()

    assert run.code == 1
    assert "azcmagent config set proxy.url http://10.77.0.1:3128" in " ".join(run.out.split())
    html = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "azcmagent config set proxy.url http://10.77.0.1:3128" in html


def test_credentials_of_the_operator_stay_unseen(lab: Network, run_in_lab: RunInLab) -> None:
    with situations.proxy_is_given_credentials(lab) as told:
        run = run_in_lab(f"--proxy={told['proxy']}")

    assert run.case("networking/proxy", "web01")["verdict"] == "pass"
    assert situations.PASSWORD not in run.text()


def test_credentials_of_the_agent_stay_unseen(lab: Network) -> None:
    """Neither the evidence nor a list of the host's processes, taken all along, has them."""
    processes: set[str] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.01):
            processes.update(lab.on_host("ps", "-eo", "args").stdout.decode().splitlines())

    with situations.agents_proxy_has_credentials(lab):
        looking = threading.Thread(target=look)
        looking.start()
        found = measure(lab)
        over.set()
        looking.join()

    assert any("python3 -I -B -c" in one for one in processes)
    assert not [one for one in processes if situations.PASSWORD in one]
    assert situations.PASSWORD not in found.record.model_dump_json()
    assert found.of("networking/proxy").verdict.value == "pass"


def test_a_measurement_changes_nothing_on_the_host(lab: Network) -> None:
    """An agent that is asked included: names, sizes, rights and times of files are as before."""
    places = ["/etc", "/opt", "/var/opt", "/usr/local", "/var/lib", "/var/tmp", "/dev/shm"]
    listing = ["find", *places, "-xdev", "-printf", "%p %s %m %T@ %C@\\n"]
    with situations.agent_shows("connected")(lab):
        before = lab.on_host(*listing).stdout
        found = measure(lab)
        after = lab.on_host(*listing).stdout

    assert found.of("practice/agent-health").verdict.value == "pass"
    assert len(before.splitlines()) > 1000
    assert after == before


def test_nothing_stays_when_the_lab_is_killed() -> None:
    """`enter` is killed outright; what it started, in the background too, ends with it."""
    enter = Path(__file__).with_name("enter")
    script = "sleep 4711 & echo ready; wait"
    with subprocess.Popen([enter, "sh", "-c", script], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        process.kill()

    until = time.monotonic() + 10
    while _running("sleep 4711"):
        assert time.monotonic() < until, "it goes on"
        time.sleep(0.05)


def _running(command: str) -> bool:
    everything = subprocess.run(["ps", "-eo", "args"], check=True, capture_output=True).stdout
    return command in everything.decode().splitlines()
