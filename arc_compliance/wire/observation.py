"""What each step of a measurement saw: one type for each stage, discriminated by ``stage``.

A field is optional where its step can fail before the fact is known. An observation without a
failure that lacks what its stage is about is well formed and shows nothing: the judges make an
error of it.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StrictBool, StrictInt, StringConstraints

from arc_compliance.probe.python import contract, limits
from arc_compliance.wire.fields import Cause, Failure, Text, WireRecord


class Stage(str, Enum):
    """The steps of one measurement, in order; a step that was not reached is absent."""

    RESOLVE = contract.RESOLVE
    CONNECT = contract.CONNECT
    PROXY = contract.PROXY
    TLS = contract.TLS
    CERTIFICATE = contract.CERTIFICATE
    HTTP = contract.HTTP


def _interned(text: object) -> object:
    """*text* kept once: the hosts of a fleet see the same certificates, which are most of their
    evidence."""
    return sys.intern(text) if type(text) is str else text


Certificate = Annotated[
    str,
    BeforeValidator(_interned),
    StringConstraints(strict=True, max_length=limits.MAX_CERTIFICATE),
]
"""A certificate as base64 of its DER."""

Port = Annotated[StrictInt, Field(ge=1, le=65535)]
HttpStatus = Annotated[StrictInt, Field(ge=100, le=999)]


class _Observed(WireRecord):
    """What every step has: when it started (seconds since the epoch on the host's clock), how many
    seconds it took, and why it failed, None where it went well."""

    started: float
    duration: float = Field(ge=0)
    failure: Failure | None = None


class Resolved(_Observed):
    """The addresses of the name, and who named them: the resolver, or the run (connect-to)."""

    stage: Literal[Stage.RESOLVE]
    addresses: tuple[Text, ...] = ()
    via: Literal["resolver", "connect-to"] | None = None


class DeadAddress(WireRecord):
    """A further address of the name that did not answer."""

    address: Text
    cause: Cause


class Connected(_Observed):
    """The address and port that answered, and the host's own address (``source``)."""

    stage: Literal[Stage.CONNECT]
    address: Text | None = None
    port: Port | None = None
    source: Text | None = None
    dead: tuple[DeadAddress, ...] = ()


class Proxied(_Observed):
    """A CONNECT: to which proxy (host:port), its address, and the status of its answer."""

    stage: Literal[Stage.PROXY]
    proxy: Text | None = None
    status: HttpStatus | None = None
    address: Text | None = None
    source: Text | None = None


class Handshake(_Observed):
    """A TLS handshake that verifies nothing.

    ``chain`` is what the peer sent, leaf first. ``tls12_refused`` is true where only a newer
    version was negotiated.
    """

    stage: Literal[Stage.TLS]
    protocol: Text | None = None
    cipher: Text | None = None
    chain: Annotated[tuple[Certificate, ...], Field(max_length=limits.MAX_CHAIN)] = ()
    tls12_refused: StrictBool = False


class Verified(_Observed):
    """A handshake that verifies, with the trust store that the agent would use.

    ``verify_code`` is OpenSSL's (X509_V_ERR_*), 0 where the chain is good.
    """

    stage: Literal[Stage.CERTIFICATE]
    verified: StrictBool = False
    verify_code: StrictInt | None = None
    verify_message: Text | None = None
    protocol: Text | None = None


class Answered(_Observed):
    """An HTTP answer.

    ``headers`` are selected ones, in lower case. ``via`` is what it came through: TLS 1.2, another
    TLS, or no TLS. ``is_certificate`` says, where the path is that of a certificate, whether the
    body is one in DER.
    """

    stage: Literal[Stage.HTTP]
    status: HttpStatus | None = None
    headers: dict[Text, Text] = Field(default_factory=dict)
    via: Literal["tls12", "tls", "plain"] | None = None
    is_certificate: StrictBool | None = None


Observation = Annotated[
    Resolved | Connected | Proxied | Handshake | Verified | Answered, Field(discriminator="stage")
]
"""What one step saw."""
