"""Rules as they are followed here, held against what the kernel does with them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from arc_compliance.firewall.allowlist import own_rules
from arc_compliance.firewall.follow import Passed
from arc_compliance.firewall.iptables import read_iptables
from arc_compliance.firewall.nftables import read_nftables

pytestmark = pytest.mark.usefixtures("lab")

OURS = ["192.0.2.5", "2001:db8:1::5"]
ENDPOINTS = {"v4": "203.0.113.10", "v6": "2001:db8:2::10"}

LAY = """
set -e
ip link set lo up
ip link add out type veth peer name far
ip link set far up; ip link set out up
ip addr add 192.0.2.5/24 dev out
ip -6 addr add 2001:db8:1::5/64 dev out nodad
ip route add default via 192.0.2.1; ip -6 route add default via 2001:db8:1::1
for router in 192.0.2.1 2001:db8:1::1; do
  ip neigh add $router lladdr 02:00:00:00:00:01 dev out nud permanent
done
"""
COUNT = f"""
nft -j list ruleset > nft.json
(iptables-save; ip6tables-save) > saved
nft -f - <<'END'
table inet counting {{
  counter v4 {{}}
  counter v6 {{}}
  chain left {{
    type filter hook postrouting priority 300
    ip daddr {ENDPOINTS["v4"]} tcp dport 443 counter name v4
    ip6 daddr {ENDPOINTS["v6"]} tcp dport 443 counter name v6
  }}
}}
END
"""
CONNECT = """
import socket, sys
for family, address in ((socket.AF_INET, sys.argv[1]), (socket.AF_INET6, sys.argv[2])):
    client = socket.socket(family)
    client.setblocking(False)
    client.connect_ex((address, 443))
"""

NET = "203.0.113.0/24"
DROP, ACCEPT = "policy drop;", "policy accept;"

CERTAIN = {
    "untracked is not new": f"{DROP} ct state established,related,untracked accept",
    "drop of what is not new": f"{ACCEPT} ct state invalid,untracked drop",
    "new": f"{DROP} ct state new accept",
    "ports above": f"{DROP} tcp dport > 443 accept",
    "ports from": f"{ACCEPT} tcp dport >= 400 drop",
    "ports below": f"{DROP} tcp dport < 1024 accept",
    "port sets": f"{DROP} tcp dport {{ 80, 400-500 }} accept",
    "not the port": f"{ACCEPT} tcp dport != 443 drop",
    "map with a rest": f"{ACCEPT} tcp dport vmap {{ 22 : accept, * : drop }}",
    "states with a rest": f"{ACCEPT} ct state vmap {{ established : accept, * : drop }}",
    "map that jumps": f"{DROP} tcp dport vmap {{ 443 : jump let, * : drop }}",
    "map that goes on": f"{DROP} tcp dport vmap {{ 443 : continue, * : drop }}; accept",
    "not a family": f"{DROP} meta nfproto != ipv4 accept",
    "families": f"{DROP} meta nfproto {{ ipv4, ipv6 }} accept",
    "protocol of IPv4": f"{DROP} ip protocol tcp accept",
    "not the protocol of IPv4": f"{ACCEPT} ip protocol != udp drop",
    "next header": f"{DROP} ip6 nexthdr tcp accept",
    "source": f"{DROP} ip saddr 192.0.2.0/24 accept",
    "not the source": f"{ACCEPT} ip saddr != 192.0.2.0/24 drop",
    "not in an empty set": f"{DROP} ip6 daddr != @nobody accept",
    "named set": f"{DROP} ip daddr @azure accept",
    "named map": f"{ACCEPT} ip daddr vmap @verdicts",
    "loopback": f"{DROP} oifname lo accept",
    "way out": f"{DROP} oifname out accept",
    "not loopback": f"{DROP} oifname != lo accept",
    "jump and return": f"{ACCEPT} jump azure; drop",
    "goto": f"{DROP} goto azure; accept",
    "udp": f"{ACCEPT} udp dport 443 drop; tcp dport 80 drop",
    "postrouting": f"{ACCEPT} }}\n chain p {{ type filter hook postrouting priority 0; "
    f"ip daddr {NET} drop",
    "route": f"{ACCEPT} }}\n chain r {{ type route hook output priority 0; ip daddr {NET} drop",
}
OPEN = {
    "compared addresses": f"{DROP} ip daddr >= 203.0.0.0 accept",
    "user": f"{DROP} meta skuid 0 accept",
    "several addresses": f"{DROP} ip daddr . tcp dport {{ 203.0.113.10 . 443 }} accept",
    "part of a header": f"{DROP} tcp flags & (fin|syn|rst|ack) == syn accept",
    "interfaces like loopback": f'{DROP} oifname "l*" accept',
    "neither of two interfaces": f'{DROP} oifname != {{ "lo", "docker0" }} accept',
    "limit": f"{DROP} limit rate 900/second accept",
    "dormant": f"{DROP} }}\n flags dormant\n chain nothing {{ counter",
}
IPTABLES = {
    "reject": f"iptables -A OUTPUT -d {NET} -j REJECT",
    "conntrack": "iptables -P OUTPUT DROP; iptables -A OUTPUT -m conntrack --ctstate "
    f"NEW,ESTABLISHED -d {NET} -j ACCEPT",
    "untracked": "iptables -P OUTPUT DROP; iptables -A OUTPUT -m conntrack --ctstate "
    "ESTABLISHED,UNTRACKED -j ACCEPT",
    "mangle": f"iptables -t mangle -A OUTPUT -d {NET} -j DROP",
    "raw": f"ip6tables -t raw -A OUTPUT -d {ENDPOINTS['v6']} -j DROP",
    "nat": f"iptables -t nat -A OUTPUT -d {NET} -j ACCEPT; ip6tables -P OUTPUT DROP",
    "multiport": "iptables -P OUTPUT DROP; iptables -A OUTPUT -p tcp -m multiport --dports "
    "80,443 -j ACCEPT",
    "own chain": "iptables -N AZURE; iptables -A AZURE -p tcp ! --dport 80 -j RETURN; "
    "iptables -A AZURE -j DROP; iptables -A OUTPUT -j AZURE",
    "range": "iptables -A OUTPUT -m iprange ! --dst-range 203.0.113.0-203.0.113.9 -j DROP",
    "beside nft": "iptables -A OUTPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; "
    "nft add table inet fw; nft 'add chain inet fw o { type filter hook output priority 0; "
    "policy drop; }'",
}


def in_kernel(directory: Path, rules: str) -> dict[str, bool]:
    """Which of ENDPOINTS a connection leaves for in a network apart with *rules* in force.

    Leaves behind what nft and iptables-save print of them.
    """
    connect = f"{sys.executable} -c '{CONNECT}' {' '.join(ENDPOINTS.values())}"
    script = f"{LAY}\n{rules}\n{COUNT}\n{connect}\nnft -j list counters table inet counting"
    done = subprocess.run(
        ["unshare", "--net", "sh", "-c", script],
        cwd=directory,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    objects = json.loads(done.stdout)["nftables"]
    counters = [one["counter"] for one in objects if "counter" in one]
    return {one["name"]: one["packets"] > 0 for one in counters}


def nft(rules: str) -> str:
    """The command that loads *rules* into an output chain, beside what they refer to."""
    return f"""nft -f - <<'END'
table inet f {{
  set nobody {{ type ipv6_addr; }}
  set azure {{ type ipv4_addr; flags interval; elements = {{ {NET} }} }}
  map verdicts {{ type ipv4_addr : verdict; flags interval; elements = {{ {NET} : drop }} }}
  chain let {{ accept; }}
  chain azure {{ ip daddr {NET} return; accept; }}
  chain o {{ type filter hook output priority 0; {rules}; }}
}}
END"""


def told(passed: Passed) -> dict[str, bool | None]:
    """Which of ENDPOINTS are let through, None where that is left open."""
    return {
        name: None if address in passed.unsure else address in passed.addresses
        for name, address in ENDPOINTS.items()
    }


@pytest.mark.parametrize("name", CERTAIN)
def test_what_nft_does(tmp_path: Path, name: str) -> None:
    happened = in_kernel(tmp_path, nft(CERTAIN[name]))

    rules = read_nftables((tmp_path / "nft.json").read_text())
    assert told(rules.passed("output", OURS)) == happened


@pytest.mark.parametrize("name", OPEN)
def test_what_cannot_be_told_is_left_open(tmp_path: Path, name: str) -> None:
    happened = in_kernel(tmp_path, nft(OPEN[name]))

    found = told(read_nftables((tmp_path / "nft.json").read_text()).passed("output", OURS))
    assert None in found.values()
    assert {n: one for n, one in found.items() if one is not None}.items() <= happened.items()


@pytest.mark.parametrize("name", IPTABLES)
def test_what_iptables_does(tmp_path: Path, name: str) -> None:
    happened = in_kernel(tmp_path, IPTABLES[name])
    shown, saved = ((tmp_path / one).read_text() for one in ("nft.json", "saved"))

    both = own_rules("nft+iptables", f"{shown.strip()}\n{saved}")
    assert (told(both.ruleset.passed("output", OURS)) if both and both.ruleset else {}) == happened
    by_nft = told(read_nftables(shown).passed("output", OURS))
    assert {n: one for n, one in by_nft.items() if one is not None}.items() <= happened.items()
    if name != "beside nft":
        assert told(read_iptables(saved).passed("output", OURS)) == happened
