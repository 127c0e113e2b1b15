"""The agent on the host: what it listens to (section "Details"), and how it says that it is."""

import pytest

from arc_compliance.judge.host.agent import judge_agent_health
from arc_compliance.judge.host.agent_check import judge_agent_check
from arc_compliance.judge.host.sockets import judge_outbound
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("principles/outbound", judge=judge_outbound)
def test_agent_connects_outbound_only(judgement: Judgement) -> None:
    """No process of the agent listens off loopback."""
    require(judgement)


@pytest.mark.requirement("practice/agent-health", judge=judge_agent_health)
def test_agent_is_connected(judgement: Judgement) -> None:
    """The agent is connected where it belongs, and its services run."""
    require(judgement)


@pytest.mark.requirement("practice/agent-check", judge=judge_agent_check)
def test_agents_own_check_agrees(judgement: Judgement) -> None:
    """The agent's own check of the network agrees with this measurement."""
    require(judgement)
