"""Section "Details": what the agent on the host listens to."""

import pytest

from arc_compliance.judge.agent import judge_outbound
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("principles/outbound", judge=judge_outbound)
def test_agent_connects_outbound_only(judgement: Judgement) -> None:
    """No process of the agent listens off loopback."""
    require(judgement)
