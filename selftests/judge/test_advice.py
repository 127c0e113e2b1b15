"""Advice on the network: large hellos and name servers, and what was seen beside a cause."""

from __future__ import annotations

from typing import Any

import pytest

from arc_compliance.judge.adjust.observed import by_observation
from arc_compliance.judge.endpoint.large_hello import judge_large_hello
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.host.name_servers import judge_name_servers
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.facts import NameServer, ResolverFacts
from arc_compliance.wire.observation import LargeHello, Stage
from selftests.judge.evidence_made import case_of, evidence, measurement, view

LOGIN = "login.chinacloudapi.cn"


def seen(stage: Stage, failed: tuple[str, str] | None = None, **facts: Any) -> Evidence:
    """Evidence of one endpoint, of which *stage* saw *facts*."""
    whole = evidence(measurement(LOGIN, **({"failed": failed} if failed else {})))
    (made,) = whole.measurements
    steps = tuple(
        one.model_copy(update=facts) if one.stage is stage else one for one in made.observations
    )
    changed = made.model_copy(update={"observations": steps})
    return whole.model_copy(update={"measurements": (changed,)})


@pytest.mark.parametrize(
    ("answer", "verdict", "cause"),
    [
        ("server-hello", Verdict.PASS, ""),
        ("hello-retry-request", Verdict.PASS, ""),
        ("alert", Verdict.WARN, "tls-large-hello"),
        ("reset", Verdict.WARN, "tls-large-hello"),
        ("closed", Verdict.WARN, "tls-large-hello"),
        ("silence", Verdict.WARN, "tls-large-hello"),
        ("not-tls", Verdict.WARN, "tls-large-hello"),
    ],
)
def test_a_large_hello(answer: Any, verdict: Verdict, cause: str) -> None:
    its = seen(Stage.TLS, large_hello=LargeHello(size=1544, answer=answer))

    found = judge_large_hello(case_of("practice/large-hello"), view(its))

    assert (found.verdict, found.cause) == (verdict, cause)
    assert found.failing == ((LOGIN,) if cause else ())


def test_a_large_hello_that_was_not_sent() -> None:
    found = judge_large_hello(case_of("practice/large-hello"), view(seen(Stage.TLS)))

    assert found.verdict is Verdict.NOT_TESTED


def name_servers(*servers: NameServer) -> Judgement:
    made = evidence(measurement(LOGIN))
    facts = made.facts.model_copy(update={"resolver": ResolverFacts(servers=servers)})
    its = made.model_copy(update={"facts": facts})
    return judge_name_servers(case_of("practice/name-servers"), view(its))


@pytest.mark.parametrize(
    ("server", "verdict"),
    [
        (NameServer(address="192.0.2.53", seconds=0.01), Verdict.PASS),
        (NameServer(address="192.0.2.53", seconds=2.5), Verdict.WARN),
        (NameServer(address="192.0.2.53", failure="no answer within 5 s"), Verdict.WARN),
        (NameServer(address="192.0.2.53"), Verdict.NOT_TESTED),
    ],
)
def test_a_name_server(server: NameServer, verdict: Verdict) -> None:
    found = name_servers(server)

    assert found.verdict is verdict
    assert found.failing == (("192.0.2.53",) if verdict is Verdict.WARN else ())


def test_one_of_two_name_servers_is_silent() -> None:
    found = name_servers(
        NameServer(address="192.0.2.1", failure="no answer within 5 s"),
        NameServer(address="192.0.2.2", seconds=0.01),
    )

    assert (found.verdict, found.cause) == (Verdict.WARN, "dns-slow")
    assert found.failing == ("192.0.2.1",)
    assert "each look-up waits 5 s" in found.actual


@pytest.mark.parametrize(
    ("stage", "failed", "facts", "owner", "words"),
    [
        (
            Stage.RESOLVE,
            ("connect", "connect-timeout"),
            {"hosts_file": "/etc/hosts:12", "addresses": ("192.0.2.7",)},
            "server owner",
            "/etc/hosts:12",
        ),
        (
            Stage.RESOLVE,
            ("connect", "connect-refused"),
            {"via": "resolver", "addresses": ("0.0.0.0", "::")},
            "DNS owner",
            "DNS filter",
        ),
        (
            Stage.TLS,
            ("tls", "tls-failed"),
            {"alert": 112},
            "network team",
            "server names (SNI)",
        ),
        (Stage.TLS, ("tls", "tls-timeout"), {"received": 1400}, "network team", "path MTU"),
    ],
)
def test_a_remedy_follows_from_what_was_seen(
    stage: Stage, failed: tuple[str, str], facts: dict[str, Any], owner: str, words: str
) -> None:
    its = view(seen(stage, failed, **facts))
    case = case_of("urls/login")

    found = by_observation(judge_reach(case, its), case, its)

    assert found.verdict is Verdict.FAIL
    assert found.owner == owner
    assert words in found.remedy
