"""The requirements as data: one YAML file per cloud, checked whole when it is loaded."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import load_pem_x509_certificates
from cryptography.x509.oid import NameOID

from arc_compliance.base.fault import Fault
from arc_compliance.base.wording import did_you_mean
from arc_compliance.base.yaml_file import read_yaml
from arc_compliance.catalogue.model import (
    Catalogue,
    Client,
    Condition,
    Discovery,
    Endpoint,
    LedgerEntry,
    Level,
    Port,
    Requirement,
    Subject,
)

__all__ = [
    "CLOUDS",
    "Catalogue",
    "Client",
    "Condition",
    "Discovery",
    "Endpoint",
    "LedgerEntry",
    "Level",
    "Port",
    "Requirement",
    "Subject",
    "catalogue_digest",
    "load_catalogue",
    "named_roots",
    "read_catalogue",
]

HERE = Path(__file__).parent
CLOUDS = {"AzureChinaCloud": "azure_china.yaml"}
"""The clouds with a catalogue, by azcmagent's names."""

OTHER_CLOUDS = ("AzureCloud", "AzureUSGovernment")
"""Clouds that azcmagent knows and that have no catalogue yet."""


@cache
def named_roots() -> dict[str, str]:
    """The common names of the roots that Azure's page on certificate authorities names, by the
    SHA-256 of each, in lower case."""
    pem = (HERE / "public_roots.pem").read_bytes()
    return {
        root.fingerprint(SHA256()).hex(): str(
            root.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        )
        for root in load_pem_x509_certificates(pem)
    }


@cache
def load_catalogue(cloud: str) -> Catalogue:
    """The catalogue of *cloud* (azcmagent's name), read once per process.

    Raise Fault where there is none, or it has a fault.
    """
    return read_catalogue(_path_of(cloud))


def catalogue_digest(cloud: str) -> str:
    """The SHA-256 of the catalogue file of *cloud*, in hexadecimal, for the audit trail."""
    return hashlib.sha256(_path_of(cloud).read_bytes()).hexdigest()


def read_catalogue(path: Path) -> Catalogue:
    """The catalogue in the file *path*.

    Raise Fault for the first fault: the file's name, the path of the fault in it, what is
    wrong, and the line.
    """
    return read_yaml(path, Catalogue, nouns={"when": "condition"})


def _path_of(cloud: str) -> Path:
    if cloud in CLOUDS:
        return HERE / CLOUDS[cloud]
    available = ", ".join(CLOUDS)
    if cloud in OTHER_CLOUDS:
        raise Fault(f"no catalogue for {cloud} yet: available are {available}")
    guess = did_you_mean(cloud, (*CLOUDS, *OTHER_CLOUDS))
    raise Fault(f"unknown cloud {cloud!r}: a catalogue exists for {available}{guess}")
