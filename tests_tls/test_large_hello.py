"""Practice: the size of the hello that the agent's TLS sends."""

import pytest

from arc_compliance.judge.endpoint.large_hello import judge_large_hello
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("practice/large-hello", judge=judge_large_hello)
def test_a_large_hello_gets_through(judgement: Judgement) -> None:
    """A hello of more than one segment is answered."""
    require(judgement)
