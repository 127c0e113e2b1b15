"""The sockets of the agent's processes: found on this machine, and judged."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.judge.case import Judge
from arc_compliance.judge.host.sockets import judge_outbound
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.network.tcp import judge_tcp
from arc_compliance.probe.python.facts.sockets import AgentSockets
from arc_compliance.wire.facts import SocketFacts
from selftests.judge.agent_process import agent_process
from selftests.judge.evidence_made import case_of, evidence, judge_evidence, measurement
from selftests.probe.replacing import replace


@pytest.fixture
def himds(monkeypatch: pytest.MonkeyPatch) -> str:
    """What the agent's processes are called here, where other tests run beside this one and
    measure the same machine."""
    name = f"himds-{os.getpid()}"
    replace(monkeypatch, "AGENT_PROCESSES", frozenset([name]))
    return name


def seen() -> SocketFacts:
    sockets = AgentSockets()
    sockets.read()
    return SocketFacts.model_validate(sockets.facts)


def test_the_sockets_of_the_agents_processes_are_found(himds: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as peer:
        port = peer.getsockname()[1]
        asked = (
            "listen,0.0.0.0,0",
            "listen,127.0.0.1,0",
            "listen,::1,0",
            f"tcp,127.0.0.1,{port}",
            "udp,127.0.0.1,53",
        )
        with agent_process(himds, *asked) as ports, agent_process("other", "listen,0.0.0.0,0"):
            facts = seen()

    assert facts.processes == (himds,)
    assert facts.failure is None
    found = {(one.kind, one.listening, one.local, one.remote) for one in facts.found}
    assert found == {
        ("tcp", True, f"0.0.0.0:{ports[0]}", None),
        ("tcp", True, f"127.0.0.1:{ports[1]}", None),
        ("tcp", True, f"[::1]:{ports[2]}", None),
        ("tcp", False, f"127.0.0.1:{ports[3]}", f"127.0.0.1:{port}"),
        ("udp", False, f"127.0.0.1:{ports[4]}", "127.0.0.1:53"),
    }


@pytest.mark.usefixtures("himds")
def test_without_the_agent_nothing_is_read() -> None:
    assert seen() == SocketFacts()


def test_sockets_of_others_are_roots_to_see(himds: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(pid: int) -> Any:
        raise PermissionError(13, "Permission denied", pid)

    replace(monkeypatch, "socket_inodes", refused)
    with agent_process(himds, "listen,127.0.0.1,0"):
        facts = seen()

    assert (facts.processes, facts.failure) == ((himds,), "permission-denied")


def test_five_megabytes_of_sockets(
    himds: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of others are passed over, and of the agent's no more are kept than anybody reads."""
    line = "{:4}: 00000000:01BB 00000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 {} 1\n"
    for kind in ("tcp", "tcp6", "udp", "udp6"):
        lines = (line.format(i, i if kind == "tcp" else 0) for i in range(50_000))
        (tmp_path / kind).write_text("head\n" + "".join(lines))
    replace(monkeypatch, "PROC_NET", str(tmp_path))
    replace(monkeypatch, "socket_inodes", lambda _: [str(i) for i in range(1, 10_001)])

    with agent_process(himds):
        facts = seen()

    assert (tmp_path / "tcp").stat().st_size > 4_000_000
    assert (len(facts.found), facts.failure) == (500, "more than 500 sockets")


# -- judged --------------------------------------------------------------------------------------


def one(local: str, remote: str | None = None, kind: str = "tcp") -> dict[str, Any]:
    listening = remote is None and kind == "tcp"
    return {
        "process": "himds",
        "kind": kind,
        "listening": listening,
        "local": local,
        "remote": remote,
    }


PROXY = {"place": "agent", "proxy": "proxy:3128", "addresses": ["10.0.0.9"]}


def judged(requirement: str, judge: Judge, *sockets: dict[str, Any], **facts: Any) -> Judgement:
    said = {"processes": ["himds"], "found": sockets, **facts}
    found = evidence(
        measurement("login.chinacloudapi.cn"),
        agent={"installed": facts.pop("installed", True)},
        sockets={key: value for key, value in said.items() if key != "installed"},
        proxies={
            "settings": [{"place": "agent", "proxy": "proxy:3128", "addresses": ["10.0.0.9"]}]
        },
    )
    return judge_evidence(case_of(requirement), found, judge)


@pytest.mark.parametrize(
    ("local", "verdict"),
    [
        ("127.0.0.1:40342", Verdict.PASS),
        ("[::1]:40343", Verdict.PASS),
        ("[::ffff:127.0.0.1]:40343", Verdict.PASS),
        ("0.0.0.0:40342", Verdict.FAIL),
        ("[::]:40342", Verdict.FAIL),
        ("10.0.0.5:40342", Verdict.FAIL),
        ("nonsense", Verdict.FAIL),
    ],
)
def test_where_the_agent_listens(local: str, verdict: Verdict) -> None:
    found = judged(
        "principles/outbound", judge_outbound, one(local), one("10.0.0.5:9", "1.2.3.4:443")
    )

    assert found.verdict is verdict
    if verdict is Verdict.FAIL:
        assert (found.cause, found.failing) == ("listener-found", (f"himds at {local}",))


def test_an_open_socket_is_red_even_where_others_are_unknown() -> None:
    sockets = (one("0.0.0.0:40342"),)

    found = judged("principles/outbound", judge_outbound, *sockets, failure="permission-denied")

    assert found.verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"failure": "permission-denied"}, "run again with --sudo"),
        ({"failure": "not read in time"}, "not read in time"),
        ({"processes": []}, "none of its processes runs"),
    ],
)
def test_what_was_not_seen_is_no_pass(facts: dict[str, Any], words: str) -> None:
    found = judged("principles/outbound", judge_outbound, **facts)

    assert found.verdict is Verdict.NOT_TESTED
    assert words in found.actual


def test_without_an_agent_there_is_nothing_to_judge() -> None:
    found = judged("principles/outbound", judge_outbound, processes=[], installed=False)

    assert found.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("socket", "astray"),
    [
        (one("10.0.0.5:9", "1.2.3.4:443"), False),
        (one("10.0.0.5:9", "proxy:3128"), False),
        (one("10.0.0.5:9", "10.0.0.9:3128"), False),
        (one("10.0.0.5:9", "10.0.0.53:53", "udp"), False),
        (one("127.0.0.1:9", "127.0.0.1:40342"), False),
        (one("0.0.0.0:9", None, "udp"), False),
        (one("10.0.0.5:9", "1.2.3.4:443", "udp"), True),
        (one("10.0.0.5:9", "1.2.3.4:8080"), True),
    ],
)
def test_whom_the_agent_speaks_to(socket: dict[str, Any], astray: bool) -> None:
    found = judged("principles/tcp", judge_tcp, socket)

    assert found.verdict is (Verdict.WARN if astray else Verdict.PASS)
    if astray:
        assert str(socket["remote"]) in found.actual
        assert found.remedy_text.startswith("server owner:")
