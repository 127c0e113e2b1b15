"""Whatever a peer or a forger sends in a certificate's place, nothing is green by it."""

from __future__ import annotations

import base64
import copy
import json
import warnings
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.page.strips import certificate_facts
from arc_compliance.wire.record import record_from
from selftests.runs.golden_triples import GOLDEN, judgements

HEALTHY: dict[str, Any] = json.loads((GOLDEN / "healthy" / "evidence.json").read_text())
ABOUT_THE_CHAIN = ("principles/certificates", "tls/1.2", "practice/negative-serial")


def handshakes(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        step
        for measurement in record["evidence"]["measurements"]
        for step in measurement["observations"]
        if step["stage"] == "tls" and step["chain"]
    ]


LEAF, *_ = REAL = [base64.b64decode(one) for one in handshakes(HEALTHY)[0]["chain"]]


def judged(change: Callable[[list[str]], list[str]]) -> list[Judgement]:
    """The judgements on a host that trusts every chain, with each of them changed."""
    record = copy.deepcopy(HEALTHY)
    for step in handshakes(record):
        step["chain"] = change(step["chain"])[:10]
    return list(judgements(record_from(record)))


def green(found: list[Judgement], *requirements: str) -> list[str]:
    """What passes of *requirements* by a chain, in which rows without TLS have none."""
    return [
        f"{one.requirement} {one.endpoint}: {one.actual}"
        for one in found
        if one.requirement in requirements
        and one.verdict is Verdict.PASS
        and "plain HTTP" not in one.actual
    ]


def text(der: bytes) -> str:
    return base64.b64encode(der).decode()


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=timezone.utc)


@cache
def made(kind: str) -> bytes:
    """A certificate that reads well and is odd."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a" * 64)])
    now = day(2026)
    first, last = {
        "long ago": (day(1950), day(1951)),
        "for ever": (day(1950), day(9999, 12, 31)),
        "to come": (day(9998), day(9999, 12, 31)),
    }.get(kind, (now - timedelta(days=1), now + timedelta(days=9000)))
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(key.public_key()).serial_number(5)
    builder = builder.not_valid_before(first).not_valid_after(last)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def with_bytes(old: bytes, new: bytes) -> bytes:
    assert len(old) == len(new)
    assert old in made("plain")
    return made("plain").replace(old, new)


EC_KEY = bytes.fromhex("06072a8648ce3d0201")
ECDSA_SHA256 = bytes.fromhex("06082a8648ce3d040302")
ODD = {
    "an unknown kind of key": lambda: with_bytes(EC_KEY, EC_KEY[:-1] + b"\x7f"),
    "an unknown signature": lambda: with_bytes(ECDSA_SHA256, ECDSA_SHA256[:-1] + b"\x7f"),
    "a negative serial number": lambda: with_bytes(b"\x02\x01\x05", b"\x02\x01\x85"),
    "the serial number 0": lambda: with_bytes(b"\x02\x01\x05", b"\x02\x01\x00"),
    "version 9": lambda: with_bytes(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x08"),
    "long ago": lambda: made("long ago"),
    "for ever": lambda: made("for ever"),
    "to come": lambda: made("to come"),
    "a month 13": lambda: with_bytes(b"\x17\x0d251231", b"\x17\x0d251331"),
}
CHAINS: dict[str, Callable[[list[str]], list[str]]] = {
    "nothing": lambda _: [],
    "an empty text": lambda _: [""],
    "not base64": lambda chain: ["%" + chain[0]],
    "base64 without its end": lambda chain: [chain[0].rstrip("=")[:-1]],
    "text": lambda _: [text(b"-----BEGIN CERTIFICATE-----")],
    "cut short": lambda chain: [text(base64.b64decode(chain[0])[:-1]), *chain[1:]],
    "something behind it": lambda chain: [text(base64.b64decode(chain[0]) + b"\0"), *chain[1:]],
    "junk behind a good chain": lambda chain: [*chain, "AAAA"],
    "junk between": lambda chain: [chain[0], "AAAA", *chain[1:]],
    "a key": lambda _: [text(EC_KEY * 9)],
    "as many as there may be": lambda _: [text(b"\x30\x82" + bytes(40_000))] * 10,
}


@pytest.mark.parametrize("name", CHAINS)
def test_a_chain_that_cannot_be_read_is_never_green(name: str) -> None:
    found = judged(CHAINS[name])

    about = ABOUT_THE_CHAIN if name != "nothing" else ("principles/certificates",)
    assert green(found, *about) == []
    seen = {one.verdict for one in found if one.requirement == "principles/certificates"}
    assert Verdict.ERROR in seen
    assert not seen & {Verdict.WARN, Verdict.FAIL}  # neither inspected nor anybody's fault


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("place", ["alone", "first", "last"])
def test_an_odd_certificate_is_never_green(name: str, place: str) -> None:
    odd = text(ODD[name]())

    found = judged(
        lambda chain: {"alone": [odd], "first": [odd, *chain], "last": [*chain, odd]}[place]
    )

    if place != "last":  # behind a good chain a Go program passes over it, if it can read it
        assert green(found, "principles/certificates") == []
    assert all(one.cause != "unknown" for one in found)
    assert certificate_facts(odd)


def readable(der: bytes) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            x509.load_der_x509_certificate(der)
        except Exception:  # noqa: BLE001 - whatever it says, it is not a certificate
            return False
        return True


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """A real certificate with a few of its bytes changed, cut, repeated or moved."""
    der = bytearray(draw(st.sampled_from(REAL)))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(der)))
        size = draw(st.sampled_from([1, 1, 1, 2, 4, 32, 400]))
        how = draw(st.sampled_from(["set", "set", "cut", "repeat", "insert", "end"]))
        if how == "set":
            der[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif how == "cut":
            del der[at : at + size]
        elif how == "repeat":
            der[at:at] = der[at : at + size]
        elif how == "insert":
            der[at:at] = draw(st.binary(max_size=size))
        else:
            del der[at:]
    return bytes(der)


@given(damaged(), st.booleans())
@example(b"", False)
@settings(deadline=None, max_examples=60)
def test_a_damaged_certificate_is_never_green(der: bytes, alone: bool) -> None:
    found = judged(lambda chain: [text(der)] if alone else [text(der), *chain[1:]])

    about = ABOUT_THE_CHAIN if not readable(der) else ("principles/certificates",)
    if der not in REAL:
        assert green(found, *about) == []
    assert all(one.cause != "unknown" for one in found)
    assert certificate_facts(text(der))
