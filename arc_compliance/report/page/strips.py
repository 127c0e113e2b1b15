"""A host's evidence as strips: for each name the steps it went through, with what each saw."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from arc_compliance.base.redact import shown
from arc_compliance.judge.endpoint.public_roots import UNREADABLE
from arc_compliance.judge.view import HostView
from arc_compliance.report.words import cause_words
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import (
    AddressHandshake,
    Answered,
    Connected,
    Handshake,
    Observation,
    Proxied,
    Resolved,
    Tls12,
)
from arc_compliance.wire.record import HostRecord, record_path


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one step saw, in a few words, and why it failed; alike on many hosts, as its time is
    not."""

    stage: str
    facts: tuple[str, ...] = ()
    cause: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NameStrip:
    """The steps of one name and port with their milliseconds; those not reached are absent."""

    name: str
    port: int
    scheme: str
    steps: tuple[tuple[Step, int], ...]
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostStrips:
    """All strips of one host, which of them belong to which row of the document, and where the
    host's evidence lies from the page's folder."""

    host: str
    names: tuple[NameStrip, ...] = ()
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    evidence: str = ""


def strips_of(label: str, host: HostView | HostRecord, *, folder: str = "") -> HostStrips:
    """The strips of the host *label*, as its judges see it; *folder* is where its file lies, from
    the page's, empty for nowhere.

    A host that sent no evidence has none.
    """
    place = f"{folder}/{quote(record_path(Path(), label).name)}" if folder else ""
    if isinstance(host, HostRecord):
        return HostStrips(host=label, evidence=place)
    measurements = host.evidence.measurements
    return HostStrips(
        host=label,
        names=tuple(_strip(m) for m in measurements),
        rows=dict(_rows(host, {(m.name, m.port): i for i, m in enumerate(measurements)})),
        evidence=place,
    )


def _rows(
    host: HostView, places: Mapping[tuple[str, int], int]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each row's label, and the places of its names and ports."""
    for row in host.rows:
        targets = [(target.name, target.port.port) for target in row.targets]
        if measured := tuple(places[one] for one in targets if one in places):
            yield row.endpoint.label, measured


def _strip(measurement: Measurement) -> NameStrip:
    return NameStrip(
        name=measurement.name,
        port=measurement.port,
        scheme=measurement.scheme,
        steps=tuple(
            (_step(one, measurement), round(one.duration * 1000))
            for one in measurement.observations
        ),
        note="; ".join(_notes(measurement)),
    )


def _notes(measurement: Measurement) -> Iterator[str]:
    """What other attempts and connections saw."""
    flaky, crowded, socket = measurement.flaky, measurement.crowded, measurement.websocket
    if flaky:
        often = f"{flaky.failed} of {flaky.of} attempts" if flaky.of else "an earlier attempt"
        yield f"went well; {often} failed: {cause_words(flaky.cause)}"
    if crowded:
        yield (
            "went well alone; failed while other names were measured beside it: "
            f"{cause_words(crowded.cause)}"
        )
    if socket and socket.failure:
        yield f"WebSocket failed: {cause_words(socket.failure.cause)}"
    elif socket:
        taken = "accepted" if socket.accepted else "not accepted"
        yield f"WebSocket {taken}{_status(socket.status)}"


def _status(status: int | None) -> str:
    return f" (status {status})" if status else ""


def _step(observation: Observation, measurement: Measurement) -> Step:
    failure = observation.failure
    return Step(
        stage=observation.stage.value,
        facts=tuple(fact for fact in _facts(observation, measurement) if fact),
        cause=failure.cause if failure else "",
        detail=failure.detail if failure else "",
    )


def _facts(observation: Observation, measurement: Measurement) -> Iterator[str]:
    match observation:
        case Resolved():
            yield from observation.addresses
            yield "given by --connect-to" if observation.via == "connect-to" else ""
            yield f"from {observation.hosts_file}" if observation.hosts_file else ""
        case Connected():
            yield from _connect(observation, measurement)
        case Proxied():
            yield observation.proxy or ""
            yield f"answered {observation.status}" if observation.status else ""
            yield f"offers {', '.join(observation.schemes)}" if observation.schemes else ""
            yield f"points to {observation.location}" if observation.location else ""
        case Handshake():
            yield from _tls(observation)
        case Answered():
            yield f"status {observation.status}" if observation.status else ""
            yield f"HTTP/{observation.version}" if observation.version else ""
        case _:
            if measurement.chain:
                yield from certificate_facts(measurement.chain[0])
            yield "verified by the host" if observation.verified else ""


def _connect(observation: Connected, measurement: Measurement) -> Iterator[str]:
    if observation.address:
        yield f"{observation.address} port {observation.port or measurement.port}"
    for dead in observation.dead:
        yield f"{dead.address}: {cause_words(dead.cause)}"


def _tls(observation: Handshake) -> Iterator[str]:
    yield observation.protocol or ""
    yield observation.cipher or ""
    yield f"ALPN {observation.alpn}" if observation.alpn else ""
    if observation.tls12:
        yield _tls12(observation.tls12)
    if observation.large_hello:
        yield (
            f"a ClientHello of {observation.large_hello.size:,} bytes: "
            f"{observation.large_hello.answer}"
        )
    for one in observation.addresses:
        yield _address(one)


def _tls12(tls12: Tls12) -> str:
    if tls12.negotiated:
        return f"TLS 1.2 alone: {tls12.cipher or 'negotiated'}"
    why = f": {cause_words(tls12.failure.cause)}" if tls12.failure else ""
    return f"TLS 1.2 alone is not negotiated{why}"


def _address(one: AddressHandshake) -> str:
    """One of a name's addresses, and how the handshake with it went."""
    if one.failure:
        return f"{one.address}: {cause_words(one.failure.cause)}"
    verified = {True: "verified", False: "not verified", None: ""}[one.verified]
    told = ", ".join(word for word in (one.protocol or "", verified) if word)
    return f"{one.address}: {told or 'answered'}"


@lru_cache(maxsize=2048)  # the hosts of a fleet see the same certificates
def certificate_facts(der: str) -> tuple[str, ...]:
    """Issuer and validity of the certificate *der*, base64 of DER; says so where it is not one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(base64.b64decode(der, validate=True))
            issuer = _common_name(certificate.issuer)
            since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except UNREADABLE:
        return ("a certificate that cannot be parsed",)
    return (f"issued by {issuer}", f"valid {since:%Y-%m-%d} to {until:%Y-%m-%d}")


def _common_name(name: x509.Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return shown(str(found[0].value))
    return shown(name.rfc4514_string()) or "an authority without a name"
