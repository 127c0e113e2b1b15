"""The rules of nftables, as ``nft -j list ruleset`` prints them, as chains to follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from json import JSONDecodeError
from typing import Any

from arc_compliance.base.fault import Fault
from arc_compliance.base.json_bounds import Bounds, read_json
from arc_compliance.base.redact import scrub
from arc_compliance.firewall.follow import (
    EVERYTHING,
    Chain,
    Chains,
    Rule,
    Ruleset,
    addresses_in,
    by_interface,
    port_asked,
    union,
)

BOUNDS = Bounds(depth=100, values=2_000_000, text=100_000)
"""What a ruleset may hold as JSON; a prefix in a set is eight values."""

_IN_FAMILY = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}
_INTERFACES = ("oifname", "oif", "iifname", "iif", "oifgroup", "iifgroup")
_NFT_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto")
_NEUTRAL = ("counter", "log", "notrack", "mangle")
_TAKES_THE_PACKET = ("xt", "queue", "tproxy", "synproxy", "fwd")
"""Statements that can decide what becomes of a packet, and do not say here what."""


def read_nftables(text: str) -> Ruleset:
    """The ruleset that ``nft -j list ruleset`` printed as *text*.

    Raise Fault for what is none.
    """
    objects = _nft_objects(text)
    tables = [what for kind, what in objects if kind == "table"]
    flags = {(str(one.get("family")), str(one.get("name"))): _flags(one) for one in tables}
    chains: dict[Any, Chain] = {}
    sets: dict[Any, Any] = {}
    for kind, what in objects:
        if kind == "chain" and str(what.get("family")) in _IN_FAMILY:
            key = _key(what, what.get("name"))
            chains[key] = Chain(
                hook=str(what.get("hook", "")) if what.get("type") != "nat" else "",
                policy="drop" if what.get("policy") == "drop" else "accept",
                families=_IN_FAMILY[str(what["family"])],
            )
            if flags.get(key[:2], set()) - {"owner", "persist"}:
                chains[key] = _dormant(chains[key], key)
        elif kind in ("set", "map"):
            sets[_key(what, what.get("name"))] = what.get("elem", [])
    for i, (kind, what) in enumerate(objects):
        chain = chains.get(_key(what, what.get("chain"))) if kind == "rule" else None
        if chain is None:
            continue
        try:
            chain.rules += _nft_rules(what, sets, chains)
        except (LookupError, TypeError, AttributeError, ValueError, RecursionError) as error:
            raise Fault(
                f"cannot be read: {scrub(str(error))[:200]}", where=f"nftables[{i}].rule"
            ) from error
    return Ruleset(chains=chains)


def _nft_objects(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Kind and content of each object in *text*; raise Fault where it holds none."""
    try:
        document = read_json(text, BOUNDS)
    except JSONDecodeError as error:
        raise Fault(f"not valid JSON: {error.msg}", where=f"line {error.lineno}") from error
    except ValueError as error:
        raise Fault(str(error)) from error
    try:
        firsts = [next(iter(item.items())) for item in document["nftables"]]
        objects = [(kind, dict(what or {})) for kind, what in firsts]
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise Fault("not a ruleset as `nft -j list ruleset` prints it") from error
    return objects


def _flags(table: Mapping[str, Any]) -> set[str]:
    flags = table.get("flags", [])
    return set(map(str, flags)) if isinstance(flags, list) else {str(flags)}


def _dormant(chain: Chain, key: tuple[str, ...]) -> Chain:
    """*chain* of a table with flags: dormant is without effect. nft 1.0.6 names no flag right."""
    why = f"whether the table {key[1]} is dormant"
    return Chain(
        hook=chain.hook, families=chain.families, rules=[Rule(unknown=[why], verdict="unsure")]
    )


def together(nft: Ruleset, iptables: Ruleset) -> Ruleset:
    """The chains of both; where iptables tells of a table, nft's view of it is left out."""
    told = {(_NFT_NAMES[family], table) for family, table, _ in iptables.chains}
    own = {key: chain for key, chain in nft.chains.items() if key[:2] not in told}
    return Ruleset(chains={**own, **iptables.chains})


_NFT_NAMES = {4: "ip", 6: "ip6"}


def _key(what: Mapping[str, Any], name: Any) -> tuple[str, str, str]:
    return (str(what.get("family")), str(what.get("table", "")), str(name))


def _nft_rules(what: Mapping[str, Any], sets: Mapping[Any, Any], chains: Chains) -> Iterator[Rule]:
    """The rule *what*; a map of verdicts is a rule for each of its entries."""
    rule = Rule()
    for expression in what["expr"]:
        (kind, value), *_ = expression.items()
        if kind == "match":
            _nft_match(rule, value, what, sets)
        elif kind in _NFT_VERDICTS:
            _nft_verdict(rule, kind, value, what, chains)
        elif kind == "vmap":
            yield from _nft_map(rule, value, what, sets, chains)
            return
        elif kind in _TAKES_THE_PACKET:
            rule.verdict = "unsure"
            rule.unknown.append(f"what {kind} does")
        elif kind not in _NEUTRAL:
            rule.unknown.append(kind)
    yield rule


def _nft_map(
    rule: Rule,
    value: Mapping[str, Any],
    what: Mapping[str, Any],
    sets: Mapping[Any, Any],
    chains: Chains,
) -> Iterator[Rule]:
    """A rule for each entry of a map; ``*`` stands for what no other entry is about."""
    data = value["data"]
    named = isinstance(data, str)
    entries = sets.get(_key(what, data.removeprefix("@"))) if named else data["set"]
    if entries is None:
        rule.unknown.append(f"the map {data}, which is not in the file")
        rule.verdict = "unsure"
        yield rule
        return
    named_keys = [key for key, _ in entries if key != "*"]
    for key, verdict in entries:
        one = Rule(to=rule.to, from_=rule.from_, matches=rule.matches, unknown=[*rule.unknown])
        asked = {"op": "!=", "right": named_keys} if key == "*" else {"op": "==", "right": key}
        _nft_match(one, {"left": value["key"], **asked}, what, sets)
        (kind, target), *_ = verdict.items()
        if kind in _NFT_VERDICTS:
            _nft_verdict(one, kind, target, what, chains)
        yield one


def _nft_verdict(
    rule: Rule, kind: str, value: Any, what: Mapping[str, Any], chains: Chains
) -> None:
    rule.verdict = "drop" if kind == "reject" else kind
    if kind in ("jump", "goto"):
        rule.target = _key(what, value["target"])
        if rule.target not in chains:
            rule.verdict = "unsure"
            rule.unknown.append(f"the chain {value['target']}, which is not in the file")


def _nft_match(
    rule: Rule, match: Mapping[str, Any], what: Mapping[str, Any], sets: Mapping[Any, Any]
) -> None:
    left, right, operator = match["left"], match["right"], match["op"]
    negated = operator == "!="
    (kind, asked), *_ = left.items() if isinstance(left, dict) else [("other", {})]
    about = asked if isinstance(asked, dict) else {}
    name = f"{about.get('protocol', '')} {about.get('field', about.get('key', ''))}".strip()
    family = {"ip": 4, "ip6": 6}.get(str(about.get("protocol"))) if kind == "payload" else None
    if family:  # whatever it asks of an IP header, it asks for such a header
        rule.narrow(EVERYTHING[family], family)
    if missing := _missing(right, what, sets):
        rule.unknown.append(f"the set {missing}, which is not in the file")
        return
    values = list(_nft_values(right, what, sets))
    if kind == "payload" and name.startswith(("udp ", "icmp", "sctp ", "dccp ")):
        rule.matches = False
    elif kind == "payload" and name in ("tcp dport", "th dport"):
        rule.matches &= port_asked(operator, values)
    elif "*" in values and name not in _INTERFACES:  # the entry of a set for all that is not in it
        rule.matches &= not negated
    elif operator not in ("==", "!=", "in"):
        rule.unknown.append(f"{name or kind} {operator}")
    elif family and name.endswith(("daddr", "saddr")):
        asked_for = union(addresses_in(one) for one in values)
        rule.narrow(asked_for, family, negated=negated, origin=name.endswith("saddr"))
    else:
        _nft_kind(rule, kind, name, values, negated=negated)


def _nft_kind(rule: Rule, kind: str, name: str, values: Sequence[str], *, negated: bool) -> None:
    """Ask for a kind of packet: new or not, TCP or not, of which family, by which interface."""
    if kind == "ct" and name == "state":
        rule.matches &= ("new" in values) != negated
    elif name in ("l4proto", "ip protocol", "ip6 nexthdr"):
        rule.matches &= bool({"tcp", "6"} & set(values)) != negated
    elif kind == "meta" and name == "nfproto":
        families = {_FAMILIES[one] for one in values}
        asked_for = union(EVERYTHING[one] for one in EVERYTHING if (one in families) != negated)
        rule.to = asked_for if rule.to is None else rule.to & asked_for
    elif kind == "meta" and name in _INTERFACES:
        by_interface(rule, values, negated=negated)
    else:
        rule.unknown.append(f"{kind} {name}".strip())


def _missing(right: Any, what: Mapping[str, Any], sets: Mapping[Any, Any]) -> str:
    """The named set that *right* is, where it is not in the file."""
    named = isinstance(right, str) and right.startswith("@")
    return right if named and _key(what, right[1:]) not in sets else ""


def _nft_values(right: Any, what: Mapping[str, Any], sets: Mapping[Any, Any]) -> Iterator[str]:
    """What a match compares with, each as text: prefix, range, or one value."""
    if isinstance(right, str) and right.startswith("@"):
        right = sets[_key(what, right[1:])]
    if isinstance(right, list):
        for one in right:
            yield from _nft_values(one, what, sets)
    elif isinstance(right, dict):
        (kind, value), *_ = right.items()
        if kind == "set":
            yield from _nft_values(value, what, sets)
        elif kind == "elem":
            yield from _nft_values(value["val"], what, sets)
        elif kind == "prefix":
            yield f"{value['addr']}/{value['len']}"
        elif kind == "range":
            yield f"{value[0]}-{value[1]}"
        else:
            yield kind
    else:
        yield str(right)


_FAMILIES = {"ipv4": 4, "2": 4, "ipv6": 6, "10": 6}
