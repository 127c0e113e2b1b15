"""What a packet filter lets out: the rules of nftables (as JSON) and of iptables-save, followed.

The question is always the same: to which addresses may this host open a TCP connection to port 443?
Rules are followed in order, as the kernel does, with sets of addresses in the place of one. A
condition that nobody can answer from outside (a user, a mark, a set that is not in the file) makes
the addresses of its rule unsure: neither let through nor kept back.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any

from netaddr import AddrFormatError, IPNetwork, IPRange, IPSet

PORT = 443
EVERYTHING = {4: IPSet(["0.0.0.0/0"]), 6: IPSet(["::/0"])}
MOST_JUMPS = 32
"""How deep chains may call each other; the kernel allows 16."""
MOST_CALLS = 5_000
"""How many chains are followed for one answer: thirty that call each other twice are a billion."""
WAYS = {"output": ("output", "postrouting"), "forward": ("prerouting", "forward", "postrouting")}
"""The hooks that a packet of this host's own passes, and another's on its way through."""


class RulesetError(ValueError):
    """A ruleset that cannot be used; the text names the line or the path in it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)  # one is told from another by identity
class Passed:
    """The addresses that are let through for sure, and those that nobody can tell, with why."""

    addresses: IPSet
    unsure: IPSet
    why_unsure: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Rule:
    """One rule: what it asks of a packet, and what becomes of one that it is about.

    ``to`` and ``from_`` are the addresses that it asks for, None for any. ``matches`` is false
    where it is not about a new TCP connection to PORT. ``unknown`` are the conditions that cannot
    be answered. ``verdict`` is accept, drop, jump, goto, return or nothing, and unsure where what
    becomes of the packet cannot be told.
    """

    to: IPSet | None = None
    from_: IPSet | None = None
    matches: bool = True
    unknown: list[str] = field(default_factory=list)
    verdict: str = ""
    target: Any = None

    def narrow(
        self, asked: IPSet, family: int, *, negated: bool = False, origin: bool = False
    ) -> None:
        """Ask for packets of *family* to, or from, *asked*, or all of its other addresses."""
        asked = EVERYTHING[family] - asked if negated else asked & EVERYTHING[family]
        if origin:
            self.from_ = asked if self.from_ is None else self.from_ & asked
            asked = EVERYTHING[family]
        self.to = asked if self.to is None else self.to & asked

    @property
    def plain(self) -> bool:
        """Whether the address that a packet goes to decides, and its verdict is the last one."""
        certain = self.matches and not self.unknown and self.from_ is None
        return certain and self.verdict in ("accept", "drop")


@dataclass(slots=True, kw_only=True)
class Chain:
    """Rules in order; ``hook`` and ``policy`` are those of a base chain."""

    hook: str = ""
    policy: str = "accept"
    families: tuple[int, ...] = (4, 6)
    rules: list[Rule] = field(default_factory=list)


Chains = Mapping[Any, Chain]
"""All chains by their key; a rule's target is the key of another chain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruleset:
    """The chains of a file. A connection has to pass every base chain on its way."""

    chains: Chains

    def hooks(self) -> set[str]:
        """The hooks at which something is kept back, or may be."""
        return {c.hook for c in self.chains.values() if c.hook and self._keeps_back(c)}

    def _keeps_back(self, base: Chain) -> bool:
        seen: set[Any] = set()
        ahead = [base]
        while ahead:
            chain = ahead.pop()
            if chain.policy == "drop" or any(r.verdict in ("drop", "unsure") for r in chain.rules):
                return True
            targets = {r.target for r in chain.rules if r.target in self.chains} - seen
            seen |= targets
            ahead += [self.chains[target] for target in targets]
        return False

    def passed(self, way: str, sources: Sequence[str] = ()) -> Passed:
        """To where a host with the addresses *sources* gets through the base chains on *way*."""
        addresses, unsure = IPSet(), IPSet()
        walk = _Walk(self.chains, [source for source in sources if _is_address(source)])
        for family, everything in EVERYTHING.items():
            certain, possible = everything, everything
            for chain in self.chains.values():
                if chain.hook in WAYS[way] and family in chain.families:
                    ends = walk.through(chain, everything)
                    rest = ends.returned
                    accepted = ends.accepted | rest if chain.policy == "accept" else ends.accepted
                    dropped = ends.dropped if chain.policy == "accept" else ends.dropped | rest
                    certain &= accepted - dropped
                    possible &= accepted
            addresses |= certain
            unsure |= possible - certain
        why = tuple(walk.why) if unsure else ()
        return Passed(addresses=addresses, unsure=unsure, why_unsure=why)


@dataclass(slots=True, kw_only=True)
class _Ends:
    """What can become of the packets that go into a chain; of some of them, more than one thing."""

    accepted: IPSet = field(default_factory=IPSet)
    dropped: IPSet = field(default_factory=IPSet)
    returned: IPSet = field(default_factory=IPSet)


class _Walk:
    """Packets of a host with the addresses *origin* on their way; ``why`` collects the conditions
    that nobody can answer."""

    def __init__(self, chains: Chains, origin: Sequence[str]) -> None:
        self._chains = chains
        self._origin = {
            family: [one for one in origin if IPNetwork(one).version == family]
            for family in EVERYTHING
        }
        self._calls = 0
        self.why: dict[str, None] = {}

    def through(self, chain: Chain, packets: IPSet, depth: int = 0) -> _Ends:
        """What can become of *packets* in *chain*: a rule may or may not be about a packet where
        it asks for what cannot be answered."""
        self._count(depth)
        ends = _Ends()
        for rule in _folded(chain.rules):
            met, certain = self._asks(rule, packets)
            if not met or not rule.verdict:
                continue
            if certain and rule.verdict != "unsure":
                packets = packets - met
            if rule.verdict in ("accept", "unsure"):
                ends.accepted |= met
            if rule.verdict in ("drop", "unsure"):
                ends.dropped |= met
            elif rule.verdict == "return":
                ends.returned |= met
            elif rule.verdict in ("jump", "goto"):
                called = self.through(self._chains[rule.target], met, depth + 1)
                ends.accepted |= called.accepted
                ends.dropped |= called.dropped
                if rule.verdict == "goto":
                    ends.returned |= called.returned
                else:
                    packets = packets | called.returned
        ends.returned |= packets
        return ends

    def _count(self, depth: int) -> None:
        self._calls += 1
        if depth > MOST_JUMPS:
            raise RulesetError("chains call each other in a circle")
        if self._calls > MOST_CALLS:
            raise RulesetError("chains call each other more often than can be followed")

    def _asks(self, rule: Rule, packets: IPSet) -> tuple[IPSet, bool]:
        """Which of *packets* the rule is about, and whether that is certain."""
        if not rule.matches:
            return IPSet(), True
        unknown = list(rule.unknown)
        met = packets if rule.to is None else packets & rule.to
        if rule.from_ is not None and met:
            (family,) = {network.version for network in met.iter_cidrs()}
            held = {one in rule.from_ for one in self._origin[family]}
            if held == {False}:
                return IPSet(), True
            if held != {True}:
                unknown.append("an address of origin")
        if unknown and met and rule.verdict:
            self.why.update(dict.fromkeys(unknown))
        return met, not unknown


def _folded(rules: Iterable[Rule]) -> Iterator[Rule]:
    """*rules* with neighbours of one verdict in one where only addresses decide: lists are long."""
    for verdict, neighbours in groupby(rules, lambda rule: rule.verdict if rule.plain else None):
        if verdict is None:
            yield from neighbours
            continue
        asked = [rule.to for rule in neighbours]
        to = None if any(one is None for one in asked) else _union(one for one in asked if one)
        yield Rule(verdict=verdict, to=to)


def _union(sets: Iterable[IPSet]) -> IPSet:
    """All their addresses; made at once, since a set that grows is made anew each time."""
    return IPSet(network for one in sets for network in one.iter_cidrs())


def _is_address(text: str) -> bool:
    try:
        IPNetwork(text)
    except (AddrFormatError, ValueError):
        return False
    return True


def addresses_in(text: str) -> IPSet:
    """The addresses that *text* names: one, a prefix, or a range ``first-last``.

    Raise ValueError for anything else.
    """
    try:
        first, dash, last = text.partition("-")
        if dash:
            return IPSet(IPRange(first.strip(), last.strip(), flags=0).cidrs())
        return IPSet([IPNetwork(text).cidr])
    except (AddrFormatError, ValueError, TypeError) as error:
        raise ValueError(f"{text[:60]!r} is no address, prefix or range") from error


# -- nftables ------------------------------------------------------------------------------------

_IN_FAMILY = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}
_INTERFACES = ("oifname", "oif", "iifname", "iif", "oifgroup", "iifgroup")
_NFT_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto")
_NEUTRAL = ("counter", "log", "notrack", "mangle")
_TAKES_THE_PACKET = ("xt", "queue", "tproxy", "synproxy", "fwd")
"""Statements that can decide what becomes of a packet, and do not say here what."""


def read_nftables(text: str) -> Ruleset:
    """The ruleset that ``nft -j list ruleset`` printed as *text*.

    Raise RulesetError for what is none.
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
            raise RulesetError(f"nftables[{i}].rule: cannot be read: {error}") from error
    return Ruleset(chains=chains)


def _nft_objects(text: str) -> list[tuple[str, dict[str, Any]]]:
    """Kind and content of each object in *text*; raise RulesetError where it holds none."""
    try:
        items = json.loads(text)["nftables"]
        firsts = [next(iter(item.items())) for item in items]
        objects = [(kind, dict(what or {})) for kind, what in firsts]
    except json.JSONDecodeError as error:
        raise RulesetError(f"line {error.lineno}: no JSON: {error.msg}") from error
    except RecursionError as error:
        raise RulesetError("nested too deeply") from error
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise RulesetError("no ruleset as `nft -j list ruleset` prints it") from error
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
        rule.matches &= _port_asked(operator, values)
    elif "*" in values and name not in _INTERFACES:  # the entry of a set for all that is not in it
        rule.matches &= not negated
    elif operator not in ("==", "!=", "in"):
        rule.unknown.append(f"{name or kind} {operator}")
    elif family and name.endswith(("daddr", "saddr")):
        asked_for = _union(addresses_in(one) for one in values)
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
        asked_for = _union(EVERYTHING[one] for one in EVERYTHING if (one in families) != negated)
        rule.to = asked_for if rule.to is None else rule.to & asked_for
    elif kind == "meta" and name in _INTERFACES:
        _by_interface(rule, values, negated=negated)
    else:
        rule.unknown.append(f"{kind} {name}".strip())


def _by_interface(rule: Rule, names: Sequence[str], *, negated: bool) -> None:
    """Ask for the interfaces *names*, of which any but lo is taken for the way out."""
    patterns = [one for one in names if one not in ("lo", "*")]
    unsure = [one for one in patterns if "*" in one and fnmatchcase("lo", one)]
    if unsure or (negated and patterns and len(names) > 1):
        rule.unknown.append(f"the interface, {', '.join(names)}")
    elif "*" in names:
        rule.matches &= not negated
    else:
        rule.matches &= bool(patterns) != negated


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


_PORTS = {"https": 443, "http": 80}
_FAMILIES = {"ipv4": 4, "2": 4, "ipv6": 6, "10": 6}
_COMPARED: dict[str, Callable[[int, int], bool]] = {
    "<": int.__lt__,
    ">": int.__gt__,
    "<=": int.__le__,
    ">=": int.__ge__,
}


def _port_asked(operator: str, values: Sequence[str]) -> bool:
    """Whether a match of a port by *operator* is one of PORT."""
    if compare := _COMPARED.get(operator):
        (value,) = values
        return compare(PORT, int(_PORTS.get(value, value)))
    return any(_holds(one, PORT) for one in values) != (operator == "!=")


def _holds(text: str, port: int) -> bool:
    """Whether *text*, a port, its name or a range ``first-last``, holds *port*."""
    first, dash, last = text.partition("-")
    low, high = (_PORTS.get(one, one) for one in (first, last if dash else first))
    if not (str(low).isdigit() and str(high).isdigit()):
        return False
    return int(low) <= port <= int(high)


# -- iptables ------------------------------------------------------------------------------------

_TABLES = ("filter", "mangle", "raw", "security")
_HOOKS = {
    "OUTPUT": "output",
    "FORWARD": "forward",
    "PREROUTING": "prerouting",
    "POSTROUTING": "postrouting",
}
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return"}
_NO_CONDITION = {"-m", "--match", "--comment", "--reject-with", "--log-prefix", "--log-level"}
_NO_VERDICT = {
    *("LOG", "NFLOG", "ULOG", "TRACE", "AUDIT", "MARK", "CONNMARK", "SECMARK", "CONNSECMARK"),
    *("CT", "NOTRACK", "TCPMSS", "DSCP", "TOS", "TTL", "HL", "CLASSIFY", "CHECKSUM", "SET"),
}


def read_iptables(text: str) -> Ruleset:
    """What ``iptables-save`` or ``ip6tables-save`` printed as *text*, but for address translation.

    Raise RulesetError for the first line that is none of theirs.
    """
    chains: dict[Any, Chain] = {}
    table, family = "filter", _family_of(text)
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip()
        if words.startswith("#"):
            family = 6 if "ip6tables" in words else 4 if "iptables-" in words else family
        elif words.startswith("*"):
            table = words[1:]
        elif not words or words == "COMMIT" or table not in _TABLES:
            continue
        else:
            try:
                _iptables_line(words, (family, table), chains)
            except (ValueError, IndexError) as error:
                raise RulesetError(f"line {number}: {error}") from error
    return Ruleset(chains=chains)


def _family_of(text: str) -> int:
    """The family of rules without the comment in which iptables-save names itself."""
    return 6 if re.search(r"^-A.* (-[sd]|--(src|dst)-range) \S*:", text, re.MULTILINE) else 4


def _iptables_line(words: str, table: tuple[int, str], chains: dict[Any, Chain]) -> None:
    if words.startswith(":"):
        name, policy, *_ = words[1:].split()
        key = (*table, name)
        chains[key] = Chain(
            hook=_HOOKS.get(name, ""),
            policy="drop" if policy == "DROP" else "accept",
            families=table[:1],
        )
        return
    tokens = shlex.split(words)
    key = (*table, tokens[1] if tokens[1:] else "")
    if tokens[0] not in ("-A", "--append") or key not in chains:
        raise ValueError(f"{words[:60]!r} is no line of iptables-save")
    chains[key].rules.append(_iptables_rule(tokens[2:], table, chains))


def _iptables_rule(tokens: Sequence[str], table: tuple[int, str], chains: Chains) -> Rule:
    rule, negated, rest = Rule(), False, iter(tokens)
    for word in rest:
        if word == "!":
            negated = True
            continue
        value = next(rest, "") if word in _TAKES_A_VALUE else "-"
        if not value:
            raise ValueError(f"{word} lacks what it is about")
        if word in ("-j", "--jump", "-g", "--goto"):
            _iptables_target(rule, word, (*table, value), chains)
        elif word in _IPTABLES:
            _IPTABLES[word](rule, value, negated)
        elif word not in _NO_CONDITION:
            rule.unknown.append(word)
        negated = False
    return rule


def _iptables_target(rule: Rule, option: str, target: tuple[int, str, str], chains: Chains) -> None:
    value = target[-1]
    if value in _VERDICTS:
        rule.verdict = _VERDICTS[value]
    elif target in chains:
        rule.verdict = "goto" if option in ("-g", "--goto") else "jump"
        rule.target = target
    elif value not in _NO_VERDICT:
        rule.verdict = "unsure"
        rule.unknown.append(f"what {value} does")


def _to(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    asked = addresses_in(value)
    rule.narrow(asked, _version(asked), negated=negated)


def _from(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    asked = addresses_in(value)
    rule.narrow(asked, _version(asked), negated=negated, origin=True)


def _version(addresses: IPSet) -> int:
    first: IPNetwork = next(iter(addresses.iter_cidrs()))
    return int(first.version)


def _ports(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    held = any(_holds(one.replace(":", "-"), PORT) for one in value.split(","))
    rule.matches &= held != negated


def _state(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.matches &= ("NEW" in value.upper().split(",")) != negated


def _protocol(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.matches &= (value in ("tcp", "6", "all", "0")) != negated


def _interface(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    _by_interface(rule, [re.sub(r"\+$", "*", value)], negated=negated)


_IPTABLES: dict[str, Callable[[Rule, str, bool], None]] = {
    "-d": _to,
    "--destination": _to,
    "--dst-range": _to,
    "-s": _from,
    "--source": _from,
    "--src-range": _from,
    "-p": _protocol,
    "--protocol": _protocol,
    "--dport": _ports,
    "--dports": _ports,
    "--ctstate": _state,
    "--state": _state,
    "-o": _interface,
    "-i": _interface,
}
_TAKES_A_VALUE: Iterable[str] = {*_IPTABLES, *_NO_CONDITION, "-j", "--jump", "-g", "--goto"}
