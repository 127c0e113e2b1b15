"""Practice: the host's name servers."""

import pytest

from arc_compliance.judge.host.name_servers import judge_name_servers
from arc_compliance.judge.judgement import Judgement
from fixtures.cases import require


@pytest.mark.requirement("practice/name-servers", judge=judge_name_servers)
def test_every_name_server_answers(judgement: Judgement) -> None:
    """Every name server of the host answers."""
    require(judgement)
