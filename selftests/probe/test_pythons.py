"""Every CPython from 3.6 on measures the same field with the same outcome."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from arc_compliance.wire.evidence import Evidence
from selftests.probe import field as probe_field
from selftests.probe import peers

VERSIONS = ["3.6", "3.7", "3.8", "3.9", "3.10", "3.11", "3.12", "3.13"]


@functools.cache
def interpreter(version: str) -> str | None:
    """The path of a CPython of *version* that works, or None."""
    installed = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    candidates = [shutil.which("python" + version)]
    candidates += sorted(str(one) for one in installed.glob(version + ".*/bin/python3"))
    return next((one for one in candidates if one and _is(one, version)), None)


def _is(python: str, version: str) -> bool:
    code = "import ssl, sys; print('%d.%d' % sys.version_info[:2])"
    asked = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return asked.stdout.strip() == version


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Evidence]]]:
    """The field as each interpreter saw it; they measure side by side to save time."""
    found = {version: interpreter(version) for version in VERSIONS}
    with (
        probe_field.field(tmp_path_factory.mktemp("field")) as order,
        ThreadPoolExecutor(max_workers=len(VERSIONS)) as pool,
    ):
        yield {v: pool.submit(peers.measure, order, one) for v, one in found.items() if one}


@pytest.mark.parametrize("version", VERSIONS)
def test_same_table(evidence: dict[str, Future[Evidence]], version: str) -> None:
    """Stage and cause of every name do not depend on the interpreter."""
    if version not in evidence:
        pytest.skip(f"no CPython {version} on this machine")
    seen = evidence[version].result()
    assert seen.probe.python.startswith(version + ".")
    assert {m.name: peers.fault(m) for m in seen.measurements} == probe_field.FAULTS
    assert [c.stage.value for c in seen.controls] == ["resolve", "connect", "certificate"]
    assert not any(c.answered or c.failure for c in seen.controls)
