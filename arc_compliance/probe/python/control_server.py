"""A TLS server with a self-signed certificate, for the negative control."""

import base64

# A self-signed certificate for the control's name, valid from 2020 to 2100; its key is thrown away.
SELF_SIGNED = (
    "MIIBhTCCASugAwIBAgIBATAKBggqhkjOPQQDAjAwMS4wLAYDVQQDDCVkb2VzLW5vdC1leGlzdC5hcmMtY29tcGxpYW5j"
    "ZS5leGFtcGxlMCAXDTIwMDEwMTAwMDAwMFoYDzIxMDAwMTAxMDAwMDAwWjAwMS4wLAYDVQQDDCVkb2VzLW5vdC1leGlz"
    "dC5hcmMtY29tcGxpYW5jZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENOD1qDiPg5ynawVrViZQz24p"
    "TDJXK/Ap7STa3hrWs6v+pGXF+0HFNiN0cmxxBDPzkJof9Ygi99OXb7EuYF5atqM0MDIwMAYDVR0RBCkwJ4IlZG9lcy1u"
    "b3QtZXhpc3QuYXJjLWNvbXBsaWFuY2UuZXhhbXBsZTAKBggqhkjOPQQDAgNIADBFAiEAhHOKzzHYHtBsPmmCmQ5JZNgw"
    "rDCwKIFwtuOXdTp30EsCIBnQtknkuOIPPgPUMvEoLevMHtbNQuKOxPNJ0o/ZjWZQ"
)
CONTROL_CIPHER = b"\xc0\x2b"  # ECDHE-ECDSA-AES128-GCM-SHA256, RFC 5289


def self_signed_greeting() -> bytes:
    """What a TLS 1.2 server with that certificate says first: ServerHello and Certificate.

    A client judges the certificate before it needs anything that only the key's owner could send.
    """
    renegotiation_info = b"\xff\x01\x00\x01\x00"  # RFC 5746; OpenSSL 3 insists on it
    point_formats = b"\x00\x0b\x00\x02\x01\x00"
    extensions = renegotiation_info + point_formats
    hello = b"\x03\x03" + bytes(32) + b"\x00" + CONTROL_CIPHER + b"\x00"
    hello += len(extensions).to_bytes(2, "big") + extensions
    certificate = with_length(with_length(base64.b64decode(SELF_SIGNED)))  # a list of one
    messages = b"\x02" + with_length(hello) + b"\x0b" + with_length(certificate)
    return b"\x16\x03\x03" + len(messages).to_bytes(2, "big") + messages


def with_length(data: bytes) -> bytes:
    """*data* after its length in three bytes."""
    return len(data).to_bytes(3, "big") + data
