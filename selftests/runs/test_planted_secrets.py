"""Secrets in everything that a host, a file's name, an option or the environment can say, and not
one of them in anything that a run writes."""

from __future__ import annotations

import json
import random
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from itertools import count
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from selftests.base.spellings import drawn, full_percent, spellings
from selftests.conftest import loopback_tags
from selftests.runs.planted import records, texts_of
from selftests.runs.saved_fleet import of_host
from selftests.suite_run import SuiteRun, as_python

CHANCE = random.Random()
HOSTILE = "\x1b[31m\u202e\u200b\n"
"""What a name of a file may hold beside a secret."""


def _searched(run: SuiteRun, *more: Path) -> Iterable[tuple[str, str]]:
    """Everything that *run* wrote, names of files included."""
    yield "stdout", run.out
    yield "stderr", run.err
    for path in [*run.reports.rglob("*"), *more]:
        yield "name", path.name
        if path.is_file() and path.parent.parent.name != "service-tags":
            yield path.name, path.read_text(encoding="utf-8")


def _found(run: SuiteRun, secrets: Iterable[str], *more: Path) -> set[tuple[str, str]]:
    wanted = list(secrets)
    return {(at, one) for at, text in _searched(run, *more) for one in wanted if one in text}


def _raw(run: SuiteRun) -> set[str]:
    """Where a control or bidirectional character of ours to remove is left."""
    return {at for at, text in _searched(run) if any(c in text for c in "\x1b\u202e\u200b\x00")}


def test_no_output_holds_what_was_planted(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    rows = list(spellings(CHANCE))
    texts = texts_of([row.text for row in rows])
    password, variable, named = drawn(CHANCE), drawn(CHANCE), drawn(CHANCE)
    pair = f"deploy:{password}"
    texts.append(
        f"{password}\n{full_percent(password)}\n{b64encode(pair.encode()).decode()}\n{variable}"
    )
    turn = count(CHANCE.randrange(len(texts)))
    saved = tmp_path / f"saved password={named}{HOSTILE}"
    saved.mkdir()
    # Each record once for every text, so that every field has every text once.
    for number, record in enumerate(
        one for _ in texts for one in records(lambda: texts[next(turn) % len(texts)])
    ):
        host = "" if number % 7 == 6 else f"web{number}"
        if not host:  # the file names the host
            record["run"] = ""
            if record["evidence"]:
                record["evidence"]["run"] = ""
        name = f"{host or number} token={named}{HOSTILE}.json"
        (saved / name).write_text(json.dumps(of_host(record, host)), encoding="utf-8")
        next(turn)
    allowed = tmp_path / f"allow pw={named}{HOSTILE}.txt"
    allowed.write_text("10.0.0.0/8\n")
    tags = loopback_tags(tmp_path)
    renamed = tags.with_name(f"tags secret={named}{HOSTILE}.json")
    shutil.move(tags, renamed)
    summary = tmp_path / "summary.md"

    run = run_suite(
        f"--evidence={saved}",
        f"--proxy=http://{pair}@proxy.corp:3128",
        f"--firewall-allowlist={allowed}",
        f"--service-tags={renamed}",
        "--location=chinanorth3",
        "-n2",
        "-rA",
        env={
            "GITHUB_STEP_SUMMARY": str(summary),
            "HTTPS_PROXY": f"http://me:{variable}@other:3128",
            "MY_TOKEN": variable,
        },
        timeout=400,
    )

    planted = {secret for row in rows for secret in row.secrets} | {password, variable, named}
    assert run.code == 1, run.out[-3000:] + run.err[-2000:]
    assert {one["verdict"] for one in run.cases} >= {"pass", "fail", "error", "blocked"}
    assert _found(run, planted, summary) == set()
    assert _raw(run) == set()
    for path in run.reports.glob("junit*.xml"):
        ET.parse(path)


@pytest.mark.parametrize(
    "option", ["inventory", "service-tags", "firewall-allowlist", "public-roots", "evidence"]
)
def test_no_error_holds_what_a_file_is_named(
    option: str, run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    named = drawn(CHANCE)
    path = tmp_path / f"x password={named}{HOSTILE}.yaml"
    path.write_text(f"hosts: [{{host: 'ssh://u:{named}@web01', proxy: 'x://u:{named}@y'}}]")

    for existing in (path, path.with_name(f"no {path.name}")):
        run = run_suite(f"--{option}={existing}")

        assert run.code == 4
        assert _found(run, [named]) == set()
        assert _raw(run) == set()


def test_no_report_holds_what_a_host_prints_beside_its_evidence(
    run_suite: Callable[..., SuiteRun], tmp_path: Path
) -> None:
    rows = [row for row in spellings(CHANCE) if "\x00" not in row.text]
    says = tmp_path / "says"
    says.write_text("\n".join(row.text for row in rows[-20:]) + "\n", encoding="utf-8")
    script = f"cat {says}; cat {says} >&2; exit 3"

    run = run_suite("--hosts=local://", env=as_python(tmp_path / "bin", script))

    assert _found(run, [secret for row in rows for secret in row.secrets]) == set()


def test_no_certificate_says_a_secret(run_suite: Callable[..., SuiteRun], tmp_path: Path) -> None:
    secret = drawn(CHANCE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"password={secret}\x1b[31m")])
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 5, now, now + timedelta(days=9))
    ).sign(key, hashes.SHA256())
    der = b64encode(certificate.public_bytes(serialization.Encoding.DER)).decode()
    record = next(records(lambda: "x"))
    for measurement in record["evidence"]["measurements"]:
        for step in measurement["observations"]:
            if step["stage"] == "tls":
                step["chain"] = [der]
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "web01.json").write_text(json.dumps(of_host(record, "web01")))

    run = run_suite(f"--evidence={saved}", "--location=chinanorth3")

    assert _found(run, [secret]) == set()
    assert (run.reports / "report.html").exists()
