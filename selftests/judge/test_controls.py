"""Negative controls: each can be answered, and that takes the worth of what rests on it only."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.judge.case import Judge, judge_case
from arc_compliance.judge.endpoint.certificates import judge_certificates
from arc_compliance.judge.endpoint.reach import judge_reach
from arc_compliance.judge.endpoint.tls12 import judge_tls12
from arc_compliance.judge.host.controls import judge_controls
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.network.port_443 import judge_port_443
from arc_compliance.judge.network.private_link import judge_private_link
from arc_compliance.plan.scope import PrivateLink
from arc_compliance.probe.python.control_server import SELF_SIGNED
from arc_compliance.wire.evidence import Control, Evidence
from arc_compliance.wire.record import HostRecord
from selftests.judge import evidence_made as made
from selftests.probe import peers
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
NAME = "control.invalid"


# -- asked by the probe --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def order(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """An order for one endpoint that takes half a second."""
    authority = peers.Authority()
    roots = tmp_path_factory.mktemp("controls") / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)
    with peers.serve(peers.hangs) as port, peers.refusing() as closed:
        yield peers.order(
            peers.target("hanging.test"),
            connect_to=[["hanging.test", 443, "127.0.0.1", port], ["127.0.0.1", 443, "", closed]],
            trust_file=str(roots),
            limits={"http": 0.3, "connect": 0.3},
        )


def _controls(order: dict[str, Any], **changes: Any) -> dict[str, Control]:
    changes["connect_to"] = [*changes.get("connect_to", []), *order["connect_to"]]
    return {c.stage.value: c for c in peers.measure({**order, **changes}).controls}


def test_nothing_is_answered_that_must_not_be(order: dict[str, Any]) -> None:
    controls = _controls(order)

    assert list(controls) == ["resolve", "connect", "certificate"]
    assert not any(c.answered or c.failure for c in controls.values())
    assert controls["resolve"].detail.startswith("dns-not-found")
    assert controls["connect"].detail.startswith("connect-refused")
    assert controls["certificate"].detail.startswith("cert-untrusted: self")


def test_a_name_that_does_not_exist_resolves(order: dict[str, Any]) -> None:
    controls = _controls(order, connect_to=[[NAME, 443, "localhost", 443]])

    assert controls["resolve"].answered
    assert "127.0.0.1" in controls["resolve"].detail
    assert "127.0.0.1" in controls["resolve"].addresses
    assert not controls["connect"].answered


def test_an_address_that_nobody_has_answers(order: dict[str, Any]) -> None:
    with peers.serve(peers.hangs) as port:
        controls = _controls(order, connect_to=[["127.0.0.1", 443, "", port]])

    assert controls["connect"].answered
    assert controls["connect"].target == "127.0.0.1:443"


def test_a_connection_without_an_answer_costs_no_time(order: dict[str, Any]) -> None:
    with peers.dropping() as port:
        evidence = peers.measure({**order, "connect_to": [["127.0.0.1", 443, "", port]]})

    control = next(c for c in evidence.controls if c.stage.value == "connect")
    assert control.detail == "no answer until all else was done"
    assert evidence.finished - evidence.started < 5


def test_a_proxy_that_agrees_to_everything(order: dict[str, Any]) -> None:
    with peers.serve(peers.proxy("200 OK")) as port:
        agrees = _controls(order, proxy=f"http://127.0.0.1:{port}")
    with peers.serve(peers.proxy("403 Forbidden")) as port:
        refuses = _controls(order, proxy=f"http://127.0.0.1:{port}")

    assert list(agrees) == list(refuses) == ["proxy", "certificate"]
    assert agrees["proxy"].answered
    assert not refuses["proxy"].answered
    assert refuses["proxy"].target == "CONNECT control.invalid:443"


def test_a_bypassed_endpoint_has_the_direct_controls_too(order: dict[str, Any]) -> None:
    endpoints = [{**peers.target("hanging.test"), "bypass": "Arc"}, peers.target("x.invalid")]
    with peers.serve(peers.proxy("403 Forbidden")) as port:
        url = f"http://127.0.0.1:{port}"
        evidence = peers.measure(
            {**order, "targets": endpoints, "proxy": url, "proxy_bypass": ["Arc"]}
        )

    stages = [c.stage.value for c in evidence.controls]
    assert stages == ["resolve", "connect", "proxy", "certificate"]
    assert peers.stages(evidence.measurements[0])[0] == "resolve"
    assert peers.stages(evidence.measurements[1])[0] == "proxy"


def test_a_client_that_takes_the_self_signed_certificate_is_found_out(
    order: dict[str, Any], tmp_path: Path
) -> None:
    import base64

    pem = tmp_path / "control.pem"
    pem.write_text(ssl.DER_cert_to_PEM_cert(base64.b64decode(SELF_SIGNED)))

    controls = _controls(
        order,
        trust_file=str(pem),
        controls={"name": "does-not-exist.arc-compliance.example", "address": "127.0.0.1"},
        connect_to=[["does-not-exist.arc-compliance.example", 443, NAME, 443]],
    )

    assert controls["certificate"].answered
    assert controls["certificate"].detail == "taken for good"


# -- judged --------------------------------------------------------------------------------------


def _evidence(*controls: dict[str, Any], failed: made.Failed | None = None) -> Evidence:
    names = ("login.chinacloudapi.cn", "gbl.his.arc.azure.cn")
    measurements = [made.measurement(n, failed, addresses=("10.0.0.1",)) for n in names]
    return made.evidence(*measurements, controls=list(controls))


def _judged(
    requirement: str, judge: Judge, evidence: Evidence, endpoint: str = "", **scope: Any
) -> Judgement:
    record = HostRecord(run="run", host="h", collected=1.0, evidence=evidence)
    case = made.case_of(requirement, endpoint, **scope)
    return judge_case(case, made.host(record, **scope), judge)


def _run_controls(*controls: dict[str, Any]) -> Judgement:
    return _judged("run/controls", judge_controls, _evidence(*controls))


def test_held_controls_pass_and_say_what_was_asked() -> None:
    found = _run_controls(*(made.control(stage) for stage in made.CONTROLS))

    assert found.verdict is Verdict.PASS
    assert found.actual == (
        "nobody-resolve did not resolve; nobody-connect was not answered; "
        "nobody-certificate was refused"
    )


@pytest.mark.parametrize(
    ("stage", "verdict", "cause"),
    [
        ("resolve", Verdict.WARN, "dns-rewritten"),
        ("connect", Verdict.WARN, "control-tripped"),
        ("proxy", Verdict.WARN, "control-tripped"),
        ("certificate", Verdict.ERROR, "probe-failed"),
    ],
)
def test_an_answered_control_is_a_finding_of_its_stage(
    stage: str, verdict: Verdict, cause: str
) -> None:
    others = [made.control(one) for one in made.CONTROLS if one != stage]
    found = _run_controls(*others, made.control(stage, answered=True))

    assert (found.verdict, found.cause, found.failing) == (verdict, cause, (f"nobody-{stage}",))
    assert f"nobody-{stage} was answered at {stage}: made up" in found.actual
    assert found.remedy


def test_a_control_that_could_not_be_asked_is_an_error() -> None:
    found = _run_controls(made.control("resolve", failure="MemoryError"))

    assert (found.verdict, found.cause) == (Verdict.ERROR, "probe-failed")
    assert "nobody-resolve could not be asked (MemoryError)" in found.actual


def test_evidence_without_controls_shows_nothing() -> None:
    found = _run_controls()

    assert (found.verdict, found.actual) == (
        Verdict.ERROR,
        "the host's evidence holds no control of certificate",
    )


@pytest.mark.parametrize("left_out", ["resolve", "connect", "certificate"])
def test_a_control_that_was_left_out_is_an_error(left_out: str) -> None:
    held = [made.control(stage) for stage in made.CONTROLS if stage != left_out]
    found = _run_controls(*held, *held)  # their number says nothing

    assert found.verdict is Verdict.ERROR
    assert found.actual.endswith(f"holds no control of {left_out}")


def test_behind_a_proxy_its_control_stands_for_name_and_connection() -> None:
    found = _run_controls(made.control("proxy"), made.control("certificate"))

    assert found.verdict is Verdict.PASS


def test_rewritten_names_spoil_what_rests_on_addresses_only() -> None:
    evidence = _evidence(made.control("resolve", answered=True))
    link = {"private_link": frozenset({PrivateLink.ARC})}

    private = _judged("networking/private-link", judge_private_link, evidence, **link)
    tls = _judged("tls/1.2", judge_tls12, evidence, "login.chinacloudapi.cn")
    reach = _judged("urls/login", judge_reach, evidence)
    chain = _judged(
        "principles/certificates", judge_certificates, evidence, "login.chinacloudapi.cn"
    )

    assert (private.verdict, private.cause) == (Verdict.ERROR, "dns-rewritten")
    assert "but that shows nothing, since nobody-resolve was answered" in private.actual
    assert {tls.verdict, reach.verdict, chain.verdict} == {Verdict.PASS}


def test_a_name_answered_like_one_that_does_not_exist_did_not_resolve() -> None:
    portal = {**made.control("resolve", answered=True), "addresses": ["10.0.0.1", "10.0.0.2"]}
    names = ("login.chinacloudapi.cn", "pas.chinacloudapi.cn", "login.partner.microsoftonline.cn")
    evidence = made.evidence(
        made.measurement(names[0], addresses=("10.0.0.1",), certificate="cert-name-mismatch"),
        made.measurement(names[1], addresses=("10.0.0.1",)),
        made.measurement(names[2], addresses=("10.0.0.3",)),
        controls=[portal],
    )

    reach = [
        _judged(f"urls/{row}", judge_reach, evidence) for row in ("login", "pas", "login-partner")
    ]
    tls = _judged("tls/1.2", judge_tls12, evidence, names[0])

    assert [one.verdict for one in reach] == [Verdict.FAIL, Verdict.PASS, Verdict.PASS]
    assert reach[0].cause == "dns-rewritten"
    assert "it has the addresses of a name that does not exist" in reach[0].actual
    assert (tls.verdict, tls.cause) == (Verdict.BLOCKED, "dns-rewritten")


def test_an_accepted_connection_shows_nothing_where_all_are_accepted() -> None:
    answered = made.control("connect", answered=True)

    alone = _judged(
        "networking/port-443", judge_port_443, _evidence(answered, failed=("tls", "tls-reset"))
    )
    proven = _judged("networking/port-443", judge_port_443, _evidence(answered))
    held = _judged(
        "networking/port-443",
        judge_port_443,
        _evidence(made.control("connect"), failed=("tls", "tls-reset")),
    )

    assert (alone.verdict, alone.cause) == (Verdict.ERROR, "control-tripped")
    assert proven.verdict is held.verdict is Verdict.PASS


def test_a_client_that_takes_any_certificate_has_shown_none() -> None:
    evidence = _evidence(made.control("certificate", answered=True))

    chain = _judged(
        "principles/certificates", judge_certificates, evidence, "login.chinacloudapi.cn"
    )

    assert (chain.verdict, chain.cause) == (Verdict.ERROR, "probe-failed")


def test_a_failure_stays_one_whatever_the_controls_say() -> None:
    evidence = made.evidence(
        made.measurement("gbl.his.arc.azure.cn", addresses=("20.0.0.1",)),
        controls=[made.control("resolve", answered=True)],
    )

    found = _judged(
        "networking/private-link",
        judge_private_link,
        evidence,
        private_link=frozenset({PrivateLink.ARC}),
    )

    assert (found.verdict, found.cause) == (Verdict.FAIL, "address-not-private")


# -- shown ---------------------------------------------------------------------------------------


def test_the_report_shows_each_hosts_controls(run_suite: RunSuite) -> None:
    name = "does-not-exist.arc-compliance.example"

    run = run_suite("--demo", f"--connect-to={name}:443:localhost:443")

    controls = run.case("run/controls")
    assert (controls["verdict"], controls["cause"]) == ("warn", "dns-rewritten")
    assert f"{name} was answered at resolve" in controls["actual"]
    assert run.json["hosts"][0]["controls"] == [
        ["resolve", "answered"],
        ["connect", "held"],
        ["certificate", "held"],
    ]
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert "resolve: answered" in page
    assert run.case("urls/login")["verdict"] == "pass"
