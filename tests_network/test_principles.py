"""Section "Details": the principles that every connection keeps."""

import pytest

from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.network.https import judge_https
from arc_compliance.judge.network.tcp import judge_tcp
from fixtures.cases import require


@pytest.mark.requirement("principles/tcp", judge=judge_tcp)
def test_connections_are_tcp(judgement: Judgement) -> None:
    """Every connection is TCP."""
    require(judgement)


@pytest.mark.requirement("principles/https", judge=judge_https)
def test_http_is_https(judgement: Judgement) -> None:
    """HTTP is spoken inside TLS only."""
    require(judgement)
