"""The roots that count as officially signed, and whether a chain ends in one of them."""

from __future__ import annotations

import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from arc_compliance.base.redact import shown
from arc_compliance.judge.endpoint.paths import find_path, flaw_of

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What cryptography raises for a part of a certificate when it is asked for it, which may be late:
not all of them are ValueErrors."""
_INSTANT = timedelta(microseconds=1)
_LAST = datetime.max.replace(tzinfo=timezone.utc) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """Why a chain is not good (a ``cert-*`` cause, None where it is), and who issued it.

    ``root`` is the SHA-256 of the public root in which a path ends, in hex; empty where none does:
    then the chain is not officially signed, whatever else is wrong with it.
    """

    cause: str | None
    issuer: str
    root: str = ""


class PublicRoots:
    """A set of trusted roots, loaded once, against which many chains are verified."""

    def __init__(self, pem: bytes) -> None:
        """Raise ValueError where *pem* holds no certificate, or one that cannot be read."""
        from OpenSSL import crypto  # a run that judges no chain can do without it

        blocks = list(_blocks(pem))
        if not blocks:
            raise ValueError("no PEM certificate")
        with _any_serial_number():
            try:
                found = [
                    crypto.load_certificate(crypto.FILETYPE_PEM, block).to_cryptography()
                    for block in blocks
                ]
                by_subject: dict[bytes, list[x509.Certificate]] = {}
                for root in found:
                    by_subject.setdefault(root.subject.public_bytes(), []).append(root)
                self._edges = sorted(edge for root in found for edge in _edges(root))
            except (crypto.Error, *UNREADABLE) as error:
                raise ValueError("a PEM certificate that cannot be read") from error
        self._by_subject = by_subject
        self.count = len(found)

    def steady_since(self, edges: Sequence[datetime], now: datetime) -> datetime:
        """The last moment up to *now* at which the verdict on a chain can have changed.

        It changes only where a certificate of the chain, whose `edges_of_validity` are *edges*, or
        one of the roots begins or ceases to be valid. The verdict at that moment is the one at
        *now*, and at any time before the next edge.
        """
        number = bisect_right(self._edges, now)
        past = [*self._edges[max(number - 1, 0) : number], *(one for one in edges if one <= now)]
        return max(past, default=now)

    def verify(self, chain: Sequence[bytes], name: str, now: datetime) -> ChainVerdict:
        """Whether *chain* (DER, leaf first, as the server sent it) is good for *name* at *now*.

        Raise ValueError where a certificate of the chain cannot be parsed.
        """
        try:
            return self._verify(chain, name, now)
        except UNREADABLE as error:
            raise ValueError("a certificate that cannot be parsed") from error

    def _verify(self, chain: Sequence[bytes], name: str, now: datetime) -> ChainVerdict:
        certificates = _read(chain)
        with _any_serial_number():
            path = find_path(certificates, self._by_subject, now)
            issuer = _common_name(certificates[-1].issuer)
            if path.root is None:
                incomplete = _lacks_an_intermediate(certificates, path.tops)
                cause = "cert-chain-incomplete" if incomplete else path.cause
                return ChainVerdict(flaw_of(certificates) or cause, issuer)
            root = sha256(path.root.public_bytes(Encoding.DER)).hexdigest()
            mismatch = None if _is_for(certificates[0], name) else "cert-name-mismatch"
            return ChainVerdict(path.cause or mismatch, issuer, root=root)


def _blocks(pem: bytes) -> Iterator[bytes]:
    """The certificates in *pem*; one pass, whatever it holds."""
    for part in pem.split(_BEGIN)[1:]:
        body, end, _ = part.partition(_END)
        if end:
            yield _BEGIN + body + _END


def _read(chain: Sequence[bytes]) -> list[x509.Certificate]:
    with _any_serial_number():
        try:
            return [x509.load_der_x509_certificate(der) for der in chain]
        except UNREADABLE as error:
            raise ValueError("a certificate that cannot be parsed") from error


@contextmanager
def _any_serial_number() -> Iterator[None]:
    """A serial number that is not positive is a finding about a chain, not about us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        yield


def edges_of_validity(chain: Sequence[bytes]) -> tuple[datetime, ...]:
    """When each certificate of *chain* (DER) begins and ceases to be valid.

    Raise ValueError where one cannot be parsed.
    """
    try:
        return tuple(edge for certificate in _read(chain) for edge in _edges(certificate))
    except UNREADABLE as error:
        raise ValueError("a certificate whose validity cannot be parsed") from error


def _edges(certificate: x509.Certificate) -> tuple[datetime, datetime]:
    """The first moments at which *certificate* is valid, and is not any more."""
    after = certificate.not_valid_after_utc
    return certificate.not_valid_before_utc, after + _INSTANT if after < _LAST else after


def _is_for(certificate: x509.Certificate, name: str) -> bool:
    from service_identity import CertificateError, VerificationError
    from service_identity.cryptography import verify_certificate_hostname

    try:
        verify_certificate_hostname(certificate, name)
    except (VerificationError, CertificateError):
        return False
    return True


def _lacks_an_intermediate(
    chain: Sequence[x509.Certificate], tops: Sequence[x509.Certificate]
) -> bool:
    """Whether a certificate between one of *tops* and a root was not sent.

    Two signs tell that from a chain of an unknown authority: a root was sent to which nothing
    leads, or the last certificate says where its issuer's can be fetched (caIssuers), as public
    authorities write it and inspecting devices do not.
    """
    for top in tops:
        if top.issuer == top.subject:
            continue
        if any(one.issuer == one.subject for one in chain) or _names_its_issuer(top):
            return True
    return False


def _names_its_issuer(certificate: x509.Certificate) -> bool:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(d.access_method == AuthorityInformationAccessOID.CA_ISSUERS for d in access.value)


def _common_name(name: x509.Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return shown(str(found[0].value))
    return shown(name.rfc4514_string()) or "an authority without a name"
