"""Section "Networking configuration": port 443, the proxy, private link, no monitoring gateway."""

import pytest

from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.network.gateway import judge_no_log_analytics_gateway
from arc_compliance.judge.network.onboarding import judge_onboarding_machine
from arc_compliance.judge.network.port_443 import judge_port_443
from arc_compliance.judge.network.private_link import judge_private_link
from arc_compliance.judge.network.proxy import judge_proxy
from fixtures.cases import require


@pytest.mark.requirement("networking/port-443", judge=judge_port_443)
def test_port_443_is_open(judgement: Judgement) -> None:
    """Outbound TCP 443 is open, or the proxy lets CONNECT through."""
    require(judgement)


@pytest.mark.requirement("networking/proxy", judge=judge_proxy)
def test_proxy_lets_endpoints_through(judgement: Judgement) -> None:
    """Where a proxy is used, it lets every required endpoint through."""
    require(judgement)


@pytest.mark.requirement("networking/onboarding-machine", judge=judge_onboarding_machine)
def test_onboarding_machine_meets_requirements(judgement: Judgement) -> None:
    """The machine that performs the onboarding meets the same requirements."""
    require(judgement)


@pytest.mark.requirement(
    "networking/no-log-analytics-gateway", judge=judge_no_log_analytics_gateway
)
def test_proxy_is_no_log_analytics_gateway(judgement: Judgement) -> None:
    """The agent's proxy is not a Log Analytics gateway."""
    require(judgement)


@pytest.mark.requirement("networking/private-link", judge=judge_private_link)
def test_private_endpoints_resolve_privately(judgement: Judgement) -> None:
    """Private endpoints resolve to private addresses."""
    require(judgement)
