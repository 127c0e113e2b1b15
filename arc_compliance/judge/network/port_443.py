"""Port 443: open from the host outward, or by CONNECT."""

from __future__ import annotations

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.fold import failures_of, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.network.proxy_trials import trials_in_words
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage


def judge_port_443(case: Case, view: HostView) -> Judgement:
    """Whether outbound TCP 443 is open, or the proxy lets CONNECT to 443 through.

    One connection shows that the port is open; endpoints that single rules close are red in their
    own rows.
    """
    by_proxy = view.evidence.vantage.proxy is not None
    expected = "CONNECT to port 443 goes through" if by_proxy else "outbound TCP 443 is open"
    asked = [m for m in view.required(Client.AGENT) if m.port == 443]
    opened = [m for m in asked if connected(m)]
    if opened:
        return judged(
            case,
            Verdict.PASS,
            expected=expected,
            actual=f"{len(opened)} of {len(asked)} endpoints let a connection to port 443 in"
            + trials_in_words(view.evidence.proxy_trials),
        )
    tried = [m for m in asked if m.at(Stage.PROXY if by_proxy else Stage.CONNECT)]
    if not tried:
        return nothing_answered(case, asked, expected)
    return fold(case, list(failures_of(tried)), expected=expected)


def connected(m: Measurement) -> bool:
    """Whether a connection was made, straight or through a proxy."""
    return m.passed(Stage.CONNECT) or m.passed(Stage.PROXY)
