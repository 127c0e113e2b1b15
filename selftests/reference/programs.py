"""How each program is asked for a table of answers, in an environment that is given whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selftests.reference import file_questions, go_questions
from selftests.reference.chains import CHAINS, Maker, make_all
from selftests.reference.client_hello import described
from selftests.reference.loopback import Listener, listeners

WGET = Path("/usr/bin/wget")
APT_HELPER, APT_CONFIG = Path("/usr/lib/apt/apt-helper"), Path("/usr/bin/apt-config")
BASH = Path("/bin/bash")
PATH = "/usr/bin:/bin"
PROXY_VARIABLES = re.compile(r"(?i)^(https?|all|no)_proxy$")

Row = dict[str, Any]


def run(
    command: Sequence[object], environment: Mapping[str, str], limit: float = 30
) -> subprocess.CompletedProcess[str]:
    """*command*, run in *environment* and nothing else."""
    done = subprocess.run(
        [str(word) for word in command],
        env={"PATH": PATH, "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=limit,
        check=False,
    )
    # decoded here: text mode would turn a carriage return, which is part of an answer, into a line
    out, err = (one.decode("utf-8", "replace") for one in (done.stdout, done.stderr))
    return subprocess.CompletedProcess(done.args, done.returncode, out, err)


# -- Go ------------------------------------------------------------------------------------------


def _go(client: Path, environment: Mapping[str, str], *words: str) -> list[Row]:
    done = run([client, *words], environment)
    done.check_returncode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def go_version(client: Path) -> str:
    """As in go1.27.3."""
    return str(_go(client, {}, "version")[0]["version"])


def go_no_proxy(client: Path) -> Iterator[Row]:
    """For each NO_PROXY, which URLs Go takes past the proxy; the proxy has all others."""
    proxies = dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY"), "http://proxy:3128")
    for value in go_questions.NO_PROXY:
        said = _go(client, {**proxies, "NO_PROXY": value}, "proxy", *go_questions.HOSTS)
        past = [one["url"] for one in said if "proxy" not in one]
        yield {"no_proxy": value, "past": past}


def go_urls(client: Path) -> Iterator[Row]:
    """What url.Parse makes of a proxy's URL, as for the agent's own setting, and what Go takes from
    the same text in HTTPS_PROXY."""
    for text, said in zip(
        go_questions.PROXY_URLS, _go(client, {}, "url", *go_questions.PROXY_URLS), strict=True
    ):
        (by_environment,) = _go(client, {"HTTPS_PROXY": text}, "proxy", "https://h.example/")
        del said["text"], by_environment["url"]
        yield {"text": text, "url.Parse": said, "HTTPS_PROXY": by_environment}


def go_environments(client: Path) -> Iterator[Row]:
    """Which variable Go takes the proxy from, for a URL of each scheme."""
    for environment in go_questions.ENVIRONMENTS:
        row: Row = {"environment": environment}
        for scheme in ("https", "http"):
            (said,) = _go(client, environment, "proxy", f"{scheme}://h.example/")
            row[scheme] = said.get("proxy", {}).get("host") or said.get("error", "")
        yield row


def go_hello(client: Path) -> Iterator[Row]:
    """What Go's ClientHello offers, and how large it is."""
    for name, options in (("go", ()), ("go as of 1.21", ("-older",))):
        (said,) = _go(client, {}, "hello", *options, "-name", go_questions.HELLO_NAME)
        yield {"client": name, **described(bytes.fromhex(said["hello"]))}


def go_chains(client: Path) -> Iterator[Row]:
    """What crypto/x509 says of each chain, and what ``openssl verify`` says."""
    with TemporaryDirectory() as folder:
        maker = Maker(Path(folder))
        make_all(maker)
        for name, chain in CHAINS.items():
            sent, trusted = maker.bundle(chain.sent, "sent"), maker.bundle(chain.trusted, "trusted")
            (said,) = _go(
                client, {}, "verify", "-roots", str(trusted), "-name", chain.name, str(sent)
            )
            command = ["openssl", "verify", "-no-CApath", "-CAfile", trusted, "-untrusted", sent]
            done = run(
                [*command, "-purpose", "sslserver", "-verify_hostname", chain.name, sent], {}
            )
            fault = re.search(r"^error (\d+ at \d+ depth lookup: .*)", done.stderr, re.MULTILINE)
            yield {
                "chain": name,
                "sent": list(chain.sent),
                "trusted": list(chain.trusted),
                "name": chain.name,
                "go": {"verified": said["verified"]}
                | {key: said[key] for key in ("type", "fault") if key in said},
                "openssl": fault[1] if fault else "verified",
            }


# -- wget ----------------------------------------------------------------------------------------


def wget_version() -> str:
    return run([WGET, "--version"], {}).stdout.partition(" built")[0]


def wget(folder: Path) -> Iterator[Row]:
    """Who wget asks, by its environment and its two files."""
    for row in file_questions.WGET:
        with _servers() as there:
            ports = {name: one.port for name, one in there.items()}
            environment = {"HOME": str(folder)}
            for file, variable in (("system", "SYSTEM_WGETRC"), ("user", "WGETRC")):
                path = folder / f"{file}.wgetrc"
                path.write_text(
                    _filled(str(row.get(file, "")), ports), encoding="utf-8", newline=""
                )
                environment[variable] = str(path)
            given: Mapping[str, str] = row.get("environment", {})  # type: ignore[assignment]
            environment |= {name: _filled(value, ports) for name, value in given.items()}
            url = _filled(str(row.get("url", file_questions.LOCALHOST)), ports)
            command = [WGET, "-O/dev/null", "--no-hsts", "--tries=1", "--timeout=5", url]
            done = run(command, environment)
            asks = _who(there)
            yield {**row, "asks": asks, **_complaint(done.stderr, asks, ports, folder)}


def _complaint(said: str, asks: list[str], ports: Mapping[str, int], folder: Path) -> Row:
    """What a program says about its settings, where it asks nobody."""
    lines = [line for line in said.splitlines() if re.match(r"wget: |Error |E: ", line)]
    found = [_emptied(line, ports).replace(str(folder), "{folder}") for line in lines]
    return {"says": found} if found and not asks else {}


# -- apt -----------------------------------------------------------------------------------------


def apt_version() -> str:
    return run([APT_HELPER, "--version"], {}).stdout.strip()


def apt(folder: Path) -> Iterator[Row]:
    """Who apt asks for an https URL, by apt.conf and the environment; what apt-config prints."""
    rows = [(text, {}) for text in file_questions.APT]
    for environment in file_questions.APT_ENVIRONMENTS:
        rows += [("", environment), (file_questions.APT[2], environment)]
    for text, given in rows:
        with _servers() as there:
            ports = {name: one.port for name, one in there.items()}
            echo = folder / "echo"
            echo.write_text(f"#!/bin/sh\necho {_filled(file_questions.OTHER, ports)}\n")
            echo.chmod(0o755)
            main = folder / "apt.conf"
            places = f'Dir::Etc::parts "{folder}/none";\nDir::Etc::main "{folder}/none.conf";\n'
            settings = _filled(text.replace("{echo}", str(echo)), ports)
            main.write_text(places + 'APT::Sandbox::User "";\nAcquire::Retries "0";\n' + settings)
            environment = {name: _filled(value, ports) for name, value in given.items()}
            environment["APT_CONFIG"] = str(main)
            shown = run([APT_CONFIG, "dump"], environment).stdout
            lines = [
                _emptied(one, ports).replace(str(echo), "{echo}") for one in shown.splitlines()
            ]
            url = _filled(file_questions.LOCALHOST, ports)
            done = run([APT_HELPER, "download-file", url, folder / "fetched"], environment)
            proxies = [one for one in lines if re.match(r"(?i)acquire::.*proxy", one)]
            asks = _who(there)
            says = _complaint(done.stderr, asks, ports, folder)
            yield {"conf": text, "environment": given, "dump": proxies, "asks": asks, **says}


# -- bash ----------------------------------------------------------------------------------------


def bash_version() -> str:
    return run([BASH, "-c", "echo $BASH_VERSION"], {}).stdout.strip()


def bash(folder: Path) -> Iterator[Row]:
    """What the environment of a command has of proxies after bash has read a file."""
    for text in file_questions.SHELL:
        profile = folder / "profile"
        profile.write_text(text, encoding="utf-8", newline="")
        script = 'printf "%s\\0" $$; . "$1" >/dev/null 2>&1; exec env -0'
        done = run([BASH, "--noprofile", "--norc", "-c", script, "bash", profile], {})
        process, *variables = done.stdout.split("\0")
        pairs = [one.partition("=")[::2] for one in variables if "=" in one]
        found = {
            name: value.replace(process, "{process}")
            for name, value in pairs
            if PROXY_VARIABLES.match(name)
        }
        yield {"text": text, "environment": dict(sorted(found.items()))}


# -- who is asked --------------------------------------------------------------------------------


@contextmanager
def _servers() -> Iterator[dict[str, Listener]]:
    with listeners("lower", "upper", "file", "other", "user", "target") as found:
        yield found


def _filled(text: str, ports: Mapping[str, int]) -> str:
    for name, port in ports.items():
        text = text.replace(f"{{{name}}}", str(port))
    return text


def _emptied(text: str, ports: Mapping[str, int]) -> str:
    for name, port in ports.items():
        text = re.sub(rf"([:/]){port}\b", rf"\g<1>{{{name}}}", text)
    return text


def _who(there: Mapping[str, Listener]) -> list[str]:
    """The servers that heard something, each with what it was asked for."""
    ports = {name: one.port for name, one in there.items()}
    return [f"{name}: {_emptied(one.heard[0], ports)}" for name, one in there.items() if one.heard]


def available(program: Path) -> bool:
    """Whether *program* can be run here."""
    return os.access(program, os.X_OK)
