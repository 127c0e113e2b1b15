"""What wget and apt say on the lab's host, as a login shell there runs them."""

from __future__ import annotations

import re
from typing import Any

from selftests.lab.answers import GATEWAY_ERRORS, NOT_REACHED, UNVERIFIED, VERIFIED, Answer
from selftests.lab.network import Network

WGET, APT_HELPER = "/usr/bin/wget", "/usr/lib/apt/apt-helper"


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
