"""Practice: advice of our own about the network."""

import pytest

from arc_compliance.judge.addresses.coverage import judge_azure_cloud_gap, judge_public_tags
from arc_compliance.judge.addresses.tags import judge_service_tags_current
from arc_compliance.judge.endpoint.serial import judge_negative_serial
from arc_compliance.judge.endpoint.websocket import judge_websocket
from arc_compliance.judge.host.egress import judge_egress
from arc_compliance.judge.host.proxy_places import judge_proxy_consistency
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("practice/websocket", judge=judge_websocket)
def test_notifications_can_come(judgement: Judgement) -> None:
    """The notification names can be asked for a WebSocket."""
    require(judgement)


@pytest.mark.requirement("practice/negative-serial", judge=judge_negative_serial)
def test_no_serial_number_is_negative(judgement: Judgement) -> None:
    """No certificate on the way has a negative serial number."""
    require(judgement)


@pytest.mark.requirement("practice/service-tags-current", judge=judge_service_tags_current)
def test_service_tags_are_current(judgement: Judgement) -> None:
    """The service tag file is younger than 21 days."""
    require(judgement)


@pytest.mark.requirement("practice/azure-cloud-gap", judge=judge_azure_cloud_gap)
def test_what_azure_cloud_leaves_out_is_allowed(judgement: Judgement) -> None:
    """What AzureCloud lacks of the required tags is allowed beside it."""
    require(judgement)


@pytest.mark.requirement(
    "practice/front-door", "practice/public-arc-infrastructure", judge=judge_public_tags
)
def test_newer_tags_are_allowed(judgement: Judgement) -> None:
    """The tags that newer texts want beside the document's are allowed."""
    require(judgement)


@pytest.mark.requirement("practice/proxy-consistency", judge=judge_proxy_consistency)
def test_places_that_name_a_proxy_agree(judgement: Judgement) -> None:
    """The places on the host that name a proxy agree."""
    require(judgement)


@pytest.mark.requirement("practice/egress", judge=judge_egress)
def test_the_hosts_own_rules_let_it_out(judgement: Judgement) -> None:
    """The host's own packet filter lets connections to the endpoints out."""
    require(judgement)
