"""However a run ends and whenever: its exit code is right, and no earlier report stays green."""

from __future__ import annotations

import fcntl
import os
import pty
import shutil
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from selftests.conftest import clean_environment
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]

DOCUMENTS = ("report.html", "junit.xml", "compliance.json")
SIGNALS = (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGKILL)


@pytest.fixture(scope="module")
def green(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Yesterday's report folder, compliant."""
    reports = tmp_path_factory.mktemp("green") / "reports"
    command = _command(reports, "-k", "login", "--partial-ok", "--partial-ok")
    subprocess.run(command, cwd=ROOT, env=_environment(), check=True, capture_output=True)
    return reports


@pytest.fixture
def reports(green: Path, tmp_path: Path) -> Path:
    """A copy of yesterday's for today's run."""
    shutil.copytree(green, tmp_path / "reports")
    return tmp_path / "reports"


def _command(reports: Path, *arguments: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--demo", f"--report-dir={reports}", *arguments]
    return [*command, "-p", "no:cacheprovider", "-p", "no:hypothesispytest"]


def _environment() -> dict[str, str]:
    return {**clean_environment(), "COLUMNS": "80"}


def _unbuffered() -> dict[str, str]:
    return {**_environment(), "PYTHONUNBUFFERED": "1"}


@contextmanager
def _started(reports: Path, *arguments: str, **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    errors = (reports.parent / "errors").open("wb")
    with (
        errors,
        subprocess.Popen(
            _command(reports, *arguments),
            cwd=ROOT,
            **{"stdout": subprocess.PIPE, "stderr": errors, "env": _environment(), **how},
        ) as process,
    ):
        yield process


def _check(reports: Path, code: int, green: Path, *, ended: tuple[int, ...] = (2,)) -> str:
    """Check what the run that ended with *code* left; the overall verdict of its reports."""
    run = SuiteRun(code, "", "", reports)
    run_id = run.json["header"]["run"]
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert run_id != SuiteRun(0, "", "", green).json["header"]["run"]
    overall = run.json["overall"]
    assert run.properties["overall"] == overall
    assert run_id in page
    if overall == "incomplete":
        assert code in ended
        assert "</svg>Compliant" not in page
    else:
        assert (overall, code) == ("compliant", 0)
    left = [one.name for one in reports.rglob(".*")]
    assert code == -signal.SIGKILL or left == []
    errors = (reports.parent / "errors").read_text()
    assert "Traceback" not in errors
    assert "Exception ignored" not in errors
    return str(overall)


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
@pytest.mark.parametrize("taken", [0, 1, 700, 4000])
def test_a_pipe_that_is_closed_after_some_bytes(
    reports: Path, green: Path, taken: int, workers: str
) -> None:
    with _started(reports, "-v", workers) as process:
        assert process.stdout
        if taken:
            process.stdout.read(taken)
        process.stdout.close()
        code = process.wait(60)

    assert _check(reports, code, green) == "incomplete"


@pytest.mark.parametrize("sent", SIGNALS)
@pytest.mark.parametrize("line", [1, 8, 9, 10, 97])
def test_a_signal_after_any_line(
    reports: Path, green: Path, line: int, sent: signal.Signals
) -> None:
    said = b""
    with _started(reports, "-v", env=_unbuffered()) as process:
        assert process.stdout
        for _ in range(line):
            said += process.stdout.readline()
        process.send_signal(sent)
        said += process.stdout.read()
        code = process.wait(60)

    assert b"Traceback" not in said
    assert b"INTERNALERROR" not in said
    _check(reports, code, green, ended=(-9,) if sent is signal.SIGKILL else (2,))


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_device_that_is_full(reports: Path, green: Path, stream: str, workers: str) -> None:
    with (
        Path("/dev/full").open("wb") as full,
        _started(reports, workers, **{"stdout": subprocess.DEVNULL, stream: full}) as process,
    ):
        code = process.wait(60)

    overall = _check(reports, code, green)

    assert (overall, code) == (("incomplete", 2) if stream == "stdout" else ("compliant", 0))


@pytest.mark.parametrize("closed", ["1", "2", "0 1 2"])
@pytest.mark.parametrize("argument", ["-n0", "-n2", "-s"])
def test_streams_that_are_closed_from_the_start(
    reports: Path, green: Path, closed: str, argument: str
) -> None:
    closing = "; ".join(f"exec {number}>&-" for number in closed.split())
    command = ["sh", "-c", f'{closing}; exec "$@"', "sh", *_command(reports, argument)]
    code = subprocess.run(
        command, cwd=ROOT, env=_environment(), stdout=subprocess.DEVNULL, check=False
    ).returncode
    (reports.parent / "errors").touch()

    assert _check(reports, code, green) == "compliant"


@pytest.mark.parametrize("taken", [1, 400, 900])
def test_a_terminal_that_hangs_up(reports: Path, green: Path, taken: int) -> None:
    ours, theirs = pty.openpty()
    with _started(
        reports,
        "-v",
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    ) as process:
        os.close(theirs)
        read = 0
        while read < taken:
            read += len(os.read(ours, taken - read))
        os.close(ours)
        code = process.wait(60)

    assert _check(reports, code, green) == "incomplete"


def test_nohup_is_respected(reports: Path, green: Path) -> None:
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    with _started(reports, preexec_fn=ignore) as process:
        assert process.stdout
        process.stdout.readline()
        process.send_signal(signal.SIGHUP)
        process.stdout.read()
        code = process.wait(60)

    assert _check(reports, code, green) == "compliant"


def test_a_run_in_a_shells_background_can_be_told_to_end(reports: Path, green: Path) -> None:
    """A shell without job control has SIGINT ignored there."""
    ignore = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731
    with _started(reports, "-v", preexec_fn=ignore, env=_unbuffered()) as process:
        assert process.stdout
        for _ in range(10):
            process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        process.stdout.read()
        code = process.wait(60)

    assert _check(reports, code, green) == "incomplete"


def test_what_a_killed_run_was_writing_is_cleared_up(run_suite: RunSuite, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    (reports / "evidence").mkdir(parents=True)
    for folder in (reports, reports / "evidence"):
        (folder / ".arc-compliance-0123456789abcdef.part").write_text("half")
    locked = reports / ".arc-compliance-fedcba9876543210.part"
    locked.write_text("of another run")
    with locked.open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        run_suite("--demo", "-k", "login", "--partial-ok")

    assert [path.name for path in reports.rglob(".*")] == [locked.name]


# -- before the first judgement ------------------------------------------------------------------

REFUSED = {
    "--location=nowhere": "--location: unknown region 'nowhere'",
    "--host=web01": "--host: unknown option (did you mean '--hosts'?)",
    "-hosts=web01": "-hosts: an option begins with two hyphens",
    "--waivers": "argument --waivers: expected one argument",
    "--report-dir": "argument --report-dir: expected one argument",
    "-pno:html": "report.html is made by pytest-html",
    "-pno:junitxml": "junit.xml needs pytest's junitxml",
    "--no-such-option": "--no-such-option: unknown option; ",
    "--service-tags=/nowhere": "--service-tags: nowhere: cannot be read",
    "--html=/dev/stdout": "--html: /dev/stdout is not a",
    "--evidence=/nowhere": "",
}


@pytest.mark.parametrize(
    ("workers", "argument"),
    [*(("-n2", one) for one in REFUSED), ("-n0", "--host=web01"), ("-n0", "no_such_file.py")],
)
def test_a_refused_run_says_so_in_the_place_of_yesterdays(
    reports: Path, green: Path, argument: str, workers: str
) -> None:
    with _started(reports, argument, workers) as process:
        code = process.communicate(timeout=60) and process.returncode

    assert code == 4
    _nothing_judged(reports, REFUSED.get(argument, "no_such_file.py"))
    assert (reports / "evidence" / "local.json").exists()


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_an_empty_selection_says_so(reports: Path, workers: str) -> None:
    with _started(reports, "-k", "no_such_case", workers) as process:
        code = process.communicate(timeout=60) and process.returncode

    assert code == 5
    _nothing_judged(reports, "no case was selected")


@pytest.mark.parametrize("hook", ["sessionstart", "collection_modifyitems", "collection_finish"])
def test_an_internal_error_says_so(reports: Path, tmp_path: Path, hook: str) -> None:
    (tmp_path / "broken.py").write_text(f"def pytest_{hook}():\n    raise RuntimeError('oh')\n")
    environment = {**_environment(), "PYTHONPATH": str(tmp_path)}
    with _started(reports, "-p", "broken", env=environment) as process:
        code = process.communicate(timeout=60) and process.returncode

    assert code == 3
    _nothing_judged(reports, "an internal error ended the run")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_fault_of_ours_in_a_report_is_not_a_verdict(
    reports: Path, tmp_path: Path, workers: str
) -> None:
    (tmp_path / "broken.py").write_text(
        "def pytest_configure():\n    from arc_compliance.judge import ways\n    ways.WAYS = ()\n"
    )
    environment = {**_environment(), "PYTHONPATH": str(tmp_path)}
    with _started(reports, "-p", "broken", workers, env=environment) as process:
        code = process.communicate(timeout=60) and process.returncode

    assert code == 3
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert "<h1>Incomplete</h1><p>the reports could not be written: LookupError" in page


@pytest.mark.parametrize("hook", ["sessionfinish", "terminal_summary"])
def test_an_error_at_the_end_is_an_internal_one(reports: Path, tmp_path: Path, hook: str) -> None:
    (tmp_path / "broken.py").write_text(f"def pytest_{hook}():\n    raise RuntimeError('oh')\n")
    environment = {**_environment(), "PYTHONPATH": str(tmp_path)}
    with _started(reports, "-p", "broken", env=environment) as process:
        code = process.communicate(timeout=60) and process.returncode

    assert code == 3


@pytest.mark.parametrize(
    "look", ["--collect-only", "--fixtures", "--help", "--markers", "--version", "--cache-show"]
)
def test_looking_leaves_yesterdays_alone(reports: Path, green: Path, look: str) -> None:
    command = [one for one in _command(reports, look) if one != "no:cacheprovider"]
    command.remove("-p")
    subprocess.run(command, cwd=ROOT, env=_environment(), check=False, capture_output=True)

    for name in DOCUMENTS:
        assert (reports / name).read_bytes() == (green / name).read_bytes()


def _nothing_judged(reports: Path, why: str) -> None:
    run = SuiteRun(0, "", "", reports)
    (missing,) = run.json["missing"]
    assert missing.startswith("nothing was judged: ")
    assert why in missing
    assert run.properties["overall"] == run.json["overall"] == "incomplete"
    (case,) = run.cases
    assert (case["requirement"], case["verdict"]) == ("run/overall", "fail")
    page = (reports / "report.html").read_text(encoding="utf-8")
    assert "<h1>Nothing was judged</h1>" in page
    assert not list(reports.glob("firewall-request.*"))
