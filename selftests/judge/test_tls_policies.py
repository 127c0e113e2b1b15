"""System policies of TLS as distributions lay them out, read by the probe and followed by a real
openssl: what we say of them is what a client on such a policy does."""

from __future__ import annotations

import re
import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.judge.host.tls_client import CIPHER_SUITES, judge_client_enabled, judge_legacy
from arc_compliance.judge.judgement import Verdict
from arc_compliance.probe.python.facts.tls_policy import TlsStack, offered_suites
from selftests.conftest import needs
from selftests.judge.evidence_made import case_of, evidence, view
from selftests.probe import peers

NAME = "policy.test"
POINTERS = "openssl_conf = init\n[init]\nssl_conf = ssl\n[ssl]\nsystem_default = policy\n[policy]\n"


@dataclass(frozen=True)
class Policy:
    """One tree: openssl.cnf, what it includes from below its own folder, and the verdicts."""

    cnf: str
    included: str = ""
    enabled: Verdict = Verdict.PASS
    legacy: Verdict = Verdict.PASS


POLICIES = {
    # RHEL 8 and its kin: crypto-policies write a back end, which openssl.cnf includes.
    "RHEL 8, DEFAULT": Policy(
        POINTERS + ".include {folder}/crypto-policies/back-ends/opensslcnf.config\n",
        "CipherString = @SECLEVEL=2:kEECDH:kRSA:kEDH:kPSK:kDHEPSK:kECDHEPSK:-aDSS:-3DES:!DES\n"
        "Ciphersuites = TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\n"
        "MinProtocol = TLSv1.2\nMaxProtocol = TLSv1.3\n",
    ),
    "RHEL 8, FUTURE": Policy(
        POINTERS + ".include {folder}/crypto-policies/back-ends/opensslcnf.config\n",
        "CipherString = @SECLEVEL=2:kEECDH:kEDH:-aDSS:-SHA1\nMinProtocol = TLSv1.2\n",
    ),
    # Ubuntu and Debian: a security level, and no protocol, in openssl.cnf itself.
    "Ubuntu 22.04": Policy(POINTERS + "CipherString = DEFAULT:@SECLEVEL=2\n"),
    # SLES 15: OpenSSL's own defaults, nothing points to a policy.
    "SLES 15": Policy(
        "openssl_conf = init\n[init]\nproviders = p\n[p]\n[req]\ndefault_bits = 2048\n"
    ),
    # What somebody wrote to keep an old service alive.
    "old versions kept": Policy(
        POINTERS + "MinProtocol = TLSv1\nCipherString = DEFAULT:@SECLEVEL=0\n",
        legacy=Verdict.WARN,
    ),
    "TLS 1.2 switched off": Policy(
        POINTERS + "MinProtocol = TLSv1\nMaxProtocol = TLSv1.1\nCipherString = ALL:@SECLEVEL=0\n",
        enabled=Verdict.FAIL,
        legacy=Verdict.WARN,
    ),
}


@pytest.fixture(params=POLICIES)
def tree(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Policy, Path]:
    """A policy, and its openssl.cnf in a folder."""
    policy = POLICIES[request.param]
    path = tmp_path / "openssl.cnf"
    path.write_text(policy.cnf.format(folder=tmp_path))
    back_end = tmp_path / "crypto-policies" / "back-ends" / "opensslcnf.config"
    back_end.parent.mkdir(parents=True)
    back_end.write_text(policy.included)
    return policy, path


def negotiated(configuration: Path, version: ssl.TLSVersion) -> bool:
    """Whether a real client under *configuration* settles for *version* alone."""
    openssl = shutil.which("openssl")
    needs(openssl, "openssl")
    context = peers.only(peers.Authority().context(NAME), version)
    with peers.serve(peers.tls(context)) as port:
        done = subprocess.run(
            [openssl, "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME],
            input=b"",
            capture_output=True,
            env={"OPENSSL_CONF": str(configuration), "PATH": "/usr/bin:/bin"},
            timeout=20,
            check=False,
        )
    return re.search(rb"New, TLSv1\S*, Cipher is [A-Z]", done.stdout) is not None


OPENSSL = """#!/bin/sh
{first}
OPENSSL_CONF={configuration} exec {openssl} "$@"
"""


def suites(
    directory: Path, monkeypatch: pytest.MonkeyPatch, cnf: Path, first: str = ""
) -> set[str]:
    """The cipher suites that the real openssl offers under the configuration *cnf*."""
    openssl = shutil.which("openssl")
    needs(openssl, "openssl")
    wrapper = directory / "openssl"
    wrapper.write_text(OPENSSL.format(first=first, configuration=cnf, openssl=openssl))
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    return set(offered_suites())


def test_the_suites_that_a_policy_leaves(
    tree: tuple[Policy, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, path = tree

    offered = suites(tmp_path, monkeypatch, path)

    assert offered & set(CIPHER_SUITES)


def test_a_policy_without_the_documented_suites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "openssl.cnf"
    one, other = "ECDHE-RSA-CHACHA20-POLY1305", "TLS_CHACHA20_POLY1305_SHA256"
    path.write_text(f"{POINTERS}CipherString = {one}\nCiphersuites = {other}\n")

    assert suites(tmp_path, monkeypatch, path) == {one, other}


def test_an_openssl_that_knows_no_s(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before OpenSSL 1.1.0 all are listed."""
    path = tmp_path / "openssl.cnf"
    path.write_text("")
    older = 'for one in "$@"; do [ "$one" = -s ] && exit 1; done'

    assert set(CIPHER_SUITES) <= suites(tmp_path, monkeypatch, path, older)
    assert suites(tmp_path, monkeypatch, path, "exit 1") == set()


def test_what_we_say_of_a_policy_is_what_a_client_does(tree: tuple[Policy, Path]) -> None:
    policy, path = tree
    stack = TlsStack()
    stack.read_policy(str(path))
    version = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True)
    found = evidence(tls={**stack.facts, "openssl": version.stdout.strip()})

    enabled = judge_client_enabled(case_of("tls/client-enabled"), view(found))
    legacy = judge_legacy(case_of("tls/legacy"), view(found))

    assert (enabled.verdict, legacy.verdict) == (policy.enabled, policy.legacy)
    assert "a Go program, does not follow this policy" in enabled.actual
    assert negotiated(path, ssl.TLSVersion.TLSv1_2) is (policy.enabled is Verdict.PASS)
    assert negotiated(path, ssl.TLSVersion.TLSv1_1) is (policy.legacy is Verdict.WARN)


# -- what openssl itself makes of a file ---------------------------------------------------------

COMMANDS = (
    "",
    "Protocol = -TLSv1.2",
    "Protocol = -TLSv1.1",
    "Protocol = -TLSv1.3",
    "Protocol = -tlsv1.2, -tlsv1.3",
    "Protocol = ALL, -TLSv1, -TLSv1.1",
    "Protocol = -ALL, TLSv1.2",
    "Protocol = TLSv1",
    "Protocol = -TLSv1.2, nonsense",
    "Protocol = -TLSv1.2\nb.Protocol = TLSv1.2",
    "MaxProtocol = TLSv1.2\nProtocol = -TLSv1.2",
    "MinProtocol = TLSv1.9\nMaxProtocol = TLSv1.1",
    "MaxProtocol = tlsv1.1",
    "maxprotocol = TLSv1.1",
    "Nonsense = x\nMaxProtocol = TLSv1.1",
    "w = 1\nMaxProtocol = TLSv1.$w",
    "MaxProtocol = ${default::v}",
    "MaxProtocol = $(v)",
    "MaxProtocol = $nothing",
    'MaxProtocol = "TLSv1.1" # comment',
    "MaxProtocol = 'TLSv1.1'",
    "MaxProtocol = TLSv1.\\\n1",
    "MaxProtocol = TLSv1.1\nMaxProtocol = TLSv1.3",
    "a.MaxProtocol = TLSv1.3\nb.MaxProtocol = TLSv1.1",
    "MaxProtocol = TLSv1.1\n[other]\nx = 1\n[policy]\nMinProtocol = TLSv1.1",
    "MaxProtocol = DTLSv1.2",
    "MaxProtocol = TLSv1.1\nb.MaxProtocol = None",
    "nonsense line\nMaxProtocol = TLSv1.1",
    "policy::MaxProtocol = TLSv1.1",
    "MaxProtocol =",
    "MaxProtocol = TLSv1.1;x",
    "[policy\nMaxProtocol = TLSv1.1",
    "x y = 1\nMaxProtocol = TLSv1.1",
    ".include /nowhere/file\nMaxProtocol = TLSv1.1",
    ".include = {folder}/more.cnf",
    ".include {folder}/more.cnf",
    ".include {folder}/folder",
    ".pragma dollarid:true\nd$ = 1\nMaxProtocol = TLSv1.1",
    "Options = -TLSv1.2\nMaxProtocol = TLSv1.2",
)


def newest_offered(configuration: Path) -> str | None:
    """The newest protocol in the hello of a real openssl; None where it says none."""
    openssl = shutil.which("openssl")
    needs(openssl, "openssl")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = subprocess.Popen(
            [openssl, "s_client", "-connect", f"127.0.0.1:{listener.getsockname()[1]}"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"OPENSSL_CONF": str(configuration), "PATH": "/usr/bin:/bin"},
        )
        listener.settimeout(20)
        connection, _ = listener.accept()
        with connection:
            connection.settimeout(20)
            hello = connection.recv(5000)
        client.wait(20)
    if not hello.startswith(b"\x16"):
        return None
    versions = re.search(rb"\x00\x2b\x00[\x03-\x0b]([\x02-\x0a])\x03(.)", hello, re.DOTALL)
    newest = versions[2][0] if versions else hello[10]
    return ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"][newest - 1]


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("commands", COMMANDS)
def test_a_file_is_read_as_openssl_reads_it(commands: str, mark: str, tmp_path: Path) -> None:
    path = tmp_path / "openssl.cnf"
    path.write_text(f"{mark}v = TLSv1.1\n" + POINTERS + commands.replace("{folder}", str(tmp_path)))
    (tmp_path / "more.cnf").write_text("MaxProtocol = TLSv1.1\n")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "more.cnf").write_text("MaxProtocol = TLSv1.1\n")
    stack = TlsStack()
    stack.read_policy(str(path))

    assert newest_offered(path) == (stack.facts["maximum_protocol"] or "TLSv1.3")


def test_where_nothing_is_left_nothing_new_is_allowed(tmp_path: Path) -> None:
    path = tmp_path / "openssl.cnf"
    path.write_text(f"{POINTERS}Protocol = -ALL\n")
    stack = TlsStack()
    stack.read_policy(str(path))

    assert newest_offered(path) is None
    assert stack.facts["maximum_protocol"] == "SSLv3"


@given(st.text("ab=[]$#\\\n\"'.:{}() \ufeff\0\u00e9") | st.text())
def test_any_file_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.cnf"
    path.write_bytes((POINTERS + text).encode("utf-8", "surrogatepass"))
    stack = TlsStack()
    stack.read_policy(str(path))

    assert stack.facts["policy_file"] is not None
