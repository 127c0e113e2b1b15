"""What the programs that matter say on the lab's host: a Go client in the agent's place, wget in
the install script's, apt in the package manager's.

Each is asked as it runs in the field: the agent's daemons with the agent's own settings or the
environment that their service manager gives them, the others from a login shell. None of it is
read from the suite's evidence, but for which names there are.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from selftests.lab.answers import (
    CLIENTS,
    GATEWAY_ERRORS,
    NOT_REACHED,
    OPEN,
    SOMETIMES,
    UNVERIFIED,
    VERIFIED,
    Answer,
    Request,
)
from selftests.lab.client_settings import agent_settings, daemons_environment, login_shell
from selftests.lab.measuring import CATALOGUE, Findings
from selftests.lab.network import Network
from selftests.lab.shell_clients import ask_apt, ask_wget


@dataclass(frozen=True)
class Patience:
    """How long a program may take for a request, in seconds, and how the Go client asks: all names
    at once, or one by one with a pause."""

    seconds: float = 4
    at_once: int = 100
    pause: float = 0


@dataclass(frozen=True)
class Disagreement:
    """A name of which its program says something else than the suite."""

    request: Request
    theirs: tuple[Answer, ...]
    ours: Answer

    @property
    def pair(self) -> tuple[str, str]:
        """What the program says, what the suite says."""
        said = {one.says for one in self.theirs}
        return (SOMETIMES if len(said) > 1 else said.pop()), self.ours.says

    def __str__(self) -> str:
        seen = "; ".join(dict.fromkeys(f"{one.says} ({one.words})" for one in self.theirs))
        program = CLIENTS[self.request.client]
        return (
            f"{self.request.row} at {self.request.name}: {program} says {seen}, "
            f"the suite says {self.ours.says} ({self.ours.words})"
        )


def disagreements(
    found: Findings, answers: Mapping[Request, Sequence[Answer]]
) -> list[Disagreement]:
    """Every name of which a program and the suite say different things."""
    compared = (Disagreement(d, tuple(its), suite_says(found, d)) for d, its in answers.items())
    return [one for one in compared if one.pair[0] != one.pair[1]]


def by_row(differing: Sequence[Disagreement]) -> dict[str, tuple[str, str]]:
    """The rows of *differing*: what the program says, what the suite says."""
    return {one.request.row: one.pair for one in differing}


def requests_of(found: Findings) -> Iterator[Request]:
    """What was measured for the rows in scope, each by the client whose row it is."""
    out_of_scope = {j.requirement for j in found.judgements if j.verdict.value == "not-applicable"}
    for requirement in CATALOGUE.requirements:
        row = requirement.endpoint
        if row is None or requirement.id in out_of_scope:
            continue
        if not requirement.id.startswith("urls/"):
            continue
        for one in found.evidence.measurements:
            if any(port.port == one.port for port in row.ports) and row.matches(one.name):
                url = f"{one.scheme}://{one.name}/"
                bypass = row.bypass.value if row.bypass else None
                client = requirement.client.value
                yield Request(row.label, requirement.id, one.name, url, client, bypass)


def suite_says(found: Findings, request: Request) -> Answer:
    """What the judgements of the request's row say of its name.

    A row is as bad as its worst name; the others of it are no worse than a pass.
    """
    reach = found.of(request.requirement, request.row)
    certificate = found.of("principles/certificates", request.row)
    tls = found.of("tls/1.2", request.row)
    words = " ".join(f"{one.requirement} {one.verdict.value} {one.cause}".strip()
                     for one in (reach, tls, certificate))  # fmt: skip
    verdicts = {one.requirement: _of_name(one, request.name) for one in (reach, certificate, tls)}
    if "open" in (verdicts[request.requirement], verdicts["tls/1.2"]):
        return Answer(OPEN, words)
    if "bad" in (verdicts[request.requirement], verdicts["tls/1.2"]):
        return Answer(NOT_REACHED, words)
    trusted = verdicts["principles/certificates"] == "good" or (
        certificate.cause == "cert-not-public"  # strict: the host trusts it all the same
    )
    if request.url.startswith("http:") or trusted:
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
    requests: Sequence[Request],
    patience: Patience,
    *options: str,
) -> dict[Request, Answer]:
    """The answer of each request's own program; *options* are the Go client's."""
    by_client: dict[str, list[Request]] = {}
    for request in requests:
        by_client.setdefault(request.client, []).append(request)
    found = ask_go(lab, go_client, told, by_client.get("agent", []), patience, *options)
    ask: dict[str, Callable[..., Answer]] = {"installer": ask_wget, "package-manager": ask_apt}
    others = [request for request in requests if request.client in ask]
    shell = login_shell(lab, told)

    def one(request: Request) -> Answer:
        return ask[request.client](lab, shell, told, request.url, patience.seconds)

    with ThreadPoolExecutor(len(others) or 1) as pool:
        found.update(zip(others, pool.map(one, others), strict=True))
    return found


def ask_go(
    lab: Network,
    go_client: Path,
    told: dict[str, Any],
    requests: Sequence[Request],
    patience: Patience,
    *options: str,
) -> dict[Request, Answer]:
    """What the Go client says of *requests*, by the way that the agent goes."""
    settings, environment = agent_settings(lab, told), daemons_environment(lab, told)
    found: dict[Request, Answer] = {}
    past = [request for request in requests if request.bypass in settings.bypass]
    for proxy, some in (
        (settings.proxy, [request for request in requests if request not in past]),
        ("-", past),
    ):
        urls = list(dict.fromkeys(request.url for request in some))
        if not urls:
            continue
        said = go(lab, go_client, urls, patience, environment, proxy, *options)
        answers = {one["url"]: go_answer(one) for one in said}
        found.update({request: answers[request.url] for request in some})
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
