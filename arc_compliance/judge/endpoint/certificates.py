"""Officially signed certificates: two verdicts on one chain, read together.

(a) the host's: does the chain verify with the trust store that the agent would use? (b) the
public one: does it end in a root that counts as officially signed? Only both make a pass.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from arc_compliance.judge.endpoint.public_roots import ChainVerdict, PublicRoots, edges_of_validity
from arc_compliance.judge.fold import NameVerdict, failed_words, judge_row, notes_on
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Handshake, Stage, Verified

EXPECTED = "a certificate for the name, trusted by the host and issued under a public root"

_BY_CLOCK = ("cert-expired", "cert-not-yet-valid")
_BY_CODE = {
    24: "cert-ca-constraint",
    25: "cert-ca-constraint",
    26: "cert-wrong-purpose",
    32: "cert-ca-constraint",
    37: "cert-ca-constraint",
    47: "cert-ca-constraint",
    48: "cert-ca-constraint",
    66: "cert-weak-signature",
    67: "cert-weak-signature",
    68: "cert-weak-signature",
    79: "cert-ca-constraint",
}
"""Causes by OpenSSL's X509_V_ERR_* codes (openssl/x509_vfy.h): invalid CA, path length, purpose,
key usage, name constraints, weak keys and digests."""


def judge_certificates(case: Case, view: HostView) -> Judgement:
    """Whether every name of the case's row presents an officially signed, verifiable chain."""
    return judge_row(case, view, lambda m: _judge_chain(m, view), expected=EXPECTED)


def public_verdict(measurement: Measurement, view: HostView) -> ChainVerdict | None:
    """What the public roots say of the chain that was sent; None where none was captured."""
    if not measurement.chain:
        return None
    return _verified(view.public_roots, measurement.chain, measurement.name, view.now)


def inspected(measurement: Measurement, view: HostView) -> bool:
    """Whether what was sent ends in no public root: the answer may be that of a device on the way.

    A chain that its server cut short is taken for the service's own; where none was captured, none
    can be told from another.
    """
    public = public_verdict(measurement, view)
    return public is not None and not public.root and public.cause != "cert-chain-incomplete"


def unreadable(measurement: Measurement, view: HostView) -> bool:
    """Whether a certificate was sent that cannot be read: no client gets on with such a peer."""
    public = public_verdict(measurement, view)
    return public is not None and public.cause == "cert-unreadable"


def _verified(roots: PublicRoots, chain: tuple[str, ...], name: str, now: datetime) -> ChainVerdict:
    """What *roots* say of *chain* at *now*.

    The hosts of a fleet see the same chains at times of their own, so a verdict is remembered for
    as long as no certificate begins or ceases to be valid.
    """
    return _verified_at(roots, chain, name, roots.steady_since(_edges(chain), now))


@lru_cache(maxsize=1024)
def _verified_at(
    roots: PublicRoots, chain: tuple[str, ...], name: str, moment: datetime
) -> ChainVerdict:
    try:
        return roots.verify(_ders(chain), name, moment)
    except ValueError:
        return ChainVerdict("cert-unreadable", "a certificate that cannot be parsed")


@lru_cache(maxsize=1024)
def _edges(chain: tuple[str, ...]) -> tuple[datetime, ...]:
    try:
        return edges_of_validity(_ders(chain))
    except ValueError:
        return ()


def _ders(chain: tuple[str, ...]) -> list[bytes]:
    """The certificates; ValueError where they are not in base64."""
    return [base64.b64decode(one, validate=True) for one in chain]


def _judge_chain(measurement: Measurement, view: HostView) -> NameVerdict:
    name = measurement.name
    if measurement.scheme == "http":
        return NameVerdict(name=name, verdict=Verdict.PASS, words="plain HTTP, as documented")
    certificate = measurement.at(Stage.CERTIFICATE)
    tls = measurement.at(Stage.TLS)
    if certificate is None or tls is None or tls.failure:
        return _blocked(measurement)
    public = public_verdict(measurement, view)
    good = certificate.verified and not certificate.verify_code
    known = certificate.failure is not None or good
    if public is None or not known:
        why = f" ({tls.chain_failure})" if tls.chain_failure else ""
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words=f"its chain could not be captured{why}"
            if known
            else "whether it verified is not told",
        )
    found = _both(name, certificate, public, view, notes_on(measurement))
    return _by_address(found, tls) if found.verdict is Verdict.PASS else found


def _by_address(found: NameVerdict, tls: Handshake) -> NameVerdict:
    """*found*, or a warning where another address of the name shows a certificate that the agent
    would not trust."""
    bad = [one.address for one in tls.addresses if one.verified is False and not one.failure]
    if not bad:
        return found
    return NameVerdict(
        name=found.name,
        verdict=Verdict.WARN,
        cause="address-partly-broken",
        words=f"{len(bad)} of its {len(tls.addresses)} addresses present a certificate that the "
        f"agent does not trust: {', '.join(bad[:4])}",
    )


def _both(
    name: str, certificate: Verified, public: ChainVerdict, view: HostView, notes: str
) -> NameVerdict:
    """The one verdict from the host's (a) and the public roots' (b)."""

    def found(verdict: Verdict, cause: str, words: str) -> NameVerdict:
        return NameVerdict(name=name, verdict=verdict, cause=cause, words=words)

    host = certificate.failure
    if host is not None and not host.cause.startswith("cert-"):
        words = f"not verified: the verifying handshake ended in {host.cause} ({host.detail})"
        return found(Verdict.ERROR, host.cause, words)
    if host is None:
        return _trusted_here(found, public, view, notes)
    cause = _BY_CODE.get(certificate.verify_code or 0, host.cause)
    if public.cause is None and cause == "cert-untrusted":
        return _untrusted_here(found, public, view, host)
    if public.cause is None:
        return found(Verdict.FAIL, cause, f"{cause} on this host, though not by this run's clock")
    if cause == "cert-untrusted" and public.cause != "cert-unreadable":
        cause = public.cause
    return found(Verdict.FAIL, cause, f"{cause}, issued by {public.issuer} ({host.detail})")


def _trusted_here(
    found: Callable[[Verdict, str, str], NameVerdict],
    public: ChainVerdict,
    view: HostView,
    notes: str,
) -> NameVerdict:
    """The verdict where the host's trust store accepts the chain."""
    if public.cause is None:
        return found(Verdict.PASS, "", f"verified, under {public.issuer}{notes}")
    if public.cause == "cert-unreadable":
        return found(Verdict.ERROR, public.cause, "a certificate of its chain cannot be read")
    if public.cause == "cert-chain-incomplete":
        words = "trusted by the host although an intermediate certificate was not sent"
        return found(Verdict.WARN, public.cause, words)
    if not public.root and public.cause == "cert-untrusted":
        verdict = Verdict.FAIL if view.scope.strict_inspection else Verdict.WARN
        words = f"inspected: trusted by the host, issued by {public.issuer}, no public root"
        return found(verdict, "cert-not-public", words)
    if public.cause in _BY_CLOCK:
        words = f"{public.cause} by this run's clock, though not by the host's"
        return found(Verdict.FAIL, public.cause, words)
    words = f"{public.cause}, issued by {public.issuer}: a Go program does not accept it"
    return found(Verdict.FAIL, public.cause, words)


def _untrusted_here(
    found: Callable[[Verdict, str, str], NameVerdict],
    public: ChainVerdict,
    view: HostView,
    host: Failure,
) -> NameVerdict:
    """The verdict where only the public roots accept the chain: the root is missing on the host,
    unless its trust store has it."""
    digits = len(view.facts.trust.fingerprints[0]) if view.facts.trust.fingerprints else 0
    if digits and public.root[:digits] in view.facts.trust.fingerprints:
        words = f"the host has the root of {public.issuer} and refuses the chain ({host.detail})"
        return found(Verdict.FAIL, "cert-untrusted", words)
    words = f"officially signed under {public.issuer}, which the host does not trust"
    return found(Verdict.FAIL, "cert-root-missing", words)


def _blocked(measurement: Measurement) -> NameVerdict:
    if measurement.failed is None:
        return NameVerdict(
            name=measurement.name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words="the evidence holds no verifying handshake",
        )
    stage, cause, _ = failed_words(measurement)
    return NameVerdict(
        name=measurement.name,
        verdict=Verdict.BLOCKED,
        cause=cause,
        words=f"not seen, {cause} while at {stage}",
    )
