"""The report folder that cannot be one is told before anything is measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.report.folder import check_folders


def test_a_folder_that_cannot_be_looked_into_is_a_usage_error(tmp_path: Path) -> None:
    loop = tmp_path / "loop"
    loop.symlink_to("loop")

    with pytest.raises(Fault, match="loop/evidence: Too many levels"):
        check_folders(loop)
    with pytest.raises(Fault, match="too long"):
        check_folders(tmp_path / ("x" * 300))
