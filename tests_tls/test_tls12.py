"""Section "Transport Layer Security 1.2 protocol": what every endpoint negotiates."""

import pytest

from arc_compliance.judge.endpoint.tls12 import judge_tls12
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("tls/1.2", judge=judge_tls12)
def test_tls12_is_negotiated(judgement: Judgement) -> None:
    """TLS 1.2 or newer is negotiated with every name of the row."""
    require(judgement)
