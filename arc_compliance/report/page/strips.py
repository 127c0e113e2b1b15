"""A host's evidence as strips: for each name the steps it went through, with what each saw."""

from __future__ import annotations

import base64
import binascii
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import NameOID

from arc_compliance.catalogue.model import Catalogue
from arc_compliance.plan.cases import names_of
from arc_compliance.plan.scope import Scope
from arc_compliance.wire.evidence import Evidence, Measurement, Observation, Stage
from arc_compliance.wire.record import HostRecord, record_path

MOST_ADDRESSES = 4


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


def strips_of(
    record: HostRecord, catalogue: Catalogue, scope: Scope, *, folder: str = ""
) -> HostStrips:
    """The strips of *record*; *folder* is where its file lies, from the page's, empty for nowhere.

    A host that was not measured has none.
    """
    evidence = record.evidence
    place = f"{folder}/{quote(record_path(Path(), record.host).name)}" if folder else ""
    if evidence is None:
        return HostStrips(host=record.host, evidence=place)
    places = {(m.name, m.port): i for i, m in enumerate(evidence.measurements)}
    return HostStrips(
        host=record.host,
        names=tuple(_strip(m) for m in evidence.measurements),
        rows=dict(_rows(evidence, catalogue, scope, places)),
        evidence=place,
    )


def _rows(
    evidence: Evidence, catalogue: Catalogue, scope: Scope, places: Mapping[tuple[str, int], int]
) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Each row's label, and the places of its names and ports."""
    for requirement in catalogue.requirements:
        row = requirement.endpoint
        if row is None:
            continue
        doors = [(n, door.port) for n in names_of(row, scope, evidence) for door in row.doors]
        if measured := tuple(places[door] for door in doors if door in places):
            yield row.label, measured


def _strip(measurement: Measurement) -> NameStrip:
    flaky = measurement.flaky
    return NameStrip(
        name=measurement.name,
        port=measurement.port,
        scheme=measurement.scheme,
        steps=tuple(
            (_step(one, measurement), round(one.duration * 1000))
            for one in measurement.observations
        ),
        note=f"went well on the second attempt; the first failed: {flaky.cause}" if flaky else "",
    )


def _step(observation: Observation, measurement: Measurement) -> Step:
    failure = observation.failure
    return Step(
        stage=observation.stage.value,
        facts=tuple(fact for fact in _FACTS[observation.stage](observation, measurement) if fact),
        cause=failure.cause if failure else "",
        detail=failure.detail if failure else "",
    )


def _resolve(observation: Observation, measurement: Measurement) -> Iterator[str]:
    found = measurement.addresses
    yield from found[:MOST_ADDRESSES]
    if len(found) > MOST_ADDRESSES:
        yield f"and {len(found) - MOST_ADDRESSES} more"
    if observation.data.get("via") == "connect-to":
        yield "given by --connect-to"


def _connect(observation: Observation, measurement: Measurement) -> Iterator[str]:
    data = observation.data
    if data.get("address"):
        yield f"{data['address']} port {data.get('port', measurement.port)}"
    dead = data.get("dead")
    if isinstance(dead, list) and dead:
        yield f"{len(dead)} of its addresses did not answer"


def _proxy(observation: Observation, _: Measurement) -> Iterator[str]:
    data = observation.data
    yield str(data.get("proxy", ""))
    if data.get("status"):
        yield f"answered {data['status']}"


def _tls(observation: Observation, _: Measurement) -> Iterator[str]:
    yield str(observation.data.get("protocol") or "")
    yield str(observation.data.get("cipher") or "")


def _certificate(observation: Observation, measurement: Measurement) -> Iterator[str]:
    tls = measurement.at(Stage.TLS)
    chain = tls.data.get("chain") if tls else None
    if isinstance(chain, list) and chain:
        yield from certificate_facts(str(chain[0]))
    if observation.data.get("verified") is True:
        yield "verified by the host"


def _http(observation: Observation, _: Measurement) -> Iterator[str]:
    if observation.data.get("status"):
        yield f"status {observation.data['status']}"


_FACTS = {
    Stage.RESOLVE: _resolve,
    Stage.CONNECT: _connect,
    Stage.PROXY: _proxy,
    Stage.TLS: _tls,
    Stage.CERTIFICATE: _certificate,
    Stage.HTTP: _http,
}


@lru_cache(maxsize=2048)  # the hosts of a fleet see the same certificates
def certificate_facts(der: str) -> tuple[str, ...]:
    """Issuer and validity of the certificate *der*, base64 of DER; says so where it is not one."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            certificate = x509.load_der_x509_certificate(base64.b64decode(der, validate=True))
            issuer = _common_name(certificate.issuer)
            since, until = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except (ValueError, binascii.Error):
        return ("a certificate that cannot be parsed",)
    return (f"issued by {issuer}", f"valid {since:%Y-%m-%d} to {until:%Y-%m-%d}")


def _common_name(name: x509.Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string() or "an authority without a name"
