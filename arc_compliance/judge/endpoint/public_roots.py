"""The roots that count as officially signed, and whether a chain ends in one of them."""

from __future__ import annotations

import re
import warnings
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

if TYPE_CHECKING:
    from OpenSSL import crypto

_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_EXPIRED, _NOT_YET_VALID = 10, 9  # X509_V_ERR_* of OpenSSL's x509_vfy.h


@dataclass(frozen=True, slots=True)
class ChainVerdict:
    """Why a chain does not verify (a ``cert-*`` cause, None where it does) and who issued it."""

    cause: str | None
    issuer: str


class PublicRoots:
    """A set of trusted roots, loaded once, against which many chains are verified."""

    def __init__(self, pem: bytes) -> None:
        """Raise ValueError where *pem* holds no certificate, or one that cannot be read."""
        from OpenSSL import crypto  # a run that judges no chain can do without it

        blocks = _PEM.findall(pem)
        if not blocks:
            raise ValueError("no PEM certificate")
        self._store = crypto.X509Store()
        edges: list[datetime] = []
        for block in blocks:
            try:
                root = crypto.load_certificate(crypto.FILETYPE_PEM, block)
                self._store.add_cert(root)
                edges += _edges(root)
            except crypto.Error as error:
                raise ValueError("a PEM certificate that cannot be read") from error
        self.count = len(blocks)
        self._edges = sorted(edges)

    def steady_since(self, edges: Sequence[datetime], now: datetime) -> datetime:
        """The last moment up to *now* at which the verdict on a chain can have changed.

        It changes only where a certificate of the chain, whose `edges_of_validity` are *edges*, or
        one of the roots begins or ceases to be valid. The verdict at that moment is the one at
        *now*, and at any time before the next edge.
        """
        number = bisect_right(self._edges, now)
        past = [*self._edges[max(number - 1, 0) : number], *(one for one in edges if one <= now)]
        return max(past, default=now)

    def verify(self, chain: list[bytes], name: str, now: datetime) -> ChainVerdict:
        """Whether *chain* (DER, leaf first, as the server sent it) is good for *name* at *now*.

        Raise ValueError where a certificate of the chain cannot be parsed.
        """
        with warnings.catch_warnings():
            # A serial number that is not positive is a finding about the chain, not about us.
            warnings.simplefilter("ignore", CryptographyDeprecationWarning)
            return self._verify([x509.load_der_x509_certificate(der) for der in chain], name, now)

    def _verify(
        self, certificates: list[x509.Certificate], name: str, now: datetime
    ) -> ChainVerdict:
        from OpenSSL import crypto

        leaf, rest = certificates[0], certificates[1:]
        issuer = _common_name(certificates[-1].issuer)
        self._store.set_time(now)
        context = crypto.X509StoreContext(
            self._store,
            crypto.X509.from_cryptography(leaf),
            [crypto.X509.from_cryptography(one) for one in rest],
        )
        try:
            context.verify_certificate()
        except crypto.X509StoreContextError as error:
            code = error.errors[0]
            if code == _EXPIRED:
                return ChainVerdict("cert-expired", issuer)
            if code == _NOT_YET_VALID:
                return ChainVerdict("cert-not-yet-valid", issuer)
            incomplete = _lacks_an_intermediate(certificates)
            return ChainVerdict("cert-chain-incomplete" if incomplete else "cert-untrusted", issuer)
        return ChainVerdict(None if _is_for(leaf, name) else "cert-name-mismatch", issuer)


def edges_of_validity(chain: Sequence[bytes]) -> tuple[datetime, ...]:
    """When each certificate of *chain* (DER) begins and ceases to be valid, where it says so.

    Raise ValueError where one cannot be parsed.
    """
    from OpenSSL import crypto

    try:
        certificates = [crypto.load_certificate(crypto.FILETYPE_ASN1, der) for der in chain]
    except crypto.Error as error:
        raise ValueError("a certificate that cannot be parsed") from error
    return tuple(edge for certificate in certificates for edge in _edges(certificate))


def _edges(certificate: crypto.X509) -> Iterator[datetime]:
    """The seconds at which *certificate* begins and ceases to be valid, and the ones after them.

    Whether it is valid in the second itself is OpenSSL's to say, whose versions differ in that. A
    field that holds no time is the same fault at all times, and has no edge.
    """
    for text in (certificate.get_notBefore(), certificate.get_notAfter()):
        with suppress(ValueError, OverflowError):
            edge = datetime.strptime((text or b"").decode("ascii"), "%Y%m%d%H%M%S%z")
            yield edge
            yield edge + timedelta(seconds=1)


def _is_for(certificate: x509.Certificate, name: str) -> bool:
    from service_identity import CertificateError, VerificationError
    from service_identity.cryptography import verify_certificate_hostname

    try:
        verify_certificate_hostname(certificate, name)
    except (VerificationError, CertificateError):
        return False
    return True


def _lacks_an_intermediate(chain: list[x509.Certificate]) -> bool:
    """Whether the last certificate sent says where its issuer's certificate can be fetched.

    Public authorities write that address (caIssuers) into what they issue, inspecting devices and
    private authorities do not; it is the one sign by which a chain cut short by its server can be
    told from a chain of an unknown authority.
    """
    last = chain[-1]
    if last.issuer == last.subject:
        return False
    try:
        access = last.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(d.access_method == AuthorityInformationAccessOID.CA_ISSUERS for d in access)


def _common_name(name: x509.Name) -> str:
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if found := name.get_attributes_for_oid(oid):
            return str(found[0].value)
    return name.rfc4514_string() or "an authority without a name"
