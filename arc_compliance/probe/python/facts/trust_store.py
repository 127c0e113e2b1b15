"""The trust store that the agent, a Go program, would use on this host."""

import base64
import binascii
import collections
import contextlib
import hashlib
import os
import re
import ssl
import threading
from typing import Sequence

from arc_compliance.probe.python.contract import CERT_UNTRUSTED, PROBE_TIMEOUT, Record
from arc_compliance.probe.python.files import files_of, read_text, why_unreadable
from arc_compliance.probe.python.limits import FINGERPRINT, MAX_ROOTS, MAX_TEXT
from arc_compliance.probe.python.order import Order
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from arc_compliance.probe.python.scrubbing import describe, scrubbed
from arc_compliance.probe.python.steps import StepFailed
from arc_compliance.probe.python.tls import tls_client

# The places where a Go program looks on Linux: the first file that can be read, and every
# directory (crypto/x509, root_linux.go and root_unix.go).
GO_FILES: "tuple[str, ...]" = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
GO_DIRECTORIES: "tuple[str, ...]" = ("/etc/ssl/certs", "/etc/pki/tls/certs")
PEM_CERTIFICATE = re.compile(
    "-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----"
)
READING_SECONDS = 10  # for those who wait; a service manager that hangs takes six of them
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN, named since Python 3.10
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME


class TrustStore:
    """The trust store that the agent would use; ``ready`` is set when it is loaded."""

    def __init__(self, order: Order, daemons: DaemonsEnvironment) -> None:
        self.daemons = daemons
        self.ready = threading.Event()
        self.roots: list[bytes] = []
        self.client: ssl.SSLContext | None = None
        self.facts: Record = {
            "file": None,
            "directories": [],
            "chosen_by": "default",
            "roots": 0,
        }
        self.facts.update(fingerprints=[], failure="not read in time")
        self.trust_file = order.trust_file

    def read(self) -> None:
        """Find and read the store; whatever happens, the certificate steps go on."""
        try:
            files, directories = self._places()
            self._collect(files, directories)
            self.client = verifying_client(self.roots)
            self.facts["roots"] = self.client.cert_store_stats()["x509"]
            digests = [hashlib.sha256(der).hexdigest()[:FINGERPRINT] for der in self.roots]
            self.facts["fingerprints"] = sorted(digests)[:MAX_ROOTS]
            if self.facts["roots"]:
                self.facts["failure"] = None
            elif self.facts["failure"] is None:
                self.facts["failure"] = "no certificate in it"
        except Exception as problem:  # noqa: BLE001 - it is a fact; others wait for us
            self.facts["failure"] = scrubbed(describe(problem))
        finally:
            self.ready.set()

    def _places(self) -> "tuple[Sequence[str], Sequence[str]]":
        if self.trust_file is not None:
            self.facts["chosen_by"] = "order"
            return (self.trust_file,), ()
        environment = self.daemons.get()
        file, directories = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
        if file or directories:
            self.facts["chosen_by"] = "daemon-environment"
        return (
            (file,) if file else GO_FILES,
            directories.split(":") if directories else GO_DIRECTORIES,
        )

    def _collect(self, files: "Sequence[str]", directories: "Sequence[str]") -> None:
        """As Go does: the first file that can be read, then every file of the directories."""
        self.facts["failure"] = "no such file: " + ", ".join(files) if files else None
        ders: dict[bytes, None] = collections.OrderedDict()
        for path in files:
            try:
                ders.update((der, None) for der in certificates_in(path))
            except FileNotFoundError:
                continue
            except OSError as problem:
                self.facts["failure"] = f"{path}: {why_unreadable(problem)}"
                continue
            self.facts.update(file=path[:MAX_TEXT], failure=None)
            break
        for directory in directories:
            if os.path.isdir(directory):
                self.facts["directories"].append(directory[:MAX_TEXT])
                for path in files_of(directory):
                    with contextlib.suppress(OSError):
                        ders.update((der, None) for der in certificates_in(path))
        self.roots = list(ders)

    def usable_client(self) -> ssl.SSLContext:
        """The client that verifies, once the store is read; StepFailed where there is no store.

        Nobody may change it: it is the same for all.
        """
        if not self.ready.wait(READING_SECONDS):
            raise StepFailed(PROBE_TIMEOUT, "the trust store was not read in time")
        if self.facts["failure"] or self.client is None:
            raise StepFailed(CERT_UNTRUSTED, f"no trust store: {self.facts['failure']}")
        return self.client

    def timeless_client(self) -> ssl.SSLContext:
        """The verifying client, but blind to dates."""
        context = verifying_client(self.roots)
        context.verify_flags |= NO_CHECK_TIME
        return context


def certificates_in(path: str) -> "list[bytes]":
    """The certificates of a PEM file, DER."""
    found = []
    for match in PEM_CERTIFICATE.finditer(read_text(path)):
        with contextlib.suppress(binascii.Error):
            found.append(base64.b64decode(match.group(1)))
    return found


def verifying_client(roots: "list[bytes]") -> ssl.SSLContext:
    """A context that verifies as a Go program does with *roots* (DER)."""
    context = tls_client()
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.verify_flags |= PARTIAL_CHAIN  # to Go whatever stands in the store is an anchor
    if hasattr(context, "hostname_checks_common_name"):
        context.hostname_checks_common_name = False  # Go reads the subjectAltName only
    for der in roots:
        # Go skips what it cannot parse, and so do we.
        with contextlib.suppress(ssl.SSLError, ValueError):
            context.load_verify_locations(cadata=der)
    return context
