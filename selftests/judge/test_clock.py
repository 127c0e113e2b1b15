"""The host's clock beside those of the endpoints, on evidence made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.judge.host.clock import judge_clock
from arc_compliance.judge.judgement import Judgement, Verdict
from selftests.judge.evidence_made import case_of, evidence, judge_evidence, measurement

RIGHT, LATER = "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:{}:{} GMT"


def clock(*dates: str, synchronised: bool | None = None, **more: Any) -> Judgement:
    """The judgement where endpoints answer with *dates*; on the host it is the first second of
    1970."""
    names = ("login.chinacloudapi.cn", "pas.chinacloudapi.cn", "aka.ms")
    asked = [
        measurement(name, headers={"date": date} if date else {}, **more)
        for name, date in zip(names, dates, strict=False)
    ]
    found = evidence(*asked, clock={"synchronised": synchronised})
    return judge_evidence(case_of("practice/clock"), found, judge_clock)


def test_a_clock_that_is_right() -> None:
    found = clock(RIGHT, RIGHT, synchronised=True)

    assert found.verdict is Verdict.PASS
    assert "1 s ahead of the median of 2 answers; time synchronisation: synch" in found.actual


@pytest.mark.parametrize(
    ("minutes", "seconds", "verdict"),
    [("02", "00", Verdict.PASS), ("02", "01", Verdict.WARN), ("59", "00", Verdict.WARN)],
)
def test_a_clock_that_is_behind(minutes: str, seconds: str, verdict: Verdict) -> None:
    found = clock(LATER.format(minutes, seconds), synchronised=False)

    assert found.verdict is verdict
    assert "behind" in found.actual
    assert "not synchronised" in found.actual


def test_one_endpoint_with_a_clock_of_its_own_changes_nothing() -> None:
    assert clock(RIGHT, "Thu, 01 Jan 2099 00:00:00 GMT", RIGHT).verdict is Verdict.PASS


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Foo 1970 00:00:00 GMT"])
def test_what_is_no_date_is_not_tested(date: str) -> None:
    assert clock(date).verdict is Verdict.NOT_TESTED


def test_without_an_answer_the_clock_is_blocked() -> None:
    found = clock(RIGHT, failed=("connect", "connect-timeout"))

    assert (found.verdict, found.cause) == (Verdict.BLOCKED, "connect-timeout")
