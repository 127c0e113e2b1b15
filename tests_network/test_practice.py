"""Practice: advice of our own about the network."""

import pytest

from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.practice import judge_negative_serial, judge_websocket
from fixtures.cases import require


@pytest.mark.requirement("practice/websocket", judge=judge_websocket)
def test_notifications_can_come(judgement: Judgement) -> None:
    """The notification names can be asked for a WebSocket."""
    require(judgement)


@pytest.mark.requirement("practice/negative-serial", judge=judge_negative_serial)
def test_no_serial_number_is_negative(judgement: Judgement) -> None:
    """No certificate on the way has a negative serial number."""
    require(judgement)
