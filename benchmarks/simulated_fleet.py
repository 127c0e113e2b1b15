"""Evidence of a fleet of healthy hosts that differ as real ones do, made from one measured host.

Their clocks differ, they were measured one after the other, and each met one of a few front ends of
every service, which have certificates of their own.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from datetime import datetime, timezone
from email.utils import formatdate, parsedate_to_datetime
from pathlib import Path
from ssl import PEM_cert_to_DER_cert
from typing import Any

import certifi
import trustme

from arc_compliance.catalogue import load_catalogue
from arc_compliance.lab.service_tags import simulated_tags

ROOT = Path(__file__).resolve().parent.parent
MEASURED = ROOT / "selftests" / "runs" / "golden" / "healthy" / "evidence.json"
CLOUD, LOCATION = "AzureChinaCloud", "chinanorth3"
FRONT_ENDS = 5
SECONDS_APART = 3
LARGEST_SKEW = 2.0
"""Seconds by which a host's clock is ahead of or behind the others'."""


def simulated_fleet(folder: Path, hosts: int) -> list[str]:
    """Write evidence of *hosts* hosts into *folder*; the options with which to judge it there.

    The options name the region, the service tags and the roots, so that no case is open for want of
    one.
    """
    record = json.loads(MEASURED.read_text(encoding="utf-8"))
    roots, chains = _front_ends({m["name"] for m in record["evidence"]["measurements"]})
    evidence = folder / "evidence"
    evidence.mkdir()
    for number in range(hosts):
        host = _host(record, number, chains[number % FRONT_ENDS])
        (evidence / f"{host['host']}.json").write_text(json.dumps(host, indent=1) + "\n")
    public = folder / "public-roots.pem"
    public.write_bytes(Path(certifi.where()).read_bytes() + b"\n" + roots)
    day = datetime.fromtimestamp(record["collected"], timezone.utc)
    tags = simulated_tags(load_catalogue(CLOUD), day)
    (folder / tags.name).write_bytes(tags.content)
    return [
        f"--evidence={evidence}",
        f"--location={LOCATION}",
        f"--public-roots={public}",
        f"--service-tags={folder / tags.name}",
    ]


def _front_ends(names: set[str]) -> tuple[bytes, list[dict[str, list[str]]]]:
    """A root in PEM, and for each front end the chains (base64 DER, leaf first) by name."""
    root = trustme.CA(organization_name="benchmark root", key_type=trustme.KeyType.RSA)
    found = []
    for _ in range(FRONT_ENDS):
        issuing = root.create_child_ca(key_type=trustme.KeyType.RSA)
        leaves = {name: issuing.issue_cert(name) for name in sorted(names)}
        found.append(
            {
                name: [_base64_der(pem.bytes()) for pem in leaf.cert_chain_pems]
                for name, leaf in leaves.items()
            }
        )
    return root.cert_pem.bytes(), found


def _base64_der(pem: bytes) -> str:
    return base64.b64encode(PEM_cert_to_DER_cert(pem.decode("ascii"))).decode("ascii")


def _host(record: dict[str, Any], number: int, chains: Mapping[str, list[str]]) -> dict[str, Any]:
    """*record* as that of the host with this *number*."""
    later = SECONDS_APART * number
    skew = LARGEST_SKEW * (number % 7 - 3) / 3
    found: dict[str, Any] = _moved(record, later, skew)
    for measurement in found["evidence"]["measurements"]:
        measurement["observations"] = [
            {**one, "chain": chains[measurement["name"]]} if one.get("chain") else one
            for one in measurement["observations"]
        ]
    found["evidence"]["vantage"] |= {
        "hostname": f"web{number}",
        "source_addresses": [f"192.0.2.{number % 254 + 1}"],
    }
    return {
        **found,
        "host": f"web{number}",
        "collected": record["collected"] + later,
        "public_roots": None,  # it is not a simulation that is judged, as far as the suite knows
    }


def _moved(value: Any, later: float, skew: float) -> Any:
    """*value* measured so many seconds *later*, by a clock that is *skew* seconds ahead."""
    if isinstance(value, list):
        return [_moved(one, later, skew) for one in value]
    if not isinstance(value, dict):
        return value
    moved = {name: _moved(one, later, skew) for name, one in value.items()}
    for name in ("started", "finished"):
        if name in moved:
            moved[name] += later + skew
    if "date" in moved:  # the endpoint's clock
        seconds = parsedate_to_datetime(moved["date"]).timestamp()
        moved["date"] = formatdate(seconds + later, usegmt=True)
    return moved
