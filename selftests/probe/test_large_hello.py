"""The hello of a current Go client: its bytes are those of Go's, and what comes back is told."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.client_hello import go_client_hello, ml_kem_key
from arc_compliance.probe.python.large_hello import RETRY_RANDOM, kind_of
from arc_compliance.probe.python.limits import MAX_SERVER_HELLO
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import LargeHello, Stage
from selftests.lab.field_peers import alert, is_large, offers_mldsa, resets, where
from selftests.probe import peers
from selftests.probe.peers import Behaviour
from selftests.probe.test_handshakes import half_an_answer
from selftests.reference import record
from selftests.reference.client_hello import described, extensions
from selftests.reference.go_questions import HELLO_NAME

RECORDED = json.loads(Path(record.__file__).with_name("go_hello.json").read_text())
GO = next(row for row in RECORDED["rows"] if row["client"] == "go")
NAME = "large.test"
names = some.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}\.){1,4}[a-z]{2,8}", fullmatch=True)


# -- the bytes -------------------------------------------------------------------------------------


def test_it_is_gos_hello() -> None:
    """Same size, suites, extensions in order, groups, key shares and signature algorithms."""
    mine = {"client": "go", **described(go_client_hello(HELLO_NAME))}

    assert mine == GO


@given(names)
def test_it_is_gos_hello_for_any_name(name: str) -> None:
    hello = go_client_hello(name)
    its = described(hello)

    assert its["size"] - GO["size"] == len(name) - len(HELLO_NAME)
    assert {**its, "size": GO["size"], "client": "go"} == GO
    assert int.from_bytes(hello[3:5], "big") == len(hello) - 5
    assert int.from_bytes(hello[6:9], "big") == len(hello) - 9
    assert extensions(hello)[0][5:] == name.encode()


@pytest.mark.parametrize("key", [ml_kem_key() for _ in range(3)], ids=range(3))
def test_the_key_share_is_one_that_a_server_can_use(key: bytes) -> None:
    """FIPS 203, 7.2: the coefficients are below the prime."""
    numbers = [int.from_bytes(key[at : at + 3], "little") for at in range(0, 1152, 3)]
    assert len(key) == 1184
    assert all(one & 0xFFF < 3329 and one >> 12 < 3329 for one in numbers)


def test_without_the_post_quantum_parts_it_fits_one_segment() -> None:
    """What is left is what Go offered before it had them."""
    older = next(row for row in RECORDED["rows"] if row["client"] == "go as of 1.21")
    its = described(go_client_hello(HELLO_NAME, post_quantum=False))

    assert its["size"] < 400
    for part in ("extensions", "versions", "groups", "key_shares", "alpn"):
        assert its[part] == older[part]
    assert its["suites"] == GO["suites"]
    assert its["signature_algorithms"] == GO["signature_algorithms"][3:]


def test_no_two_hellos_are_the_same() -> None:
    assert go_client_hello(NAME) != go_client_hello(NAME)


def test_it_is_the_bytes_of_gos_own(go_client: Path) -> None:
    """What is not drawn by lot is the same, byte by byte."""
    command = [str(go_client), "hello", f"-name={NAME}"]
    said = subprocess.run(command, capture_output=True, check=True, timeout=30).stdout
    own = bytes.fromhex(json.loads(said)["hello"])
    mine = go_client_hello(NAME)

    assert len(own) == len(mine)
    for kind, data in extensions(own).items():
        assert (data == extensions(mine)[kind]) == (kind != 51), kind
    assert extensions(own)[51][:6] == extensions(mine)[51][:6]


# -- the answers -----------------------------------------------------------------------------------


def server_hello(random: bytes = bytes(32), *exts: tuple[int, bytes], session: int = 32) -> bytes:
    body = b"\x03\x03" + random + bytes([session]) + bytes(session) + b"\x13\x01\x00"
    parts = (k.to_bytes(2, "big") + len(d).to_bytes(2, "big") + d for k, d in exts)
    extended = b"".join(parts)
    body += len(extended).to_bytes(2, "big") + extended
    message = b"\x02" + len(body).to_bytes(3, "big") + body
    return b"\x16\x03\x03" + len(message).to_bytes(2, "big") + message


TLS13 = (43, b"\x03\x04")


@pytest.mark.parametrize(
    ("received", "kind"),
    [
        (b"", None),
        (b"\x16\x03", None),
        (b"\x15\x03\x03\x00\x02\x02", None),
        (b"\x15\x03\x03\x00\x02\x02\x28", ("alert", "alert 40")),
        (b"HTTP/1.1 400", ("not-tls", "HTTP/1.1 400")),
        (b"\x16HTTP", ("not-tls", "\x16HTTP")),
        (b"\x16\x03\x03\x00\x01\x0b", ("not-tls", "a handshake message that is not a ServerHello")),
        (b"\x16\x03\x03\x00\x00", ("not-tls", "a handshake message that is not a ServerHello")),
        (server_hello(), ("server-hello", "TLSv1.2")),
        (server_hello(session=0), ("server-hello", "TLSv1.2")),
        (
            server_hello(bytes(32), TLS13, (51, b"\x11\xec")),
            ("server-hello", "TLSv1.3, X25519MLKEM768"),
        ),
        (server_hello(bytes(32), (51, b"\0\x1d"), TLS13), ("server-hello", "TLSv1.3, X25519")),
        (
            server_hello(RETRY_RANDOM, TLS13, (51, b"\0\x17")),
            ("hello-retry-request", "TLSv1.3, asks for P-256"),
        ),
        (
            server_hello(RETRY_RANDOM, TLS13, (51, b"\x01\0")),
            ("hello-retry-request", "TLSv1.3, asks for group 0x0100"),
        ),
        (server_hello()[:-1], None),
    ],
)
def test_the_kind_of_an_answer(received: bytes, kind: tuple[str, str] | None) -> None:
    assert kind_of(received) == kind


@given(some.binary(max_size=MAX_SERVER_HELLO + 50), some.integers(0, 100))
def test_hostile_answers(data: bytes, cut: int) -> None:
    """Bounded, and of a kind that the evidence knows."""
    hello = server_hello(bytes(32), TLS13, (51, b"\x11\xec"))
    for received in (data, b"\x16\x03\x03\x00\xff\x02" + data, hello[:cut] + data):
        kind = kind_of(received)
        if kind is None:
            assert len(received) < MAX_SERVER_HELLO
        else:
            LargeHello(size=1, answer=kind[0], detail=kind[1])  # type: ignore[arg-type]


# -- at a peer -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


@pytest.mark.parametrize(
    ("behave", "answer", "detail"),
    [
        (None, "server-hello", "TLSv1.3, X25519"),
        (resets, "reset", "ConnectionResetError: "),
        (peers.closes, "closed", ""),
        (peers.hangs, "silence", "nothing within 1.5 s"),
        (half_an_answer, "silence", "nothing within 1.5 s after 6"),
        (alert(80), "alert", "alert 80"),
        (peers.speaks_http_only, "not-tls", "HTTP/1.1 400 Bad Req"),
    ],
)
@pytest.mark.parametrize("by", [is_large, offers_mldsa])
def test_what_a_peer_answers(
    authority: peers.Authority,
    behave: Behaviour | None,
    answer: str,
    detail: str,
    by: Callable[[bytes], bool],
) -> None:
    """Whatever OpenSSL this host has, and whether a device minds the size or the algorithms."""
    well = peers.tls(authority.context(NAME))
    began = time.monotonic()

    its = measured_at(where(by, behave or well, well))

    assert its.passed(Stage.TLS)
    seen = its.at(Stage.TLS).large_hello
    assert (seen.size, seen.answer) == (len(go_client_hello(NAME)), answer)
    assert seen.detail.startswith(detail)
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("group", ["X448", "ffdhe2048"])
def test_a_group_that_openssl_has_and_go_has_not(authority: peers.Authority, group: str) -> None:
    """The handshake of this host's OpenSSL passes; the agent's would not."""
    context = authority.context(NAME)
    context.set_ecdh_curve(group)

    its = measured_at(peers.tls(context))

    assert (peers.fault(its), its.attempts) == (("tls", "tls-failed"), 2)
    assert peers.stages(its)[-1] == "tls"
    failed = its.at(Stage.TLS)
    assert failed.protocol == "TLSv1.3"
    assert failed.failure.detail.startswith(
        "the peer refuses the groups and signature algorithms of a Go client: alert 40"
    )


@pytest.mark.parametrize("group", ["prime256v1", "secp521r1"])
def test_a_group_that_go_has_too(authority: peers.Authority, group: str) -> None:
    context = authority.context(NAME)
    context.set_ecdh_curve(group)

    its = measured_at(peers.tls(context))

    assert its.passed(Stage.TLS)
    assert its.at(Stage.TLS).large_hello.answer == "hello-retry-request"


def test_who_refuses_the_post_quantum_parts_alone_is_reached(authority: peers.Authority) -> None:
    its = measured_at(where(offers_mldsa, alert(40), peers.tls(authority.context(NAME))))

    assert its.passed(Stage.TLS)
    seen = its.at(Stage.TLS).large_hello
    assert seen.answer == "alert"
    assert seen.detail.startswith("alert 40; without the post-quantum parts: TLSv1.3, X25519")


def test_it_goes_through_the_proxy_as_well(authority: peers.Authority) -> None:
    well = peers.tls(authority.context(NAME))
    with peers.serve(peers.proxy()) as proxy:
        its = measured_at(where(is_large, alert(80), well), f"http://127.0.0.1:{proxy}")

    assert its.passed(Stage.TLS)
    assert its.at(Stage.TLS).large_hello.answer == "alert"


def measured_at(peer: Behaviour, proxy: str | None = None) -> Measurement:
    with peers.serve(peer) as port:
        order = peers.order(
            peers.target(NAME), connect_to=[[NAME, 443, "127.0.0.1", port]], proxy=proxy
        )
        (its,) = peers.measure(order).measurements
    return its
