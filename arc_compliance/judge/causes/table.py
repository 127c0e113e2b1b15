"""The closed list of causes: what each means, who can mend it, and what they change.

A remedy names the object to change. No remedy asks anyone to switch inspection or monitoring off.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Owner(str, Enum):
    """Who can mend a cause."""

    NETWORK = "network team"
    SERVER = "server owner"
    PROXY = "proxy owner"
    OPERATOR = "operator of this run"
    MICROSOFT = "Microsoft support"


@dataclass(frozen=True, slots=True)
class Cause:
    """One cause: a few words for people, its owner and its remedy.

    The remedy may hold ``{names}``, the names that failed. ``measured`` is false where the cause
    says that we could not measure, which is never a plain fail.
    """

    words: str
    owner: Owner
    remedy: str
    measured: bool = True


CAUSES: dict[str, Cause] = {
    "dns-not-found": Cause(
        "the name does not exist for this host",
        Owner.NETWORK,
        "Make the host's name servers (or their forwarder) resolve {names}; with private link, "
        "check the private DNS zone.",
    ),
    "dns-failed": Cause(
        "the host's resolver gave no answer",
        Owner.NETWORK,
        "Make the name servers in the host's /etc/resolv.conf answer for {names}.",
    ),
    "dns-rewritten": Cause(
        "the host's resolver makes addresses up for names that do not exist",
        Owner.NETWORK,
        "Make the name servers in the host's /etc/resolv.conf answer NXDOMAIN for names that do "
        "not exist (a portal or a search domain with a wildcard answers for {names}).",
    ),
    "connect-refused": Cause(
        "the connection was refused",
        Owner.NETWORK,
        "Let TCP from this host to {names} through: something on the way answers with a reset.",
    ),
    "connect-timeout": Cause(
        "the connection was dropped silently",
        Owner.NETWORK,
        "Allow outbound TCP from this host to {names} in the firewall that drops it.",
    ),
    "connect-unreachable": Cause(
        "there is no route to the endpoint",
        Owner.NETWORK,
        "Give this host a route to {names}, or remove the reject rule on the way.",
    ),
    "proxy-unreachable": Cause(
        "the proxy itself cannot be reached",
        Owner.PROXY,
        "Check the proxy's address and port, and let this host reach it.",
    ),
    "proxy-auth-required": Cause(
        "the proxy wants credentials",
        Owner.PROXY,
        "Let the proxy pass CONNECT to {names} without credentials, or give the agent a proxy URL "
        "that it accepts.",
    ),
    "proxy-denied": Cause(
        "the proxy refuses this destination",
        Owner.PROXY,
        "Add {names} to the proxy's allow-list for CONNECT.",
    ),
    "proxy-failed": Cause(
        "the proxy could not make the connection",
        Owner.PROXY,
        "Look in the proxy's log for CONNECT to {names}: it failed to reach the destination.",
    ),
    "tls-timeout": Cause(
        "the TLS handshake hangs",
        Owner.NETWORK,
        "Look for a middlebox that holds TLS to {names} back after the TCP connection.",
    ),
    "tls-reset": Cause(
        "the TLS handshake is cut off",
        Owner.NETWORK,
        "Allow {names} in the filter that reads server names (SNI) and resets the connection.",
    ),
    "tls-version": Cause(
        "TLS 1.2 or newer is not spoken on the way",
        Owner.NETWORK,
        "Make whatever answers for {names} (an inspecting device, usually) speak TLS 1.2 or newer.",
    ),
    "tls-failed": Cause(
        "the TLS handshake fails",
        Owner.NETWORK,
        "Find out what answers for {names} in the place of Azure: it does not speak proper TLS.",
    ),
    "tls-client-disabled": Cause(
        "the host's own TLS stack has TLS 1.2 switched off",
        Owner.SERVER,
        "Enable TLS 1.2 in the host's crypto policy (MaxProtocol in openssl.cnf).",
    ),
    "cert-untrusted": Cause(
        "no trusted authority issued the certificate",
        Owner.NETWORK,
        "If an inspecting device answers for {names}, give the host's trust store its CA; "
        "otherwise find out who answers.",
    ),
    "cert-expired": Cause(
        "the certificate has expired",
        Owner.NETWORK,
        "Check the host's clock; then renew the certificate of the device that answers for "
        "{names}.",
    ),
    "cert-not-yet-valid": Cause(
        "the certificate is not valid yet",
        Owner.SERVER,
        "Check the host's clock; then the certificate of whatever answers for {names}.",
    ),
    "cert-name-mismatch": Cause(
        "the certificate is for another name",
        Owner.NETWORK,
        "Find out what answers for {names}: it shows a certificate of another name.",
    ),
    "cert-chain-incomplete": Cause(
        "an intermediate certificate is missing",
        Owner.NETWORK,
        "Make whatever answers for {names} send its whole chain.",
    ),
    "cert-root-missing": Cause(
        "the host lacks the public root",
        Owner.SERVER,
        "Update the host's ca-certificates; the chain of {names} ends in a public root that its "
        "trust store lacks.",
    ),
    "cert-not-public": Cause(
        "TLS is inspected: the issuer is trusted here, but not public",
        Owner.NETWORK,
        "Keep the inspecting CA in the host's trust store and record the inspection of {names}; "
        "extensions that pin certificates may refuse it.",
    ),
    "http-timeout": Cause(
        "no HTTP answer in time",
        Owner.NETWORK,
        "Look for a middlebox that swallows requests to {names}.",
    ),
    "http-failed": Cause(
        "what answered is not HTTP",
        Owner.NETWORK,
        "Find out what answers for {names} in the place of Azure.",
    ),
    "http-not-proven": Cause(
        "an answer came, but nothing shows that it is Azure's",
        Owner.NETWORK,
        "Check that the answer for {names} is the service's own and no block page.",
    ),
    "address-not-private": Cause(
        "a private endpoint resolves to a public address",
        Owner.NETWORK,
        "Link the private DNS zone of the private link scope so that {names} resolve privately.",
    ),
    "address-outside-tag": Cause(
        "an address lies in no service tag",
        Owner.NETWORK,
        "Find out why {names} resolve to an address that Azure does not publish: a resolver that "
        "makes answers up, a middlebox, or a move that a newer service tag file knows.",
    ),
    "address-other-tag": Cause(
        "an address lies in another service tag than expected",
        Owner.NETWORK,
        "Where a firewall filters by address, allow the tag that {names} are in too.",
    ),
    "address-not-public": Cause(
        "a public endpoint resolves to a private address",
        Owner.NETWORK,
        "Make {names} resolve to public addresses, or name the private endpoints that are in use "
        "(--private-link=arc).",
    ),
    "tag-not-covered": Cause(
        "the firewall's allow-list lacks something",
        Owner.NETWORK,
        "Allow {names} in the firewall that filters what goes out.",
    ),
    "tag-file-stale": Cause(
        "the service tag file is old",
        Owner.OPERATOR,
        "Take the current file in the place of {names} (--service-tags=download, or a newer FILE).",
    ),
    "listener-found": Cause(
        "a process of the agent listens to other machines",
        Owner.SERVER,
        "Find out why {names} is open to the network: what the agent serves belongs on loopback.",
    ),
    "gateway-log-analytics": Cause(
        "the agent's proxy is a Log Analytics gateway",
        Owner.SERVER,
        "Give the agent a forward proxy or the direct route in place of {names} (azcmagent config "
        "set proxy.url, or config clear proxy.url); the Azure Monitor agent may keep the gateway.",
    ),
    "control-tripped": Cause(
        "something answers that must not be there",
        Owner.NETWORK,
        "Find the device that answers for {names} in everybody's place; where it does, an accepted "
        "connection shows nothing.",
        measured=False,
    ),
    "host-unreachable": Cause(
        "the host could not be reached",
        Owner.OPERATOR,
        "Make a command on the host work from here without a prompt (`ssh HOST true`), then run "
        "again.",
        measured=False,
    ),
    "probe-failed": Cause(
        "the measurement itself failed on the host",
        Owner.OPERATOR,
        "Read the detail; the probe needs Python 3.6 or newer on the host.",
        measured=False,
    ),
    "probe-timeout": Cause(
        "the host's deadline ended the measurement",
        Owner.OPERATOR,
        "Run again with a larger --host-deadline.",
        measured=False,
    ),
    "permission-denied": Cause(
        "the fact may not be read",
        Owner.OPERATOR,
        "Run again with --sudo.",
        measured=False,
    ),
    "unknown": Cause(
        "something that has no name yet",
        Owner.OPERATOR,
        "Report the detail as a bug of the suite.",
        measured=False,
    ),
}


def cause_named(name: str) -> str:
    """*name* where it is one of the closed list, else ``unknown``."""
    return name if name in CAUSES else "unknown"
