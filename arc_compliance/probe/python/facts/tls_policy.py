"""The host's own TLS stack: openssl and the policy of openssl.cnf."""

import contextlib
import os
import re

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.files import files_of, read_text, why_unreadable
from arc_compliance.probe.python.limits import MAX_SUITES, MAX_TEXT
from arc_compliance.probe.python.scrubbing import scrubbed

POLICY_KEYS = {
    "minprotocol": "minimum_protocol",
    "maxprotocol": "maximum_protocol",
    "cipherstring": "cipher_string",
}


class TlsStack:
    """The host's own TLS stack: the openssl command and the policy of openssl.cnf."""

    def __init__(self) -> None:
        self.facts: Record = {"openssl": None, "policy_file": None, "policy_failure": None}
        self.facts.update((ours, None) for ours in POLICY_KEYS.values())
        self.sections: dict[str, dict[str, tuple[str, str]]] = {}  # (value, file) by key
        self.files = 0

    def read(self) -> None:
        """Get openssl's version and directory, and read the policy there."""
        status, output = run_command(["openssl", "version"], 5)
        if status != 0:
            return
        self.facts["openssl"] = scrubbed(output)
        status, output = run_command(["openssl", "version", "-d"], 5)
        match = re.search('OPENSSLDIR: "(.*)"', output)
        if match:
            self.read_policy(os.path.join(match.group(1), "openssl.cnf"))
        self.facts["cipher_suites"] = offered_suites()

    def read_policy(self, path: str) -> None:
        """Read the policy that the configuration file at *path* makes the system's default."""
        try:
            self._read_file(path, "default", 0)
        except FileNotFoundError:
            return
        except OSError as problem:
            self.facts["policy_failure"] = scrubbed(why_unreadable(problem))
        self.facts["policy_file"] = path[:MAX_TEXT]
        section = "default"
        for pointer in ("openssl_conf", "ssl_conf", "system_default"):
            section = self.sections.get(section, {}).get(pointer, ("", ""))[0]
        for key, (value, file) in self.sections.get(section, {}).items():
            if key in POLICY_KEYS:
                self.facts[POLICY_KEYS[key]] = None if value.lower() == "none" else scrubbed(value)
                self.facts["policy_file"] = file[:MAX_TEXT]

    def _read_file(self, path: str, section: str, depth: int) -> str:
        """Read a configuration file (openssl config(5)); return the section it ends in."""
        self.files += 1
        for line in read_text(path).replace("\\\n", "").splitlines():
            code = line.partition("#")[0].strip()
            heading = re.match(r"\[\s*(\S+)\s*\]", code)
            include = re.match(r"\.include[\s=]+(/.*)", code)
            if heading:
                section = heading.group(1)
            elif include:
                section = self._include(include.group(1).strip("\"' "), section, depth + 1)
            elif "=" in code:
                self._set(section, code, path)
        return section

    def _include(self, path: str, section: str, depth: int) -> str:
        paths = [path]
        if os.path.isdir(path):
            paths = [one for one in files_of(path) if one.endswith((".cnf", ".conf"))]
        for one in paths:
            if depth <= 5 and self.files < 100:
                with contextlib.suppress(FileNotFoundError):
                    section = self._read_file(one, section, depth)
        return section

    def _set(self, section: str, line: str, path: str) -> None:
        key, _, value = line.partition("=")
        # What stands before a dot only makes keys distinct: TLS.MinProtocol is MinProtocol.
        key = key.strip().rpartition(".")[2].lower()
        value = value.strip().strip("\"'")
        if not value.startswith("DTLS"):
            self.sections.setdefault(section, {})[key] = value, path


def offered_suites() -> "list[str]":
    """The cipher suites that the host's openssl offers under the CipherString and Ciphersuites of
    the host's own policy; its limits on protocols do not count here."""
    for supported in (["-s"], []):  # -s, those that the policy leaves, is of OpenSSL 1.1.0
        status, output = run_command(["openssl", "ciphers", "-v", *supported], 5)
        if status == 0:
            words = [line.split() for line in output.splitlines()[:MAX_SUITES]]
            return [scrubbed(one[0]) for one in words if one]
    return []
