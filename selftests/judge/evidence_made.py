"""Evidence made by hand, for judges: a healthy endpoint, and ways in which it is not."""

from __future__ import annotations

import base64
import json
from datetime import date, datetime, timezone
from functools import cache
from typing import Any

import trustme
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificate

from arc_compliance.catalogue import load_catalogue
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.judge.case import Judge, judge_case
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.judge.judgement import Judgement
from arc_compliance.judge.view import Grounds, HostView, view_of
from arc_compliance.plan.cases import Case, plan_cases
from arc_compliance.plan.scope import Scope
from arc_compliance.service_tags.tags import ServiceTags, TagFile, parse_tag_file
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.record import HostRecord

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=timezone.utc)
CATALOGUE = load_catalogue("AzureChinaCloud")
Failed = tuple[str, str]


@cache
def authority(name: str) -> trustme.CA:
    """A certificate authority of its own for each *name*."""
    return trustme.CA(organization_name=name)


@cache
def chain(host: str, issuer: str = "public", *, expired: bool = False) -> tuple[str, ...]:
    """The base64 DER chain of a certificate for *host*."""
    until = datetime(2026 if expired else 2030, 1, 1, tzinfo=timezone.utc)
    leaf = authority(issuer).issue_cert(
        host,
        not_before=datetime(2025, 1, 1, tzinfo=timezone.utc),
        not_after=until,
    )
    blobs = leaf.cert_chain_pems
    return tuple(
        base64.b64encode(load_pem_x509_certificate(b.bytes()).public_bytes(Encoding.DER)).decode()
        for b in blobs
    )


def tag_file(
    published: date = date(2026, 11, 16), cloud: str = "China", **tags: list[str]
) -> TagFile:
    """A service tag file with *tags*; a dot in a name is written as two underlines."""
    content = {
        "changeNumber": 7,
        "cloud": cloud,
        "values": [
            {"name": name.replace("__", "."), "properties": {"addressPrefixes": prefixes}}
            for name, prefixes in (tags or EVERYWHERE).items()
        ],
    }
    name = f"ServiceTags_{cloud}_{published:%Y%m%d}.json"
    return parse_tag_file(name, json.dumps(content).encode())


EVERYWHERE = {tag: ["192.0.2.0/24"] for r in CATALOGUE.requirements for tag in r.tags}
"""Each tag where the endpoints of `measurement` are."""


def grounds(
    tags: ServiceTags | None = None, allowlists: tuple[Allowlist, ...] = (), **scope: Any
) -> Grounds:
    """Grounds under which the authority "public" is the only public root."""
    return Grounds(
        catalogue=CATALOGUE,
        scope=Scope(cloud="AzureChinaCloud", **scope),
        now=NOW,
        public_roots=PublicRoots(authority("public").cert_pem.bytes()),
        service_tags=tags or ServiceTags(own=tag_file()),
        allowlists=allowlists,
    )


def view(found: Evidence, **scope: Any) -> HostView:
    """The host h that sent *found*, under `grounds`, for a judge that is asked alone."""
    record = HostRecord(run="run", host="h", collected=NOW.timestamp(), evidence=found)
    its = view_of(record, grounds(**scope))
    assert its is not None
    return its


def host(record: HostRecord, **scope: Any) -> HostView | HostRecord:
    """The host of *record* as a case of it is judged."""
    return view_of(record, grounds(**scope)) or record


def case_of(requirement: str, endpoint: str = "", **scope: Any) -> Case:
    """The case of *requirement* on host h, for the row *endpoint* where there are several."""
    cases = plan_cases(CATALOGUE, {"h": Scope(cloud="AzureChinaCloud", **scope)})
    (found,) = [
        c
        for c in cases
        if c.requirement.id == requirement
        and (not endpoint or (c.row is not None and c.row.label == endpoint))
    ]
    return found


def measurement(
    name: str,
    failed: Failed | None = None,
    *,
    sent: tuple[str, ...] | None = None,
    certificate: str | None = None,
    status: int = 403,
    headers: dict[str, str] | None = None,
    protocol: str = "TLSv1.2",
    addresses: tuple[str, ...] = ("192.0.2.1",),
    dead: tuple[dict[str, str], ...] = (),
    flaky: dict[str, str] | None = None,
) -> dict[str, Any]:
    """One endpoint's measurement; *failed* is (stage, cause) of the step that ended it."""
    seen: dict[str, dict[str, Any]] = {
        "resolve": {"addresses": list(addresses), "via": "resolver"},
        "connect": {
            "address": addresses[0],
            "port": 443,
            "source": "192.0.2.9",
            "dead": list(dead),
        },
        "tls": {
            "protocol": protocol,
            "cipher": "ECDHE-RSA-AES256-GCM-SHA384",
            "chain": list(sent if sent is not None else chain(name)),
        },
        "certificate": {"verified": certificate is None, "protocol": "TLSv1.3"},
        "http": {"status": status, "headers": headers or {}, "via": "tls12"},
    }
    if failed and failed[0] == "proxy":
        seen = {"proxy": {"proxy": "proxy:3128", "status": 403}}
    observations = []
    for stage, values in seen.items():
        cause = failed[1] if failed and failed[0] == stage else None
        if stage == "certificate" and certificate:
            cause = certificate
        failure = {"cause": cause, "detail": ""} if cause else None
        observations.append(
            {"stage": stage, "started": 1.0, "duration": 0.1, "failure": failure, **values}
        )
        if failed and failed[0] == stage:
            break
    return {
        "name": name,
        "port": 443,
        "scheme": "https",
        "origin": "ordered",
        "attempts": 2 if failed or flaky else 1,
        "flaky": flaky,
        "observations": observations,
    }


CONTROLS = ("resolve", "connect", "certificate")


def control(stage: str, *, answered: bool = False, failure: str = "") -> dict[str, Any]:
    """A negative control of *stage*, held unless it is said otherwise."""
    return {
        "stage": stage,
        "target": f"nobody-{stage}",
        "answered": answered,
        "detail": "made up" if answered else "refused",
        "failure": {"cause": "probe-failed", "detail": failure} if failure else None,
    }


def evidence(*measurements: dict[str, Any], **parts: Any) -> Evidence:
    """Evidence of host h with *measurements*; *parts* replace what is said of tls, agent, …"""
    tls = {"openssl": "OpenSSL 3.0.15 3 Sep 2024", "policy_file": "/etc/ssl/openssl.cnf"}
    return Evidence.model_validate(
        {
            "evidence": 2,
            "run": "run",
            "host": "h",
            "probe": {
                "version": "1",
                "platform": "linux",
                "python": "3.11.2",
                "openssl_library": "OpenSSL 3.0.15",
            },
            "started": 1.0,
            "finished": 2.0,
            "complete": parts.get("complete", True),
            "vantage": {
                "hostname": "h",
                "user": "root",
                "proxy": parts.get("proxy"),
                "source_addresses": parts.get("sources", ["192.0.2.9"]),
            },
            "facts": {
                "os": {},
                "tls": {**tls, **parts.get("tls", {})},
                "trust": parts.get("trust", {}),
                "agent": parts.get("agent", {"installed": False}),
                "proxy": parts.get("proxies", {}),
                "egress": parts.get("egress", {}),
                "sockets": parts.get("sockets", {}),
                "clock": parts.get("clock", {}),
            },
            "measurements": measurements,
            "discovered": parts.get("discovered", []),
            "gateway": parts.get("gateway", []),
            "agent_check": parts.get("agent_check"),
            "proxy_trials": parts.get("proxy_trials", []),
            "controls": parts.get("controls", [control(stage) for stage in CONTROLS]),
        }
    )


def judge_evidence(
    case: Case, found: Evidence, judge: Judge, its: Grounds | None = None
) -> Judgement:
    """The judgement of *case* on *found*, as a run comes to it: weighed, under *its* grounds."""
    record = HostRecord(run="run", host="h", collected=NOW.timestamp(), evidence=found)
    view = view_of(record, its or grounds())
    assert view is not None
    return judge_case(case, view, judge)
