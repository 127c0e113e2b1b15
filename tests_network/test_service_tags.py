"""Section "Service tags": addresses in range, and the whole range allowed."""

import pytest

from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("service-tags/*")
def test_service_tag_is_kept(judgement: Judgement) -> None:
    """The tag's endpoints lie in its ranges, and a filter by address allows them all."""
    require(judgement)
