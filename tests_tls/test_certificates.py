"""Section "Details": officially signed and verifiable certificates."""

import pytest

from arc_compliance.judge.endpoint.certificates import judge_certificates
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("principles/certificates", judge=judge_certificates)
def test_certificate_is_officially_signed(judgement: Judgement) -> None:
    """The chain verifies with the agent's trust store and ends in a public root."""
    require(judgement)
