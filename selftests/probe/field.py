"""A field of healthy and faulty endpoints, measured by several self-tests with one order."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from selftests.probe import peers

FAULTS: dict[str, tuple[str, str] | None] = {
    "healthy.test": None,
    "tls13.test": None,
    "forbidden.test": None,
    "missing.invalid": ("resolve", "dns-not-found"),
    "refused.test": ("connect", "connect-refused"),
    "dropped.test": ("connect", "connect-timeout"),
    "hanging.test": ("tls", "tls-timeout"),
    "dripping.test": ("tls", "tls-timeout"),
    "reset.test": ("tls", "tls-reset"),
    "closed.test": ("tls", "tls-reset"),
    "tls11.test": ("tls", "tls-version"),
    "plaintext.test": ("tls", "tls-failed"),
    "expired.test": ("certificate", "cert-expired"),
    "not-yet-valid.test": ("certificate", "cert-not-yet-valid"),
    "wrong-name.test": ("certificate", "cert-name-mismatch"),
    "expired-wrong-name.test": ("certificate", "cert-name-mismatch"),
    "self-signed.test": ("certificate", "cert-untrusted"),
    "incomplete.test": ("certificate", "cert-untrusted"),
    "silent.test": ("http", "http-timeout"),
    "nonsense.test": ("http", "http-failed"),
    "huge-head.test": ("http", "http-failed"),
    "hung-up.test": ("http", "http-failed"),
}
"""What is wrong with each name of the field: the stage and the cause that the probe reports."""


def _behaviours(authority: peers.Authority) -> dict[str, peers.Behaviour]:
    stranger = peers.Authority()
    forbidden = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"
    tls, only = peers.tls, peers.only
    secured = {name: authority.context(name) for name in FAULTS}
    return {
        "healthy.test": tls(secured["healthy.test"]),
        "tls13.test": tls(only(secured["tls13.test"], ssl.TLSVersion.TLSv1_3)),
        "forbidden.test": tls(secured["forbidden.test"], peers.http(forbidden)),
        "hanging.test": peers.hangs,
        "dripping.test": peers.drips,
        "reset.test": peers.resets,
        "closed.test": peers.closes,
        "tls11.test": tls(only(secured["tls11.test"], ssl.TLSVersion.TLSv1_1)),
        "plaintext.test": peers.speaks_http_only,
        "expired.test": tls(authority.expired("expired.test")),
        "not-yet-valid.test": tls(authority.not_yet_valid("not-yet-valid.test")),
        "wrong-name.test": tls(authority.context("other.test")),
        "expired-wrong-name.test": tls(authority.expired("other.test")),
        "self-signed.test": tls(stranger.context("self-signed.test")),
        "incomplete.test": tls(authority.incomplete("incomplete.test")),
        "silent.test": tls(secured["silent.test"], peers.hangs),
        "nonsense.test": tls(secured["nonsense.test"], peers.http(b"220 mail ready\r\n")),
        "huge-head.test": tls(
            secured["huge-head.test"], peers.http(b"HTTP/1.1 200 O" + b"K" * 99999)
        ),
        "hung-up.test": tls(secured["hung-up.test"], peers.closes),
    }


@contextlib.contextmanager
def field(folder: Path) -> Iterator[dict[str, Any]]:
    """The order for the whole field, while its peers are there."""
    authority = peers.Authority()
    roots = folder / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)
    with contextlib.ExitStack() as listening:
        ports = {
            name: listening.enter_context(peers.serve(behave))
            for name, behave in _behaviours(authority).items()
        }
        ports["refused.test"] = listening.enter_context(peers.refusing())
        ports["dropped.test"] = listening.enter_context(peers.dropping())
        yield peers.order(
            *(peers.target(name) for name in FAULTS),
            connect_to=[[name, 443, "127.0.0.1", port] for name, port in ports.items()],
            trust_file=str(roots),
        )
