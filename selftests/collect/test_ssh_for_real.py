"""Each way in which ssh fails, brought about with OpenSSH on loopback: the cause that is found."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from arc_compliance.collect.backends import Access
from arc_compliance.collect.fleet import collect
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.plan.order import Limits
from arc_compliance.wire.fields import Failure
from arc_compliance.wire.record import HostRecord
from selftests.collect.fleet_of_fakes import order_of
from selftests.conftest import SSHD, free_port, needs, wait_for


class Servers:
    """sshd on ports of loopback, with a user's and a host's keys, and the ssh config for them."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.running: list[subprocess.Popen[bytes]] = []
        for name, passphrase in {"host": "", "other": "", "user": "", "locked": "secret"}.items():
            self._keygen("-q", "-t", "ed25519", "-N", passphrase, "-f", str(directory / name))
        keys = [(directory / f"{name}.pub").read_text() for name in ("user", "locked")]
        (directory / "authorized").write_text("".join(keys))
        (directory / "known").write_text(f"* {(directory / 'host.pub').read_text()}")

    def start(self, **options: str) -> int:
        """The port of a server with *options* of sshd_config."""
        port = free_port()
        given = {
            "ListenAddress": "127.0.0.1",
            "Port": str(port),
            "HostKey": str(self.directory / "host"),
            "AuthorizedKeysFile": str(self.directory / "authorized"),
            "PidFile": "none",
            "StrictModes": "no",
            "UsePAM": "no",
            "PasswordAuthentication": "no",
            "KbdInteractiveAuthentication": "no",
            **options,
        }
        arguments = [text for key, value in given.items() for text in ("-o", f"{key}={value}")]
        self.running.append(
            subprocess.Popen(
                [str(SSHD), "-D", "-f", "/dev/null", *arguments],
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        )
        wait_for(port)
        return port

    def config(self, port: int, **options: str) -> Path:
        """The file by which ssh reaches web01 at *port*; *options* are those of ssh_config."""
        given = {
            "HostName": "127.0.0.1",
            "Port": str(port),
            "IdentityFile": str(self.directory / "user"),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "UserKnownHostsFile": str(self.directory / "known"),
            "GlobalKnownHostsFile": "/dev/null",
            "KexAlgorithms": "curve25519-sha256",
            **options,
        }
        proxied = any(key.startswith("Proxy") for key in options)
        # ssh does not quote the path for the ssh of its ProxyJump
        path = self.directory / ("proxied" if proxied else "my config")
        lines = [
            f"  {key} {value}" if key.startswith("Proxy") else f'  {key} "{value}"'
            for key, value in given.items()
        ]
        path.write_text("\n".join(["Host web01", *lines, ""]))
        return path

    def stop(self) -> None:
        for server in self.running:
            server.send_signal(signal.SIGTERM)
            server.wait(10)

    @staticmethod
    def _keygen(*arguments: str) -> None:
        subprocess.run(["ssh-keygen", *arguments], check=True)


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    needs(SSHD.exists(), "openssh-server")
    Path("/run/sshd").mkdir(exist_ok=True) if os.geteuid() == 0 else None
    servers = Servers(tmp_path_factory.mktemp("ssh"))
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def port(servers: Servers) -> int:
    """The port of a server that has no fault."""
    return servers.start()


@pytest.fixture(autouse=True)
def _no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)


def _failure(config: Path, *, host: str = "web01", **access: str | bool) -> Failure:
    """Why web01 could not be measured through *config*."""
    records: list[HostRecord] = []
    collect(
        {parse_host(f"ssh://{host}"): order_of("web01")},
        access=Access(ssh_config=str(config), **access),  # type: ignore[arg-type]
        limits=Limits(connect=1, deadline=30),
        forks=1,
        measured=records.append,
    )
    assert len(records) == 1
    assert records[0].failure
    return records[0].failure


def _assert(failure: Failure, cause: str, words: str, command: str) -> None:
    assert failure.cause == cause, failure.detail
    assert words in failure.detail
    assert failure.detail.endswith(command), failure.detail


def _file(servers: Servers, name: str, text: str, mode: int = 0o600) -> str:
    path = servers.directory / name
    path.write_text(text)
    path.chmod(mode)
    return str(path)


def _ssh(servers: Servers, *options: str) -> str:
    given = "".join(f"{option} " for option in options)
    return f"ssh {given}-F '{servers.directory}/my config' web01 true"


def _greet(listener: socket.socket, greeting: bytes) -> None:
    """Send one client *greeting*, hear what it says, and close the connection."""
    connection, _ = listener.accept()
    with connection, contextlib.suppress(OSError):
        connection.sendall(greeting)
        connection.recv(1000)
        connection.shutdown(socket.SHUT_WR)
        connection.recv(100_000)


# -- the way to the host -------------------------------------------------------------------------


def test_name(servers: Servers) -> None:
    failure = _failure(servers.config(22, HostName="web01.invalid"))

    words = "ssh: Could not resolve hostname web01.invalid: "
    _assert(failure, "ssh-name-not-found", words, "To look it up: getent ahosts web01.invalid")


def test_refused(servers: Servers) -> None:
    nobody = free_port()
    failure = _failure(servers.config(nobody))

    words = f"ssh: connect to host 127.0.0.1 port {nobody}: Connection refused. Try: "
    _assert(failure, "ssh-refused", words, _ssh(servers))


def test_user_and_port_are_filled_in(servers: Servers) -> None:
    nobody = free_port()
    failure = _failure(servers.config(22), host=f"bob@web01:{nobody}")

    command = f"ssh -F '{servers.directory}/my config' -p {nobody} bob@web01 true"
    _assert(failure, "ssh-refused", f"port {nobody}: ", command)


def test_timeout(servers: Servers) -> None:
    """A queue of connections that is full: the kernel drops what comes after."""
    with socket.socket() as full, socket.socket() as first, socket.socket() as second:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        for one in (first, second):
            one.setblocking(False)
            one.connect_ex(full.getsockname())
        failure = _failure(servers.config(full.getsockname()[1]))

    assert failure.cause == "ssh-timeout"
    assert "timed out" in failure.detail


def test_unreachable(servers: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a network namespace of its own, which has no route."""
    without = ["unshare", "--map-root-user", "--net"]
    able = subprocess.run([*without, "true"], capture_output=True, check=False)
    needs(able.returncode == 0, "a user namespace")
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\nexec {" ".join(without)} {shutil.which("ssh")} "$@"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    failure = _failure(servers.config(22, HostName="203.0.113.1"))

    words = "ssh: connect to host 203.0.113.1 port 22: Network is unreachable. Try"
    _assert(failure, "ssh-unreachable", words, _ssh(servers))


def test_another_service(servers: Servers) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        alert = b"\x15\x03\x01\x00\x02\x02\x0a\n"
        threading.Thread(target=_greet, args=(other, alert), daemon=True).start()
        failure = _failure(servers.config(other.getsockname()[1]))

    _assert(failure, "ssh-not-spoken", "invalid", _ssh(servers, "-v"))


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.2\r\n"])
def test_closed_before_the_login(servers: Servers, greeting: bytes) -> None:
    """As TCP wrappers and MaxStartups close it, and as a firewall does that has seen enough."""
    with socket.create_server(("127.0.0.1", 0)) as closing:
        threading.Thread(target=_greet, args=(closing, greeting), daemon=True).start()
        failure = _failure(servers.config(closing.getsockname()[1]))

    _assert(failure, "ssh-closed-early", "onnection closed by ", _ssh(servers, "-v"))


def test_algorithms(servers: Servers, port: int) -> None:
    old = "diffie-hellman-group14-sha1"
    kex = _failure(servers.config(servers.start(KexAlgorithms=old)))
    cipher = _failure(servers.config(servers.start(Ciphers="aes256-cbc"), Ciphers="aes128-ctr"))
    key = _failure(servers.config(port, HostKeyAlgorithms="ssh-rsa"))

    words = "no matching key exchange method found. Their offer: "
    _assert(kex, "ssh-no-common-algorithm", words + old, _ssh(servers, "-v"))
    assert cipher.cause == key.cause == "ssh-no-common-algorithm"


# -- jump hosts ----------------------------------------------------------------------------------


def test_jump_hosts(servers: Servers, port: int) -> None:
    nobody = free_port()
    dead = _failure(servers.config(port, ProxyJump=f"127.0.0.1:{nobody}"))
    command = _failure(servers.config(port, ProxyCommand="/nonexistent/proxy"))
    bastion = servers.config(port).read_text().replace("Host web01", "Host bastion")
    config = servers.config(nobody, ProxyJump="bastion")
    config.write_text(config.read_text() + bastion)
    beyond = _failure(config)

    for failure in (dead, command, beyond):
        assert failure.cause == "ssh-jump-host-failed", failure.detail
        assert failure.detail.endswith(f"ssh -v -F {servers.directory}/proxied web01 true")
    assert f"ssh: connect to host 127.0.0.1 port {nobody}: Connection refused" in dead.detail
    assert "/nonexistent/proxy" in command.detail
    assert "connect failed: Connection refused; stdio forwarding failed" in beyond.detail


# -- the host's key ------------------------------------------------------------------------------


@pytest.mark.parametrize("strict", ["ask", "yes"])
def test_unknown_key(servers: Servers, port: int, strict: str) -> None:
    empty = _file(servers, "empty", "")
    config = servers.config(port, UserKnownHostsFile=empty, StrictHostKeyChecking=strict)
    failure = _failure(config)

    options = ("-o", "StrictHostKeyChecking=ask") if strict == "yes" else ()
    _assert(failure, "ssh-host-key-unknown", "failed.", _ssh(servers, *options))
    check = failure.detail.partition("fingerprint: ")[2].partition(". When")[0]
    assert check == f"ssh-keyscan -p {port} 127.0.0.1 | ssh-keygen -l -f -"
    shown = subprocess.run(["/bin/sh", "-c", check], capture_output=True, check=True, text=True)
    assert "SHA256:" in shown.stdout


@pytest.mark.parametrize("strict", ["ask", "no"])
@pytest.mark.parametrize("alias", ["", "web"])
def test_changed_key(servers: Servers, port: int, alias: str, strict: str) -> None:
    """The command that the report gives removes the old key, and no other."""
    name = alias or f"[127.0.0.1]:{port}"
    other = (servers.directory / "other.pub").read_text()
    known = _file(servers, "my hosts", f"{name} {other}web02 {other}")
    options = {"HostKeyAlias": alias} if alias else {}
    if strict == "no":
        options["IdentityFile"] = str(servers.directory / "other")
    options |= {"UserKnownHostsFile": f'{known}" "/dev/null', "StrictHostKeyChecking": strict}
    failure = _failure(servers.config(port, **options))

    command = f"ssh-keygen -f '{known}' -R {name if alias else repr(name)}"
    words = "The fingerprint for the ED25519 key sent by the remote host is SHA256:"
    _assert(failure, "ssh-host-key-changed", words, f"the new fingerprint: {command}")
    subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=True)
    assert Path(known).read_text() == f"web02 {other}"


def test_revoked_key(servers: Servers, port: int) -> None:
    host = (servers.directory / "host.pub").read_text()
    marked = _failure(
        servers.config(port, UserKnownHostsFile=_file(servers, "revoked", f"@revoked * {host}"))
    )
    listed = _failure(servers.config(port, RevokedHostKeys=str(servers.directory / "host.pub")))

    for failure in (marked, listed):
        assert failure.cause == "ssh-host-key-rejected", failure.detail
        assert "revoked" in failure.detail
        assert "-R" not in failure.detail


def test_certificate_of_another_name(servers: Servers) -> None:
    """The host shows a certificate that is for another name than the one that it is reached by."""
    ca, key = str(servers.directory / "other"), servers.directory / "host.pub"
    Servers._keygen("-q", "-s", ca, "-h", "-I", "id", "-n", "web02", str(key))
    certificate = servers.directory / "host-cert.pub"
    port = servers.start(HostCertificate=str(certificate))
    authority = f"@cert-authority * {(servers.directory / 'other.pub').read_text()}"
    config = servers.config(port, UserKnownHostsFile=_file(servers, "ca", authority))
    failure = _failure(config)

    assert failure.cause == "ssh-host-key-rejected", failure.detail
    assert "not a listed principal" in failure.detail


# -- the login -----------------------------------------------------------------------------------


def test_no_key_is_accepted(servers: Servers, port: int) -> None:
    config = servers.config(port, IdentityFile=str(servers.directory / "other"))

    words = "@127.0.0.1: Permission denied (publickey). To see"
    _assert(_failure(config), "ssh-auth-failed", words, _ssh(servers, "-v"))


def test_a_password_is_wanted(servers: Servers) -> None:
    port = servers.start(PasswordAuthentication="yes", PubkeyAuthentication="no")

    words = "Permission denied (password). To see"
    _assert(_failure(servers.config(port)), "ssh-password-wanted", words, _ssh(servers, "-v"))


@pytest.mark.parametrize("batch", ["yes", "no"])
def test_a_passphrase_is_wanted(servers: Servers, port: int, batch: str) -> None:
    locked = str(servers.directory / "locked")
    config = servers.config(port, IdentityFile=locked, BatchMode=batch)

    words = "The key has a passphrase, and nobody can type it here."
    _assert(_failure(config), "ssh-password-wanted", words, f"Try: ssh-add {locked}")


def test_too_many_keys(servers: Servers) -> None:
    port = servers.start(MaxAuthTries="1")
    config = servers.config(port, IdentityFile=str(servers.directory / "other"))

    command = f"ssh -o IdentitiesOnly=yes -i {servers.directory}/other -F"
    failure = _failure(config)
    _assert(failure, "ssh-too-many-keys", "Too many authentication failures", "web01 true")
    assert command in failure.detail


def test_key_files_that_cannot_be_used(servers: Servers, port: int) -> None:
    text = (servers.directory / "user").read_text()
    readable = _file(servers, "readable", text, 0o644)
    malformed = _file(servers, "malformed", "no key\n")
    missing = str(servers.directory / "missing")

    _assert(
        _failure(servers.config(port, IdentityFile=readable)),
        "ssh-key-file-unusable",
        f"Permissions 0644 for '{readable}' are too open.",
        f"Try: chmod 600 {readable}",
    )
    _assert(
        _failure(servers.config(port, IdentityFile=malformed)),
        "ssh-key-file-unusable",
        f'Load key "{malformed}": ',
        f"Try: ssh-keygen -y -f {malformed}",
    )
    _assert(
        _failure(servers.config(port, IdentityFile=missing), ssh_identity_file=missing),
        "ssh-key-file-unusable",
        f"Identity file {missing} not accessible: No such file or directory",
        f"Try: ssh-keygen -y -f {missing}",
    )


def test_configuration(servers: Servers, port: int) -> None:
    wrong = _failure(servers.config(port, Frobnicate="yes"))
    missing = _failure(servers.directory / "nothing")

    command = f"ssh -G -F '{servers.directory}/my config' web01"
    _assert(wrong, "ssh-config-wrong", "Bad configuration option: frobnicate", command)
    assert missing.cause == "ssh-config-wrong"


# -- on the host ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forced", "words"),
    [
        ("/usr/sbin/nologin", "This account is currently not available."),
        ("internal-sftp", "This service allows sftp connections only."),
        ("echo welcome", "(exit status 0); it said: welcome"),
        ("echo 'Permission denied (publickey).' >&2; exit 1", "Permission denied (publickey)."),
    ],
)
def test_a_host_that_runs_no_command(servers: Servers, forced: str, words: str) -> None:
    port = servers.start(ForceCommand=forced)

    failure = _failure(servers.config(port))

    assert failure.cause == "ssh-command-refused"
    assert words in failure.detail


def test_a_host_without_sudo_or_with_one_that_asks(servers: Servers, port: int) -> None:
    """sudo's own words where it is installed; else its absence, which the host's shell tells."""
    failure = _failure(servers.config(port), sudo_user="nobody-there")

    expected = "sudo-refused" if shutil.which("sudo") else "sudo-missing"
    command = _ssh(servers).replace("true", "sudo -n -u nobody-there true")
    _assert(failure, expected, "sudo", command)


def test_a_flood_of_words_before_the_sentence(servers: Servers, port: int) -> None:
    """8 MB from the ProxyCommand, which is not the host."""
    flood = (
        r"head -c 8000000 /dev/zero | tr '\0' '\033' >&2; echo >&2; echo a last word >&2; exit 1"
    )
    failure = _failure(servers.config(port, ProxyCommand=flood))

    assert failure.cause == "ssh-jump-host-failed"
    assert "a last word" in failure.detail
    assert len(failure.detail) < 2000
    assert "\x1b" not in failure.detail


def test_what_the_host_is_sent_of_the_locale_is_not_changed(
    servers: Servers, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh's words are English whatever the locale, so SendEnv sends the operator's own."""
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    accepting = servers.start(AcceptEnv="LC_*", ForceCommand="echo $LC_ALL")

    told = _failure(servers.config(accepting, SendEnv="LC_*"))
    refused = _failure(servers.config(free_port()))

    assert "it said: de_DE.UTF-8" in told.detail
    assert refused.cause == "ssh-refused"
