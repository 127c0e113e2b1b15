"""Evidence of several hosts in a folder, made from the golden situations."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from selftests.runs.golden_triples import GOLDEN

FLEET = {"web01": "healthy", "web02": "faulty", "web03": "unreachable", "web04": "healthy"}


def of_host(record: Mapping[str, Any], host: str) -> dict[str, Any]:
    """*record*, JSON data, as that of *host*: its evidence names the host too."""
    evidence = record["evidence"]
    return {**record, "host": host, "evidence": evidence and {**evidence, "host": host}}


def saved_fleet(folder: Path, hosts: Mapping[str, str] = FLEET) -> list[str]:
    """Write the evidence of *hosts*, each in its situation; the options that have it judged."""
    evidence = folder / "saved"
    evidence.mkdir()
    for host, situation in hosts.items():
        record = json.loads((GOLDEN / situation / "evidence.json").read_text(encoding="utf-8"))
        (evidence / f"{host}.json").write_text(json.dumps(of_host(record, host)))
    return [f"--evidence={evidence}", "--location=chinanorth3"]
