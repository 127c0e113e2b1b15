"""Names and addresses: which are asked for, which answer, which are dead."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from arc_compliance.probe.python.certificate_message import certificate_message
from arc_compliance.probe.python.connect import Race
from arc_compliance.probe.python.order import Mapping, agents_target
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.probe.python.resolve import mapped
from arc_compliance.probe.python.steps import StepFailed
from arc_compliance.probe.python.tls import alert_number
from selftests.probe import peers


def place(name: str, port: int, *rules: Mapping) -> tuple[str, int, bool]:
    """Where *rules* send a target."""
    text = json.dumps(peers.order(connect_to=rules)).encode()
    order = read_order(io.BytesIO(text))
    return mapped(order, agents_target(name)._replace(port=port))


def test_connect_to_as_curl_does() -> None:
    """The first rule that matches wins; what it leaves empty stays."""
    rule = Mapping
    assert place("A.test", 443, rule("a.test", 443, "b.test", 8443)) == ("b.test", 8443, True)
    assert place("a.test", 443, rule("", None, "::1", None)) == ("::1", 443, True)
    assert place("a.test", 443, rule("", None, "", 1)) == ("a.test", 1, False)
    assert place("a.test", 443, rule("a.test", 80, "b", 1)) == ("a.test", 443, False)
    assert place("a.test", 443, rule("a.test", None, "b", 1), rule("", None, "c", 2))[0] == "b"


def test_dead_address_beside_one_that_answers() -> None:
    """The first that answers is used; one that refuses is told."""
    with peers.serve(peers.hangs) as port:
        race = Race(["127.0.0.2", "127.0.0.1"], port, 1)
        assert race.winner()[0] == "127.0.0.1"
        assert race.dead() == [{"address": "127.0.0.2", "cause": "connect-refused"}]
        race.close()


def test_silent_address_beside_one_that_answers() -> None:
    """One that is silently dropped is told too, once the limit has passed."""
    with peers.serve(peers.hangs) as port, peers.dropping("127.0.0.2", port):
        race = Race(["127.0.0.2", "127.0.0.1"], port, 0.5)
        assert race.winner()[0] == "127.0.0.1"
        assert race.dead() == [{"address": "127.0.0.2", "cause": "connect-timeout"}]
        race.close()


def test_most_telling_cause() -> None:
    """Of several addresses that fail, the one that refuses tells most."""
    with peers.dropping("127.0.0.2") as port:
        race = Race(["127.0.0.2", "127.0.0.1"], port, 0.3)
        with pytest.raises(StepFailed) as failed:
            race.winner()
    assert failed.value.cause == "connect-refused"


def test_no_route() -> None:
    """An address of a network that cannot be reached from here is unreachable."""
    race = Race(["255.255.255.255"], 443, 1)
    with pytest.raises(StepFailed) as failed:
        race.winner()
    assert failed.value.cause == "connect-unreachable"


@given(some.binary(max_size=200), some.integers(0, 60), some.integers(0, 255))
def test_hostile_handshake_records(data: bytes, at: int, byte: int) -> None:
    """Whatever is in them: certificates that are as long as what came, or none."""
    der = b"\x00\x00\x05\x00\x00\x02AB"
    records = bytearray(b"\x16\x03\x03\x00\x0c\x0b\x00\x00\x08" + der)
    records[at % len(records)] = byte
    for received in (data, bytes(records) + data, b"\x16\x03\x03" + data):
        assert sum(map(len, certificate_message(received))) <= len(received)


@given(some.binary(max_size=12), some.text("ABC_LERT", max_size=30))
def test_hostile_alerts(received: bytes, reason: str) -> None:
    assert alert_number(received, reason) in (None, *range(256))


@pytest.mark.parametrize(
    ("received", "reason", "number"),
    [
        (b"", "SSLV3_ALERT_HANDSHAKE_FAILURE", 40),
        (b"\x16\x03", "TLSV13_ALERT_CERTIFICATE_REQUIRED", 116),
        (b"\x15\x03\x03\x00\x02\x02\x70", "TLSV1_UNRECOGNIZED_NAME", 112),
        (b"\x15\x03\x03\x00\x02\x01\x00", "WRONG_VERSION_NUMBER", None),
        (b"\x15\x03\x03\x00\x02\x02", "X", None),
        (b"", "TLSV1_ALERT_NOBODY_KNOWS", None),
    ],
)
def test_numbers_of_alerts(received: bytes, reason: str, number: int | None) -> None:
    assert alert_number(received, reason) == number


def test_certificate_message_over_several_records() -> None:
    """A Certificate message is found where records split and join messages."""
    certificates = b"\x00\x00\x02AB" + b"\x00\x00\x01C"
    body = len(certificates).to_bytes(3, "big") + certificates
    messages = b"\x02\x00\x00\x01x" + b"\x0b" + len(body).to_bytes(3, "big") + body
    parts = (messages[:7], messages[7:8], messages[8:])
    records = b"".join(b"\x16\x03\x03" + len(p).to_bytes(2, "big") + p for p in parts)
    assert certificate_message(records) == [b"AB", b"C"]
    assert certificate_message(b"\x14\x03\x03\x00\x01\x01" + records) == []
    assert certificate_message(records[:-1]) == [b"AB"]
