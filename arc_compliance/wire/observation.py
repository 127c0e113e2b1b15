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
from arc_compliance.wire.fields import Cause, Duration, Failure, Text, Time, WireRecord


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

    started: Time
    duration: Duration
    failure: Failure | None = None


class Resolved(_Observed):
    """The addresses of the name, and who named them: the resolver, or the run (connect-to).

    ``hosts_file`` is the file and line that pins the name, such as /etc/hosts:12; None where none
    does.
    """

    stage: Literal[Stage.RESOLVE]
    addresses: tuple[Text, ...] = ()
    via: Literal["resolver", "connect-to"] | None = None
    hosts_file: Text | None = None


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
    """A CONNECT: to which proxy (host:port), its address, and the status of its answer.

    ``schemes`` are the authentication schemes that a 407 offers, ``location`` is where a 3xx
    points to.
    """

    stage: Literal[Stage.PROXY]
    proxy: Text | None = None
    status: HttpStatus | None = None
    schemes: Annotated[tuple[Text, ...], Field(max_length=limits.MAX_SCHEMES)] = ()
    location: Text | None = None
    address: Text | None = None
    source: Text | None = None


class Tls12(WireRecord):
    """An additional handshake that offers TLS 1.2 only: whether it was completed, with which
    cipher suite, and why it was not."""

    negotiated: StrictBool
    cipher: Text | None = None
    failure: Failure | None = None


class LargeHello(WireRecord):
    """What came back for a ClientHello of ``size`` bytes with a post-quantum key share, of the form
    that a current Go client sends."""

    size: Annotated[StrictInt, Field(ge=0, le=65536)]
    answer: Literal[
        "server-hello", "hello-retry-request", "alert", "reset", "closed", "silence", "not-tls"
    ]
    detail: Text = ""


class AddressHandshake(WireRecord):
    """One address of a name that has several, through TCP and TLS.

    ``leaf`` is the SHA-256 of the certificate that it showed, ``verified`` whether the agent would
    trust it; None where that is not known.
    """

    address: Text
    failure: Failure | None = None
    protocol: Text | None = None
    leaf: Text | None = None
    verified: StrictBool | None = None


class Handshake(_Observed):
    """The agent's own TLS handshake: TLS 1.2 to 1.3 in one hello, with the cipher suites of a Go
    client. It verifies nothing.

    ``alpn`` is the protocol that the peer chose (h2, http/1.1), None where it chose none. ``alert``
    is the number of the fatal alert that the peer sent, ``received`` how many bytes it had sent
    when the handshake failed, and ``out_of_order``, where it hung, how many segments had come while
    one before them was missing. ``chain`` is what the peer sent, leaf first; ``chain_failure`` says
    why it could not be captured where the handshake went well. ``addresses`` has every address of
    a name that has several and is reached without a proxy. What was not tried is None.
    """

    stage: Literal[Stage.TLS]
    protocol: Text | None = None
    cipher: Text | None = None
    alpn: Text | None = None
    alert: Annotated[StrictInt, Field(ge=0, le=255)] | None = None
    received: Annotated[StrictInt, Field(ge=0)] | None = None
    out_of_order: Annotated[StrictInt, Field(ge=0)] | None = None
    chain: Annotated[tuple[Certificate, ...], Field(max_length=limits.MAX_CHAIN)] = ()
    chain_failure: Text | None = None
    tls12: Tls12 | None = None
    large_hello: LargeHello | None = None
    addresses: Annotated[tuple[AddressHandshake, ...], Field(max_length=limits.MAX_ADDRESSES)] = ()


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

    ``version`` is that of HTTP. ``headers`` are selected ones, in lower case. ``via`` is what it
    came through: TLS 1.2, another TLS, or no TLS. ``is_certificate`` says, where the path is that
    of a certificate, whether the body is one in DER.
    """

    stage: Literal[Stage.HTTP]
    status: HttpStatus | None = None
    version: Literal["1.0", "1.1", "2"] | None = None
    headers: dict[Text, Text] = Field(default_factory=dict)
    via: Literal["tls12", "tls", "plain"] | None = None
    is_certificate: StrictBool | None = None


Observation = Annotated[
    Resolved | Connected | Proxied | Handshake | Verified | Answered, Field(discriminator="stage")
]
"""What one step saw."""
