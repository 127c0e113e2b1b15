"""Serial numbers of certificates."""

from __future__ import annotations

import base64
import warnings
from functools import lru_cache

from cryptography import x509
from cryptography.utils import CryptographyDeprecationWarning

from arc_compliance.base.wording import first_few
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.endpoint.public_roots import UNREADABLE
from arc_compliance.judge.fold import nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case


def judge_negative_serial(case: Case, view: HostView) -> Judgement:
    """Whether a certificate that was sent has a negative serial number (RFC 5280, 4.1.2.2)."""
    expected = "no certificate has a negative serial number"
    chains = {m.name: m.chain for m in view.evidence.measurements if m.chain}
    if not chains:
        return nothing_answered(case, view.required(), expected)
    negative = {name: [*map(_negative_serial, chain)] for name, chain in chains.items()}
    found = [name for name, told in negative.items() if True in told]
    if found:
        shown = first_few(found, 4)
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"a certificate of {shown} has one; agents refuse it from February 2027",
            failing=found,
            remedy=Remedy(
                Owner.NETWORK,
                "Renew the certificates, or the CA, of whatever answers for "
                f"{shown}, with positive serial numbers.",
            ),
        )
    if unread := [name for name, told in negative.items() if None in told]:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=f"a certificate of {first_few(unread, 4)} cannot be read",
            cause="cert-unreadable",
            failing=unread,
        )
    return judged(
        case, Verdict.PASS, expected=expected, actual=f"none in the chains of {len(chains)} names"
    )


@lru_cache(maxsize=1024)  # the hosts of a fleet see the same certificates
def _negative_serial(certificate: str) -> bool | None:
    """Whether the serial number of *certificate* (base64 of DER) is negative; None where it cannot
    be parsed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CryptographyDeprecationWarning)
        try:
            der = base64.b64decode(certificate, validate=True)
            return x509.load_der_x509_certificate(der).serial_number < 0
        except UNREADABLE:
            return None
