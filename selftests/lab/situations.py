"""What can be the matter with a network: one function each, named for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext

from selftests.lab.network import Network

NAME = "login.chinacloudapi.cn"
"""The name that has the fault, where one has."""

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
