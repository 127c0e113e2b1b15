"""A host that lies, floods or cuts off is an error of that host, and harms no report."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from selftests.probe import peers as probe_peers
from selftests.suite_run import SuiteRun, as_python

RunSuite = Callable[..., SuiteRun]
BEGIN = "-----BEGIN ARC-COMPLIANCE EVIDENCE-----"
END = "-----END ARC-COMPLIANCE EVIDENCE-----"

ANSWERS = {
    "nothing": ("true", "the host sent no evidence"),
    "noise": ("echo hello; echo oops >&2; exit 3", "(exit status 3); the host said: oops"),
    "no end": (f"echo {BEGIN}; echo '{{'", "the host's evidence is cut off"),
    "not JSON": (f"echo {BEGIN}; echo '{{'; echo {END}", "the host's evidence is not JSON"),
    "a list": (f"echo {BEGIN}; echo '[]'; echo {END}", "the host's evidence is not as agreed"),
    "unknown field": (
        f"""echo {BEGIN}; echo '{{"surprise": 1}}'; echo {END}""",
        "the host's evidence is not as agreed",
    ),
    "twice": (
        f"for i in 1 2; do echo {BEGIN}; echo '{{}}'; echo {END}; done",
        "the host sent evidence more than once",
    ),
    "deep": (
        f"echo {BEGIN}; head -c 200000 /dev/zero | tr '\\0' '['; echo; echo {END}",
        "the host's evidence is not JSON",
    ),
    "deep objects": (
        f"echo {BEGIN}; for i in $(seq 300); do printf '{{\"a\":'; done; echo; echo {END}",
        "the host's evidence is not JSON: nested too deeply: more than 20",
    ),
    "numbers": (
        f"echo {BEGIN}; printf '['; yes 0, | head -c 8000000; echo '0]'; echo {END}",
        "the host's evidence is not JSON: more than 200000 values",
    ),
    "no number": (
        f"echo {BEGIN}; echo '{{\"started\": 1e999999}}'; echo {END}",
        "the host's evidence is not JSON: a number is too large for a float",
    ),
    "a key twice": (
        f'echo {BEGIN}; echo \'{{"run": 1, "run": 2}}\'; echo {END}',
        "the host's evidence is not JSON: the key 'run' is given twice",
    ),
    "flood": (f"echo {BEGIN}; cat /dev/zero", "the host sent more than 8388608 bytes"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_evidence_that_is_none_is_an_error(
    run_suite: RunSuite, tmp_path: Path, answer: str
) -> None:
    script, words = ANSWERS[answer]

    run = run_suite(env=as_python(tmp_path / "bin", script))

    measured = run.case("run/host-measured")
    assert run.code == 6
    assert (measured["verdict"], measured["cause"]) == ("error", "probe-failed")
    assert words in measured["actual"]
    assert {c["verdict"] for c in run.cases} <= {
        "error",
        "blocked",
        "not-applicable",
        "not-tested",
        "not-testable",
        "fail",
    }
    assert int(run.properties["planned"]) == len(run.cases)
    assert run.err == ""  # a host that does not read its order is no news on the terminal


def test_evidence_of_another_run_is_refused(run_suite: RunSuite, tmp_path: Path) -> None:
    order = probe_peers.order(run="another", host="local")
    (tmp_path / "order.json").write_text(json.dumps(order))
    script = (
        f"cat > /dev/null\nexec /usr/bin/python3 {probe_peers.program()} < {tmp_path}/order.json"
    )

    run = run_suite(env=as_python(tmp_path / "bin", script))

    assert "the evidence of another run or host" in run.case("run/host-measured")["actual"]


def test_what_a_host_says_cannot_inject_into_any_report(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    hostile = r"printf '\033[31m<script>alert(1)</script>\0 ]]> https://u:hunter2@p/ \007\n' >&2"

    run = run_suite(env=as_python(tmp_path / "bin", f"{hostile}; exit 3"))

    actual = run.case("run/host-measured")["actual"]
    assert "<script>alert(1)</script> ]]> https://***@p/" in actual
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "hunter2" not in run.text()
    assert "\x1b[31m" not in run.text()
    assert "\x00" not in run.text()


def test_a_saved_record_that_is_cut_short_is_an_error_of_its_host(tmp_path: Path) -> None:
    from arc_compliance.wire.record import load_record, record_path

    record_path(tmp_path, "h").write_text('{"record": 1, "run"')

    record = load_record(tmp_path, "h", "r")

    assert record.failure is not None
    assert record.failure.cause == "probe-failed"
    assert "evidence/h.json: it is not as agreed" in record.failure.detail


def test_a_saved_record_of_another_run_is_refused(tmp_path: Path) -> None:
    from arc_compliance.wire.fields import Failure
    from arc_compliance.wire.record import HostRecord, load_record, save_record

    save_record(tmp_path, HostRecord(run="old", host="h", collected=1, failure=Failure(cause="x")))

    record = load_record(tmp_path, "h", "new")

    assert record.failure is not None
    assert "it is of another host or run" in record.failure.detail


def test_a_label_that_no_file_can_have_is_encoded(tmp_path: Path) -> None:
    from arc_compliance.wire.record import record_path

    assert record_path(tmp_path, "[::1]:2201").name == "%5B%3A%3A1%5D%3A2201.json"
    assert record_path(tmp_path, "../x").name == "..%2Fx.json"
