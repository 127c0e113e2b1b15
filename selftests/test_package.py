"""What `pip install` brings: the library with its data, and a word to who starts elsewhere."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from arc_compliance import __version__
from selftests.conftest import clean_environment, needs
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]

ELSEWHERE = (
    "arc-compliance's tests are not in this folder: run pytest in the folder of its checkout that "
    "has pytest.ini"
)


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as `pip install .` builds it, from what is here already."""
    needs(find_spec("hatchling"), "hatchling")
    folder = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which the wheel is installed; it needs no more than to be unpacked."""
    site = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    return {**clean_environment(), "PYTHONPATH": str(site), "COLUMNS": "80"}


def test_a_wheel_has_every_file_of_the_library(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())

    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "arc_compliance").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = {name for name in names if name.startswith(f"arc_compliance-{__version__}.dist-info/")}
    assert names - about == ours | {"arc_compliance_elsewhere.py"}
    assert {Path(name).suffix for name in ours} >= {".yaml", ".pem", ".css", ".js", ".j2"}


def test_the_library_works_without_its_checkout(installed: dict[str, str], tmp_path: Path) -> None:
    """Whatever it reads beside its modules is there."""
    code = (
        "from types import SimpleNamespace as Parsed; from pathlib import Path\n"
        "from arc_compliance.options.settings import read_settings\n"
        "from arc_compliance.options.table import OPTIONS\n"
        "from arc_compliance.report.page import render\n"
        "given = {o.attribute: [] if o.repeatable else o.default for o in OPTIONS}\n"
        "settings = read_settings(Parsed(**given, connection=None), Path())\n"
        "assert settings.order_for('local', 'run')\n"
        "assert '<h1>' in render.render_notice('Incomplete', [], 'run')\n"
        "print(render.__file__)\n"
    )

    done = _python(["-c", code], tmp_path, installed)

    assert done.stderr == ""
    assert done.stdout.startswith(installed["PYTHONPATH"])


@pytest.mark.parametrize("arguments", [["--demo"], ["--hosts=ssh://a", "--forks", "3"]])
def test_an_option_elsewhere_is_one_line(
    installed: dict[str, str], tmp_path: Path, arguments: list[str]
) -> None:
    option = "--demo" if "--demo" in arguments else "--forks"

    done = _python(["-m", "pytest", *arguments], tmp_path, installed)

    assert done.returncode == 4
    assert done.stderr.strip() == f"ERROR: {option}: {ELSEWHERE}"
    assert done.stdout == ""


def test_a_run_elsewhere_that_finds_nothing_says_why(
    installed: dict[str, str], tmp_path: Path
) -> None:
    done = _python(["-m", "pytest"], tmp_path, installed)

    assert done.returncode == 5
    assert ELSEWHERE in done.stdout.splitlines()


def test_other_peoples_tests_are_left_alone(installed: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(
        "def pytest_addoption(parser):\n    parser.addoption('--proxy')\n"
    )
    (tmp_path / "test_theirs.py").write_text("def test_theirs(): pass\n")

    for arguments, code in ((["--proxy=x"], 0), (["--proxie=x"], 4), (["-k", "none"], 5)):
        done = _python(["-m", "pytest", *arguments], tmp_path, installed)

        assert done.returncode == code
        assert "arc-compliance's" not in done.stdout + done.stderr


def test_at_home_the_checkout_is_what_runs(run_suite: RunSuite, installed: dict[str, str]) -> None:
    """An installed library, perhaps of another version, does not get in between."""
    site = Path(installed["PYTHONPATH"])
    about = site / "arc_compliance" / "__init__.py"
    about.write_text(about.read_text().replace(__version__, "0.0.0"))

    run = run_suite("--demo", "-p", "no:cacheprovider", env={"PYTHONPATH": str(site)})

    assert run.code == 0
    assert run.properties["suite_version"] == __version__


def _python(
    arguments: list[str], folder: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
