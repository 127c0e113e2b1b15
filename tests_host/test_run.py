"""The run about itself: measured, and able to fail. The last case, run/overall, is added later."""

import pytest

from arc_compliance.judge.host.controls import judge_controls
from arc_compliance.judge.host.measured import judge_host_measured
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("run/host-measured", judge=judge_host_measured)
def test_host_is_measured(judgement: Judgement) -> None:
    """The host was measured."""
    require(judgement)


@pytest.mark.requirement("run/controls", judge=judge_controls)
def test_controls_hold(judgement: Judgement) -> None:
    """Nothing was answered that must not be."""
    require(judgement)
