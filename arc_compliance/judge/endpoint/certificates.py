"""Officially signed certificates: two verdicts on one chain, read together.

(a) the host's: does the chain verify with the trust store that the agent would use? (b) the
public one: does it end in a root that counts as officially signed? Only both make a pass.
"""

from __future__ import annotations

import base64
from datetime import datetime
from functools import lru_cache

from arc_compliance.judge.endpoint.public_roots import ChainVerdict, PublicRoots, edges_of_validity
from arc_compliance.judge.fold import NameVerdict, failed_words, judge_row, notes_on
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage

EXPECTED = "a certificate for the name, trusted by the host and issued under a public root"


def judge_certificates(case: Case, view: HostView) -> Judgement:
    """Whether every name of the case's row presents an officially signed, verifiable chain."""
    return judge_row(case, view, lambda m: _judge_chain(m, view), expected=EXPECTED)


def public_verdict(measurement: Measurement, view: HostView) -> ChainVerdict | None:
    """What the public roots say of the chain that was sent; None where none was captured.

    A chain that cannot be parsed counts as untrusted.
    """
    if not measurement.chain:
        return None
    return _verified(view.public_roots, measurement.chain, measurement.name, view.now)


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
        return ChainVerdict("cert-untrusted", "a certificate that cannot be parsed")


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
    known = certificate.failure is not None or certificate.verified
    if public is None or not known:
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words="its chain could not be captured" if known else "whether it verified is not told",
        )
    return _both(name, certificate.failure, public, view, notes_on(measurement))


def _both(
    name: str, host: Failure | None, public: ChainVerdict, view: HostView, notes: str
) -> NameVerdict:
    """The one verdict from the host's (a) and the public roots' (b)."""
    if host is None and public.cause is None:
        return NameVerdict(
            name=name, verdict=Verdict.PASS, words=f"verified, under {public.issuer}{notes}"
        )
    if host is None and public.cause == "cert-untrusted":
        return NameVerdict(
            name=name,
            verdict=Verdict.FAIL if view.scope.strict_inspection else Verdict.WARN,
            cause="cert-not-public",
            words=f"inspected: trusted by the host, issued by {public.issuer}, no public root",
        )
    if host is None and public.cause == "cert-chain-incomplete":
        return NameVerdict(
            name=name,
            verdict=Verdict.WARN,
            cause=public.cause,
            words="trusted by the host although an intermediate certificate was not sent",
        )
    if host is None:
        return NameVerdict(
            name=name,
            verdict=Verdict.FAIL,
            cause=public.cause or "",
            words=f"{public.cause} by this run's clock, though not by the host's",
        )
    if not host.cause.startswith("cert-"):
        return NameVerdict(
            name=name,
            verdict=Verdict.ERROR,
            cause=host.cause,
            words=f"not verified: the verifying handshake ended in {host.cause} ({host.detail})",
        )
    if public.cause is None and host.cause == "cert-untrusted":
        return NameVerdict(
            name=name,
            verdict=Verdict.FAIL,
            cause="cert-root-missing",
            words=f"officially signed under {public.issuer}, which the host does not trust",
        )
    if public.cause is None:
        return NameVerdict(
            name=name,
            verdict=Verdict.FAIL,
            cause=host.cause,
            words=f"{host.cause} by the host's clock, though not by this run's",
        )
    cause = public.cause if host.cause == "cert-untrusted" else host.cause
    return NameVerdict(
        name=name,
        verdict=Verdict.FAIL,
        cause=cause,
        words=f"{cause}, issued by {public.issuer} ({host.detail})",
    )


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
