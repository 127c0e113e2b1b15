"""The lab's network: an operator, a host behind a firewall that routes and resolves, and Azure.

    operator --- web01 --- gate --- azure
                  10.77.0.0/24   203.0.113.0/24

The operator is where the tests run; it reaches web01 by ssh and nothing else. Private endpoints
are at 10.99.0.0/24, behind the gate too. All of it lives in namespaces below the one that
`selftests/lab/enter` made.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from arc_compliance.catalogue import load_catalogue
from arc_compliance.options.files import NAMED_ROOTS
from selftests.judge.agent_process import agent_process
from selftests.suite_run import ROOT

HOST, GATE, AZURE = "web01", "gate", "azure"
HOST_ADDRESS, GATE_ADDRESS = "10.77.0.2", "10.77.0.1"
OPERATOR_ADDRESS, HOST_FOR_OPERATOR = "192.168.77.1", "192.168.77.2"
AZURE_NET, PRIVATE_NET = "203.0.113", "10.99.0"
SMALL_RESOLVER = "10.77.0.3"
PROXY_PORT, INSPECTOR_PORT = 3128, 8080
AZURE_NET6 = "2001:db8::/64"
NOBODY = "203.0.113.9"
"""An address of Azure at which nobody is."""

PEERS_APART = ("front_door", "outside_azure")
"""Who answers from addresses that are not those of the tags."""

CATALOGUE = load_catalogue("AzureChinaCloud")
TOPS = ("cn", "com", "ms", "example")
"""The top-level domains of all names that anybody asks for here."""

EMPTY = ("/opt", "/var/opt", "/usr/local/bin")
"""What the host has of its own beside a copy of /etc: nothing at first."""

AUDITOR = "auditor"
"""An account on the host that is not root's."""

TRUST_FILE = "/etc/ssl/certs/ca-certificates.crt"


class Network:
    """The lab while it is there. ``names`` has the address of every name that resolves,
    ``private`` the private one of every name, ``peers`` those of whoever answers in Azure's
    place."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.names: dict[str, str] = {}
        self.private: dict[str, str] = {}
        self.peers: dict[str, str] = {}
        self.azure: dict[str, Any] = {}
        self.ssh_config = directory / "ssh_config"
        self.tag_file = directory / f"ServiceTags_China_{datetime.now(timezone.utc):%Y%m%d}.json"
        self._processes: list[subprocess.Popen[bytes]] = []
        self._resolver: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Lay the cables, and start Azure, the name server and the host's sshd."""
        _sh("mount -t tmpfs none /run && mkdir /run/netns /run/sshd && ip link set lo up")
        for name in (HOST, GATE, AZURE):
            _sh(f"ip netns add {name} && ip -n {name} link set lo up")
        _cable(("", OPERATOR_ADDRESS), (HOST, HOST_FOR_OPERATOR))
        _cable((HOST, HOST_ADDRESS), (GATE, GATE_ADDRESS))
        _cable((GATE, f"{AZURE_NET}.1"), (AZURE, f"{AZURE_NET}.10"))
        _sh(f"ip -n {HOST} route add default via {GATE_ADDRESS}")
        _sh(f"ip -n {AZURE} route add default via {AZURE_NET}.1")
        _sh(f"ip -n {GATE} route add {PRIVATE_NET}.0/24 dev eth1")
        inside(GATE, "sysctl", "-qw", "net.ipv4.ip_forward=1")
        inside(GATE, "sysctl", "-qw", "net.ipv4.icmp_ratelimit=0")  # a reject is never a drop
        inside(AZURE, "sysctl", "-qw", "net.ipv4.conf.all.route_localnet=1")
        self._serve_azure()
        self.resolve(self.names)
        self._serve_ssh()

    def stop(self) -> None:
        """End every process; the namespaces end with the command that made them."""
        for process in [*self._processes, *([self._resolver] if self._resolver else [])]:
            process.send_signal(signal.SIGTERM)
            process.wait(10)

    # -- what situations change ------------------------------------------------------------------

    def resolve(self, names: dict[str, str], others: str = "") -> None:
        """Let the name server know *names*; others do not exist, or have the address *others*."""
        if self._resolver:
            self._resolver.terminate()
            self._resolver.wait(10)
        hosts = self.directory / "hosts"
        lines = [
            f"{address} {name}"
            for name, addresses in names.items()
            for address in addresses.split()
        ]
        hosts.write_text("\n".join(lines) + "\n")
        arguments = ["--keep-in-foreground", "--conf-file=/dev/null", "--no-hosts", "--no-resolv"]
        arguments += [f"--listen-address={GATE_ADDRESS}", "--bind-interfaces", "--user=root"]
        arguments += [f"--addn-hosts={hosts}", "--pid-file=", "--log-facility=/dev/null"]
        arguments += [f"--address=/#/{others}"] if others else [f"--local=/{top}/" for top in TOPS]
        self._resolver = start(GATE, ["dnsmasq", *arguments])
        _wait_for(lambda: b":53 " in inside(GATE, "ss", "-lnu").stdout)

    @contextmanager
    def firewall(self, *rules: str, sets: str = "") -> Iterator[None]:
        """The gate's forward rules, in the words of nftables."""
        body = "\n".join(rules)
        chain = f"chain forward {{ type filter hook forward priority 0;\n{body}\n}}"
        inside(GATE, "nft", "-f", "-", given=f"table inet perimeter {{\n{sets}\n{chain}\n}}\n")
        try:
            yield
        finally:
            inside(GATE, "nft", "delete", "table", "inet", "perimeter")

    @contextmanager
    def packets_as_on_a_cable(self) -> Iterator[None]:
        """What Azure sends, in packets of the network's own size: a kernel that sends to itself
        leaves them in one."""
        _sh(f"ip -n {AZURE} link set eth0 gso_max_segs 1")
        try:
            yield
        finally:
            _sh(f"ip -n {AZURE} link set eth0 gso_max_segs 65535")

    @contextmanager
    def translation(self, rule: str) -> Iterator[None]:
        """The gate's *rule* for where packets of the host really go."""
        chain = f"chain prerouting {{ type nat hook prerouting priority -100;\n{rule}\n}}"
        inside(GATE, "nft", "-f", "-", given=f"table ip translation {{\n{chain}\n}}\n")
        try:
            yield
        finally:
            inside(GATE, "nft", "delete", "table", "ip", "translation")

    @contextmanager
    def host_files(self, files: dict[str, str], mode: int = 0o644) -> Iterator[None]:
        """The host with *files*, whole text by path."""
        put = (
            'mkdir -p "${1%/*}"; [ ! -e "$1" ] || cp -a "$1" "$1.before"; cat > "$1"; chmod $2 "$1"'
        )
        back = 'if [ -e "$1.before" ]; then mv "$1.before" "$1"; else rm -f "$1"; fi'
        for path, text in files.items():
            self.on_host("sh", "-ec", put, "sh", path, f"{mode:o}", given=text)
        try:
            yield
        finally:
            for path in files:
                self.on_host("sh", "-ec", back, "sh", path)

    def on_host(
        self, *command: str, given: str = "", well: bool = True, seconds: float = 30
    ) -> subprocess.CompletedProcess[bytes]:
        """*command*, run to its end on the host, as its sshd would; it has to end *well*."""
        done = subprocess.run(
            ["nsenter", f"--target={self._sshd.pid}", "--mount", "--net", *command],
            input=given.encode(),
            check=False,
            capture_output=True,
            timeout=seconds,
        )
        if well and done.returncode:
            raise RuntimeError(f"{HOST}: {' '.join(command)}: {done.stderr.decode()}")
        return done

    @contextmanager
    def inspector(self, *options: str, transparent: bool = True) -> Iterator[str]:
        """mitmproxy at the gate, in the way of all that goes to port 443, or as a proxy; its URL.

        It trusts the simulated Azure; who trusts it is another matter.
        """
        mode = "transparent" if transparent else "regular"
        command = ["mitmdump", "--quiet", "--mode", mode, f"--listen-port={INSPECTOR_PORT}"]
        settings = {
            "confdir": str(self.directory / "mitmproxy"),
            "ssl_verify_upstream_trusted_ca": str(self.azure["public_roots"]),
            "block_global": "false",
        }
        given = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        process = start(GATE, [*command, *given, *options], resolver=self.directory / "resolv.conf")
        try:
            _wait_for(lambda: f":{INSPECTOR_PORT} ".encode() in inside(GATE, "ss", "-lnt").stdout)
            way = f"iifname eth0 tcp dport 443 redirect to :{INSPECTOR_PORT}"
            with self.translation(way) if transparent else self.firewall("drop"):
                yield f"http://{GATE_ADDRESS}:{INSPECTOR_PORT}"
        finally:
            process.terminate()
            process.wait(10)

    @property
    def inspecting_ca(self) -> str:
        """The CA of the inspector, PEM; there once it has run."""
        return (self.directory / "mitmproxy" / "mitmproxy-ca-cert.pem").read_text()

    @contextmanager
    def route_lost(self) -> Iterator[None]:
        """The host without its default route."""
        _sh(f"ip -n {HOST} route del default")
        try:
            yield
        finally:
            _sh(f"ip -n {HOST} route add default via {GATE_ADDRESS}")

    @contextmanager
    def resolver_dead(self) -> Iterator[None]:
        """Questions to the name server vanish."""
        rule = "iifname eth0 udp dport 53 drop"
        chain = f"chain input {{ type filter hook input priority 0;\n{rule}\n}}"
        inside(GATE, "nft", "-f", "-", given=f"table inet silence {{\n{chain}\n}}\n")
        try:
            yield
        finally:
            inside(GATE, "nft", "delete", "table", "inet", "silence")

    @contextmanager
    def resolving(self, names: dict[str, str]) -> Iterator[None]:
        """The name server with other addresses for *names*; "" takes a name away."""
        self.resolve({name: one for name, one in {**self.names, **names}.items() if one})
        try:
            yield
        finally:
            self.resolve(self.names)

    @contextmanager
    def trusting(self, pem: str) -> Iterator[None]:
        """The host with another trust store."""
        store = self.directory / "trusted.pem"
        before = store.read_text()
        store.write_text(pem)
        try:
            yield
        finally:
            store.write_text(before)

    @contextmanager
    def mounted(self, folder: Path, at: Path) -> Iterator[None]:
        """The host with *folder* in the place of its own folder *at*."""
        self.on_host("mount", "--bind", str(folder), str(at))
        try:
            yield
        finally:
            self.on_host("umount", str(at))

    @contextmanager
    def trusting_too(self, pem: str) -> Iterator[None]:
        """The host with *pem* in its trust store, beside what was there."""
        with self.trusting((self.directory / "trusted.pem").read_text() + pem):
            yield

    @contextmanager
    def host_filters(self, rule: str, hook: str = "input") -> Iterator[None]:
        """The host's own *rule* for what comes in, or goes out."""
        chain = f"chain {hook} {{ type filter hook {hook} priority 0;\n{rule}\n}}"
        inside(HOST, "nft", "-f", "-", given=f"table inet own {{\n{chain}\n}}\n")
        try:
            yield
        finally:
            inside(HOST, "nft", "delete", "table", "inet", "own")

    @contextmanager
    def agent_process(self, *sockets: str) -> Iterator[None]:
        """A process of the agent's name on the host, with *sockets*."""
        with agent_process("himds", *sockets, within=("ip", "netns", "exec", HOST)):
            yield

    @contextmanager
    def host_without(self, pattern: str) -> Iterator[None]:
        """The host, with nothing that can be run where *pattern* matches."""
        self.on_host(
            "sh", "-ec", f"for f in {pattern}; do [ -L $f ] || mount -B /dev/null $f; done"
        )
        try:
            yield
        finally:
            self.on_host("sh", "-ec", f"for f in {pattern}; do [ -L $f ] || umount $f; done")

    @contextmanager
    def portal(self) -> Iterator[None]:
        """The name server says of every name that it is at the gate, where no Azure is."""
        self.resolve({}, others=GATE_ADDRESS)
        try:
            yield
        finally:
            self.resolve(self.names)

    @contextmanager
    def proxy(self, *lines: str) -> Iterator[str]:
        """tinyproxy at the gate, as the only way out; its URL."""
        config = self.directory / "tinyproxy.conf"
        settings = [f"Listen {GATE_ADDRESS}", f"Port {PROXY_PORT}", "ConnectPort 443", "Timeout 30"]
        config.write_text("".join(f"{line}\n" for line in (*settings, *lines)))
        with self._proxy_process("tinyproxy", "-d", "-c", str(config)) as url:
            yield url

    @contextmanager
    def peculiar_proxy(self, *peculiarity: str) -> Iterator[str]:
        """A proxy of selftests.lab.own_proxy at the gate, as the only way out; its URL."""
        command = [sys.executable, "-m", "selftests.lab.own_proxy", GATE_ADDRESS, str(PROXY_PORT)]
        with self._proxy_process(*command, *peculiarity) as url:
            yield url

    @contextmanager
    def _proxy_process(self, *command: str) -> Iterator[str]:
        with self.firewall("drop"):
            process = start(GATE, [*command], resolver=self.directory / "resolv.conf")
            try:
                _wait_for(lambda: f":{PROXY_PORT} ".encode() in inside(GATE, "ss", "-lnt").stdout)
                yield f"http://{GATE_ADDRESS}:{PROXY_PORT}"
            finally:
                process.terminate()
                process.wait(10)

    @contextmanager
    def gate_filters(self, rule: str) -> Iterator[None]:
        """The gate's *rule* for what it sends itself: its proxies and inspectors."""
        chain = f"chain output {{ type filter hook output priority 0;\n{rule}\n}}"
        inside(GATE, "nft", "-f", "-", given=f"table inet own {{\n{chain}\n}}\n")
        try:
            yield
        finally:
            inside(GATE, "nft", "delete", "table", "inet", "own")

    @contextmanager
    def resolver_settings(self, text: str) -> Iterator[None]:
        """The host with *text* as its /etc/resolv.conf."""
        settings = self.directory / "resolv.conf"
        before = settings.read_text()
        settings.write_text(text)  # in its place: it is mounted
        try:
            yield
        finally:
            settings.write_text(before)

    @contextmanager
    def small_resolver(self, buffer: int, seconds: float) -> Iterator[str]:
        """A name server of selftests.lab.own_resolver at the gate; its address."""
        names = self.directory / "small_resolver.json"
        names.write_text(json.dumps(self.names))
        command = [sys.executable, "-m", "selftests.lab.own_resolver", SMALL_RESOLVER]
        _sh(f"ip -n {GATE} address add {SMALL_RESOLVER}/24 dev eth0")
        process = start(GATE, [*command, str(names), str(buffer), str(seconds)])
        try:
            at = f"{SMALL_RESOLVER}:53 ".encode()
            _wait_for(lambda: at in inside(GATE, "ss", "-lnu").stdout)
            yield SMALL_RESOLVER
        finally:
            process.terminate()
            process.wait(10)
            _sh(f"ip -n {GATE} address del {SMALL_RESOLVER}/24 dev eth0")

    # -- parts -----------------------------------------------------------------------------------

    def _serve_azure(self) -> None:
        ready = self.directory / "azure.json"
        process = start(AZURE, [sys.executable, "-m", "selftests.lab.azure", str(ready)], cwd=ROOT)
        self._processes.append(process)
        _wait_for(ready.exists)
        self.azure = json.loads(ready.read_text())
        served: dict[str, list[tuple[int, int]]] = {}
        for name, port, _, to in self.azure["connect_to"]:
            served.setdefault(name, []).append((port, to))
        peers = {f"peer {name}": [(443, to)] for name, to in self.azure["peers"].items()}
        addresses = {}
        rules = []
        for number, (name, ports) in enumerate({**served, **peers}.items(), start=20):
            address = addresses[name] = f"{AZURE_NET}.{number}"
            _sh(f"ip -n {AZURE} address add {address}/24 dev eth0")
            private = self.private[name] = f"{PRIVATE_NET}.{number}"
            _sh(f"ip -n {AZURE} address add {private}/32 dev eth0")
            at = f"ip daddr {{ {address}, {private} }}"
            rules += [f"{at} tcp dport {p} dnat to 127.0.0.1:{to}" for p, to in ports]
        self.names = {name: addresses[name] for name in served}
        self.peers = {name: addresses[f"peer {name}"] for name in self.azure["peers"]}
        self.tag_file.write_text(json.dumps(self.service_tags()))
        body = "\n".join(rules)
        chain = f"chain prerouting {{ type nat hook prerouting priority -100;\n{body}\n}}"
        inside(AZURE, "nft", "-f", "-", given=f"table ip published {{\n{chain}\n}}\n")

    def service_tags(self) -> dict[str, Any]:
        """A service tag file of the lab: the addresses of each tag's names, and of those who
        answer in their place."""
        apart = {self.peers[name] for name in PEERS_APART}
        stand_ins = [a for a in (*self.peers.values(), NOBODY) if a not in apart]
        rows = [(r.endpoint, tag) for r in CATALOGUE.requirements for tag in r.tags if r.endpoint]
        tags: dict[str, set[str]] = {
            tag: set() for r in CATALOGUE.requirements for tag in (*r.tags, *r.public_tags)
        }
        for row, tag in rows:
            own = [address for name, address in self.names.items() if row.matches(name)]
            tags[tag] |= {f"{address}/32" for address in (*own, *stand_ins)} | {AZURE_NET6}
        for nameless in (prefixes for prefixes in tags.values() if not prefixes):
            nameless.add(f"{self.names['aka.ms']}/32")  # a tag of no row is in every file, too
        tags["AzureCloud"] = {prefix for prefixes in tags.values() for prefix in prefixes}
        tags["AzureFrontDoor.Frontend"] = {f"{self.peers['front_door']}/32"}
        values = [
            {"name": tag, "properties": {"addressPrefixes": sorted(prefixes)}}
            for tag, prefixes in tags.items()
        ]
        return {"changeNumber": 1, "cloud": "China", "values": values}

    def _serve_ssh(self) -> None:
        folder = self.directory
        for key in ("key", "host_key"):
            _sh(f"ssh-keygen -q -t ed25519 -N '' -f {folder / key}")
        authorized = Path("/run/authorized_keys")  # where any account may read it
        shutil.copy(folder / "key.pub", authorized)
        (folder / "resolv.conf").write_text(f"nameserver {GATE_ADDRESS}\noptions timeout:1\n")
        roots = Path(self.azure["public_roots"]).read_bytes() + NAMED_ROOTS.read_bytes()
        (folder / "trusted.pem").write_bytes(roots)
        options = {
            "ListenAddress": HOST_FOR_OPERATOR,
            "HostKey": str(folder / "host_key"),
            "AuthorizedKeysFile": str(authorized),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "MaxStartups": "200",
        }
        given = " ".join(f"-o {key}={value}" for key, value in options.items())
        nothing = "\n".join(f"mount -t tmpfs -o mode=755 none {path}" for path in EMPTY)
        script = (
            "mkdir /run/etc; cp -r --preserve=mode /etc/. /run/etc 2>/dev/null ||:\n"
            "echo 'root:*:1::::::' > /run/etc/shadow\n"  # no password, and not locked either
            f"echo '{AUDITOR}:*:4711:4711::/:/bin/sh' >> /run/etc/passwd\n"
            f"mount --bind /run/etc /etc\n{nothing}\n"
            f"mount --bind {folder}/resolv.conf /etc/resolv.conf\n"
            f"mount --bind {folder}/trusted.pem {TRUST_FILE}\n"
            f"exec /usr/sbin/sshd -D -e -f /dev/null {given}"
        )
        self._sshd = start(HOST, ["unshare", "--mount", "sh", "-ec", script])
        self._processes.append(self._sshd)
        self.ssh_config.write_text(
            f"Host *\n  HostName {HOST_FOR_OPERATOR}\n  IdentityFile {folder / 'key'}\n"
            "  IdentitiesOnly yes\n  StrictHostKeyChecking no\n  LogLevel ERROR\n"
            f"  UserKnownHostsFile {folder / 'known_hosts'}\n  KexAlgorithms curve25519-sha256\n"
        )
        _wait_for(lambda: b":22 " in inside(HOST, "ss", "-lnt").stdout)


def inside(
    namespace: str, *command: str, given: str | None = None
) -> subprocess.CompletedProcess[bytes]:
    """*command*, run to its end in *namespace*; it has to end well."""
    done = subprocess.run(
        ["ip", "netns", "exec", namespace, *command],
        input=given.encode() if given is not None else None,
        check=False,
        capture_output=True,
        timeout=30,
    )
    if done.returncode:
        raise RuntimeError(f"{namespace}: {' '.join(command)}: {done.stderr.decode()}{given or ''}")
    return done


def start(
    namespace: str,
    command: list[str],
    cwd: Path | None = None,
    resolver: Path | None = None,
) -> subprocess.Popen[bytes]:
    """*command*, going on in *namespace*, with *resolver* as its /etc/resolv.conf if given."""
    if resolver:
        script = f'mount --bind {resolver} /etc/resolv.conf; exec "$@"'
        command = ["unshare", "--mount", "sh", "-ec", script, "sh", *command]
    return subprocess.Popen(
        ["ip", "netns", "exec", namespace, *command],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _sh(script: str) -> None:
    subprocess.run(["sh", "-ec", script], check=True, capture_output=True, timeout=30)


def _cable(left: tuple[str, str], right: tuple[str, str]) -> None:
    """A pair of interfaces between two namespaces ("" is the operator's), each with its address."""
    ends = []
    for namespace, address in (left, right):
        taken = _links(namespace)
        ends.append((namespace, address, f"eth{taken}"))
    (a, a_address, a_link), (b, b_address, b_link) = ends
    _sh("ip link add cable0 type veth peer name cable1")
    for namespace, address, link, cable in (
        (a, a_address, a_link, "cable0"),
        (b, b_address, b_link, "cable1"),
    ):
        at = f"-n {namespace}" if namespace else ""
        move = f"ip link set {cable} netns {namespace} && " if namespace else ""
        _sh(
            f"{move}ip {at} link set {cable} name {link} && "
            f"ip {at} address add {address}/24 dev {link} && ip {at} link set {link} up"
        )


def _links(namespace: str) -> int:
    at = ["-n", namespace] if namespace else []
    out = subprocess.run(["ip", *at, "-o", "link"], check=True, capture_output=True).stdout
    return sum(b": eth" in line for line in out.splitlines())


def _wait_for(there: Any) -> None:
    until = time.monotonic() + 20
    while not there():
        if time.monotonic() > until:
            raise TimeoutError("a part of the lab did not come up")
        time.sleep(0.02)
