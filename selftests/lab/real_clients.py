"""What the programs that matter say on the lab's host: a Go client in the agent's place, wget in
the install script's, apt in the package manager's.

Each is asked as it runs in the field: the agent's daemons with the agent's own settings or the
environment that their service manager gives them, the others from a login shell. None of it is
read from the suite's evidence, but for which names there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selftests.lab.client_settings import agent_settings, daemons_environment, login_shell
from selftests.lab.measuring import CATALOGUE, Findings
from selftests.lab.network import Network

NOT_REACHED, UNVERIFIED, VERIFIED = "not reached", "reached unverified", "reached"
SOMETIMES, OPEN = "sometimes", "open"
"""What a client or the suite says of a name. A client that has to verify cannot use the second;
the suite's reach case takes it, and its certificate case does not. Sometimes: asked several times
it was not the same each time. Open: the suite does not say."""

GATEWAY_ERRORS = (502, 503, 504)
"""What a device on the way answers for a service that it cannot reach."""

WGET, APT_HELPER = "/usr/bin/wget", "/usr/lib/apt/apt-helper"
GO, OLDER_GO = "go", "go as of 1.21"
CLIENTS = {"agent": GO, "installer": "wget", "package-manager": "apt"}
"""The program that stands for each client of the catalogue's rows."""


@dataclass(frozen=True)
class Door:
    """A name and port of a row, with the client that asks there."""

    row: str
    requirement: str
    name: str
    url: str
    client: str
    bypass: str | None


@dataclass(frozen=True)
class Answer:
    """What one program said of one name, and the words that it used."""

    says: str
    words: str


@dataclass(frozen=True)
class Patience:
    """How long a program may take for a request, in seconds, and how the Go client asks: all names
    at once, or one by one with a pause."""

    seconds: float = 4
    at_once: int = 100
    pause: float = 0


def differences(
    found: Findings, answers: Mapping[Door, Sequence[Answer]]
) -> dict[str, tuple[str, str]]:
    """The rows on which a program and the suite differ: what it says, what the suite says."""
    differing: dict[str, tuple[str, str]] = {}
    for door, its in answers.items():
        said = {one.says for one in its}
        theirs, ours = said.pop() if len(said) == 1 else SOMETIMES, suite_says(found, door).says
        if theirs != ours:
            differing[door.row] = (theirs, ours)
    return differing


def doors_of(found: Findings) -> Iterator[Door]:
    """What was measured for the rows in scope, each by the client whose row it is."""
    out_of_scope = {j.requirement for j in found.judgements if j.verdict.value == "not-applicable"}
    for requirement in CATALOGUE.requirements:
        row = requirement.endpoint
        if row is None or requirement.id in out_of_scope:
            continue
        if not requirement.id.startswith("urls/"):
            continue
        for one in found.evidence.measurements:
            if any(door.port == one.port for door in row.doors) and row.matches(one.name):
                url = f"{one.scheme}://{one.name}/"
                bypass = row.bypass.value if row.bypass else None
                client = requirement.client.value
                yield Door(row.label, requirement.id, one.name, url, client, bypass)


def suite_says(found: Findings, door: Door) -> Answer:
    """What the judgements of the door's row say of its name.

    A row is as bad as its worst name; the others of it are no worse than a pass.
    """
    reach = found.of(door.requirement, door.row)
    certificate = found.of("principles/certificates", door.row)
    tls = found.of("tls/1.2", door.row)
    words = " ".join(f"{one.requirement} {one.verdict.value} {one.cause}".strip()
                     for one in (reach, tls, certificate))  # fmt: skip
    verdicts = {one.requirement: _of_name(one, door.name) for one in (reach, certificate, tls)}
    if "open" in (verdicts[door.requirement], verdicts["tls/1.2"]):
        return Answer(OPEN, words)
    if "bad" in (verdicts[door.requirement], verdicts["tls/1.2"]):
        return Answer(NOT_REACHED, words)
    trusted = verdicts["principles/certificates"] == "good" or (
        certificate.cause == "cert-not-public"  # strict: the host trusts it all the same
    )
    if door.url.startswith("http:") or trusted:
        return Answer(VERIFIED, words)
    return Answer(UNVERIFIED, words)


def _of_name(judgement: Any, name: str) -> str:
    """Whether *judgement* is good or bad for *name*, or leaves that open."""
    verdict = judgement.verdict.value
    if judgement.failing and name not in judgement.failing:
        return "good"
    if verdict == "pass" or (verdict == "warn" and not judgement.cause.startswith("dns-")):
        return "good"
    return "bad" if verdict in ("fail", "warn", "blocked") else "open"


# -- asking --------------------------------------------------------------------------------------


def ask_all(
    lab: Network,
    go_client: Path,
    told: dict[str, Any],
    doors: Sequence[Door],
    patience: Patience,
    *options: str,
) -> dict[Door, Answer]:
    """The answer of each door's own program; *options* are the Go client's."""
    by_client: dict[str, list[Door]] = {}
    for door in doors:
        by_client.setdefault(door.client, []).append(door)
    found = ask_go(lab, go_client, told, by_client.get("agent", []), patience, *options)
    ask: dict[str, Callable[..., Answer]] = {"installer": ask_wget, "package-manager": ask_apt}
    others = [door for door in doors if door.client in ask]
    shell = login_shell(lab, told)

    def one(door: Door) -> Answer:
        return ask[door.client](lab, shell, told, door.url, patience.seconds)

    with ThreadPoolExecutor(len(others) or 1) as pool:
        found.update(zip(others, pool.map(one, others), strict=True))
    return found


def ask_go(
    lab: Network,
    go_client: Path,
    told: dict[str, Any],
    doors: Sequence[Door],
    patience: Patience,
    *options: str,
) -> dict[Door, Answer]:
    """What the Go client says of *doors*, by the way that the agent goes."""
    settings, environment = agent_settings(lab, told), daemons_environment(lab, told)
    found: dict[Door, Answer] = {}
    past = [door for door in doors if door.bypass in settings.bypass]
    for proxy, some in (
        (settings.proxy, [door for door in doors if door not in past]),
        ("-", past),
    ):
        urls = list(dict.fromkeys(door.url for door in some))
        if not urls:
            continue
        said = go(lab, go_client, urls, patience, environment, proxy, *options)
        answers = {one["url"]: go_answer(one) for one in said}
        found.update({door: answers[door.url] for door in some})
    return found


def go(
    lab: Network,
    go_client: Path,
    urls: Sequence[str],
    patience: Patience,
    environment: dict[str, str] | None = None,
    proxy: str = "",
    *options: str,
) -> list[dict[str, Any]]:
    """The Go client's own words on *urls*; *proxy* as in the agent's settings, "-" for none."""
    command = ["env", "-i", *(f"{k}={v}" for k, v in (environment or {}).items())]
    command += [str(go_client), "ask", f"-timeout={patience.seconds}s", f"-proxy={proxy}"]
    command += [f"-at-once={patience.at_once}", f"-pause={patience.pause}s", *options, *urls]
    said = lab.on_host(*command, seconds=patience.seconds * 2 * len(urls) + 30).stdout
    return [json.loads(line) for line in said.splitlines()]


def go_answer(said: dict[str, Any]) -> Answer:
    """An answer from the Go client's words on one URL."""
    words = go_words(said)
    if said["reached"]:
        return Answer(NOT_REACHED if said["status"] in GATEWAY_ERRORS else VERIFIED, words)
    again = said.get("unverified")
    if said["stage"] == "certificate" and not again:
        return Answer(UNVERIFIED, words)  # it was not asked again
    if again and again["reached"] and again["status"] not in GATEWAY_ERRORS:
        return Answer(UNVERIFIED, words)
    return Answer(NOT_REACHED, words)


def go_words(said: dict[str, Any]) -> str:
    """What is worth keeping of the Go client's words: nothing that another run, or another OpenSSL
    at the other end, would change."""
    if said["reached"]:
        seen = [str(said[key]) for key in ("status", "proto", "tls") if key in said]
        body = said.get("json_error") or ", ".join(said.get("names", ()))
        return " ".join(seen) + (f" {body}" if body else "")
    offered = f" offering {', '.join(said['offered'])}" if said.get("offered") else ""
    return f"{said['stage']} {said['fault']}{offered}"


# -- wget and apt ----------------------------------------------------------------------------------


def ask_wget(
    lab: Network, shell: list[str], told: dict[str, Any], url: str, seconds: float
) -> Answer:
    """What wget says of *url*, as the install script calls it."""
    command = [*shell, "timeout", f"{2 * seconds + 2}", WGET, "-O/dev/null", "--no-hsts"]
    command += ["--tries=1", f"--timeout={seconds}", "--max-redirect=0", "--server-response", url]
    done = lab.on_host(*command, well=False)
    says, words = wget_answer(done.returncode, done.stderr.decode())
    if done.returncode == 5:
        again = lab.on_host(*command, "--no-check-certificate", well=False)
        reached = wget_answer(again.returncode, again.stderr.decode())[0] == VERIFIED
        says = UNVERIFIED if reached else NOT_REACHED
    return Answer(says, words)


def wget_answer(code: int, said: str) -> tuple[str, str]:
    """Whether wget got an answer of HTTP, by its exit status and the server's status line."""
    statuses = re.findall(r"^ +HTTP/[0-9.]+ (\d+)", said, re.MULTILINE)
    if code in (0, 8) and statuses:
        reached = int(statuses[-1]) not in GATEWAY_ERRORS
        return (VERIFIED if reached else NOT_REACHED), f"HTTP {statuses[-1]}"
    lines = [line for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if re.search(r"failed|rror|nable|refused|timed", line)]
    return NOT_REACHED, f"exit {code}: {(telling or lines or [''])[-1].strip()}"


def ask_apt(
    lab: Network, shell: list[str], told: dict[str, Any], url: str, seconds: float
) -> Answer:
    """What apt's helper says of *url*, by apt's settings, then the shell's."""
    command = [*shell, "timeout", f"{2 * seconds + 2}", APT_HELPER]
    settings = {"APT::Sandbox::User": "root", "Acquire::Retries": "0"}
    settings |= {f"Acquire::{s}::Timeout": f"{seconds:.0f}" for s in ("http", "https")}
    if told.get("proxy"):
        settings |= {f"Acquire::{s}::Proxy": told["proxy"] for s in ("http", "https")}
    command += [word for pair in settings.items() for word in ("-o", "=".join(pair))]
    careless = [f"-oAcquire::https::Verify-{what}=false" for what in ("Peer", "Host")]
    says, words = apt_answer(_apt(lab, command, url))
    if says == NOT_REACHED and "ertificate" in words:
        again, _ = apt_answer(_apt(lab, [*command, *careless], url))
        says = UNVERIFIED if again == VERIFIED else NOT_REACHED
    return Answer(says, words)


def _apt(lab: Network, command: list[str], url: str) -> str:
    target = lab.directory / "fetched"
    done = lab.on_host(*command, "download-file", url, str(target), well=False)
    return (done.stdout + done.stderr).decode() if done.returncode else "fetched"


def apt_answer(said: str) -> tuple[str, str]:
    """Whether apt got an answer of HTTP, by its output."""
    if said == "fetched":
        return VERIFIED, "fetched"
    failed = re.findall(r"^E: Failed to fetch \S+ +(.*)", said, re.MULTILINE)
    words = failed[-1].strip() if failed else said.strip().rpartition("\n")[2]
    words = re.sub(r" +", " ", words)
    status = re.match(r"(\d{3}) ", words)
    if status and int(status[1]) not in (*GATEWAY_ERRORS, 407):
        return VERIFIED, words
    return NOT_REACHED, words
