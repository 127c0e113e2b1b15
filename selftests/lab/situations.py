"""What can be the matter with a network: one function each, named for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from arc_compliance.plan import CONTROL_NAME
from selftests import probe_peers as peers
from selftests.lab.azure import NAME
from selftests.lab.network import GATE, Network, inside

USER, PASSWORD = "arc", "hunter2"

NOBODY = "203.0.113.9"
"""An address at which nobody is."""


def open_network(lab: Network) -> AbstractContextManager[None]:
    del lab
    return nullcontext()


def name_not_found(lab: Network) -> AbstractContextManager[None]:
    return lab.resolving({NAME: ""})


def resolver_dead(lab: Network) -> AbstractContextManager[None]:
    return lab.resolver_dead()


def port_dropped(lab: Network) -> AbstractContextManager[None]:
    return lab.firewall(f"ip daddr {lab.names[NAME]} drop")


def port_rejected_by_reset(lab: Network) -> AbstractContextManager[None]:
    return lab.firewall(f"ip daddr {lab.names[NAME]} tcp dport 443 reject with tcp reset")


def port_rejected_by_icmp(lab: Network) -> AbstractContextManager[None]:
    return lab.firewall(f"ip daddr {lab.names[NAME]} reject with icmpx type admin-prohibited")


def no_route(lab: Network) -> AbstractContextManager[None]:
    return lab.route_lost()


def reset_after_client_hello(lab: Network) -> AbstractContextManager[None]:
    return lab.firewall(
        f"ip daddr {lab.names[NAME]} tcp dport 443 tcp flags & psh == psh reject with tcp reset"
    )


def silence_after_client_hello(lab: Network) -> AbstractContextManager[None]:
    return lab.firewall(f"ip daddr {lab.names[NAME]} tcp dport 443 tcp flags & psh == psh drop")


def all_dropped(lab: Network) -> AbstractContextManager[None]:
    return lab.firewall("drop")


def one_of_two_addresses_dead(lab: Network) -> AbstractContextManager[None]:
    stack = ExitStack()
    stack.enter_context(lab.resolving({NAME: f"{lab.names[NAME]} {NOBODY}"}))
    stack.enter_context(lab.firewall(f"ip daddr {NOBODY} drop"))
    return stack


def ipv6_advertised_but_unroutable(lab: Network) -> AbstractContextManager[None]:
    return lab.resolving({NAME: f"{lab.names[NAME]} 2001:db8::1"})


@contextmanager
def healed_before_the_second_measurement(lab: Network) -> Iterator[None]:
    """The first connections are refused; the rule goes while the other names are measured."""
    first = "ct state new add @asked { ip daddr timeout 1s } reject with tcp reset"
    with lab.firewall(
        f"ip daddr {lab.names[NAME]} tcp dport 443 ip daddr != @asked {first}",
        sets="set asked { type ipv4_addr; flags dynamic,timeout; }",
    ):
        yield


NOTES = {
    "one_of_two_addresses_dead": f"1 of its addresses did not answer: {NOBODY}",
    "ipv6_advertised_but_unroutable": "1 of its addresses did not answer: 2001:db8::1",
    "healed_before_the_second_measurement": "flaky: the first attempt failed with connect-refused",
}


def every_name_at_one_address(lab: Network) -> AbstractContextManager[None]:
    return lab.portal()


def proxy_allows_all(lab: Network) -> AbstractContextManager[str]:
    return lab.proxy()


def proxy_denies_one(lab: Network) -> AbstractContextManager[str]:
    """An allow-list without NAME, as tinyproxy's filter has it."""
    names = [name for name in [*lab.names, CONTROL_NAME] if name != NAME]
    allowed = lab.directory / "allowed"
    allowed.write_text("".join(f"^{re.escape(name)}$\n" for name in names))
    return lab.proxy(f'Filter "{allowed}"', "FilterDefaultDeny Yes", "FilterExtended On")


def proxy_wants_credentials(lab: Network) -> AbstractContextManager[str]:
    return lab.proxy(f"BasicAuth {USER} {PASSWORD}")


@contextmanager
def proxy_down(lab: Network) -> Iterator[str]:
    with lab.proxy() as url:
        yield url.replace(":3128", ":3129")


@contextmanager
def proxy_resolves_what_the_host_cannot(lab: Network) -> Iterator[str]:
    with lab.proxy() as url, lab.resolver_dead():
        yield url


@contextmanager
def proxy_with_a_way_past_it_for_arc(lab: Network) -> Iterator[str]:
    """Only the endpoints of the group Arc may leave without the proxy."""
    arc = [a for n, a in lab.names.items() if ".his.arc." in n or ".guestconfiguration." in n]
    with lab.proxy() as url:
        inside(GATE, "nft", "insert", "rule", "inet", "perimeter", "forward", *_to(arc), "accept")
        yield url


def _to(addresses: list[str]) -> list[str]:
    """Packets to *addresses* and the answers to them, in the words of nftables."""
    return ["ct", "original", "ip", "daddr", "{", ",".join(sorted(set(addresses))), "}"]


def answered_by(lab: Network, peer: str) -> AbstractContextManager[None]:
    """NAME is at the address of a peer of selftests.lab.azure."""
    return lab.resolving({NAME: lab.peers[peer]})


def public_root_missing(lab: Network) -> AbstractContextManager[None]:
    """The host trusts somebody, but nobody that Azure's certificates come from."""
    return lab.trusting(peers.Authority().root.cert_pem.bytes().decode())
