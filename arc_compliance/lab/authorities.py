"""The simulated Azure's certificate authorities, made at every start."""

from __future__ import annotations

import ssl
import warnings
from datetime import datetime, timedelta, timezone

import trustme

from arc_compliance.lab.faults import FaultKind

PUBLIC = "arc-compliance simulated Azure"
INSPECTOR = "Contoso TLS Inspection CA"


class Authorities:
    """A public root with an intermediate, and the CA of an inspecting device."""

    def __init__(self) -> None:
        self.root = trustme.CA(organization_name=PUBLIC)
        self.inspector = trustme.CA(organization_name=INSPECTOR)
        self._issuing = self.root.create_child_ca()

    @property
    def intermediate(self) -> bytes:
        """The issuing certificate in PEM, as pkiops would offer it."""
        return self._issuing.cert_pem.bytes()

    def official(self, name: str) -> ssl.SSLContext:
        """A server context for *name*, issued under the public root."""
        return _context(self._issuing.issue_cert(name))

    def expired(self, name: str) -> ssl.SSLContext:
        """The same, but its time was over a day ago."""
        now = datetime.now(timezone.utc)
        return _context(
            self._issuing.issue_cert(
                name, not_before=now - timedelta(days=90), not_after=now - timedelta(days=1)
            )
        )

    def inspected(self, name: str) -> ssl.SSLContext:
        """A server context for *name* as an inspecting device makes it."""
        return _context(self.inspector.issue_cert(name))

    def server(self, name: str, kind: FaultKind | None) -> ssl.SSLContext:
        """A server context for *name* with the fault *kind*, if that is one of certificates."""
        if kind is FaultKind.EXPIRED:
            return self.expired(name)
        if kind is FaultKind.INSPECTED:
            return self.inspected(name)
        return self.official(name)

    def tls10_only(self, name: str) -> ssl.SSLContext:
        """A server context for *name* that speaks nothing newer than TLS 1.0."""
        context = self.official(name)
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old is what it is for
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1
        return context


def _context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context
