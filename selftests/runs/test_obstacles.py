"""Nothing is deleted or overwritten that is not ours, whatever stands where we want to write."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from arc_compliance.report.documents import Places, write_unjudged
from selftests.runs.golden_triples import GOLDEN_HEADER
from selftests.runs.obstacles import FOREIGN, OBSTACLES, foreign_folder, look
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]

DOCUMENTS = (
    "report.html",
    "junit.xml",
    "compliance.json",
    "firewall-request.csv",
    "firewall-request.txt",
    "firewall-request.nft",
)
PLACES = {
    "documents": DOCUMENTS,
    "among the rest": (
        "junit-2.xml",
        "evidence/other.json",
        ".report.html.part",
        ".arc-compliance-0123456789abcdef.part",
        "service-tags/AzureCloud.json",
    ),
    "evidence": ("evidence",),
    "a record": ("evidence/local.json",),
    "service tags": ("service-tags",),
    "service tags of the cloud": ("service-tags/AzureChinaCloud",),
    "sources of service tags": ("service-tags/sources.json",),
}
OURS_BY_NAME = (
    *DOCUMENTS,
    "service-tags/sources.json",
    ".arc-compliance-0123456789abcdef.part",
)


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.parametrize("places", PLACES)
def test_what_is_not_ours_stays(
    run_suite: RunSuite, tmp_path: Path, saved: Path, places: str, obstacle: str
) -> None:
    elsewhere, reports = tmp_path / "elsewhere", tmp_path / "reports"
    foreign_folder(elsewhere)
    for name in PLACES[places]:
        (reports / name).parent.mkdir(parents=True, exist_ok=True)
        OBSTACLES[obstacle](reports / name, elsewhere)
    before, was = look(elsewhere), look(reports)

    run = run_suite(f"--evidence={saved}", "-k", "login", "--partial-ok", timeout=60)

    assert look(elsewhere) == before
    now = look(reports)
    for name, (mode, held) in was.items():
        if stat.S_ISFIFO(mode) or (stat.S_ISREG(mode) and name not in OURS_BY_NAME):
            assert now[name] == (mode, held), name
        if stat.S_ISDIR(mode):
            assert stat.S_ISDIR(now[name][0]), name
    assert "Traceback" not in run.out + run.err
    assert "INTERNALERROR" not in run.out + run.err
    assert run.code in ((4,) if places == "evidence" and obstacle != "folder" else (0, 1, 4, 6))
    if run.code == 4:
        assert "--report-dir: " in run.err
    else:
        assert run.properties["overall"] == run.json["overall"]
    assert {path.name for path in reports.rglob(".*")} <= set(PLACES[places])


@pytest.mark.parametrize("obstacle", OBSTACLES)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_each_document_meets_each_obstacle(tmp_path: Path, name: str, obstacle: str) -> None:
    elsewhere, reports = tmp_path / "elsewhere", tmp_path / "reports"
    foreign_folder(elsewhere)
    reports.mkdir()
    OBSTACLES[obstacle](reports / name, elsewhere)
    before, was = look(elsewhere), look(reports)
    places = Places(
        junit=reports / "junit.xml",
        html=reports / "report.html",
        json=reports / "compliance.json",
        directory=reports,
    )

    with contextlib.suppress(OSError):
        write_unjudged(places, GOLDEN_HEADER, "Nothing was judged", "why")

    assert look(elsewhere) == before
    for path in places.documents:
        mode = path.lstat().st_mode if os.path.lexists(path) else 0
        if path.name == name and mode == was[name][0]:
            assert look(reports)[name] == was[name] or stat.S_ISREG(mode)
        elif path in (places.junit, places.html, places.json):
            assert "why" in path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The evidence of one host, with the tag files beside it."""
    folder = tmp_path_factory.mktemp("saved")
    golden = Path(__file__).parent / "golden" / "healthy" / "evidence.json"
    (folder / "evidence").mkdir()
    shutil.copy(golden, folder / "evidence" / "local.json")
    return folder / "evidence"


def test_a_measuring_run_deletes_records_only(run_suite: RunSuite, tmp_path: Path) -> None:
    evidence = tmp_path / "reports" / "evidence"
    evidence.mkdir(parents=True)
    golden = Path(__file__).parent / "golden" / "healthy" / "evidence.json"
    shutil.copy(golden, evidence / "old.json")
    (evidence / "notes.json").write_text('{"record": "of my own"}')
    (evidence / "empty.json").write_text("")
    os.mkfifo(evidence / "pipe.json")
    (evidence / "folder.json").mkdir()
    (evidence / "link.json").symlink_to(golden)

    run = run_suite("--demo", "-k", "login", "--partial-ok")

    assert run.code == 0
    assert sorted(one.name for one in evidence.iterdir()) == [
        "empty.json",
        "folder.json",
        "link.json",
        "local.json",
        "notes.json",
        "pipe.json",
    ]
    assert (evidence / "notes.json").read_text() == '{"record": "of my own"}'
    named = "empty.json, folder.json, link.json, notes.json and 1 more"
    assert f"{named} are not records of this suite" in run.out


def test_evidence_that_is_judged_where_it_lies_is_not_overwritten_by_an_error(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    evidence = tmp_path / "reports" / "evidence"
    evidence.mkdir(parents=True)
    (evidence / "web01.json").write_bytes(FOREIGN)

    run = run_suite(f"--evidence={evidence}", "-k", "measured")

    assert run.case("run/host-measured", "web01")["verdict"] == "error"
    assert (evidence / "web01.json").read_bytes() == FOREIGN


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_the_modes_of_files(run_suite: RunSuite, tmp_path: Path, umask: int) -> None:
    reports = tmp_path / "reports"
    reports.mkdir()
    reports.chmod(0o1777)
    before = os.umask(umask)
    try:
        run = run_suite("--demo", "-k", "login", "--partial-ok")
        order = run_suite(f"--write-order={tmp_path / 'order.json'}")
    finally:
        os.umask(before)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.lstat().st_mode)

    assert (run.code, order.code) == (0, 0)
    assert mode(reports) == 0o1777
    assert mode(reports / "evidence" / "local.json") == 0o600
    assert mode(tmp_path / "order.json") == 0o600
    assert {mode(reports / name) for name in DOCUMENTS[:3]} == {0o666 & ~umask}


@pytest.mark.parametrize("option", ["--junit-xml", "--html", "--write-order"])
@pytest.mark.parametrize("place", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/dev/null"])
def test_devices_stay_devices(run_suite: RunSuite, option: str, place: str) -> None:
    before = Path("/dev/stdout").lstat().st_mode, Path("/dev/null").lstat().st_mode

    run = run_suite("--hosts=local://", f"{option}={place}", "-k", "login", "--partial-ok")

    assert run.code == 4
    assert f"{option}: {place}" in run.err
    assert (Path("/dev/stdout").lstat().st_mode, Path("/dev/null").lstat().st_mode) == before


def test_a_report_folder_may_be_a_link(run_suite: RunSuite, tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "reports").symlink_to("disk")

    run = run_suite("--demo", "-k", "login", "--partial-ok")

    assert run.code == 0
    assert (tmp_path / "reports").is_symlink()
    assert json.loads((tmp_path / "disk" / "compliance.json").read_text())["overall"] == "compliant"
