"""The closed list of causes: what each means, and who can fix it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Owner(str, Enum):
    """Who can fix a cause."""

    NETWORK = "network team"
    DNS = "DNS owner"
    SERVER = "server owner"
    PROXY = "proxy owner"
    OPERATOR = "operator of this run"
    MICROSOFT = "Microsoft support"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: a few words for people, and its owner.

    ``measured`` is false where the cause says that we could not measure, which is never a plain
    fail. ``reached`` is false where nothing could be measured on the host at all, since nothing
    of ours ever ran there, or the connection to it broke.
    """

    words: str
    owner: Owner
    measured: bool = True
    reached: bool = True


def _no_way(words: str, owner: Owner = Owner.OPERATOR) -> Cause:
    return Cause(words, owner, measured=False, reached=False)


CAUSES: dict[str, Cause] = {
    "dns-not-found": Cause("the name does not exist for this host", Owner.DNS),
    "dns-failed": Cause("the host's resolver gave no answer", Owner.DNS),
    "dns-rewritten": Cause(
        "the host's resolver makes addresses up for names that do not exist", Owner.DNS
    ),
    "dns-slow": Cause("a name server does not answer, or answers late", Owner.DNS),
    "dns-filtered": Cause("a DNS filter answers in the name's place", Owner.DNS),
    "connect-refused": Cause("the connection was refused", Owner.NETWORK),
    "connect-timeout": Cause("the connection was dropped silently", Owner.NETWORK),
    "connect-unreachable": Cause("there is no route to the endpoint", Owner.NETWORK),
    "proxy-unreachable": Cause("the proxy itself cannot be reached", Owner.PROXY),
    "proxy-auth-required": Cause("the proxy wants credentials", Owner.PROXY),
    "proxy-denied": Cause("the proxy refuses this destination", Owner.PROXY),
    "proxy-failed": Cause("the proxy could not make the connection", Owner.PROXY),
    "tls-timeout": Cause("the TLS handshake hangs", Owner.NETWORK),
    "tls-reset": Cause("the TLS handshake is cut off", Owner.NETWORK),
    "tls-large-hello": Cause(
        "a hello as large as a current Go client's does not get through", Owner.NETWORK
    ),
    "address-partly-broken": Cause("some of the name's addresses are not usable", Owner.NETWORK),
    "rate-limited": Cause(
        "many connections at once are refused, a single one is not", Owner.NETWORK
    ),
    "tls-version": Cause("TLS 1.2 or newer is not spoken on the way", Owner.NETWORK),
    "tls-failed": Cause("the TLS handshake fails", Owner.NETWORK),
    "tls-client-disabled": Cause("the host's own TLS stack has TLS 1.2 switched off", Owner.SERVER),
    "cert-untrusted": Cause("no trusted authority issued the certificate", Owner.NETWORK),
    "cert-expired": Cause("the certificate has expired", Owner.NETWORK),
    "cert-not-yet-valid": Cause("the certificate is not valid yet", Owner.SERVER),
    "cert-name-mismatch": Cause("the certificate is for another name", Owner.NETWORK),
    "cert-chain-incomplete": Cause("an intermediate certificate is missing", Owner.NETWORK),
    "cert-root-missing": Cause("the host lacks the public root", Owner.SERVER),
    "cert-weak-signature": Cause(
        "a certificate is signed with a digest that Go refuses", Owner.NETWORK
    ),
    "cert-wrong-purpose": Cause("the certificate is not for servers", Owner.NETWORK),
    "cert-ca-constraint": Cause(
        "a certificate of the chain may not issue the next one", Owner.NETWORK
    ),
    "cert-unreadable": Cause(
        "a certificate of the chain cannot be read", Owner.NETWORK, measured=False
    ),
    "cert-not-public": Cause(
        "TLS is inspected: the issuer is trusted here, but not public", Owner.NETWORK
    ),
    "http-timeout": Cause("no HTTP answer in time", Owner.NETWORK),
    "http-failed": Cause("what answered is not HTTP", Owner.NETWORK),
    "http-gateway-error": Cause(
        "a device on the way answers with an error of its own", Owner.NETWORK
    ),
    "http-not-proven": Cause("an answer came, but nothing shows that it is Azure's", Owner.NETWORK),
    "address-not-private": Cause("a private endpoint resolves to a public address", Owner.DNS),
    "address-outside-tag": Cause("an address is in no service tag", Owner.NETWORK),
    "address-other-tag": Cause("an address is in another service tag than expected", Owner.NETWORK),
    "address-not-public": Cause("a public endpoint resolves to a private address", Owner.NETWORK),
    "tag-not-covered": Cause("the firewall's allow-list lacks something", Owner.NETWORK),
    "tag-file-stale": Cause("the service tag file is old", Owner.OPERATOR),
    "listener-found": Cause("a process of the agent listens to other machines", Owner.SERVER),
    "gateway-log-analytics": Cause("the agent's proxy is a Log Analytics gateway", Owner.SERVER),
    "control-tripped": Cause(
        "something answers that must not be there", Owner.NETWORK, measured=False
    ),
    "host-unreachable": _no_way("the host could not be reached"),
    "ssh-name-not-found": _no_way("the host's name does not exist for ssh here"),
    "ssh-refused": _no_way("the host refuses the connection to its ssh port"),
    "ssh-timeout": _no_way("nothing answers at the host's ssh port"),
    "ssh-unreachable": _no_way("there is no route from here to the host"),
    "ssh-host-key-unknown": _no_way("the host's key is not known here"),
    "ssh-host-key-changed": _no_way("the host shows another key than the known one"),
    "ssh-host-key-rejected": _no_way("the host's key is revoked, or its certificate is not valid"),
    "ssh-auth-failed": _no_way("the host accepts none of the keys offered"),
    "ssh-password-wanted": _no_way("the login wants a password or a passphrase"),
    "ssh-too-many-keys": _no_way("ssh offered more keys than the host allows"),
    "ssh-key-file-unusable": _no_way("ssh cannot use the key file"),
    "ssh-config-wrong": _no_way("ssh cannot use its configuration"),
    "ssh-closed-early": _no_way("the host closes the connection before the login", Owner.SERVER),
    "ssh-not-spoken": _no_way("what answers at the port is not an ssh server"),
    "ssh-no-common-algorithm": _no_way("ssh and the host have no algorithm in common"),
    "ssh-jump-host-failed": _no_way("the jump host or the ProxyCommand fails"),
    "ssh-connection-lost": _no_way("the connection to the host broke"),
    "ssh-command-refused": _no_way("the host lets the user in but runs no command", Owner.SERVER),
    "sudo-password-wanted": _no_way("sudo on the host wants a password", Owner.SERVER),
    "sudo-terminal-wanted": _no_way("sudo on the host wants a terminal", Owner.SERVER),
    "sudo-refused": _no_way("sudo on the host refuses", Owner.SERVER),
    "sudo-missing": _no_way("sudo is not installed on the host", Owner.SERVER),
    "client-missing": _no_way("the program that leads to the host is not installed here"),
    "container-not-found": _no_way("there is no container of that name"),
    "container-not-running": _no_way("the container is not running"),
    "container-engine-unusable": _no_way("the container engine or cluster cannot be used"),
    "probe-failed": Cause(
        "the measurement itself failed on the host", Owner.OPERATOR, measured=False
    ),
    "probe-timeout": Cause(
        "the host's deadline ended the measurement", Owner.OPERATOR, measured=False
    ),
    "permission-denied": Cause("the fact may not be read", Owner.OPERATOR, measured=False),
    "unknown": Cause("something that has no name yet", Owner.OPERATOR, measured=False),
}


def cause_named(name: str) -> str:
    """*name* where it is one of the closed list, else ``unknown``."""
    return name if name in CAUSES else "unknown"
