"""What ssh, sudo and the clients of containers say, as they were seen to say it: each has a cause.

The texts that this machine's own ssh gives are in test_ssh_for_real.py; these are of other versions
and of hostile hosts.
"""

from __future__ import annotations

import re
import shlex
import time

import pytest

from arc_compliance.collect.answers import Answer, record_of
from arc_compliance.collect.backends import STARTED, Access
from arc_compliance.collect.login import Login, Settings, login_to
from arc_compliance.collect.not_begun import why_not_begun
from arc_compliance.collect.ssh_failures import ssh_failure
from arc_compliance.hosts.addresses import parse_host
from arc_compliance.judge.causes import CAUSES
from arc_compliance.plan.order import Limits
from selftests.collect.fleet_of_fakes import order_of
from selftests.suite_run import ROOT

LOGIN = Login(kind="ssh", name="web01", user="admin", port="2222", config="my conf")
TRY = "ssh -F 'my conf' -p 2222 admin@web01 true"
VERBOSE = "ssh -v -F 'my conf' -p 2222 admin@web01 true"
DIRECT: Settings = {"hostname": ("10.0.0.5",), "port": ("2222",)}
JUMP: Settings = {**DIRECT, "proxyjump": ("bastion",)}

RECORDED = {
    # name
    "ssh: Could not resolve hostname web01: nodename nor servname provided, or not known": (
        "ssh-name-not-found"
    ),
    "ssh: Could not resolve hostname web01: Temporary failure in name resolution": (
        "ssh-name-not-found"
    ),
    "ssh: web01: Name or service not known": "ssh-name-not-found",
    # connect
    "ssh: connect to host web01 port 22: Operation timed out": "ssh-timeout",
    "ssh: connect to address 10.0.0.5 port 22: Connection timed out": "ssh-timeout",
    "Connection timed out during banner exchange": "ssh-timeout",
    "ssh: connect to host web01 port 22: No route to host": "ssh-unreachable",
    "ssh: connect to host web01 port 22: Network is unreachable": "ssh-unreachable",
    "ssh: connect to host web01 port 22: Connection refused\r": "ssh-refused",
    # host key
    "No RSA host key is known for web01 and you have requested strict checking.\r\n"
    "Host key verification failed.\r": "ssh-host-key-unknown",
    "@@@@@@@@\n@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\n@@@@@@@@\n"
    "RSA host key for web01 has changed and you have requested strict checking.\n"
    "Host key verification failed.": "ssh-host-key-changed",
    "Certificate invalid: name is not a listed principal\nHost key verification failed.": (
        "ssh-host-key-rejected"
    ),
    "Host key ED25519 SHA256:abc revoked by file /etc/ssh/revoked\n"
    "Host key verification failed.": "ssh-host-key-rejected",
    # login
    "Permission denied (publickey,gssapi-keyex,gssapi-with-mic).": "ssh-auth-failed",
    "Received disconnect from 10.0.0.5 port 22:14: No supported authentication methods available "
    "[preauth]": "ssh-auth-failed",
    "Permission denied, please try again.\nadmin@web01: Permission denied (password).": (
        "ssh-password-wanted"
    ),
    "admin@web01: Permission denied (keyboard-interactive).": "ssh-password-wanted",
    'Load key "/k": incorrect passphrase supplied to decrypt private key\n'
    "admin@web01: Permission denied (publickey).": "ssh-password-wanted",
    "Received disconnect from 10.0.0.5: 2: Too many authentication failures for admin": (
        "ssh-too-many-keys"
    ),
    "Received disconnect from 10.0.0.5 port 22:2: Too many authentication failures\n"
    "Authentication failed.": "ssh-too-many-keys",
    "Permissions 0644 for '/k' are too open.\nbad permissions: ignore key: /k\n"
    "Permission denied (publickey).": "ssh-key-file-unusable",
    "no such identity: /k: No such file or directory\nPermission denied (publickey).": (
        "ssh-key-file-unusable"
    ),
    'Load key "/k": invalid format\nadmin@web01: Permission denied (publickey).': (
        "ssh-key-file-unusable"
    ),
    "sign_and_send_pubkey: no mutual signature supported\n"
    "admin@web01: Permission denied (publickey).": "ssh-no-common-algorithm",
    # before the login
    "ssh_exchange_identification: Connection closed by remote host": "ssh-closed-early",
    "ssh_exchange_identification: read: Connection reset by peer": "ssh-closed-early",
    "kex_exchange_identification: read: Connection reset by peer\n"
    "Connection reset by 10.0.0.5 port 22": "ssh-closed-early",
    "Connection closed by 10.0.0.5": "ssh-closed-early",
    "kex_exchange_identification: banner line contains invalid characters\n"
    "banner exchange: Connection to 10.0.0.5 port 22: invalid format": "ssh-not-spoken",
    "no matching cipher found: client aes128-ctr server aes256-cbc": "ssh-no-common-algorithm",
    "Unable to negotiate with 10.0.0.5 port 22: no matching host key type found. "
    "Their offer: ssh-rsa": "ssh-no-common-algorithm",
    "Bad server host key: Invalid key length": "ssh-no-common-algorithm",
    # configuration
    "/c: line 3: Bad configuration option: foo\r\n/c: terminating, 1 bad configuration options": (
        "ssh-config-wrong"
    ),
    "Bad owner or permissions on /home/admin/.ssh/config": "ssh-config-wrong",
    "/home/admin/.ssh/config line 4: Missing argument.": "ssh-config-wrong",
    # after
    "Timeout, server web01 not responding.": "ssh-connection-lost",
    "client_loop: send disconnect: Broken pipe": "ssh-connection-lost",
    "shell request failed on channel 0": "ssh-command-refused",
    "subsystem request failed on channel 0": "ssh-command-refused",
}


@pytest.mark.parametrize("text", RECORDED)
def test_the_wordings_of_many_versions_have_one_cause(text: str) -> None:
    found = ssh_failure(text.encode(), LOGIN, lambda _: DIRECT)

    assert found
    assert found.cause == RECORDED[text]
    assert not CAUSES[found.cause].reached
    last = text.splitlines()[-1].strip()
    assert last in found.detail or last == "Authentication failed."
    assert re.search(r"web01|10\.0\.0\.5", found.detail.rpartition(": ")[2])


def test_an_unknown_sentence_has_no_finer_cause() -> None:
    assert ssh_failure(b"ssh: no route", LOGIN, lambda _: DIRECT) is None

    found = why_not_begun(b"", b"ssh: no route\n", 255, LOGIN)

    assert found
    assert (found.cause, found.detail) == ("host-unreachable", f"ssh: no route. Try: {TRY}")


# -- through another host ------------------------------------------------------------------------

CLOSED = "kex_exchange_identification: Connection closed by remote host\n"
PIPE = "Connection closed by UNKNOWN port 65535"
THROUGH = [
    f"ssh: connect to host bastion port 22: Connection refused\n{CLOSED}{PIPE}",
    "ssh: connect to host bastion port 22: Connection timed out\n"
    "ssh_exchange_identification: Connection closed by remote host",
    f"channel 0: open failed: connect failed: No route to host\nstdio forwarding failed\n{PIPE}",
    f"Host key verification failed.\n{CLOSED}{PIPE}",
    f"nc: bad address\n{CLOSED}{PIPE}",
]


@pytest.mark.parametrize("settings", [JUMP, {}], ids=["known", "unknown"])
@pytest.mark.parametrize("text", THROUGH)
def test_what_fails_on_the_way_is_the_jump_hosts(text: str, settings: Settings) -> None:
    found = ssh_failure(text.encode(), LOGIN, lambda _: settings)

    assert found
    assert found.cause == "ssh-jump-host-failed"
    assert text.splitlines()[0] in found.detail
    assert found.detail.endswith(f"To see where it ends: {VERBOSE}")


def test_without_a_jump_host_a_closed_connection_is_the_hosts() -> None:
    found = ssh_failure(f"{CLOSED}{PIPE}".encode(), LOGIN, lambda _: DIRECT)

    assert found
    assert found.cause == "ssh-closed-early"


# -- commands ------------------------------------------------------------------------------------

CHANGED = (
    "The fingerprint for the RSA key sent by the remote host is\nSHA256:abc.\n"
    "Offending RSA key in {file}:7\n  remove with:\n  ssh-keygen -f x -R y\n"
    "Host key for z has changed and you have requested strict checking.\n"
    "Host key verification failed.\n"
)


def _changed(file: str, settings: Settings) -> str:
    found = ssh_failure(CHANGED.format(file=file).encode(), LOGIN, lambda _: settings)
    assert found
    assert found.cause == "ssh-host-key-changed"
    assert "The fingerprint for the RSA key sent by the remote host is SHA256:abc." in found.detail
    words, _, command = found.detail.partition("owner of the host confirms the new fingerprint: ")
    assert "ssh-keygen" not in words
    return command


def test_the_old_key_is_removed_by_the_name_that_ssh_keeps_it_under() -> None:
    known: Settings = {"userknownhostsfile": ("/my hosts /other",)}

    assert _changed("/x", {}) == "ssh-keygen -R '[web01]:2222'"
    assert _changed("/x", DIRECT) == "ssh-keygen -R '[10.0.0.5]:2222'"
    assert _changed("/x", {"hostname": ("a",), "port": ("22",)}) == "ssh-keygen -R a"
    assert _changed("/x", {**DIRECT, "hostkeyalias": ("web",)}) == "ssh-keygen -R web"
    assert _changed("/other", {**DIRECT, **known}) == "ssh-keygen -f /other -R '[10.0.0.5]:2222'"


def test_a_host_cannot_choose_what_a_command_changes() -> None:
    """It can end its session with 255 and print all of ssh's words."""
    assert "/etc/passwd" not in _changed("/etc/passwd", DIRECT)

    words = b"Permissions 0644 for '/etc/shadow' are too open.\nPermission denied (publickey).\n"
    found = ssh_failure(words, LOGIN, lambda _: DIRECT)

    assert found
    assert found.detail.endswith(f"Try: {VERBOSE}")


def test_an_unknown_key_is_shown_before_it_is_confirmed() -> None:
    text = b"No RSA host key is known for z and you have requested strict checking.\n"
    found = ssh_failure(text + b"Host key verification failed.\n", LOGIN, lambda _: DIRECT)

    assert found
    assert "ssh-keyscan -p 2222 10.0.0.5 | ssh-keygen -l -f -" in found.detail
    assert found.detail.endswith(
        "ssh -o StrictHostKeyChecking=ask -F 'my conf' -p 2222 admin@web01 true"
    )


def test_one_key_is_offered_where_there_were_too_many() -> None:
    text = b"Received disconnect from 10.0.0.5 port 22:2: Too many authentication failures\n"
    found = ssh_failure(text, LOGIN, lambda _: {"identityfile": ("/my key",)})

    assert found
    assert found.detail.endswith(
        "Try: ssh -o IdentitiesOnly=yes -i '/my key' -F 'my conf' -p 2222 admin@web01 true"
    )


def test_a_command_is_quoted_and_takes_no_target_for_an_option() -> None:
    hostile = Login(kind="ssh", name="a; rm -rf /", config="$(id)")
    option = Login(kind="ssh", name="-oProxyCommand=id")

    assert shlex.split(hostile.command("true")) == ["ssh", "-F", "$(id)", "a; rm -rf /", "true"]
    assert option.command("true") == ""
    assert option.settings_command == ()


@pytest.mark.parametrize(
    ("address", "command"),
    [
        ("local://", "sudo -n true"),
        ("ssh://root@web01:2222", "ssh -F c -i k -p 2222 root@web01 sudo -n true"),
        ("ssh://[::1]", "ssh -F c -i k ::1 sudo -n true"),
        ("docker://app@web01", "docker exec -u app web01 sudo -n true"),
        (
            "kubectl://pod?namespace=n&container=c",
            "kubectl --namespace n --container c exec pod -- sudo -n true",
        ),
    ],
)
def test_the_command_is_that_of_the_backend(address: str, command: str) -> None:
    access = Access(ssh_config="c", ssh_identity_file="k")

    assert login_to(parse_host(address), access, Limits()).sudo_command == command


def test_no_command_switches_the_checking_of_host_keys_off() -> None:
    for path in (ROOT / "arc_compliance" / "collect").glob("*.py"):
        assert "StrictHostKeyChecking=no" not in path.read_text()
        assert "StrictHostKeyChecking=accept" not in path.read_text()


# -- the command on the host, and clients of containers ------------------------------------------

SUDO = {
    "sudo: a password is required": "sudo-password-wanted",
    "sudo: a terminal is required to read the password; either use the -S option to read from "
    "standard input or configure an askpass helper": "sudo-password-wanted",
    "sudo: interactive authentication is required": "sudo-password-wanted",
    "sudo: sorry, you must have a tty to run sudo": "sudo-terminal-wanted",
    "Sorry, user bob is not allowed to execute '/bin/sh -c x' as root on web01.": "sudo-refused",
    "Sorry, user bob may not run sudo on web01.": "sudo-refused",
    "bob is not in the sudoers file.  This incident will be reported.": "sudo-refused",
    "sudo: unknown user nobody2": "sudo-refused",
    "sudo: Ein Passwort ist notwendig": "sudo-refused",
    "bash: line 1: exec: sudo: not found": "sudo-missing",
    "sh: 1: exec: sudo: not found": "sudo-missing",
}


@pytest.mark.parametrize("text", SUDO)
@pytest.mark.parametrize("kind", ["ssh", "local", "docker"])
def test_what_sudo_says_has_a_cause(text: str, kind: str) -> None:
    found = why_not_begun(b"", text.encode(), 1, Login(kind=kind, name="web01", sudo=True))

    assert found
    assert found.cause == SUDO[text]
    assert found.detail.startswith(text)
    assert found.detail.endswith("sudo -n true")


CONTAINERS = {
    ("docker", "Error: No such container: web01"): ("container-not-found", "docker ps --all"),
    ("docker", "Error response from daemon: container 4f is not running"): (
        "container-not-running",
        "docker ps --all",
    ),
    (
        "docker",
        "Cannot connect to the Docker daemon at unix:///run/docker.sock. Is the docker daemon "
        "running?",
    ): ("container-engine-unusable", "docker info"),
    ("podman", 'Error: no container with name or ID "web01" found: no such container'): (
        "container-not-found",
        "podman ps --all",
    ),
    (
        "podman",
        "Error: can only create exec sessions on running containers: container state improper",
    ): ("container-not-running", "podman ps --all"),
    ("kubectl", 'Error from server (NotFound): pods "web01" not found'): (
        "container-not-found",
        "kubectl --namespace n get pods",
    ),
    (
        "kubectl",
        "error: cannot exec into a container in a completed pod; current phase is Failed",
    ): (
        "container-not-running",
        "kubectl --namespace n get pods",
    ),
    (
        "kubectl",
        "The connection to the server localhost:8080 was refused - did you specify the right host "
        "or port?",
    ): ("container-engine-unusable", "kubectl --namespace n cluster-info"),
    ("kubectl", "Unable to connect to the server: dial tcp: i/o timeout"): (
        "container-engine-unusable",
        "kubectl --namespace n cluster-info",
    ),
    ("docker", "something else"): ("host-unreachable", "docker exec web01 true"),
}


@pytest.mark.parametrize(("kind", "text"), CONTAINERS)
def test_what_the_client_of_a_container_says_has_a_cause(kind: str, text: str) -> None:
    flags = ("--namespace", "n", "--container", "c") if kind == "kubectl" else ()
    cause, command = CONTAINERS[kind, text]

    found = why_not_begun(b"", text.encode(), 1, Login(kind=kind, name="web01", flags=flags))

    assert found
    assert found.cause == cause
    assert found.detail.startswith(text)
    assert found.detail.endswith(f": {command}")


def test_a_client_that_is_not_installed_is_named() -> None:
    login = Login(kind="ssh", name="web01", installed=False)

    found = why_not_begun(b"", b"sh: 1: exec: ssh: not found\n", 127, login)

    assert found
    assert found.cause == "client-missing"
    assert found.detail == (
        "sh: 1: exec: ssh: not found. ssh is not installed on this machine. Try: command -v ssh"
    )


# -- hostile hosts -------------------------------------------------------------------------------

DENIED = b"root@web01: Permission denied (publickey).\n"


def _recorded(out: bytes, err: bytes, status: int) -> tuple[str, str]:
    """The cause and the detail of a host that answers so."""
    answer = Answer(out=out, err=err, status=status)
    failure = record_of(order_of("web01"), answer, lambda: LOGIN).failure
    assert failure
    return failure.cause, failure.detail


def test_words_of_ssh_that_a_host_prints_are_not_sshs_own() -> None:
    cause, detail = _recorded(b"", DENIED, 1)

    assert cause == "ssh-command-refused"
    assert detail == (
        "the host let the user in and did not run the probe (exit status 1); it said: root@web01: "
        "Permission denied (publickey). Try: ssh -F 'my conf' -p 2222 admin@web01 echo "
        "'it runs commands'"
    )
    assert _recorded(STARTED, DENIED, 1)[0] == "probe-failed"
    assert _recorded(STARTED, DENIED, 255)[0] == "host-unreachable"
    assert _recorded(STARTED, b"client_loop: send disconnect: Broken pipe\r\n", 255)[0] == (
        "ssh-connection-lost"
    )


def test_a_banner_before_sshs_words_does_not_decide() -> None:
    banner = (
        b"ssh: connect to host web01 port 22: Connection refused\nHost key verification failed.\n"
    )

    assert _recorded(b"", banner + DENIED, 255)[0] == "ssh-auth-failed"


@pytest.mark.parametrize(
    "filler",
    [
        b"A" * 64 * 1024,
        b"\x1b[31m\x1b]0;title\x07\x00\xff" * 4096,
        b"Certificate: " * 5000,
        b"line 1: " * 8000,
        b"\n" * 64 * 1024,
        b"Permission denied (" * 3400,
    ],
    ids=["one-line", "escapes", "certificates", "lines", "empty-lines", "parentheses"],
)
def test_a_flood_of_words_is_bounded_and_read_at_once(filler: bytes) -> None:
    begun = time.process_time()

    cause, detail = _recorded(b"", (filler + b"\n" + DENIED)[-64 * 1024 :], 255)

    assert time.process_time() - begun < 1
    assert cause in ("ssh-auth-failed", "ssh-key-file-unusable")
    assert len(detail) < 2000
    assert "\x1b" not in detail
    assert "\x00" not in detail


def test_a_secret_in_sshs_words_is_hidden() -> None:
    text = b"/c: line 3: Bad configuration option: password=hunter2\n"

    assert "hunter2" not in _recorded(b"", text, 255)[1]


def test_the_page_on_backends_names_each_cause() -> None:
    page = (ROOT / "docs" / "backends.md").read_text()
    never_reached = [cause for cause, its in CAUSES.items() if not its.reached]

    assert [cause for cause in never_reached if f"`{cause}`" not in page] == []
    assert not any(CAUSES[cause].measured for cause in never_reached)
