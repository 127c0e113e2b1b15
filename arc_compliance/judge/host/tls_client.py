"""The host's own TLS stack: TLS 1.2 enabled, nothing older, an OpenSSL that knows it."""

from __future__ import annotations

import re
from dataclasses import replace

from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.endpoint.tls12 import EXPECTED, rank
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.facts import DefaultClient, TlsFacts

NOT_THE_AGENTS = "the agent, a Go program, does not follow this policy, its installation does"

CIPHER_SUITES = (
    "TLS_AES_256_GCM_SHA384",
    "TLS_AES_128_GCM_SHA256",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256",
)
"""Those of TLS 1.3 and 1.2, by OpenSSL's names, of which a host has to have one: named in
the network requirements' section on cryptographic protocols (newer text, September 2025) for the
agent on Windows since 1.56. On Linux the agent brings its own."""


FIRST_OPENSSL_WITH_TLS12 = (1, 0, 1)
"""OpenSSL's changelog names 1.0.1 (14 March 2012) as the first version with TLS 1.2."""


def judge_client_enabled(case: Case, view: HostView) -> Judgement:
    """Whether the host's own TLS stack has TLS 1.2 or newer switched on.

    What an ordinary client of the host negotiated decides; where none was seen to negotiate, be it
    for its proxy or its route, the policy file does. It fails only on what is proven to be the
    host's own refusal. None of the documented cipher suites is a reservation.
    """
    enabled = _judge_enabled(case, view.facts.tls)
    offered = view.facts.tls.cipher_suites
    if enabled.verdict is not Verdict.PASS or not offered:
        return enabled
    documented = [suite for suite in CIPHER_SUITES if suite in offered]
    if documented:
        words = f"{enabled.actual}; {len(documented)} of the {len(CIPHER_SUITES)} documented "
        return replace(enabled, actual=f"{words}cipher suites are offered")
    return judged(
        case,
        Verdict.WARN,
        expected=f"{enabled.expected}, with a documented cipher suite",
        actual=f"{enabled.actual}; none of the documented cipher suites is offered: "
        f"{', '.join(CIPHER_SUITES)}",
        remedy=Remedy(
            Owner.SERVER,
            f"Enable one of {', '.join(CIPHER_SUITES)} in the host's openssl.cnf or crypto policy.",
        ),
    )


def _judge_enabled(case: Case, facts: TlsFacts) -> Judgement:
    client = facts.default_client
    expected = f"{EXPECTED} enabled in the host's own TLS stack"
    if 0 <= rank(facts.maximum_protocol) < rank("TLSv1.2"):
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=f"{facts.policy_file} allows nothing newer than {facts.maximum_protocol} "
            f"(MaxProtocol or Protocol); {NOT_THE_AGENTS}",
            cause="tls-client-disabled",
        )
    if client and client.protocol:
        enabled = rank(client.protocol) >= rank("TLSv1.2")
        return judged(
            case,
            Verdict.PASS if enabled else Verdict.FAIL,
            expected=expected,
            actual=f"an ordinary client negotiated {client.protocol} with {client.endpoint}",
            cause=None if enabled else "tls-client-disabled",
        )
    if client and client.refused_by == "host":
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=f"an ordinary client of this host refuses to speak TLS with {client.endpoint}: "
            f"{client.failure or 'no protocol was negotiated'}",
            cause="tls-client-disabled",
        )
    if facts.openssl is None:
        return _no_openssl(case, expected)
    return _judge_by_policy(case, facts, expected)


def _judge_by_policy(case: Case, facts: TlsFacts, expected: str) -> Judgement:
    """The judgement where no ordinary client was seen to negotiate anything."""
    unseen = _why_unseen(facts.default_client)
    if facts.policy_failure:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=f"{unseen} and the policy was not read: {facts.policy_failure}",
            cause="probe-failed",
        )
    version = _openssl_version(facts.openssl or "")
    if version is not None and version < FIRST_OPENSSL_WITH_TLS12:
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=f"{facts.openssl} has no TLS 1.2",
            cause="tls-client-disabled",
            remedy=Remedy(Owner.SERVER, "Update OpenSSL to a version with TLS 1.2."),
        )
    refused = facts.default_client is not None and facts.default_client.refused_by == "peer"
    return judged(
        case,
        Verdict.NOT_TESTED if refused else Verdict.PASS,
        expected=expected,
        actual=f"{_policy_words(facts)}; {unseen}",
    )


def _why_unseen(client: DefaultClient | None) -> str:
    """Why nothing was seen to be negotiated, in words."""
    if client is None:
        return "no endpoint was reached to see it negotiated"
    who = "was refused by" if client.refused_by == "peer" else "did not get through to"
    return (
        f"an ordinary client {who} {client.endpoint} ({client.failure or 'no reason was given'}), "
        "which says nothing of the host's own TLS"
    )


def judge_legacy(case: Case, view: HostView) -> Judgement:
    """Whether the host would settle for nothing older than TLS 1.2."""
    facts = view.facts.tls
    expected = "nothing older than TLS 1.2 is settled for"
    if facts.openssl is None:
        return _no_openssl(case, expected)
    if facts.policy_failure:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=f"the policy was not read: {facts.policy_failure}",
            cause="probe-failed",
        )
    minimum = facts.minimum_protocol
    version = _openssl_version(facts.openssl)
    level_zero = "@SECLEVEL=0" in (facts.cipher_string or "")
    if minimum is None and version is not None and version >= (3, 0, 0) and not level_zero:
        return judged(
            case,
            Verdict.PASS,
            expected=expected,
            actual=f"{_policy_words(facts)}; OpenSSL 3 refuses older versions at its default "
            "security level",
        )
    if rank(minimum) >= rank("TLSv1.2"):
        return judged(case, Verdict.PASS, expected=expected, actual=_policy_words(facts))
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=_policy_words(facts),
        cause="tls-version",
        remedy=Remedy(
            Owner.SERVER, "Set MinProtocol = TLSv1.2 in the host's openssl.cnf or crypto policy."
        ),
    )


def judge_linux_openssl(case: Case, view: HostView) -> Judgement:
    """Whether the host's OpenSSL is a version that supports TLS 1.2."""
    found = view.facts.tls.openssl
    expected = "OpenSSL 1.0.1 or newer"
    if found is None:
        return _no_openssl(case, expected)
    version = _openssl_version(found)
    if version is None:
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=f"no version could be read from {found!r}",
            cause="unknown",
        )
    if version < FIRST_OPENSSL_WITH_TLS12:
        return judged(
            case,
            Verdict.FAIL,
            expected=expected,
            actual=found,
            cause="tls-client-disabled",
            remedy=Remedy(Owner.SERVER, "Update OpenSSL to a version with TLS 1.2."),
        )
    return judged(case, Verdict.PASS, expected=expected, actual=found)


def _no_openssl(case: Case, expected: str) -> Judgement:
    return judged(
        case,
        Verdict.NOT_TESTED,
        expected=expected,
        actual="the host has no openssl command that works; install it (the agent needs it too)",
    )


def _openssl_version(text: str) -> tuple[int, int, int] | None:
    """Major, minor and patch of ``OpenSSL 1.1.1k  25 Mar 2021``; None where it is not OpenSSL."""
    found = re.match(r"OpenSSL (\d+)\.(\d+)\.(\d+)", text)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def _policy_words(facts: TlsFacts) -> str:
    limits = [
        f"{name} = {value}"
        for name, value in (
            ("MinProtocol", facts.minimum_protocol),
            ("MaxProtocol", facts.maximum_protocol),
            ("CipherString", facts.cipher_string),
        )
        if value
    ]
    says = ", ".join(limits) if limits else "no limit on protocol versions"
    return f"{facts.policy_file or 'no policy file'}: {says}; {facts.openssl}; {NOT_THE_AGENTS}"
