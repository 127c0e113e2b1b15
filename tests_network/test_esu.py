"""Section "Subset of endpoints for ESU only": the rows for Extended Security Updates."""

import pytest

from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.information import judge_information
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require

ROWS = ("aka", "download", "login", "login-partner", "management", "his", "guestconfiguration")


@pytest.mark.requirement(*(f"esu/{row}" for row in ROWS), "esu/pkiops", judge=judge_reach)
def test_esu_endpoint_is_reachable(judgement: Judgement) -> None:
    """Every name of the row answers HTTP, on each of its ports."""
    require(judgement)


@pytest.mark.requirement("esu/availability", judge=judge_information)
def test_esu_is_offered(judgement: Judgement) -> None:
    """Whether the cloud offers Extended Security Updates through Azure Arc."""
    require(judgement)
