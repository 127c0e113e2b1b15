"""The host's own TLS stack: openssl and the policy of openssl.cnf."""

import os
import re

from arc_compliance.probe.python.commands import run_command
from arc_compliance.probe.python.contract import Record
from arc_compliance.probe.python.facts.openssl_conf import OpensslConf
from arc_compliance.probe.python.files import why_unreadable
from arc_compliance.probe.python.limits import MAX_SUITES, MAX_TEXT
from arc_compliance.probe.python.scrubbing import scrubbed

POLICY_FACTS = ("minimum_protocol", "maximum_protocol", "cipher_string")
PROTOCOLS = ("SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
COMPILED_IN = PROTOCOLS[1:]  # SSLv3 is left out nearly everywhere


class TlsStack:
    """The host's own TLS stack: the openssl command and the policy of openssl.cnf."""

    def __init__(self) -> None:
        self.facts: Record = {"openssl": None, "policy_file": None, "policy_failure": None}
        self.facts.update(dict.fromkeys(POLICY_FACTS))

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
        configuration = OpensslConf()
        try:
            configuration.read(path)
        except FileNotFoundError:
            return
        except OSError as problem:
            self.facts["policy_failure"] = scrubbed(why_unreadable(problem))
        self.facts["policy_file"] = path[:MAX_TEXT]
        section = "default"
        for pointer in ("openssl_conf", "ssl_conf", "system_default"):
            section = configuration.value(section, pointer)
        policy = SystemPolicy()
        for key, (value, file) in configuration.sections.get(section, {}).items():
            # What stands before a dot only makes keys distinct: TLS.MinProtocol is MinProtocol.
            if policy.takes(key.rpartition(".")[2].lower(), value):
                self.facts["policy_file"] = file[:MAX_TEXT]
        self.facts.update(policy.facts())


class SystemPolicy:
    """The commands of a policy (SSL_CONF_cmd(3)), one after the other; OpenSSL passes over what it
    does not know."""

    def __init__(self) -> None:
        self.minimum: str | None = None
        self.maximum: str | None = None
        self.off: set[str] = set()
        self.ciphers: str | None = None

    def takes(self, command: str, value: str) -> bool:
        """Take one command; whether it says something of protocols or ciphers."""
        if command in ("minprotocol", "maxprotocol"):
            if value not in (*PROTOCOLS, "None"):
                return False
            limit = None if value == "None" else value
            if command == "minprotocol":
                self.minimum = limit
            else:
                self.maximum = limit
        elif command == "protocol":
            self._switch(value)
        elif command == "cipherstring":
            self.ciphers = value
        else:
            return False
        return True

    def _switch(self, value: str) -> None:
        """``Protocol``: what has a minus is switched off, what has none is switched on."""
        by_name = {name.lower(): {name} for name in PROTOCOLS}
        by_name["all"] = set(PROTOCOLS)
        for word in value.split(","):
            name = word.strip().lower()
            if name.startswith("-"):
                self.off |= by_name.get(name[1:], set())
            else:
                self.off -= by_name.get(name.lstrip("+"), set())

    def facts(self) -> Record:
        """The limits, as the evidence has them.

        Where protocols between two others are switched off, OpenSSL offers the oldest range
        without a gap.
        """
        minimum, maximum = self.minimum, self.maximum
        if self.off & set(COMPILED_IN):
            first, last = PROTOCOLS.index(minimum or "SSLv3"), PROTOCOLS.index(maximum or "TLSv1.3")
            left = [name in COMPILED_IN and name not in self.off for name in PROTOCOLS]
            left = [one and first <= at <= last for at, one in enumerate(left)]
            lowest = left.index(True) if True in left else 0
            gap = left.index(False, lowest) if False in left[lowest:] else len(left)
            minimum, maximum = PROTOCOLS[lowest], PROTOCOLS[max(lowest, gap - 1)]
        ciphers = scrubbed(self.ciphers) if self.ciphers else None
        return dict(zip(POLICY_FACTS, (minimum, maximum, ciphers)))


def offered_suites() -> "list[str]":
    """The cipher suites that the host's openssl offers under the CipherString and Ciphersuites of
    the host's own policy; its limits on protocols do not count here."""
    for supported in (["-s"], []):  # -s, those that the policy leaves, is of OpenSSL 1.1.0
        status, output = run_command(["openssl", "ciphers", "-v", *supported], 5)
        if status == 0:
            words = [line.split() for line in output.splitlines()[:MAX_SUITES]]
            return [scrubbed(one[0]) for one in words if one]
    return []
