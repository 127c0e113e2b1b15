"""What the probe and its readers agree on: formats, marks, stages, causes.

The library imports this module and ``limits`` and no other of the probe; each of these names is
defined here and nowhere else.
"""

from typing import Any, TypeAlias  # noqa: F401 - Any stands in an alias that is a text

PROBE_VERSION = "1"
ORDER_FORMAT = 1
EVIDENCE_FORMAT = 1

BEGIN = "-----BEGIN ARC-COMPLIANCE EVIDENCE-----"
END = "-----END ARC-COMPLIANCE EVIDENCE-----"

RESOLVE = "resolve"
CONNECT = "connect"
PROXY = "proxy"
TLS = "tls"
CERTIFICATE = "certificate"
HTTP = "http"
STAGES = (RESOLVE, CONNECT, PROXY, TLS, CERTIFICATE, HTTP)

Record: "TypeAlias" = "dict[str, Any]"  # one JSON object of the evidence


class Cause(str):
    """Why a step failed. Those below are the closed list; mypy takes no other text for a cause."""

    __slots__ = ()


DNS_NOT_FOUND = Cause("dns-not-found")
DNS_FAILED = Cause("dns-failed")
CONNECT_REFUSED = Cause("connect-refused")
CONNECT_TIMEOUT = Cause("connect-timeout")
CONNECT_UNREACHABLE = Cause("connect-unreachable")
PROXY_UNREACHABLE = Cause("proxy-unreachable")
PROXY_AUTH_REQUIRED = Cause("proxy-auth-required")
PROXY_DENIED = Cause("proxy-denied")
PROXY_FAILED = Cause("proxy-failed")
TLS_TIMEOUT = Cause("tls-timeout")
TLS_RESET = Cause("tls-reset")
TLS_VERSION = Cause("tls-version")
TLS_FAILED = Cause("tls-failed")
TLS_CLIENT_DISABLED = Cause("tls-client-disabled")
CERT_UNTRUSTED = Cause("cert-untrusted")
CERT_EXPIRED = Cause("cert-expired")
CERT_NOT_YET_VALID = Cause("cert-not-yet-valid")
CERT_NAME_MISMATCH = Cause("cert-name-mismatch")
HTTP_TIMEOUT = Cause("http-timeout")
HTTP_FAILED = Cause("http-failed")
PROBE_FAILED = Cause("probe-failed")
PROBE_TIMEOUT = Cause("probe-timeout")
PERMISSION_DENIED = Cause("permission-denied")

CAUSES = (
    DNS_NOT_FOUND,
    DNS_FAILED,
    CONNECT_REFUSED,
    CONNECT_TIMEOUT,
    CONNECT_UNREACHABLE,
    PROXY_UNREACHABLE,
    PROXY_AUTH_REQUIRED,
    PROXY_DENIED,
    PROXY_FAILED,
    TLS_TIMEOUT,
    TLS_RESET,
    TLS_VERSION,
    TLS_FAILED,
    TLS_CLIENT_DISABLED,
    CERT_UNTRUSTED,
    CERT_EXPIRED,
    CERT_NOT_YET_VALID,
    CERT_NAME_MISMATCH,
    HTTP_TIMEOUT,
    HTTP_FAILED,
    PROBE_FAILED,
    PROBE_TIMEOUT,
    PERMISSION_DENIED,
)
