"""Section "URLs": the rows of the endpoint table."""

import pytest

from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("urls/*", judge=judge_reach)
def test_url_is_reachable(judgement: Judgement) -> None:
    """Every name of the row answers HTTP."""
    require(judgement)
