"""What a packet filter lets out: the rules of nftables (as JSON) and of iptables-save, followed.

The question is always the same: to which addresses may this host open a TCP connection to port 443?
Rules are followed in order, as the kernel does, with sets of addresses in the place of one. A
condition that nobody can answer from outside (a user, a mark, a set that is not in the file) makes
the addresses of its rule unsure: neither let through nor kept back.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from netaddr import AddrFormatError, IPNetwork, IPRange, IPSet

PORT = 443
EVERYTHING = {4: IPSet(["0.0.0.0/0"]), 6: IPSet(["::/0"])}
MOST_JUMPS = 32
"""How deep chains may call each other; the kernel allows 16."""


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
    be answered. ``verdict`` is accept, drop, jump, goto, return or nothing.
    """

    to: IPSet | None = None
    from_: IPSet | None = None
    matches: bool = True
    unknown: list[str] = field(default_factory=list)
    verdict: str = ""
    target: Any = None

    def narrow(self, asked: IPSet, *, negated: bool = False, origin: bool = False) -> None:
        """Ask for *asked* too, or for all others of its family: of the way to, or of *origin*."""
        asked = _others(asked) if negated else asked
        if origin:
            self.from_ = asked if self.from_ is None else self.from_ & asked
        else:
            self.to = asked if self.to is None else self.to & asked


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
    """The chains of a file. A connection has to pass every base chain of the hook."""

    chains: Chains

    def hooks(self) -> set[str]:
        """The hooks at which something is kept back."""
        return {c.hook for c in self.chains.values() if c.hook and self._keeps_back(c, 0)}

    def _keeps_back(self, chain: Chain, depth: int) -> bool:
        if chain.policy == "drop" or any(rule.verdict == "drop" for rule in chain.rules):
            return True
        targets = [self.chains.get(rule.target) for rule in chain.rules if rule.target]
        return depth < MOST_JUMPS and any(self._keeps_back(c, depth + 1) for c in targets if c)

    def passed(self, hook: str, sources: Sequence[str] = ()) -> Passed:
        """To where a host with the addresses *sources* gets through the base chains of *hook*."""
        addresses, unsure = IPSet(), IPSet()
        walk = _Walk(self.chains, [source for source in sources if _is_address(source)])
        for family, everything in EVERYTHING.items():
            certain, possible = everything, everything
            for chain in self.chains.values():
                if chain.hook == hook and family in chain.families:
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
        self._origin = origin
        self.why: dict[str, None] = {}

    def through(self, chain: Chain, packets: IPSet, depth: int = 0) -> _Ends:
        """What can become of *packets* in *chain*: a rule may or may not be about a packet where
        it asks for what cannot be answered."""
        if depth > MOST_JUMPS:
            raise RulesetError("chains call each other in a circle")
        ends = _Ends()
        for rule in chain.rules:
            met, certain = self._asks(rule, packets)
            if not met or not rule.verdict:
                continue
            if certain:
                packets = packets - met
            if rule.verdict == "accept":
                ends.accepted |= met
            elif rule.verdict == "drop":
                ends.dropped |= met
            elif rule.verdict == "return":
                ends.returned |= met
            else:
                called = self.through(self._chains.get(rule.target, Chain()), met, depth + 1)
                ends.accepted |= called.accepted
                ends.dropped |= called.dropped
                if rule.verdict == "goto":
                    ends.returned |= called.returned
                else:
                    packets = packets | called.returned
        ends.returned |= packets
        return ends

    def _asks(self, rule: Rule, packets: IPSet) -> tuple[IPSet, bool]:
        """Which of *packets* the rule is about, and whether that is certain."""
        if not rule.matches:
            return IPSet(), True
        unknown = list(rule.unknown)
        if rule.from_ is not None:
            if not self._origin:
                unknown.append("an address of origin")
            elif not any(one in rule.from_ for one in self._origin):
                return IPSet(), True
        met = packets if rule.to is None else packets & rule.to
        if unknown and met and rule.verdict:
            self.why.update(dict.fromkeys(unknown))
        return met, not unknown


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


def _others(addresses: IPSet) -> IPSet:
    """All addresses of the same family but *addresses*."""
    families = {network.version for network in addresses.iter_cidrs()} or {4, 6}
    everything = IPSet([str(c) for f in families for c in EVERYTHING[f].iter_cidrs()])
    return everything - addresses


# -- nftables ------------------------------------------------------------------------------------

_IN_FAMILY = {"ip": (4,), "ip6": (6,), "inet": (4, 6)}
_ANSWERED_BY_A_NEW_CONNECTION = {"new", "untracked"}
_INTERFACES = ("oifname", "oif", "iifname", "iif", "oifgroup", "iifgroup")
_NFT_VERDICTS = ("accept", "drop", "reject", "return", "jump", "goto")
_NEUTRAL = ("counter", "log", "notrack")


def read_nftables(text: str) -> Ruleset:
    """The ruleset that ``nft -j list ruleset`` printed as *text*.

    Raise RulesetError for what is none.
    """
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
    chains: dict[Any, Chain] = {}
    sets: dict[Any, Any] = {}
    for kind, what in objects:
        if kind == "chain" and what.get("family") in _IN_FAMILY:
            chains[_key(what, what.get("name"))] = Chain(
                hook=str(what.get("hook", "")) if what.get("type", "filter") == "filter" else "",
                policy="drop" if what.get("policy") == "drop" else "accept",
                families=_IN_FAMILY[what["family"]],
            )
        elif kind == "set":
            sets[_key(what, what.get("name"))] = what.get("elem", [])
    for i, (kind, what) in enumerate(objects):
        chain = chains.get(_key(what, what.get("chain"))) if kind == "rule" else None
        if chain is None:
            continue
        try:
            chain.rules += _nft_rules(what, sets)
        except (LookupError, TypeError, AttributeError, ValueError, StopIteration) as error:
            raise RulesetError(f"nftables[{i}].rule: cannot be read: {error}") from error
    return Ruleset(chains=chains)


def _key(what: Mapping[str, Any], name: Any) -> Any:
    return (what.get("family"), what.get("table"), name)


def _nft_rules(what: Mapping[str, Any], sets: Mapping[Any, Any]) -> Iterator[Rule]:
    """The rule *what*; a map of verdicts is a rule for each of its entries."""
    rule = Rule()
    for expression in what["expr"]:
        (kind, value), *_ = expression.items()
        if kind == "match":
            _nft_match(rule, value, what, sets)
        elif kind in _NFT_VERDICTS:
            _nft_verdict(rule, kind, value, what)
        elif kind == "vmap":
            yield from _nft_map(rule, value, what, sets)
        elif kind not in _NEUTRAL:
            rule.unknown.append(kind)
    yield rule


def _nft_map(
    rule: Rule, value: Mapping[str, Any], what: Mapping[str, Any], sets: Mapping[Any, Any]
) -> Iterator[Rule]:
    entries = value["data"]["set"] if isinstance(value["data"], dict) else None
    if entries is None:
        yield Rule(unknown=[f"the map {value['data']}"], verdict="accept", to=rule.to)
        return
    for element, verdict in entries:
        one = Rule(to=rule.to, from_=rule.from_, matches=rule.matches, unknown=[*rule.unknown])
        match = {"op": "==", "left": value["key"], "right": element}
        _nft_match(one, match, what, sets)
        (kind, target), *_ = verdict.items()
        _nft_verdict(one, kind, target, what)
        yield one


def _nft_verdict(rule: Rule, kind: str, value: Any, what: Mapping[str, Any]) -> None:
    rule.verdict = "drop" if kind == "reject" else kind
    if kind in ("jump", "goto"):
        rule.target = _key(what, value["target"])


def _nft_match(
    rule: Rule, match: Mapping[str, Any], what: Mapping[str, Any], sets: Mapping[Any, Any]
) -> None:
    left, right = match["left"], match["right"]
    negated = match["op"] == "!="
    (kind, asked), *_ = left.items() if isinstance(left, dict) else [("other", {})]
    about = asked if isinstance(asked, dict) else {}
    name = f"{about.get('protocol', '')} {about.get('field', about.get('key', ''))}".strip()
    values = list(_nft_values(right, what, sets))
    if kind == "payload" and name in ("ip daddr", "ip6 daddr", "ip saddr", "ip6 saddr"):
        asked_for = IPSet()
        for one in values:
            asked_for |= addresses_in(str(one))
        rule.narrow(asked_for, negated=negated, origin=name.endswith("saddr"))
    elif kind == "payload" and name in ("tcp dport", "th dport"):
        rule.matches &= any(_holds(str(one), PORT) for one in values) != negated
    elif kind == "payload" and name.startswith(("udp ", "icmp", "sctp ", "dccp ")):
        rule.matches = False
    elif kind == "ct" and name == "state":
        rule.matches &= bool(_ANSWERED_BY_A_NEW_CONNECTION & set(map(str, values))) != negated
    elif name in ("l4proto", "ip protocol", "ip6 nexthdr"):
        rule.matches &= bool({"tcp", "6"} & set(map(str, values))) != negated
    elif kind == "meta" and name == "nfproto":
        rule.narrow(EVERYTHING[4 if "ipv4" in values else 6])
    elif kind == "meta" and name in _INTERFACES:
        rule.matches &= (values == ["lo"]) == negated  # any other is taken for the way out
    else:
        rule.unknown.append(f"{kind} {name}".strip())


def _nft_values(right: Any, what: Mapping[str, Any], sets: Mapping[Any, Any]) -> Iterator[str]:
    """What a match compares with, each as text: prefix, range, or one value."""
    if isinstance(right, str) and right.startswith("@"):
        key = _key(what, right[1:])
        if key not in sets:
            raise ValueError(f"the set {right} is not in the file")
        right = sets[key]
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


def _holds(text: str, port: int) -> bool:
    """Whether *text*, a port, its name or a range ``first-last``, holds *port*."""
    first, dash, last = text.partition("-")
    low, high = (_PORTS.get(one, one) for one in (first, last if dash else first))
    if not (str(low).isdigit() and str(high).isdigit()):
        return False
    return int(low) <= port <= int(high)


# -- iptables ------------------------------------------------------------------------------------

_HOOKS = {"OUTPUT": "output", "FORWARD": "forward"}
_VERDICTS = {"ACCEPT": "accept", "DROP": "drop", "REJECT": "drop", "RETURN": "return"}
_NO_CONDITION = {"-m", "--match", "--comment", "--reject-with", "--log-prefix", "--log-level"}
_NO_VERDICT = {"LOG", "NFLOG", "ULOG", "TRACE", "MARK", "CONNMARK"}


def read_iptables(text: str) -> Ruleset:
    """The filter tables of what ``iptables-save`` or ``ip6tables-save`` printed as *text*.

    Raise RulesetError for the first line that is none of theirs.
    """
    chains: dict[Any, Chain] = {}
    table, family = "", _family_of(text)
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.strip()
        if words.startswith("#"):
            family = 6 if "ip6tables" in words else 4 if "iptables-" in words else family
        elif words.startswith("*"):
            table = words[1:]
        elif not words or words == "COMMIT" or table not in ("filter", ""):
            continue
        else:
            try:
                _iptables_line(words, family, chains)
            except (ValueError, IndexError) as error:
                raise RulesetError(f"line {number}: {error}") from error
    return Ruleset(chains=chains)


def _family_of(text: str) -> int:
    named = [w for line in text.splitlines() for w in line.split() if line.startswith("-A")]
    return 6 if any("::" in word for word in named) else 4


def _iptables_line(words: str, family: int, chains: dict[Any, Chain]) -> None:
    if words.startswith(":"):
        name, policy, *_ = words[1:].split()
        chains[family, name] = Chain(
            hook=_HOOKS.get(name, ""),
            policy="drop" if policy == "DROP" else "accept",
            families=(family,),
        )
        return
    tokens = shlex.split(words)
    if tokens[0] not in ("-A", "--append") or (family, tokens[1]) not in chains:
        raise ValueError(f"{words[:60]!r} is no line of iptables-save")
    chains[family, tokens[1]].rules.append(_iptables_rule(tokens[2:], family))


def _iptables_rule(tokens: Sequence[str], family: int) -> Rule:
    rule, negated, rest = Rule(), False, iter(tokens)
    for word in rest:
        if word == "!":
            negated = True
            continue
        value = next(rest) if word in _TAKES_A_VALUE else ""
        if word in ("-j", "--jump", "-g", "--goto"):
            _iptables_target(rule, word, value, family)
        elif word in _IPTABLES:
            _IPTABLES[word](rule, value, negated)
        elif word not in _NO_CONDITION:
            rule.unknown.append(word)
        negated = False
    return rule


def _iptables_target(rule: Rule, option: str, value: str, family: int) -> None:
    if value in _VERDICTS:
        rule.verdict = _VERDICTS[value]
    elif value not in _NO_VERDICT:
        rule.verdict = "goto" if option in ("-g", "--goto") else "jump"
        rule.target = (family, value)


def _to(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.narrow(addresses_in(value), negated=negated)


def _from(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.narrow(addresses_in(value), negated=negated, origin=True)


def _ports(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    held = any(_holds(one.replace(":", "-"), PORT) for one in value.split(","))
    rule.matches &= held != negated


def _state(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    states = {one.lower() for one in value.split(",")}
    rule.matches &= bool(_ANSWERED_BY_A_NEW_CONNECTION & states) != negated


def _protocol(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.matches &= (value in ("tcp", "6", "all", "0")) != negated


def _interface(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.matches &= (value == "lo") == negated


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
