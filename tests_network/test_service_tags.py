"""Section "Service tags": addresses in range, and the whole range allowed."""

import pytest

from arc_compliance.judge.addresses.coverage import judge_full_range
from arc_compliance.judge.addresses.tags import judge_tag
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement(
    "service-tags/azure-active-directory",
    "service-tags/azure-traffic-manager",
    "service-tags/azure-resource-manager",
    "service-tags/azure-arc-infrastructure",
    "service-tags/storage",
    "service-tags/windows-admin-center",
    judge=judge_tag,
)
def test_service_tag_is_kept(judgement: Judgement) -> None:
    """The tag's endpoints lie in its ranges, and a filter by address allows them all."""
    require(judgement)


@pytest.mark.requirement(
    "service-tags/full-range", "service-tags/azure-cloud", judge=judge_full_range
)
def test_whole_tag_is_allowed(judgement: Judgement) -> None:
    """A filter by address allows all ranges of the tag."""
    require(judgement)


@pytest.mark.requirement("service-tags/keep-inspection")
def test_inspection_stays_on(judgement: Judgement) -> None:
    """Security monitoring and inspection stay switched on."""
    require(judgement)
