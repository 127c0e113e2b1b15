"""What other clients say on the same host: curl and ``openssl s_client``."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from arc_compliance.wire.observation import Stage
from selftests.lab.measuring import Findings
from selftests.lab.network import Network

NO_POLICY = ("env", "OPENSSL_CONF=/dev/null")


@dataclass
class Answers:
    """Whether a name is reached, its certificate verifies, and TLS 1.2 or newer is negotiated."""

    reached: bool
    verified: bool
    tls12: bool


def ask(
    lab: Network, name: str, findings: Findings, seconds: int, credentials: str = ""
) -> Answers:
    """What curl and openssl see of *name* on the host, by the way that *findings* went.

    They follow the host's OpenSSL policy, which the agent does not, so they get none.
    """
    proxy = _proxy_of(findings, name)
    curl = ["curl", "-sS", "-o", "/dev/null", "--connect-timeout", f"{seconds / 2}"]
    curl += ["-m", str(seconds), "-x", f"http://{credentials}@{proxy}" if proxy else ""]
    client = ["timeout", "2", "openssl", "s_client", "-servername", name]
    client += ["-connect", f"{_address_of(findings, name)}:443"]
    client += ["-proxy", proxy] if proxy else []
    if credentials:
        user, _, password = credentials.partition(":")
        client += ["-proxy_user", user, "-proxy_pass", f"pass:{password}"]
    commands = [[*curl, "-k", f"https://{name}/"], [*curl, f"https://{name}/"], client]
    with ThreadPoolExecutor() as pool:
        done = list(
            pool.map(lambda command: lab.on_host(*NO_POLICY, *command, well=False), commands)
        )
    negotiated = re.search(rb"^New, (TLSv1.[23]), Cipher is [^(]", done[2].stdout, re.MULTILINE)
    return Answers(
        reached=done[0].returncode == 0,
        verified=done[1].returncode == 0,
        tls12=negotiated is not None,
    )


def ours(findings: Findings, name: str, reach: str, row: str) -> Answers:
    """The same, as the judgements of *row* have it."""
    certificate = findings.of("principles/certificates", row)
    answered = findings.of(reach).verdict.value in ("pass", "warn")
    trusted = certificate.verdict.value in ("pass", "warn") or (
        certificate.cause == "cert-not-public"  # strict: the host trusts it all the same
    )
    return Answers(
        reached=answered,
        verified=answered and trusted,
        tls12=findings.of("tls/1.2", row).verdict.value == "pass",
    )


def _proxy_of(findings: Findings, name: str) -> str:
    measurement = findings.evidence.of(name, 443)
    step = measurement.at(Stage.PROXY) if measurement else None
    return (step.proxy or "") if step else ""


def _address_of(findings: Findings, name: str) -> str:
    """The address that was connected to, since openssl takes the first that a name has."""
    measurement = findings.evidence.of(name, 443)
    step = measurement.at(Stage.CONNECT) if measurement else None
    return (step.address or name) if step else name
