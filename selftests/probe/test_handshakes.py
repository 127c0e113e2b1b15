"""How a peer takes each hello: that of the agent, TLS 1.2 to 1.3, and that of TLS 1.2 alone."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Handshake, Stage
from selftests.lab.field_peers import Issuing, alert, offers_tls13, resets, where
from selftests.probe import peers
from selftests.probe.peers import Behaviour


def half_an_answer(connection: socket.socket) -> None:
    """The beginning of a ServerHello, and no more."""
    connection.recv(65536)
    connection.sendall(b"\x16\x03\x03\x04\x00\x02")
    peers.hangs(connection)


REFUSALS: dict[str, tuple[Behaviour, str]] = {
    "alert-40": (alert(40), "tls-failed"),
    "alert-70": (alert(70), "tls-version"),
    "alert-112": (alert(112), "tls-failed"),
    "closes": (peers.closes, "tls-reset"),
    "resets": (resets, "tls-reset"),
    "silent": (peers.hangs, "tls-timeout"),
    "halfway": (half_an_answer, "tls-timeout"),
    "plain-http": (peers.speaks_http_only, "tls-failed"),
}
"""How a hello is refused, and the cause that it is."""

OLD_SUITES = {
    "rsa": ("AES256-GCM-SHA384", "AES256-GCM-SHA384"),
    "rsa-cbc": ("AES128-SHA", "AES128-SHA"),
    "dhe": ("DHE-RSA-AES256-GCM-SHA384", "DHE-RSA-AES256-GCM-SHA384"),
    "ecdhe-cbc-sha256": ("ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-SHA256"),
}
"""Suites of TLS 1.2 that no current Go client offers."""

GO_SUITES = ("ECDHE-RSA-AES128-SHA", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305")


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


def everybody(authority: peers.Authority, folder: Path) -> dict[str, Behaviour]:
    """The peers by name: which hello one refuses and how (the new one is the agent's, the old one
    that of TLS 1.2), or which suite it takes."""
    found: dict[str, Behaviour] = {}
    for how, (refuses, _) in REFUSALS.items():
        new, old, every = (f"{which}-{how}.test" for which in ("new", "old", "every"))
        well = peers.tls(authority.context(new))
        tls13 = peers.tls(peers.only(authority.context(old), ssl.TLSVersion.TLSv1_3))
        found[new] = where(offers_tls13, refuses, well)
        found[old] = where(offers_tls13, tls13, refuses)
        found[every] = refuses
    issuing = Issuing(authority, folder)
    for kind, (suite, _) in OLD_SUITES.items():
        found[f"{kind}.test"] = peers.tls(only_suite(issuing, f"{kind}.test", suite))
    for suite in GO_SUITES:
        name = f"{suite.lower()}.test"
        found[name] = peers.tls(only_suite(issuing, name, suite))
    return found


def only_suite(issuing: Issuing, name: str, suite: str) -> ssl.SSLContext:
    """A server with TLS 1.2 and one suite."""
    context = issuing.server(name, "-newkey", "rsa:2048")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(suite)
    if suite.startswith("DHE"):
        context.load_dh_params(str(issuing.dh_parameters()))
    return context


@pytest.fixture(scope="module")
def measured(
    authority: peers.Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Measurement]]:
    """What the probe saw of everybody."""
    folder = tmp_path_factory.mktemp("handshakes")
    roots = folder / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)
    with peers.serve_all(everybody(authority, folder)) as connect_to:
        order = peers.order(
            *(peers.target(rule[0]) for rule in connect_to),
            connect_to=connect_to,
            trust_file=str(roots),
        )
        yield {one.name: one for one in peers.measure(order).measurements}


def handshake(measurement: Measurement) -> Handshake:
    step = measurement.at(Stage.TLS)
    assert step is not None
    return step


@pytest.mark.parametrize("how", REFUSALS)
def test_who_refuses_tls_1_2_and_speaks_1_3_is_well(
    measured: dict[str, Measurement], how: str
) -> None:
    """Whether by an alert, FIN, RST or silence."""
    its = measured[f"old-{how}.test"]

    assert peers.fault(its) is None
    assert its.attempts == 1
    assert handshake(its).protocol == "TLSv1.3"
    assert len(handshake(its).chain) == 2
    tls12 = handshake(its).tls12
    assert tls12
    assert tls12.failure
    assert (tls12.negotiated, tls12.failure.cause) == (False, REFUSALS[how][1])


@pytest.mark.parametrize("how", REFUSALS)
def test_who_refuses_the_agents_hello_fails(measured: dict[str, Measurement], how: str) -> None:
    """Though an older hello passes, which is said."""
    its = measured[f"new-{how}.test"]

    assert peers.fault(its) == ("tls", REFUSALS[how][1])
    assert its.attempts == 2
    failed = handshake(its)
    assert failed.tls12
    assert failed.tls12.negotiated
    assert failed.failure
    assert "; TLS 1.2 alone passed, with ECDHE-" in failed.failure.detail


@pytest.mark.parametrize("how", REFUSALS)
def test_who_refuses_every_hello_fails(measured: dict[str, Measurement], how: str) -> None:
    its = measured[f"every-{how}.test"]

    assert peers.fault(its) == ("tls", REFUSALS[how][1])
    failed = handshake(its)
    assert failed.tls12
    assert not failed.tls12.negotiated
    assert failed.failure
    assert "TLS 1.2 alone" not in failed.failure.detail


@pytest.mark.parametrize("number", [40, 70, 112])
@pytest.mark.parametrize("which", ["new", "every"])
def test_the_number_of_an_alert(measured: dict[str, Measurement], which: str, number: int) -> None:
    failed = handshake(measured[f"{which}-alert-{number}.test"])

    assert failed.alert == number
    assert failed.failure
    assert f"(the peer's alert {number})" in failed.failure.detail


@pytest.mark.parametrize("how", ["closes", "resets", "silent", "plain-http"])
def test_no_alert(measured: dict[str, Measurement], how: str) -> None:
    assert handshake(measured[f"every-{how}.test"]).alert is None


@pytest.mark.parametrize(("how", "received"), [("silent", 0), ("halfway", 6)])
def test_how_far_a_handshake_came_that_hangs(
    measured: dict[str, Measurement], how: str, received: int
) -> None:
    failed = handshake(measured[f"every-{how}.test"])

    assert (failed.received, failed.out_of_order) == (received, 0)


@pytest.mark.parametrize("kind", OLD_SUITES)
def test_no_suite_in_common_with_a_go_client(measured: dict[str, Measurement], kind: str) -> None:
    its, suite = measured[f"{kind}.test"], OLD_SUITES[kind][1]

    assert peers.fault(its) == ("tls", "tls-failed")
    failed = handshake(its)
    assert (failed.alert, failed.tls12 and failed.tls12.cipher) == (40, suite)
    common = f"no cipher suite in common with a Go client: the peer takes {suite}"
    assert failed.failure
    assert failed.failure.detail.endswith(common)


@pytest.mark.parametrize("suite", GO_SUITES)
def test_a_suite_in_common_with_a_go_client(measured: dict[str, Measurement], suite: str) -> None:
    its = measured[f"{suite.lower()}.test"]

    assert peers.fault(its) is None
    step = handshake(its)
    assert (step.protocol, step.cipher, len(step.chain)) == ("TLSv1.2", suite, 2)
    assert step.tls12
    assert (step.tls12.negotiated, step.tls12.cipher) == (True, suite)


# -- where TLS 1.3 hides the chain, as CPython before 3.10 has no call for it ----------------------


@pytest.mark.parametrize(
    ("name", "path", "certificates"),
    [
        ("both.test", os.defpath, 2),  # by the handshake with TLS 1.2
        ("both.test", "/nowhere", 2),
        ("tls13.test", os.defpath, 2),  # by openssl s_client
        ("tls13.test", "/nowhere", 0),
    ],
)
def test_a_hidden_chain(
    authority: peers.Authority, tmp_path: Path, name: str, path: str, certificates: int
) -> None:
    older_python = tmp_path / "probe.py"
    text = peers.program().read_text().replace("get_unverified_chain", "no_such_call")
    older_python.write_text(text)
    context = authority.context(name)
    if name == "tls13.test":
        peers.only(context, ssl.TLSVersion.TLSv1_3)
    with peers.serve(peers.tls(context)) as port:
        order = peers.order(peers.target(name), connect_to=[[name, 443, "127.0.0.1", port]])
        (its,) = peers.measure(order, program=older_python, env={"PATH": path}).measurements

    step = handshake(its)
    assert (step.protocol, peers.fault(its)) == ("TLSv1.3", ("certificate", "cert-untrusted"))
    assert len(step.chain) == certificates
    assert (step.chain_failure is None) == bool(certificates)
