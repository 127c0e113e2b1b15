"""Allow-lists: the three forms, their faults with line or path, and what they let through."""

from __future__ import annotations

import itertools
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from netaddr import IPSet

from arc_compliance.base.fault import Fault
from arc_compliance.firewall.allowlist import Allowlist, own_rules, read_allowlist
from arc_compliance.firewall.follow import Chain, Rule, Ruleset


def read(tmp_path: Path, text: str) -> Allowlist:
    path = tmp_path / "list.txt"
    path.write_text(text, encoding="utf-8")
    return read_allowlist(path)


def passed(tmp_path: Path, text: str, *sources: str) -> tuple[list[str], list[str]]:
    """The prefixes that a list lets through for sure, and those that nobody can tell."""
    found = read(tmp_path, text).passed(sources)
    return [str(c) for c in found.addresses.iter_cidrs()], [
        str(c) for c in found.unsure.iter_cidrs()
    ]


# -- lines ---------------------------------------------------------------------------------------


def test_lines_of_all_kinds(tmp_path: Path) -> None:
    one = read(
        tmp_path,
        "\ufeff# Azure\r\n10.0.0.0/8   # inside\r\n\r\n192.0.2.4 - 192.0.2.7\n192.0.2.1\n"
        "2001:DB8::/32\n2001:0db8:0000::/33\n*.HIS.arc.azure.cn\n"
        "azgn*.servicebus.chinacloudapi.cn.\n; the end\n",
    )

    assert one.names == ("*.his.arc.azure.cn", "azgn*.servicebus.chinacloudapi.cn")
    assert one.listed == IPSet(["10.0.0.0/8", "192.0.2.4/30", "192.0.2.1", "2001:db8::/32"])


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("10.0.0.1/8", "has bits set behind its length; write 10.0.0.0/8"),
        ("2001:db8::1/32", "write 2001:db8::/32"),
        ("10.0.0.0/33", "is not an address, prefix, range"),
        ("10.0.0.9-10.0.0.1", "is not an address, prefix, range"),
        ("10.0.0", "is not an address, prefix, range"),
        ("https://login.chinacloudapi.cn/", "without scheme, port and path"),
        ("login.chinacloudapi.cn:443", "without scheme, port and path"),
        ("AzureCloud", "for a tag, write its prefixes"),
        ("*", "is not an address"),
        ("10.0.0.0/8 10.1.0.0/16", "is not an address"),
        ("\x1b[31m", "is not an address"),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path: Path, entry: str, words: str) -> None:
    with pytest.raises(Fault, match=r"^list\.txt: line 37: ") as raised:
        read(tmp_path, "10.0.0.0/8\n" * 36 + entry + "\n")

    assert words in str(raised.value)
    assert "\x1b" not in str(raised.value)


def test_what_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("# nothing\n")
    (tmp_path / "bytes").write_bytes(b"10.0.0.0/8\n\xff\xfe")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")

    for name, words in {
        "empty": "names nothing",
        "bytes": "line 2: not text in UTF-8",
        "folder": "is not a file",
        "pipe": "is not a file",
        "missing": "cannot be read: No such file",
    }.items():
        with pytest.raises(Fault, match=f"^{name}: {words}"):
            read_allowlist(tmp_path / name)


def test_names_stand_for_names_and_patterns(tmp_path: Path) -> None:
    one = read(tmp_path, "*.servicebus.chinacloudapi.cn\ngbl.his.arc.azure.cn\n")

    assert one.covers_name("azgn*.servicebus.chinacloudapi.cn")
    assert one.covers_name("GBL.his.arc.azure.cn")
    assert not one.covers_name("*.his.arc.azure.cn")
    assert not one.covers_name("servicebus.chinacloudapi.cn")


# -- rulesets ------------------------------------------------------------------------------------

BASE = {"family": "inet", "table": "filter"}


def nft(*rules: list[Any], policy: str = "drop", hook: str = "output", **sets: list[Any]) -> str:
    """What ``nft -j list ruleset`` prints of one base chain with *rules*."""
    chain = {**BASE, "name": "out", "type": "filter", "hook": hook, "prio": 0, "policy": policy}
    items: list[dict[str, Any]] = [{"metainfo": {}}, {"table": {**BASE, "name": "filter"}}]
    items += [{"set": {**BASE, "name": n, "type": "ipv4_addr", "elem": e}} for n, e in sets.items()]
    items += [{"chain": chain}, {"chain": {**BASE, "name": "azure"}}]
    for rule in rules:
        where = "azure" if rule[0] == "azure" else "out"
        expr = rule[1:] if rule[0] == "azure" else rule
        items.append({"rule": {**BASE, "chain": where, "expr": expr}})
    return json.dumps({"nftables": items})


def to(right: Any, op: str = "==", field: str = "daddr", protocol: str = "ip") -> dict[str, Any]:
    left = {"payload": {"protocol": protocol, "field": field}}
    return {"match": {"op": op, "left": left, "right": right}}


def port(right: Any) -> dict[str, Any]:
    return to(right, field="dport", protocol="tcp")


def state(right: Any, op: str = "in") -> dict[str, Any]:
    return {"match": {"op": op, "left": {"ct": {"key": "state"}}, "right": right}}


NET = {"prefix": {"addr": "10.1.0.0", "len": 16}}
ACCEPT, DROP = {"accept": None}, {"drop": None}


@pytest.mark.parametrize(
    ("text", "expected", "unsure"),
    [
        (nft([to(NET), port(443), ACCEPT]), ["10.1.0.0/16"], []),
        (nft([to(NET), port(80), ACCEPT]), [], []),
        (nft([to(NET), port({"set": [80, 443]}), {"counter": {}}, ACCEPT]), ["10.1.0.0/16"], []),
        (nft([to(NET), port({"range": [400, 500]}), ACCEPT]), ["10.1.0.0/16"], []),
        (nft([to("@arc"), ACCEPT], arc=["10.0.0.1", {"range": ["10.0.0.4", "10.0.0.7"]}]),
         ["10.0.0.1/32", "10.0.0.4/30"], []),
        (nft([to({"set": [NET, "10.0.0.1"]}), DROP], [to("10.0.0.0/8"), ACCEPT]),
         ["10.0.0.0/32", "10.0.0.2/31", "10.0.0.4/30"], []),
        (nft([state(["established", "related"]), ACCEPT], [to("10.0.0.1"), state("new"), ACCEPT]),
         ["10.0.0.1/32"], []),
        (nft([state("invalid"), DROP], [to("10.0.0.1"), ACCEPT]), ["10.0.0.1/32"], []),
        (nft([to("10.0.0.1"), {"match": {"op": "==", "left": {"meta": {"key": "skuid"}},
              "right": 0}}, ACCEPT]), [], ["10.0.0.1/32"]),
        (nft([to("10.0.0.1"), {"limit": {"rate": 5}}, DROP], [to("10.0.0.0/30"), ACCEPT]),
         ["10.0.0.0/32", "10.0.0.2/31"], ["10.0.0.1/32"]),
        (nft([to("10.0.0.0/30"), {"jump": {"target": "azure"}}],
             ["azure", to("10.0.0.1"), {"return": None}], ["azure", ACCEPT]),
         ["10.0.0.0/32", "10.0.0.2/31"], []),
        (nft([to("10.0.0.0/30"), {"goto": {"target": "azure"}}], [ACCEPT],
             ["azure", to("10.0.0.1"), ACCEPT]), None, []),
        (nft([{"match": {"op": "==", "left": {"meta": {"key": "oifname"}}, "right": "lo"}},
              ACCEPT], [to("10.0.0.1"), ACCEPT]), ["10.0.0.1/32"], []),
        (nft([{"vmap": {"key": {"ct": {"key": "state"}},
                        "data": {"set": [["established", ACCEPT], ["invalid", DROP]]}}}],
             [to("10.0.0.1"), ACCEPT]), ["10.0.0.1/32"], []),
        (nft([{"vmap": {"key": to("")["match"]["left"],
                        "data": {"set": [["10.0.0.1", ACCEPT], ["10.0.0.2", DROP]]}}}]),
         ["10.0.0.1/32"], []),
        (nft([to("10.0.0.1", field="saddr"), to("10.0.0.8"), ACCEPT]), [], ["10.0.0.8/32"]),
    ],
)  # fmt: skip
def test_nftables(tmp_path: Path, text: str, expected: list[str] | None, unsure: list[str]) -> None:
    addresses, maybe = passed(tmp_path, text)

    if expected is None:  # all but what the chain does not take
        assert "10.0.0.1/32" in addresses
        assert not any(one.startswith("10.0.0.0") for one in addresses)
    else:
        known = [one for one in addresses if one.startswith("10.")][: len(expected)]
        assert known == expected
    assert maybe == unsure


def test_rules_for_other_hosts_are_theirs(tmp_path: Path) -> None:
    text = nft([to("10.77.0.0/24", field="saddr"), to("10.0.0.8"), ACCEPT], hook="forward")

    assert passed(tmp_path, text, "10.77.0.2") == (["10.0.0.8/32"], [])
    assert passed(tmp_path, text, "10.78.0.2") == ([], [])


def test_every_base_chain_has_to_be_passed(tmp_path: Path) -> None:
    one = json.loads(nft([to("10.0.0.0/30"), ACCEPT]))["nftables"]
    other = json.loads(nft([to("10.0.0.1"), DROP], policy="accept"))["nftables"]
    for item in other:
        for what in item.values():
            if "table" in what:
                what["table"] = "second"
    both = json.dumps({"nftables": [*one, *other]})

    assert passed(tmp_path, both)[0] == ["10.0.0.0/32", "10.0.0.2/31"]


IPTABLES = """# Generated by iptables-save v1.8.9
*nat
:OUTPUT ACCEPT [0:0]
COMMIT
*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT DROP [0:0]
:AZURE - [0:0]
-A OUTPUT -o lo -j ACCEPT
-A OUTPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A OUTPUT -p udp -m udp --dport 53 -j ACCEPT
-A OUTPUT -p tcp -m multiport --dports 80,443 -j AZURE
-A OUTPUT -d 10.9.0.0/16 -m owner --uid-owner 0 -j ACCEPT
-A AZURE -d 10.0.0.1/32 -m comment --comment "no -j ACCEPT" -j REJECT --reject-with icmp-x
-A AZURE -d 10.0.0.0/29 -j ACCEPT
-A AZURE -m iprange --dst-range 10.1.0.0-10.1.0.3 -j ACCEPT
-A AZURE ! -d 10.2.0.0/16 -j RETURN
-A AZURE -p tcp -m tcp --dport 1:1024 -m state --state NEW -j ACCEPT
COMMIT
"""


def test_iptables(tmp_path: Path) -> None:
    addresses, unsure = passed(tmp_path, IPTABLES)

    ours = [one for one in addresses if ":" not in one]
    assert ours == ["10.0.0.0/32", "10.0.0.2/31", "10.0.0.4/30", "10.1.0.0/30", "10.2.0.0/16"]
    assert unsure == ["10.9.0.0/16"]


def test_ip6tables(tmp_path: Path) -> None:
    text = "*filter\n:OUTPUT DROP [0:0]\n-A OUTPUT -d 2001:db8::/32 -j ACCEPT\nCOMMIT\n"

    assert "2001:db8::/32" in passed(tmp_path, text)[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"nftables": [', "line 1: not valid JSON"),
        ('{"tables": []}', "not a ruleset as"),
        ('{"nftables": [{}]}', "not a ruleset as"),
        (nft([to("10.0.0.1"), ACCEPT], policy="accept"), "keeps nothing back"),
        (nft([to("@a"), ACCEPT], a=["@a"]), "nftables[5].rule: cannot be read"),
        ("*filter\n:OUTPUT DROP\n-A OUTPUT -j\n", "line 3: -j lacks what it is about"),
        (nft([to("ten"), ACCEPT]), "nftables[4].rule: cannot be read"),
        (nft([{"jump": {"target": "azure"}}], ["azure", {"jump": {"target": "azure"}}]), "circle"),
        ('{"nftables": [{"chain": "x"}]}', "not a ruleset as"),
        ('{"nftables": ' + "[" * 9999 + "]" * 9999 + "}", "nested too deeply"),
        (IPTABLES.replace("-d 10.0.0.0/29", "-d 10.0.0.0/99"), "line 16: '10.0.0.0/99' is not"),
        (IPTABLES.replace("-A AZURE -d", "-X AZURE -d"), "line 15: "),
        (IPTABLES.replace('"no -j', "no -j"), "line 15: No closing quotation"),
        (":OUTPUT\n", "line 1: "),
    ],
)
def test_a_fault_in_a_ruleset(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Fault, match=r"^list\.txt: ") as raised:
        read(tmp_path, text)

    assert words in str(raised.value)


def test_the_hosts_own_rules() -> None:
    assert own_rules("nft", nft([ACCEPT], policy="accept")) is None
    own = own_rules("iptables", IPTABLES)
    assert own is not None
    assert own.label == "the host's own iptables ruleset"


# -- rules, followed address by address ----------------------------------------------------------

SPACE = range(16)
some = st.sets(st.integers(0, 15)).map(lambda s: IPSet(f"10.0.0.{one}" for one in s))
verdict = st.sampled_from(["accept", "drop", "return", "jump b", "goto b", ""])


@st.composite
def rules(draw: st.DrawFn, *, jumps: bool) -> list[Rule]:
    made = []
    for _ in range(draw(st.integers(0, 5))):
        word, _, target = draw(verdict).partition(" ")
        made.append(
            Rule(
                to=draw(st.none() | some),
                matches=draw(st.sampled_from([True, True, False])),
                unknown=draw(st.sampled_from([[], [], ["mark"]])),
                verdict="" if target and not jumps else word,
                target=target or None,
            )
        )
    return made


def walked(chains: dict[str, Chain], name: str, address: str, answers: Any) -> str:
    """What becomes of one packet, where *answers* says whether an unknown condition is met."""
    for rule in chains[name].rules:
        if not rule.matches or (rule.to is not None and address not in rule.to):
            continue
        if rule.unknown and not answers(rule):
            continue
        if rule.verdict in ("accept", "drop", "return"):
            return rule.verdict
        if rule.verdict in ("jump", "goto"):
            found = walked(chains, rule.target, address, answers)
            if found in ("accept", "drop"):
                return found
            if rule.verdict == "goto":
                return "return"
    return "return"


@settings(deadline=None)
@given(rules(jumps=True), rules(jumps=False), st.sampled_from(["accept", "drop"]))
def test_following_sets_is_following_each_address(
    base: list[Rule], called: list[Rule], policy: str
) -> None:
    """Sure is what holds whatever the unknown conditions answer; nothing is lost between."""
    chains = {"a": Chain(hook="output", policy=policy, rules=base), "b": Chain(rules=called)}
    found = Ruleset(chains=chains).passed("output")

    unknown = [rule for rule in (*base, *called) if rule.unknown]
    for last in SPACE:
        address = f"10.0.0.{last}"
        ends = set()
        for bits in range(2 ** len(unknown)):
            met = {id(rule): bool(bits >> i & 1) for i, rule in enumerate(unknown)}
            end = walked(chains, "a", address, lambda rule, met=met: met[id(rule)])
            ends.add(policy if end == "return" else end)
        if address in found.addresses:
            assert ends == {"accept"}
        elif address not in found.unsure:
            assert ends == {"drop"}


def test_chains_that_call_each_other_twice_are_not_followed_for_days(tmp_path: Path) -> None:
    """Thirty of them are a billion walks."""
    names = [f"c{number}" for number in range(30)]
    lines = [f":{name} - [0:0]" for name in names]
    lines += [f"-A {one} -j {then}" for one, then in itertools.pairwise(names)] * 2
    text = "\n".join(["*filter", ":OUTPUT DROP [0:0]", *lines, "-A OUTPUT -j c0", "COMMIT"])

    with pytest.raises(Fault, match="more often than can be followed"):
        read(tmp_path, text)


def test_a_long_list_of_rules_is_one(tmp_path: Path) -> None:
    """A thousand rules took minutes when each made a new set of what was left."""
    rules = [f"-A OUTPUT -d 10.{n // 200}.{n % 200}.1/32 -j ACCEPT" for n in range(1000)]
    text = "\n".join(["*filter", ":OUTPUT DROP [0:0]", *rules, "COMMIT"])

    assert len([one for one in passed(tmp_path, text)[0] if ":" not in one]) == 1000


def test_what_is_not_in_the_file_leaves_it_open(tmp_path: Path) -> None:
    for text in (
        nft([to("@gone"), ACCEPT]),
        nft([{"vmap": {"key": to("")["match"]["left"], "data": "@gone"}}]),
        nft([{"jump": {"target": "gone"}}]),
    ):
        addresses, unsure = passed(tmp_path, text)
        assert addresses == []
        assert "0.0.0.0/0" in unsure


def test_many_rules_that_cannot_be_folded_are_given_up() -> None:
    """A host's own rules may be a million characters: each rule cuts a hole into what is left."""
    rules = "".join(
        f"-A OUTPUT -d 10.{n >> 8}.{n & 255}.0/25 -s 192.0.2.9 -j DROP\n" for n in range(9000)
    )
    own = own_rules("iptables", f"*filter\n:OUTPUT DROP [0:0]\n{rules}COMMIT\n")

    assert own is not None
    passed = own.passed(("192.0.2.9",))
    assert not passed.addresses
    assert passed.why_unsure == ("more rules than can be followed",)
