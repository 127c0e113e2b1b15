"""The program as a whole: order in, evidence out, within its time, leaving nothing behind."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.probe.python.contract import END
from arc_compliance.probe.python.evidence import rendered
from arc_compliance.probe.python.limits import MAX_AT_ONCE, MAX_EVIDENCE, MAX_ORDER
from arc_compliance.probe.python.order import agents_target
from arc_compliance.probe.python.order_fields import BadOrder
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.probe.python.steps import Attempt
from selftests.probe import peers


def connect_order(port: int, **changes: Any) -> dict[str, Any]:
    """An order for one http endpoint at *port* of this machine."""
    asked = peers.target("web.test", 80, "http")
    return peers.order(asked, connect_to=[["web.test", None, "127.0.0.1", port]], **changes)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"order": 1}, "order: expected format 2"),
        ({"order": True}, "order: missing or of the wrong type"),
        ({"run": None}, "run: missing or of the wrong type"),
        ({"targets": [7]}, "targets[0].scheme: missing or of the wrong type"),
        ({"targets": [peers.target("a b")]}, "targets[0].name: not acceptable"),
        ({"targets": [peers.target("-x")]}, "targets[0].name: not acceptable"),
        ({"targets": [peers.target("a", 0)]}, "targets[0].port: not a TCP port"),
        ({"targets": [peers.target("a", path="/\r\n")]}, "targets[0].path: not acceptable"),
        ({"user_agent": "a\r\nb"}, "user_agent: not acceptable"),
        ({"limits": {"http": float("nan")}}, "limits.http: not a number of seconds"),
        ({"proxy": "https://u:secret@p"}, "proxy: the agent takes http:// proxies only"),
        ({"proxy": "http://u:secret@p:x"}, "proxy: not a URL"),
        ({"connect_to": [["a", 443]]}, "connect_to[0].: expected [host, port, address, port]"),
    ],
)
def test_bad_order(changes: dict[str, Any], message: str) -> None:
    """A bad order is refused with the place in it, never with a credential."""
    text = json.dumps(peers.order(**changes)).encode()
    with pytest.raises(BadOrder) as refused:
        read_order(io.BytesIO(text))
    assert str(refused.value) == message


@pytest.mark.parametrize("text", [b"", b"nonsense", b"\xff", b"[" * 100_000])
def test_not_an_order(text: bytes) -> None:
    """What is no JSON is no order."""
    with pytest.raises(BadOrder, match=r"^not JSON$"):
        read_order(io.BytesIO(text))


def test_oversized_order() -> None:
    """A bad order, here of more than 4 MiB, ends with 2 and a line on standard error."""
    done = peers.run(b" " * (MAX_ORDER + 1))
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"probe: bad order: larger than 4194304 bytes\n"


def test_flaky() -> None:
    """Failed first and well the second time: well, with a note of the first failure."""
    behave = peers.second_time_well(peers.closes, peers.http())
    with peers.serve(behave) as port:
        measurement = peers.measure(connect_order(port)).measurements[0]
    assert (peers.fault(measurement), measurement.attempts) == (None, 2)
    assert (measurement.flaky.stage.value, measurement.flaky.cause) == ("http", "http-failed")


def test_deadline() -> None:
    """At its deadline the probe says what it has; the rest is probe-timeout at its stage."""
    with peers.serve(peers.hangs) as hanging, peers.serve(peers.http()) as healthy:
        names = [f"hanging{n}.test" for n in range(MAX_AT_ONCE + 5)]
        order = peers.order(
            peers.target("web.test", 80, "http"),
            *map(peers.target, names),
            connect_to=[["web.test", 80, "127.0.0.1", healthy], ["", 443, "127.0.0.1", hanging]],
            limits={"http": 30, "deadline": 2},
        )
        evidence = peers.measure(order)
    assert evidence.complete is False
    assert peers.fault(evidence.of("web.test", 80)) is None
    assert peers.fault(evidence.of("hanging0.test", 443)) == ("tls", "probe-timeout")
    assert peers.fault(evidence.of(names[-1], 443)) == ("resolve", "probe-timeout")


def test_first_attempt_outlives_the_deadline() -> None:
    """A second attempt that is cut off does not hide what the first one failed with."""
    with peers.serve(peers.second_time_well(peers.resets, peers.hangs)) as port:
        evidence = peers.measure(connect_order(port, limits={"http": 30, "deadline": 1}))
    measurement = evidence.measurements[0]
    assert (evidence.complete, measurement.attempts) == (False, 1)
    assert peers.fault(measurement) == ("http", "http-failed")


def test_ends_when_nobody_listens() -> None:
    """With its standard output closed the probe ends long before its deadline."""
    with peers.serve(peers.hangs) as port:
        process = subprocess.Popen(
            [sys.executable, str(peers.program())], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        order = connect_order(port, limits={"http": 300, "deadline": 300})
        process.stdin.write(json.dumps(order).encode())
        process.stdin.close()
        process.stdout.close()
        assert process.wait(timeout=10) in (1, -signal.SIGPIPE)


def test_nothing_is_written(tmp_path: Path) -> None:
    """Neither where it runs nor beside the program."""
    program = tmp_path / "program" / "probe.py"
    program.parent.mkdir()
    program.write_bytes(peers.program().read_bytes())
    home = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    before = sorted(tmp_path.rglob("*"))
    with peers.serve(peers.http()) as port:
        done = subprocess.run(
            [sys.executable, str(program)],
            input=json.dumps(connect_order(port)).encode(),
            capture_output=True,
            check=True,
            cwd=tmp_path,
            env=home,
            timeout=30,
        )
    assert done.stdout.endswith(END.encode() + b"\n")
    assert sorted(tmp_path.rglob("*")) == before


def test_hostile_headers_are_bounded() -> None:
    """Selected headers only, at most twenty, each cut; no control character comes through."""
    lines = [b"X-Ms-%d: %s" % (n, b"v" * 900) for n in range(60)] + [b"Date: a\x85[31m\xff"]
    answer = b"HTTP/1.1 200 OK\r\n" + b"\r\n".join(reversed(lines)) + b"\r\n\r\n"
    with peers.serve(peers.http(answer)) as port:
        seen = peers.measure(connect_order(port)).measurements[0].observations[-1]
    assert len(seen.headers) == 20
    assert seen.headers["date"] == "a [31m\u00ff"
    assert max(map(len, seen.headers.values())) == 256


def test_oversized_evidence_loses_its_bulk() -> None:
    """Too much to send is cut to what matters, and is no longer complete."""
    step = {"chain": ["A" * MAX_EVIDENCE], "protocol": "TLSv1.2"}
    text = rendered({"complete": True, "measurements": [{"observations": [step]}]})
    observations = [{"protocol": "TLSv1.2"}]
    expected = {"complete": False, "measurements": [{"observations": observations}]}
    assert json.loads(text) == expected


def test_fault_of_the_probe_itself() -> None:
    """What breaks between two steps is recorded at the next one, never passed over."""
    target = agents_target("web.test")
    attempt = Attempt(target, ["resolve", "connect", "http"])
    with attempt.step("resolve"):
        pass
    attempt.broken(RuntimeError("can't start new thread"))
    expected = {"cause": "probe-failed", "detail": "RuntimeError: can't start new thread"}
    assert attempt.failure() == ("connect", expected)


def test_same_endpoint_twice() -> None:
    """One name and port is one measurement."""
    twice = peers.order(peers.target("missing.invalid"), peers.target("missing.invalid"))
    assert len(peers.measure(twice).measurements) == 1
