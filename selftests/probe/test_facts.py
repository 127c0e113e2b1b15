"""What the probe reads on the host: the TLS policy, the trust store, the agent."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.facts.agent import AgentFacts
from arc_compliance.probe.python.facts.default_client import negotiated
from arc_compliance.probe.python.facts.tls_policy import TlsStack
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from selftests.probe import peers
from selftests.probe.replacing import replace

INCLUDING = """
openssl_conf = init   # a comment
[init]
ssl_conf = ssl_module
[ ssl_module ]
system_default = crypto_policy
[ crypto_policy ]
.include = {included}
"""
INCLUDED = """
CipherString = @SECLEVEL=2:kEECDH:\\
kRSA
TLS.MinProtocol = TLSv1.2
TLS.MaxProtocol = "TLSv1.3"
DTLS.MinProtocol = DTLSv1.2
"""


def policy(folder: Path, text: str) -> dict[str, Any]:
    """The facts that openssl.cnf with *text* makes."""
    (folder / "openssl.cnf").write_text(text)
    stack = TlsStack()
    stack.read_policy(str(folder / "openssl.cnf"))
    return stack.facts


def test_policy_in_an_included_file(tmp_path: Path) -> None:
    """The policy is found through .include, and the file that sets it is named."""
    included = tmp_path / "back-end.config"
    included.write_text(INCLUDED)
    assert policy(tmp_path, INCLUDING.format(included=included)) == {
        "openssl": None,
        "policy_file": str(included),
        "policy_failure": None,
        "minimum_protocol": "TLSv1.2",
        "maximum_protocol": "TLSv1.3",
        "cipher_string": "@SECLEVEL=2:kEECDH:kRSA",
    }


def test_policy_in_an_included_folder(tmp_path: Path) -> None:
    """Of a folder, the files that end in .cnf or .conf count."""
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "a.cnf").write_text("MinProtocol = TLSv1.1\n")
    (tmp_path / "d" / "b.txt").write_text("MinProtocol = TLSv1\n")
    facts = policy(tmp_path, INCLUDING.format(included=tmp_path / "d"))
    assert facts["minimum_protocol"] == "TLSv1.1"


def test_policy_that_includes_itself(tmp_path: Path) -> None:
    """A loop ends."""
    facts = policy(tmp_path, INCLUDING.format(included=tmp_path / "openssl.cnf"))
    assert facts["policy_file"] == str(tmp_path / "openssl.cnf")


def test_no_policy(tmp_path: Path) -> None:
    """Sections that nothing points to do not count."""
    facts = policy(tmp_path, "[system_default]\nMinProtocol = TLSv1.3\n")
    assert facts["minimum_protocol"] is None


PEERS_ALERT = (
    "40:error:0A00042E:SSL routines:ssl3_read_bytes:tlsv1 alert protocol version:"
    "../ssl/record/rec_layer_s3.c:1601:SSL alert number 70\n---\nNew, (NONE), Cipher is (NONE)\n"
)
OWN_REFUSAL = (
    "1:error:141E70BF:SSL routines:tls_construct_client_hello:no protocols available:s.c:112:\n"
    "---\nno peer certificate available\nNew, (NONE), Cipher is (NONE)\n"
)
NO_OPTION = "unknown option -proxy\nusage: s_client args\n -host host - use -connect instead\n"
SUITE = "TLS_AES_256_GCM_SHA384"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (f"New, TLSv1.3, Cipher is {SUITE}\n", ("TLSv1.3", SUITE, None, None)),
        (
            "New, TLSv1/SSLv3, Cipher is AES128-SHA\nSSL-Session:\n    Protocol  : TLSv1.2\n",
            ("TLSv1.2", "AES128-SHA", None, None),
        ),
        (
            "4:error:0A000102:SSL routines:f:bad protocol:x.c:1:\nNew, (NONE), Cipher is (NONE)",
            (None, None, "bad protocol", None),
        ),
        ("no answer within 5 s", (None, None, "no answer within 5 s", None)),
        (PEERS_ALERT, (None, None, "tlsv1 alert protocol version", "peer")),
        (OWN_REFUSAL, (None, None, "no protocols available", "host")),
        (NO_OPTION, (None, None, "unknown option -proxy", None)),
        (
            "CONNECTED(3)\ns_client: HTTP CONNECT failed: 403 Forbidden\n4:error:0:a:b:c:d\n",
            (None, None, "s_client: HTTP CONNECT failed: 403 Forbidden", None),
        ),
        (
            "7F:error:8000006F:system library:BIO_connect:Connection refused:b.c:1:calling "
            "connect()\nconnect:errno=111\n",
            (None, None, "connect:errno=111", None),
        ),
        (
            "FATAL: Startup failure (dev note: apps_startup()) for openssl\n40:error:07000072:"
            "configuration file routines:def_load_bio:missing equal sign:c.c:5:HERE-->x\n",
            (None, None, "missing equal sign", "host"),
        ),
        ("", (None, None, "no output", None)),
    ],
)
def test_default_client(said: str, expected: tuple[str | None, ...]) -> None:
    """What openssl s_client of any age says: who refused is said where that is proven only."""
    found = negotiated(said)

    keys = ("protocol", "cipher", "failure", "refused_by")
    assert tuple(found[key] for key in keys) == expected


def trust(trust_file: str | None = None) -> dict[str, Any]:
    """The facts of the trust store, loaded."""
    order = read_order(io.BytesIO(json.dumps(peers.order(trust_file=trust_file)).encode()))
    store = TrustStore(order, DaemonsEnvironment())
    store.read()
    return store.facts


def daemons(monkeypatch: pytest.MonkeyPatch, **environment: str) -> None:
    """Gives the daemons an environment."""
    monkeypatch.setattr(DaemonsEnvironment, "get", lambda _: environment)


@pytest.fixture
def roots(tmp_path: Path) -> Path:
    """A PEM file with two roots, one of them twice, and rubbish."""
    first, second = (peers.Authority().root.cert_pem.bytes() for _ in range(2))
    rubbish = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
    path = tmp_path / "store" / "roots.pem"
    path.parent.mkdir()
    path.write_bytes(first + rubbish + second + first)
    return path


def test_first_file_that_exists(monkeypatch: pytest.MonkeyPatch, roots: Path) -> None:
    """Go's list is gone through until a file is there; the operator's variables do not count."""
    daemons(monkeypatch)
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    replace(monkeypatch, "GO_FILES", ("/nonexistent", str(roots), "/never/read"))
    replace(monkeypatch, "GO_DIRECTORIES", ())
    facts = trust()
    assert len(facts.pop("fingerprints")) == 3  # the rubbish is in the file, too
    assert facts == {
        "file": str(roots),
        "directories": [],
        "chosen_by": "default",
        "roots": 2,
        "failure": None,
    }


def test_daemons_choose_the_file(monkeypatch: pytest.MonkeyPatch, roots: Path) -> None:
    """SSL_CERT_FILE of the daemons replaces the list."""
    daemons(monkeypatch, SSL_CERT_FILE=str(roots), SSL_CERT_DIR="/nonexistent")
    facts = trust()
    assert (facts["chosen_by"], facts["roots"]) == ("daemon-environment", 2)


def test_directories_count_too(monkeypatch: pytest.MonkeyPatch, roots: Path) -> None:
    """Every file of the directories is read, links to a neighbour once."""
    (roots.parent / "link.0").symlink_to("roots.pem")
    daemons(monkeypatch, SSL_CERT_DIR=f"/nonexistent:{roots.parent}")
    replace(monkeypatch, "GO_FILES", ())
    facts = trust()
    assert (facts["directories"], facts["roots"]) == ([str(roots.parent)], 2)


def test_no_trust_store() -> None:
    """Nothing to load is a failure with its reason."""
    assert trust("/nonexistent")["failure"] == "no such file: /nonexistent"


def test_no_trust_store_fails_the_certificate() -> None:
    """Without roots no certificate is trusted; HTTP is measured all the same."""
    authority = peers.Authority()
    with peers.serve(peers.tls(authority.context("web.test"))) as port:
        to_peer = [["web.test", 443, "127.0.0.1", port]]
        order = peers.order(peers.target("web.test"), connect_to=to_peer, trust_file="/nonexistent")
        measurement = peers.measure(order).measurements[0]
    assert peers.fault(measurement) == ("certificate", "cert-untrusted")
    assert peers.stages(measurement)[-1] == "http"


def test_intermediate_in_the_store_is_an_anchor(tmp_path: Path) -> None:
    """To a Go program whatever stands in the store is trusted, a root or not."""
    authority = peers.Authority()
    authority.intermediate.cert_pem.write_to_path(tmp_path / "intermediate.pem")
    with peers.serve(peers.tls(authority.incomplete("web.test"))) as port:
        to_peer = [["web.test", 443, "127.0.0.1", port]]
        trust_file = str(tmp_path / "intermediate.pem")
        order = peers.order(peers.target("web.test"), connect_to=to_peer, trust_file=trust_file)
        assert peers.fault(peers.measure(order).measurements[0]) is None


def test_units_overrule_the_service_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit's own environment comes before the manager's, himdsd before the others."""
    answers = {
        "show-environment": (0, "LANG=C\nSSL_CERT_FILE=/manager\nSSL_CERT_DIR=/d\n"),
        "show": (0, 'Environment="SSL_CERT_FILE=/a b" X=1\n\nEnvironment=SSL_CERT_FILE=/gc\n'),
    }
    replace(monkeypatch, "run_command", lambda arguments, _limit: answers[arguments[1]])
    environment = DaemonsEnvironment().get()
    assert (environment["SSL_CERT_FILE"], environment["SSL_CERT_DIR"]) == ("/a b", "/d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"Location": "China North 3"}', (True, "chinanorth3", None)),
        ('{"location": 7}', (True, None, None)),
        ("[]", (True, None, None)),
        ("nonsense", (True, None, "/agentconfig.json: not JSON")),
    ],
)
def test_agent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, expected: tuple[Any, ...]
) -> None:
    """The region of the agent's own configuration, as Azure writes it."""
    (tmp_path / "agentconfig.json").write_text(text)
    replace(monkeypatch, "AGENT_CONFIGURATION", str(tmp_path / "agentconfig.json"))
    installed, location, failure = expected
    if failure:
        failure = str(tmp_path) + failure
    agent = AgentFacts()
    agent.read()
    facts = [agent.facts[key] for key in ("installed", "location", "failure")]
    assert facts == [installed, location, failure]


def test_agent_configuration_that_may_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the right to read it, the location is unknown for that reason."""

    def refuse(_path: str) -> str:
        raise PermissionError(13, "Permission denied")

    replace(monkeypatch, "read_text", refuse)
    agent = AgentFacts()
    agent.read()
    assert (agent.facts["installed"], agent.facts["failure"]) == (True, "permission-denied")


def test_operators_environment_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands get neither OPENSSL_CONF nor SSL_CERT_FILE from whoever logged in."""
    monkeypatch.setenv("OPENSSL_CONF", "/nonexistent")
    monkeypatch.setenv("SSL_CERT_FILE", "/nonexistent")
    status, said = run_command(["env"], 5)
    names = {line.partition("=")[0] for line in said.splitlines()}
    assert (status, names) == (0, {"LC_ALL", "PATH"})


def test_command_that_hangs() -> None:
    """It is ended at its limit."""
    assert run_command(["sleep", "9"], 0.1) == (None, "no answer within 0.1 s")
    closed = "exec >&- 2>&-; exec sleep 9"
    assert run_command(["sh", "-c", closed], 0.2) == (None, "no answer within 0.2 s")


def test_command_that_floods() -> None:
    """It is ended at a size, long before its limit."""
    assert run_command(["cat", "/dev/zero"], 60) == (None, "more than 8000000 bytes")


def test_command_that_is_killed() -> None:
    assert run_command(["sh", "-c", "echo a; kill -9 $$"], 5) == (-9, "a\n")
