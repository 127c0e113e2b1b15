"""The simulated Azure, asked by Python's own TLS: what it shows, and what it leaves behind."""

from __future__ import annotations

import errno
import gc
import json
import socket
import ssl
import tempfile
import threading
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509

from arc_compliance.catalogue import load_catalogue
from arc_compliance.catalogue.model import Catalogue
from arc_compliance.lab import azure as simulation
from arc_compliance.lab.azure import SimulatedAzure
from arc_compliance.lab.faults import DEMO_FAULTS, Fault, FaultKind

SECONDS = 10
CERTIFICATES = "/pkiops/certs/issuing.crt"


def _row(one: str, **endpoint: object) -> dict[str, object]:
    return {
        "id": one,
        "section": "URLs",
        "statement": "It answers.",
        "level": "MUST",
        "condition": "always",
        "when": ["always"],
        "client": "agent",
        "subject": "endpoint",
        "endpoint": {"label": one, **endpoint},
    }


ROWS = [
    _row("urls/plain", patterns=["plain.example"]),
    _row("urls/other", patterns=["other.example"]),
    _row(
        "urls/regional",
        patterns=["*.regional.example"],
        names=["all.regional.example"],
        regional_names={"north": ["north.regional.example"], "south": ["south.regional.example"]},
    ),
    _row("urls/hidden", patterns=["azgn*.hidden.example"]),
    _row(
        "urls/certificates",
        patterns=["pki.example"],
        ports=[
            {"path": CERTIFICATES},
            {"scheme": "http", "port": 80, "path": CERTIFICATES},
        ],
    ),
]
SMALL = Catalogue.model_validate(
    {
        "cloud": "Small",
        "title": "A catalogue for these tests",
        "regions": ["north", "south"],
        "requirements": ROWS,
        "discoveries": [
            {
                "name": "other.example",
                "path": "/names?location={location}",
                "rows": ["urls/hidden"],
                "source": "made up",
            }
        ],
        "ledger": [{"section": "URLs", "says": "all", "requirements": [row["id"] for row in ROWS]}],
    }
)
CATALOGUES = {"small": SMALL, "AzureChinaCloud": load_catalogue("AzureChinaCloud")}


@dataclass(frozen=True)
class Answer:
    """What came back for one GET."""

    status: int
    headers: dict[str, str]
    body: bytes
    version: str | None


def where(azure: SimulatedAzure, name: str, port: int = 443) -> tuple[str, int]:
    (found,) = [rule[2:] for rule in azure.connect_to if rule[:2] == (name, port)]
    return found


def client(trust: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(trust)
    return context


def get(
    azure: SimulatedAzure, name: str, path: str = "/", *, tls: ssl.SSLContext | None = None
) -> Answer:
    """GET over TLS, verified against the public roots unless *tls* says otherwise."""
    context = tls or client(azure.public_roots)
    with (
        socket.create_connection(where(azure, name), SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=name) as secured,
    ):
        return _ask(secured, name, path, secured.version())


def get_plain(azure: SimulatedAzure, name: str, path: str) -> Answer:
    with socket.create_connection(where(azure, name, 80), SECONDS) as raw:
        return _ask(raw, name, path, None)


def _ask(connection: socket.socket, name: str, path: str, version: str | None) -> Answer:
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\n\r\n".encode())
    with connection.makefile("rb") as stream:
        head, _, body = stream.read().partition(b"\r\n\r\n")
    first, *lines = head.decode("ascii").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split(" ")[1]), headers, body, version)


@pytest.fixture(scope="module", params=sorted(CATALOGUES))
def healthy(request: pytest.FixtureRequest) -> Iterator[SimulatedAzure]:
    with SimulatedAzure(CATALOGUES[request.param]) as azure:
        yield azure


@pytest.fixture
def small() -> Iterator[SimulatedAzure]:
    with SimulatedAzure(SMALL) as azure:
        yield azure


@pytest.mark.parametrize("cloud", sorted(CATALOGUES))
def test_every_name_and_port_of_the_catalogue_is_mapped_once(cloud: str) -> None:
    catalogue = CATALOGUES[cloud]
    wanted = {
        (name, port.port)
        for row in (r.endpoint for r in catalogue.requirements if r.endpoint)
        for name in (
            *row.names,
            *(p for p in row.patterns if "*" not in p),
            *(n for names in row.regional_names.values() for n in names),
        )
        for port in row.ports
    } | {(discovery.name, 443) for discovery in catalogue.discoveries}

    with SimulatedAzure(catalogue) as azure:
        mapped = [rule[:2] for rule in azure.connect_to]

    assert wanted <= set(mapped)
    assert len(mapped) == len(set(mapped))
    assert {rule[2] for rule in azure.connect_to} == {"127.0.0.1"}


def test_every_name_answers_with_a_certificate_that_is_officially_signed_for_it(
    healthy: SimulatedAzure,
) -> None:
    for name in [rule[0] for rule in healthy.connect_to if rule[1] == 443]:
        answer = get(healthy, name)
        assert answer.status in (200, 403, 404), name
        assert {"x-ms-request-id", "date", "server"} <= set(answer.headers), name


def test_all_names_answer_at_once(healthy: SimulatedAzure) -> None:
    names = [rule[0] for rule in healthy.connect_to if rule[1] == 443]
    sixty = [names[i % len(names)] for i in range(60)]

    with ThreadPoolExecutor(60) as pool:
        answers = list(pool.map(lambda name: get(healthy, name), sixty))

    assert len(answers) == 60


def test_the_chain_sent_is_leaf_and_intermediate(small: SimulatedAzure) -> None:
    leaf = _leaf(small, "plain.example", client(small.public_roots))
    root = x509.load_pem_x509_certificate(small.public_roots.read_bytes())

    assert leaf.issuer != root.subject
    assert get(small, "plain.example").status == 403


def _leaf(azure: SimulatedAzure, name: str, context: ssl.SSLContext) -> x509.Certificate:
    with (
        socket.create_connection(where(azure, name), SECONDS) as raw,
        context.wrap_socket(raw, server_hostname=name) as secured,
    ):
        return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_the_version_that_the_client_asks_for_is_spoken(
    small: SimulatedAzure, version: str
) -> None:
    context = client(small.public_roots)
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]

    assert get(small, "plain.example", tls=context).version == version.replace("_", ".")


def test_a_discovery_call_names_two_hosts_a_region_and_they_answer(small: SimulatedAzure) -> None:
    answer = get(small, "other.example", "/names?location=north")

    names = json.loads(answer.body)
    assert answer.headers["content-type"] == "application/json"
    assert names == ["azgnnorth-1.hidden.example", "azgnnorth-2.hidden.example"]
    assert [get(small, name).status for name in names] == [403, 403]


@pytest.mark.parametrize("region", CATALOGUES["AzureChinaCloud"].regions)
def test_the_discovery_calls_of_the_catalogue_return_mapped_names(region: str) -> None:
    catalogue = CATALOGUES["AzureChinaCloud"]
    rows = {r.id: r.endpoint for r in catalogue.requirements if r.endpoint}

    with SimulatedAzure(catalogue) as azure:
        found = {
            discovery: json.loads(
                get(azure, discovery.name, discovery.path.format(location=region)).body
            )
            for discovery in catalogue.discoveries
        }

    mapped = {rule[0] for rule in azure.connect_to}
    for discovery, names in found.items():
        assert names, discovery.name
        assert set(names) <= mapped
        assert all(any(rows[row].matches(name) for row in discovery.rows) for name in names)
    buses = [n for names in found.values() for n in names if rows["urls/azgn"].matches(n)]
    assert len(buses) == 2


def test_the_intermediate_is_fetched_over_http_and_https(small: SimulatedAzure) -> None:
    plain = get_plain(small, "pki.example", CERTIFICATES)
    secured = get(small, "pki.example", CERTIFICATES)

    assert plain.status == secured.status == 200
    assert plain.headers["content-type"] == "application/pkix-cert"
    assert plain.body == secured.body
    issuing = x509.load_der_x509_certificate(plain.body)
    assert _leaf(small, "plain.example", client(small.public_roots)).issuer == issuing.subject


def faulty(kind: FaultKind, name: str = "plain.example") -> SimulatedAzure:
    return SimulatedAzure(SMALL, faults=[Fault(name=name, kind=kind)])


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_fault_leaves_the_other_names_well(kind: FaultKind) -> None:
    with faulty(kind) as azure:
        others = [r[0] for r in azure.connect_to if r[1] == 443 and r[0] != "plain.example"]
        statuses = [get(azure, name).status for name in others]

    assert len(statuses) == 9
    assert set(statuses) == {403}


def test_refused_is_a_port_that_nobody_listens_on_and_nobody_can_take() -> None:
    with faulty(FaultKind.REFUSED) as azure:
        address = where(azure, "plain.example")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, SECONDS)
        with socket.socket() as thief, pytest.raises(OSError, match="in use") as taken:
            thief.bind(address)

    assert taken.value.errno == errno.EADDRINUSE


def test_inspected_is_trusted_by_the_host_and_no_public_root() -> None:
    with faulty(FaultKind.INSPECTED) as azure:
        trusting = client(azure.trust_file)
        leaf = _leaf(azure, "plain.example", trusting)
        with pytest.raises(ssl.SSLCertVerificationError):
            get(azure, "plain.example")
        status = get(azure, "plain.example", tls=trusting).status

    assert status == 403
    assert "Contoso TLS Inspection CA" in leaf.issuer.rfc4514_string()


def test_tls10_only_speaks_nothing_newer() -> None:
    with faulty(FaultKind.TLS10_ONLY) as azure:
        with pytest.raises(ssl.SSLError, match=r"(?i)version|protocol|alert"):
            get(azure, "plain.example")
        old = client(azure.public_roots)
        old.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
        version = get(azure, "plain.example", tls=old).version

    assert version == "TLSv1"


def test_tls10_only_leaves_the_plain_port_of_the_same_name_well() -> None:
    with faulty(FaultKind.TLS10_ONLY, "pki.example") as azure:
        assert get_plain(azure, "pki.example", CERTIFICATES).status == 200


def test_expired_is_signed_officially_and_over() -> None:
    with (
        faulty(FaultKind.EXPIRED) as azure,
        pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"),
    ):
        get(azure, "plain.example")


def test_missing_is_a_name_that_never_resolves() -> None:
    with faulty(FaultKind.MISSING) as azure:
        assert where(azure, "plain.example") == ("missing.invalid", 443)


def test_the_faults_of_the_demo_are_one_of_each_kind_and_of_names_in_the_catalogue() -> None:
    with SimulatedAzure(CATALOGUES["AzureChinaCloud"], faults=DEMO_FAULTS) as azure:
        mapped = {rule[0] for rule in azure.connect_to}

    assert sorted(f.kind for f in DEMO_FAULTS) == sorted(FaultKind)
    assert {fault.name for fault in DEMO_FAULTS} <= mapped


@pytest.mark.parametrize(
    "request_head",
    [b"", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\n\r\n", b"GET / HTTP/1.1\r\nX: " + b"x" * 70000],
    ids=["nothing", "no-target", "no-host", "more-than-64-KiB"],
)
def test_what_is_no_request_gets_no_answer_within_its_time(
    monkeypatch: pytest.MonkeyPatch, request_head: bytes
) -> None:
    monkeypatch.setattr(simulation, "REQUEST_SECONDS", 0.5)
    with (
        SimulatedAzure(SMALL) as azure,
        socket.create_connection(where(azure, "pki.example", 80), SECONDS) as raw,
    ):
        raw.sendall(request_head)
        assert _rest(raw) == b""


def test_a_client_that_never_begins_tls_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulation, "REQUEST_SECONDS", 0.5)
    with (
        SimulatedAzure(SMALL) as azure,
        socket.create_connection(where(azure, "plain.example"), SECONDS) as raw,
    ):
        assert _rest(raw) == b""


def _rest(raw: socket.socket) -> bytes:
    try:
        return raw.recv(100)
    except ConnectionResetError:
        return b""


@pytest.mark.parametrize("how_far", ["connected", "secured", "answered"])
@pytest.mark.filterwarnings("error")
def test_nothing_is_left_after_the_end(how_far: str) -> None:
    threads = set(threading.enumerate())
    with SimulatedAzure(
        SMALL, faults=[Fault(name="other.example", kind=FaultKind.REFUSED)]
    ) as azure:
        ports = {rule[2:] for rule in azure.connect_to}
        directory = azure.public_roots.parent
        trust = client(azure.public_roots)
        raw = socket.create_connection(where(azure, "plain.example"), SECONDS)
        if how_far != "connected":
            raw = trust.wrap_socket(raw, server_hostname="plain.example")
        if how_far == "answered":
            raw.sendall(b"GET / HTTP/1.1\r\nHost: plain.example\r\n\r\n")
            raw.recv(1)
        assert directory.stat().st_mode & 0o777 == 0o700

    with raw, warnings.catch_warnings(record=True) as leaks:
        warnings.simplefilter("always")
        gc.collect()

    assert [str(leak.message) for leak in leaks] == []
    assert not directory.exists()
    assert set(threading.enumerate()) <= threads
    for address in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address, SECONDS)


def test_an_error_inside_leaves_nothing_either() -> None:
    threads = set(threading.enumerate())

    with pytest.raises(RuntimeError, match="inside"), SimulatedAzure(SMALL) as azure:
        raise RuntimeError("inside")

    assert not azure.public_roots.parent.exists()
    assert set(threading.enumerate()) <= threads


def test_a_start_that_fails_leaves_nothing_either(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(simulation, "_Site", None)
    threads = set(threading.enumerate())

    with pytest.raises(TypeError, match="not callable"):
        SimulatedAzure(SMALL).__enter__()

    assert list(tmp_path.iterdir()) == []
    assert set(threading.enumerate()) <= threads


def test_a_fault_of_a_name_that_is_not_simulated_is_refused() -> None:
    fault = Fault(name="nobody.example", kind=FaultKind.EXPIRED)

    with (
        pytest.raises(ValueError, match=r"not simulated: nobody\.example"),
        SimulatedAzure(load_catalogue("AzureChinaCloud"), faults=[fault]),
    ):
        pass
