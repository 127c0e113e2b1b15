"""Practice: the host's clock."""

import pytest

from arc_compliance.judge.host.clock import judge_clock
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("practice/clock", judge=judge_clock)
def test_clock_is_right(judgement: Judgement) -> None:
    """The host's clock is within two minutes of the endpoints'."""
    require(judgement)
