"""Practice: the trust store that the agent uses."""

import pytest

from arc_compliance.judge.host.trust_store import judge_trust_store
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("practice/trust-store", judge=judge_trust_store)
def test_trust_store_has_the_roots(judgement: Judgement) -> None:
    """The trust store has the roots that Azure names."""
    require(judgement)
