"""Who does what about a cause: one sentence, that names the object to change.

No remedy asks anyone to switch inspection or monitoring off.
"""

from __future__ import annotations

from dataclasses import dataclass

from arc_compliance.base.wording import first_few
from arc_compliance.judge.causes.table import CAUSES, Owner
from arc_compliance.wire.evidence import Platform


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to change, in one sentence, and who changes it."""

    owner: Owner
    sentence: str

    @property
    def text(self) -> str:
        """Both, as they are printed."""
        return f"{self.owner.value}: {self.sentence}"


_EVERYWHERE: dict[str, str] = {
    "dns-not-found": (
        "Make the host's name servers (or their forwarder) resolve {names}; with private "
        "link, check the private DNS zone."
    ),
    "dns-filtered": (
        "Take {names} off the DNS filter, which answers with an address that leads nowhere."
    ),
    "connect-refused": (
        "Let TCP from this host to {names} through: something on the way answers with a reset."
    ),
    "connect-timeout": (
        "Allow outbound TCP from this host to {names} in the firewall that drops it."
    ),
    "connect-unreachable": (
        "Give this host a route to {names}, or remove the reject rule on the way."
    ),
    "proxy-unreachable": "Check the proxy's address and port, and let this host reach it.",
    "proxy-auth-required": (
        "Let the proxy pass CONNECT to {names} without credentials, or give the agent a "
        "proxy URL that it accepts."
    ),
    "proxy-denied": "Add {names} to the proxy's allow-list for CONNECT.",
    "proxy-failed": (
        "Look in the proxy's log for CONNECT to {names}: it failed to reach the destination."
    ),
    "tls-timeout": "Look for a middlebox that holds TLS to {names} back after the TCP connection.",
    "tls-reset": (
        "Allow {names} in the filter that reads server names (SNI) and resets the connection."
    ),
    "tls-large-hello": (
        "Update or configure the device on the way to {names} so that it lets a ClientHello of "
        "more than one segment through (post-quantum key share); current Go clients send it."
    ),
    "address-partly-broken": (
        "Find out why some addresses of {names} do not work as the others do; the agent connects "
        "to any of them, and fails now and then."
    ),
    "rate-limited": (
        "Raise the number of connections that one host may open at once to {names} in the firewall "
        "or proxy; the agent and its extensions open several."
    ),
    "tls-version": (
        "Make whatever answers for {names} (an inspecting device, usually) speak TLS 1.2 or newer."
    ),
    "tls-failed": (
        "Find out what answers for {names} in the place of Azure: it does not speak proper TLS."
    ),
    "cert-untrusted": (
        "If an inspecting device answers for {names}, give the host's trust store its CA; "
        "otherwise find out who answers."
    ),
    "cert-expired": (
        "Check the host's clock; then renew the certificate of the device that answers for {names}."
    ),
    "cert-not-yet-valid": (
        "Check the host's clock; then the certificate of whatever answers for {names}."
    ),
    "cert-name-mismatch": (
        "Find out what answers for {names}: it shows a certificate of another name."
    ),
    "cert-chain-incomplete": "Make whatever answers for {names} send its whole chain.",
    "cert-weak-signature": (
        "Make whatever answers for {names} present a certificate signed with SHA-256 or better; Go "
        "refuses SHA-1."
    ),
    "cert-wrong-purpose": (
        "Make whatever answers for {names} present a certificate for servers (serverAuth in its "
        "extended key usage)."
    ),
    "cert-ca-constraint": (
        "Make whatever answers for {names} present a chain in which every issuer is a CA that may "
        "issue it (basic constraints, path length, name constraints, key usage)."
    ),
    "cert-unreadable": (
        "Find out what answers for {names}: a certificate of its chain is malformed."
    ),
    "cert-not-public": (
        "Keep the inspecting CA in the host's trust store and record the inspection of "
        "{names}; extensions that pin certificates may refuse it."
    ),
    "http-timeout": "Look for a middlebox that swallows requests to {names}.",
    "http-failed": "Find out what answers for {names} in the place of Azure.",
    "http-gateway-error": (
        "Look in the log of the inspecting device for {names}: it answered with an error of its "
        "own and did not reach the service."
    ),
    "http-not-proven": (
        "Check that the answer for {names} is the service's own and not a block page."
    ),
    "address-not-private": (
        "Link the private DNS zone of the private link scope so that {names} resolve privately."
    ),
    "address-outside-tag": (
        "Find out why {names} resolve to an address that Azure does not publish: a resolver "
        "that makes answers up, a middlebox, or a move that a newer service tag file knows."
    ),
    "address-other-tag": (
        "Where a firewall filters by address, allow the tag that {names} are in too."
    ),
    "address-not-public": (
        "Make {names} resolve to public addresses, or name the private endpoints that are in "
        "use (--private-link=arc)."
    ),
    "tag-not-covered": "Allow {names} in the firewall that filters what goes out.",
    "tag-file-stale": (
        "Take the current file in the place of {names} (--service-tags=download, or a newer FILE)."
    ),
    "listener-found": (
        "Find out why {names} is open to the network: what the agent serves belongs on loopback."
    ),
    "gateway-log-analytics": (
        "Give the agent a forward proxy or the direct route in place of {names} (azcmagent "
        "config set proxy.url, or config clear proxy.url); the Azure Monitor agent may keep "
        "the gateway."
    ),
    "control-tripped": (
        "Find the device that answers for {names} in everybody's place; where it does, an "
        "accepted connection shows nothing."
    ),
    "host-unreachable": (
        "Make a command on the host work from here without a prompt (`ssh HOST true`), then "
        "run again."
    ),
    "ssh-name-not-found": (
        "Correct the name of {names} in --hosts, the inventory or ssh's configuration (HostName), "
        "or add it to the DNS of this machine."
    ),
    "ssh-refused": (
        "Start sshd on {names}, correct the port, or remove the firewall rule that rejects it."
    ),
    "ssh-timeout": (
        "Let TCP from this machine to the ssh port of {names} through, and check that the host is "
        "up and the port is right."
    ),
    "ssh-unreachable": (
        "Give this machine a route to {names} (VPN, jump host), or correct the address."
    ),
    "ssh-host-key-unknown": (
        "Compare the fingerprint of {names} with the one that the host's owner gives, then log in "
        "once by hand and confirm it."
    ),
    "ssh-host-key-changed": (
        "Ask the owner of {names} why the host key changed. When the owner confirms the new "
        "fingerprint, remove the old key; otherwise somebody may be in between."
    ),
    "ssh-host-key-rejected": (
        "Ask the owner of {names} for a host key or host certificate that is valid; do not "
        "connect with this one."
    ),
    "ssh-auth-failed": (
        "Install this user's public key on {names}, and check the user name and the key "
        "(--ssh-identity-file=FILE, or ssh-add for a key with a passphrase)."
    ),
    "ssh-password-wanted": (
        "Use a key without a prompt for {names}: unlock it with ssh-add, or let the host accept "
        "public keys."
    ),
    "ssh-too-many-keys": (
        "Offer {names} one key only: IdentitiesOnly yes and IdentityFile in ssh's configuration."
    ),
    "ssh-key-file-unusable": (
        "Correct the key file for {names}: its path, its owner, mode 600, or its format."
    ),
    "ssh-config-wrong": "Correct the line of ssh's configuration that the detail names.",
    "ssh-closed-early": (
        "Look in the log of sshd on {names}: MaxStartups, fail2ban, TCP wrappers or a firewall "
        "close the connection; with many hosts behind one address, a smaller --forks helps."
    ),
    "ssh-not-spoken": "Correct the port of {names}: another service answers there.",
    "ssh-no-common-algorithm": (
        "Update sshd on {names}, or allow one of the algorithms that it offers for this host alone "
        "in ssh's configuration."
    ),
    "ssh-jump-host-failed": (
        "Make the jump host (ProxyJump, ProxyCommand) of {names} work without a prompt, and let it "
        "connect to the host."
    ),
    "ssh-connection-lost": (
        "Run again; if the connection to {names} breaks again, look in the log of its sshd."
    ),
    "ssh-command-refused": (
        "Give this user a login shell on {names} and no forced command (nologin, sftp only, "
        "ForceCommand, an expired password), or use another user."
    ),
    "sudo-password-wanted": (
        "Allow this user to start commands on {names} with sudo without a password (NOPASSWD in "
        "sudoers), or run without --sudo."
    ),
    "sudo-terminal-wanted": (
        "Take requiretty away for this user in sudoers of {names}, or run without --sudo."
    ),
    "sudo-refused": (
        "Allow this user to start /bin/sh with sudo in sudoers of {names}, or run without --sudo."
    ),
    "sudo-missing": "Install sudo on {names}, or log in as root and run without --sudo.",
    "client-missing": "Install the client for {names} on this machine, or add it to PATH.",
    "container-not-found": "Correct the name of {names}, or start that container.",
    "container-not-running": "Start the container {names}.",
    "container-engine-unusable": (
        "Start the container engine, or give this user access to it or to the cluster, for {names}."
    ),
    "probe-timeout": "Run again with a larger --host-deadline.",
    "unknown": "Report the detail as a bug of the suite.",
}
"""What to do on a host of any platform. ``{names}`` are the names that failed."""

_ON: dict[Platform, dict[str, str]] = {
    Platform.LINUX: {
        "dns-failed": "Make the name servers in the host's /etc/resolv.conf answer for {names}.",
        "dns-slow": (
            "Repair the name server {names}, or take it out of the host's /etc/resolv.conf: each "
            "look-up waits for it first."
        ),
        "dns-rewritten": (
            "Make the name servers in the host's /etc/resolv.conf answer NXDOMAIN for names "
            "that do not exist (a portal or a search domain with a wildcard answers for "
            "{names})."
        ),
        "tls-client-disabled": (
            "Enable TLS 1.2 in the host's crypto policy (MaxProtocol in openssl.cnf)."
        ),
        "cert-root-missing": (
            "Update the host's ca-certificates; the chain of {names} ends in a public root "
            "that its trust store lacks."
        ),
        "probe-failed": "Read the detail; the probe needs Python 3.6 or newer on the host.",
        "permission-denied": "Run again with --sudo.",
    },
}
"""What to do where the object to change is another on each platform."""


def remedy_for(cause: str, names: tuple[str, ...], platform: Platform) -> Remedy:
    """What to do about *cause*, one of the closed list, on a host of *platform*; at most three
    *names* are spelled out."""
    sentence = _ON[platform].get(cause) or _EVERYWHERE[cause]
    shown = first_few(names, 3) or "the endpoint"
    return Remedy(CAUSES[cause].owner, sentence.format(names=shown))
