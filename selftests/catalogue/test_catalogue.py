"""The catalogue: every requirement is there, every statement accounted for, in our own words."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from arc_compliance.catalogue import (
    CLOUDS,
    HERE,
    Catalogue,
    Client,
    Condition,
    Subject,
    catalogue_digest,
    load_catalogue,
)
from selftests.suite_run import ROOT

CLOUD = "AzureChinaCloud"
FILE = HERE / CLOUDS[CLOUD]
SEED = ROOT.parent / "shared" / "seed" / "network-requirements.txt"

IDS = {
    "Details": [
        *(f"principles/{one}" for one in ("tcp", "https", "certificates", "outbound")),
        "networking/onboarding-machine",
    ],
    "Networking configuration": [
        "networking/port-443",
        "networking/proxy",
        "networking/private-link",
        "networking/no-log-analytics-gateway",
    ],
    "Service tags": [
        "service-tags/azure-active-directory",
        "service-tags/azure-traffic-manager",
        "service-tags/azure-resource-manager",
        "service-tags/azure-arc-infrastructure",
        "service-tags/storage",
        "service-tags/windows-admin-center",
        "service-tags/azure-cloud",
        "service-tags/keep-inspection",
        "service-tags/full-range",
    ],
    "URLs": [
        *(f"urls/{one}" for one in ("aka", "download", "packages", "login", "login-partner")),
        *(f"urls/{one}" for one in ("pas", "management", "his", "guestconfiguration")),
        *(f"urls/{one}" for one in ("guestnotificationservice", "azgn", "servicebus", "blob")),
        "urls/telemetry",
    ],
    "Transport Layer Security 1.2 protocol": [
        *("tls/1.2", "tls/client-enabled", "tls/legacy", "tls/linux-openssl"),
        "tls/windows-default",
    ],
    "Subset of endpoints for ESU only": [
        *(f"esu/{one}" for one in ("aka", "download", "login", "login-partner", "management")),
        *(f"esu/{one}" for one in ("his", "guestconfiguration", "pkiops", "availability")),
    ],
    "Practice": [
        "practice/websocket",
        "practice/large-hello",
        "practice/name-servers",
        "practice/negative-serial",
        "practice/service-tags-current",
        "practice/azure-cloud-gap",
        "practice/front-door",
        "practice/public-arc-infrastructure",
        "practice/agent-health",
        "practice/agent-check",
        "practice/egress",
        "practice/trust-store",
        "practice/proxy-consistency",
        "practice/clock",
    ],
    "The run": ["run/host-measured", "run/controls", "run/overall"],
}
NOT_MUST = {
    "service-tags/azure-cloud": "SHOULD",
    "tls/legacy": "SHOULD",
    "practice/websocket": "SHOULD",
    "practice/large-hello": "SHOULD",
    "practice/name-servers": "SHOULD",
    "practice/negative-serial": "SHOULD",
    "practice/service-tags-current": "SHOULD",
    "practice/azure-cloud-gap": "SHOULD",
    "practice/front-door": "SHOULD",
    "practice/public-arc-infrastructure": "SHOULD",
    "practice/agent-health": "SHOULD",
    "practice/agent-check": "SHOULD",
    "practice/egress": "SHOULD",
    "practice/trust-store": "SHOULD",
    "practice/proxy-consistency": "SHOULD",
    "practice/clock": "SHOULD",
    "urls/telemetry": "MAY",
    "esu/availability": "INFO",
    "run/host-measured": "RUN",
    "run/controls": "RUN",
    "run/overall": "RUN",
}
ROOTS = {
    "DigiCert Global Root CA": "4348A0E9444C78CB265E058D5E8944B4D84F9662BD26DB257F8934A443C70161",
    "DigiCert Global Root G2": "CB3CCBB76031E5E0138F8DD39A23F9DE47FFC35E43C1144CEA27D46A5AB1CB5F",
    "DigiCert Global Root G3": "31AD6648F8104138C738F39EA4320133393E3A18CC02296EF97C2AC9EF6731D0",
    "DigiCert TLS ECC P384 Root G5": (
        "018E13F0772532CF809BD1B17281867283FC48C6E13BE9C69812854A490C1B05"
    ),
    "DigiCert TLS RSA4096 Root G5": (
        "371A00DC0533B3721A7EEB40E8419E70799D2B0A0F2C1D80693165F7CEC4AD75"
    ),
    "Microsoft RSA Root Certificate Authority 2017": (
        "C741F70F4B2A8D88BF2E71C14122EF53EF10EBA0CFA5E64CFA20F418853073E0"
    ),
    "Microsoft ECC Root Certificate Authority 2017": (
        "358DF39D764AF9E1B766E9C972DF352EE15CFAC227AF6AD1D70E8E4A6EDCBA02"
    ),
}


@pytest.fixture(scope="module")
def china() -> Catalogue:
    return load_catalogue(CLOUD)


@pytest.fixture(scope="module")
def seed() -> list[str]:
    """The lines of the document, where its text lies beside the project."""
    if not SEED.exists():
        pytest.skip("the document's text is kept outside of the project and is not here")
    return SEED.read_text(encoding="utf-8").splitlines()


# -- what the catalogue holds ------------------------------------------------------------------


def test_every_requirement_is_there_in_order_with_its_level(china: Catalogue) -> None:
    found = [(r.section, r.id, r.level.value) for r in china.requirements]

    assert found == [
        (section, one, NOT_MUST.get(one, "MUST")) for section, ids in IDS.items() for one in ids
    ]


def test_the_ledger_has_every_row_in_the_order_of_the_document(china: Catalogue) -> None:
    rows = [(r.section, r.endpoint.label, (r.id,)) for r in china.requirements if r.endpoint]
    told = [(e.section, e.says, e.requirements) for e in china.ledger]

    assert [entry for entry in told if entry in rows] == rows
    assert len(rows) == 22


def test_the_ledger_goes_through_the_sections_of_the_document(china: Catalogue) -> None:
    first, *sections = dict.fromkeys(entry.section for entry in china.ledger)

    assert first == "Connected Machine agent network requirements"
    assert sections == [*list(IDS)[:-2], "Next steps"]


@pytest.mark.parametrize(
    ("table", "conditions"),
    [("urls/", {Condition.SERVERS}), ("esu/", {Condition.ESU, Condition.WINDOWS})],
)
def test_one_table_gives_way_to_the_other(
    china: Catalogue, table: str, conditions: set[Condition]
) -> None:
    rows = [r for r in china.requirements if r.id.startswith(table) and r.endpoint]

    assert rows
    assert all(conditions <= set(r.when) for r in rows)
    assert all(r.client is not Client.NONE for r in rows)


def test_rows_that_both_tables_have_are_the_same_row(china: Catalogue) -> None:
    rows = {r.id: (r.endpoint, r.tags, r.client) for r in china.requirements if r.endpoint}
    shared = [one for one in rows if one.startswith("esu/") and f"urls/{one[4:]}" in rows]

    assert len(shared) == 7
    assert all(rows[one] == rows[f"urls/{one[4:]}"] for one in shared)


def test_certificates_and_tls_have_a_case_for_each_row(china: Catalogue) -> None:
    found = [r.id for r in china.requirements if r.subject is Subject.ENDPOINTS]

    assert found == ["principles/certificates", "tls/1.2"]


def test_certificate_downloads_have_a_door_on_each_port(china: Catalogue) -> None:
    (row,) = [r.endpoint for r in china.requirements if r.id == "esu/pkiops"]

    assert row is not None
    assert [(d.scheme, d.port) for d in row.ports] == [("https", 443), ("http", 80)]
    assert all(d.path.startswith("/pkiops/certs/") for d in row.ports)


@pytest.mark.parametrize(
    ("row", "name", "covered"),
    [
        ("urls/azgn", "azgn-north3-1.servicebus.chinacloudapi.cn", True),
        ("urls/azgn", "other.servicebus.chinacloudapi.cn", False),
        ("urls/his", "gbl.his.arc.azure.cn", True),
        ("urls/his", "his.arc.azure.cn", False),
        ("urls/his", "gbl.his.arc.azure.cn.example", False),
        ("urls/guestnotificationservice", "guestnotificationservice.azure.cn", True),
    ],
)
def test_a_row_stands_for_its_names_only(
    china: Catalogue, row: str, name: str, covered: bool
) -> None:
    (endpoint,) = [r.endpoint for r in china.requirements if r.id == row]

    assert endpoint is not None
    assert endpoint.matches(name) is covered


def test_every_requirement_has_a_test_and_every_test_a_requirement() -> None:
    listing = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    cases = re.findall(r"\[local-(.+)\]$", listing.stdout, re.MULTILINE)
    per_row = re.compile(r"^(principles/certificates|tls/1\.2)-.*")
    ids = {one for some in IDS.values() for one in some}

    assert {per_row.sub(r"\1", case) for case in cases} == ids - {"run/overall"}
    assert len(cases) == len(set(cases)) == 88
    for path in ROOT.glob("tests_*/test_*.py"):
        source = path.read_text(encoding="utf-8")
        assert source.count("def test_") == source.count("@pytest.mark.requirement(")


# -- the files ---------------------------------------------------------------------------------


def test_the_digest_is_that_of_the_file() -> None:
    assert catalogue_digest(CLOUD) == hashlib.sha256(FILE.read_bytes()).hexdigest()


def test_a_catalogue_is_read_once() -> None:
    assert load_catalogue(CLOUD) is load_catalogue(CLOUD)


def test_the_file_needs_no_anchors() -> None:
    events = yaml.parse(FILE.read_bytes(), Loader=yaml.SafeLoader)

    assert not any(isinstance(event, yaml.AliasEvent) for event in events)


def test_public_roots_are_the_named_ones_and_no_others() -> None:
    pem = (HERE / "public_roots.pem").read_bytes()
    found = {
        c.subject.rfc4514_string().split(",")[0].removeprefix("CN="): c.fingerprint(SHA256())
        for c in x509.load_pem_x509_certificates(pem)
    }

    assert {name: digest.hex().upper() for name, digest in found.items()} == ROOTS
    assert all(f"# {name}\n# {digest}\n".encode() in pem for name, digest in ROOTS.items())


# -- beside the document -----------------------------------------------------------------------

RUN = 9
TEXTS = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".ps1", ".html", ".j2", ".txt", ".ini", ""}


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9.*-]+", text.lower())


def runs(text: str) -> Iterator[str]:
    """Every run of nine words in a row."""
    found = words(text)
    return (" ".join(found[i : i + RUN]) for i in range(len(found) - RUN + 1))


def test_every_row_of_the_document_is_a_row_of_the_catalogue(
    china: Catalogue, seed: list[str]
) -> None:
    printed = [
        line.removesuffix(" |").replace(" ,", ",")
        for line in seed
        if re.match(r"^\S*\.\S.* \|$", line)
    ]

    assert [r.endpoint.label for r in china.requirements if r.endpoint] == printed


def test_no_sentence_of_the_document_is_repeated(seed: list[str]) -> None:
    theirs = {run for line in seed for run in runs(line)}
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    paths = [ROOT / name for name in listed.stdout.splitlines()]

    repeated = {
        f"{path.relative_to(ROOT)}: {run}"
        for path in paths
        if path.suffix in TEXTS and path.is_file()
        for run in runs(path.read_text(encoding="utf-8", errors="replace"))
        if run in theirs
    }

    assert theirs
    assert sorted(repeated) == []


def test_no_short_statement_is_a_line_of_the_document(china: Catalogue, seed: list[str]) -> None:
    theirs = {" ".join(words(line)) for line in seed if len(words(line)) > 4}
    ours = [*(r.statement for r in china.requirements), *(entry.says for entry in china.ledger)]

    assert [text for text in ours if " ".join(words(text)) in theirs] == []
