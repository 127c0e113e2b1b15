"""docs/ci.md: its snippets parse, and their shell lines do what the page says."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from arc_compliance.report.compliance import EXIT_CODES
from selftests.conftest import clean_environment
from selftests.suite_run import ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
SYSTEMS = ("GitHub Actions", "GitLab CI", "Azure Pipelines", "Jenkins")

PIP = 'echo "$@" >> "$PIP_CALLS"'
PYTHON = 'test "$*" = "-m venv --clear .venv" && mkdir -p .venv && ln -s "$STAND_INS" .venv/bin'
RECORDING_PYTEST = """\
printf '%s\\n' "$@" > "$PYTEST_CALL"
for one; do case $one in --ssh-identity-file=*) stat -c %a "${one#*=}" > "$KEY_MODE";; esac; done
exit "$STATUS"
"""
COLLECTING_PYTEST = f'exec {sys.executable} -m pytest --collect-only -q -p no:cacheprovider "$@"'


@dataclass
class Done:
    """What became of a stage: exit code and output of its shell, and what it called."""

    code: int
    out: str
    pip: str
    pytest: list[str]
    key_mode: str


def _snippet(system: str) -> str:
    """The one snippet in the section of *system*."""
    section = PAGE.partition(f"\n## {system}\n")[2].partition("\n## ")[0]
    (found,) = re.findall(r"```(?:yaml|groovy)\n(.*?)```", section, re.DOTALL)
    return str(found)


def _parsed(system: str) -> Any:
    return yaml.safe_load(_snippet(system))


def _scripts(system: str) -> list[str]:
    """The shell scripts of *system*, each in a shell of its own, in order."""
    if system == "Jenkins":
        return re.findall(r"'''\n(.*?)'''", _snippet(system), re.DOTALL)
    if system == "GitLab CI":
        return ["\n".join(_parsed(system)["compliance"]["script"])]
    if system == "GitHub Actions":
        return [
            step["run"] for step in _parsed(system)["jobs"]["compliance"]["steps"] if "run" in step
        ]
    return [step["bash"] for step in _parsed(system)["steps"] if "bash" in step]


def _run(system: str, tmp_path: Path, folder: Path, pytest_script: str, status: int = 0) -> Done:
    """Run the scripts of *system* in *folder*, up to the first that fails, as the CI does."""
    stand_ins = tmp_path / "bin"
    stand_ins.mkdir()
    for name, script in {"pip": PIP, "python3": PYTHON, "pytest": pytest_script}.items():
        (stand_ins / name).write_text(f"#!/bin/bash\n{script}\n", encoding="utf-8")
        (stand_ins / name).chmod(0o755)
    secrets = {"ARC_SSH_KEY": "a key", "ARC_KNOWN_HOSTS": "web01 ssh-ed25519 AAAA"}
    if system != "GitHub Actions":
        secrets = {name: _file(tmp_path / name, text) for name, text in secrets.items()}
    if system == "Jenkins":
        (tmp_path / "ARC_SSH_KEY").chmod(0o400)
    environment = {
        **clean_environment(),
        **secrets,
        "PATH": f"{stand_ins}:/usr/bin:/bin",
        "STAND_INS": str(stand_ins),
        "PIP_CALLS": str(tmp_path / "pip"),
        "PYTEST_CALL": str(tmp_path / "pytest"),
        "KEY_MODE": str(tmp_path / "mode"),
        "STATUS": str(status),
    }
    shell = {"Jenkins": ["sh", "-xec"], "Azure Pipelines": ["bash", "-c"]}
    code, out = 0, ""
    for script in _scripts(system):
        done = subprocess.run(
            [*shell.get(system, ["bash", "-ec"]), script],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        code, out = done.returncode, out + done.stdout + done.stderr
        if code:
            break
    pip, call, mode = (_text(tmp_path / name) for name in ("pip", "pytest", "mode"))
    return Done(code, out, pip, call.splitlines(), mode)


def _file(path: Path, text: str) -> str:
    path.write_text(f"{text}\n", encoding="utf-8")
    path.chmod(0o666)
    return str(path)


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.exists() else ""


@pytest.fixture
def stage(tmp_path: Path) -> Callable[[str, int], Done]:
    """Runs a system's stage in an empty folder, with a suite that ends with the given code."""
    folder = tmp_path / "work"
    folder.mkdir()

    def run(system: str, status: int) -> Done:
        return _run(system, tmp_path, folder, RECORDING_PYTEST, status)

    return run


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_suite_takes_the_options_and_files_of_the_page(system: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    shutil.copytree(
        ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "selftests", "docs")
    )

    done = _run(system, tmp_path, folder, COLLECTING_PYTEST)

    assert done.code == 0, done.out
    assert "[web01-urls/his]" in done.out
    command, *options = shlex.split(done.pip)
    assert (command, options) == ("install", ["--require-hashes", "-r", "requirements.txt"])
    assert (folder / options[-1]).is_file()
    config = (folder / "ssh_config").read_text(encoding="utf-8").splitlines()
    assert config == ["User arc", "UserKnownHostsFile known_hosts"]
    assert (folder / "known_hosts").read_text(encoding="utf-8").startswith("web01 ")


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_key_is_for_its_owner_only_and_every_option_is_one_word(
    system: str, stage: Callable[[str, int], Done]
) -> None:
    done = stage(system, 0)

    assert done.code == 0, done.out
    assert done.key_mode in ("400", "600")
    assert all(re.fullmatch(r"--[a-z-]+=\S+", one) for one in done.pytest)
    assert {"--hosts=ssh://web01", "--report-dir=reports"} <= set(done.pytest)


@pytest.mark.parametrize("status", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("system", SYSTEMS)
def test_what_is_worse_than_incomplete_fails(
    system: str, status: int, stage: Callable[[str, int], Done]
) -> None:
    assert stage(system, status).code == status


@pytest.mark.parametrize(
    ("system", "code", "warning"),
    [
        ("GitHub Actions", 0, "::warning::incomplete"),
        ("GitLab CI", 6, ""),
        ("Azure Pipelines", 0, "##vso[task.complete result=SucceededWithIssues;]"),
        ("Jenkins", 6, ""),
    ],
)
def test_incomplete_warns(
    system: str, code: int, warning: str, stage: Callable[[str, int], Done]
) -> None:
    done = stage(system, 6)

    assert done.code == code
    assert warning in done.out


def test_what_gitlab_and_jenkins_let_pass_is_incomplete_only() -> None:
    assert _parsed("GitLab CI")["compliance"]["allow_failure"] == {"exit_codes": [6]}
    assert re.findall(r"status [!=]= (\d)\) \{\s*(\w+)", _snippet("Jenkins")) == [
        ("6", "unstable"),
        ("0", "error"),
    ]


def test_reports_are_kept_and_published_whatever_happens() -> None:
    steps = _parsed("GitHub Actions")["jobs"]["compliance"]["steps"]
    *_, junit, artifact = steps
    assert (junit["if"], artifact["if"]) == ("always()", "always()")
    *_, published, kept = _parsed("Azure Pipelines")["steps"]
    assert (published["condition"], kept["condition"]) == ("always()", "always()")
    gitlab = _parsed("GitLab CI")["compliance"]["artifacts"]
    assert gitlab["when"] == "always"
    after = _snippet("Jenkins").partition("always {")[2]

    patterns = [
        junit["with"]["report_paths"],
        published["inputs"]["testResultsFiles"],
        gitlab["reports"]["junit"],
        *re.findall(r"junit '(.*)'", after),
    ]
    assert [fnmatch("reports/junit.xml", pattern) for pattern in patterns] == [True] * 4
    folders = [artifact["with"]["path"], kept["publish"], *gitlab["paths"]]
    folders += re.findall(r"artifacts: '(.*?)\*\*'", after)
    assert [folder.rstrip("/") for folder in folders] == ["reports"] * 4


def test_the_groovy_closes_what_it_opens() -> None:
    code = re.sub(r"'''.*?'''|'[^'\n]*'|\"[^\"\n]*\"", "", _snippet("Jenkins"), flags=re.DOTALL)

    before = None
    while before != code:
        before, code = code, re.sub(r"\([^(){}[\]]*\)|\{[^(){}[\]]*\}|\[[^(){}[\]]*\]", "", code)

    assert code.strip() == "pipeline"


def test_the_exit_codes_of_the_page_are_those_of_the_suite() -> None:
    table = PAGE.partition("\n## Exit codes\n")[2].partition("\n## ")[0]
    rows = {
        int(code): words
        for code, words in re.findall(r"^\| (\d+) \| (.*?) \|", table, re.MULTILINE)
    }

    assert set(rows) == {*EXIT_CODES.values(), *(int(code) for code in pytest.ExitCode)}
    for overall, code in EXIT_CODES.items():
        assert overall.value in rows[code].split(", ")
