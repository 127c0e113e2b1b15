"""What a packet filter lets out: the rules of nftables (as JSON) and of iptables-save, followed.

The question is always the same: to which addresses may this host open a TCP connection to port 443?
Rules are followed in order, as the kernel does, with sets of addresses in the place of one. A
condition that nobody can answer from outside (a user, a mark, a set that is not in the file) makes
the addresses of its rule unsure: neither let through nor kept back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import groupby
from typing import Any

from netaddr import AddrFormatError, IPNetwork, IPRange, IPSet

from arc_compliance.base.fault import Fault

PORT = 443
EVERYTHING = {4: IPSet(["0.0.0.0/0"]), 6: IPSet(["::/0"])}
MOST_JUMPS = 32
"""How deep chains may call each other; the kernel allows 16."""
MOST_CALLS = 5_000
"""How many chains are followed for one answer: thirty that call each other twice are a billion."""
MOST_WORK = 2_000_000
"""How much a chain of rules may take for one answer: a set of addresses is as long as the number of
rules that have cut something out of it, so that many rules take the square of their number."""
WAYS = {"output": ("output", "postrouting"), "forward": ("prerouting", "forward", "postrouting")}
"""The hooks that a packet of this host's own passes, and another's on its way through."""


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
        self._cuts = 0
        self._folded: dict[int, list[Rule]] = {}
        self._work = 0
        self.why: dict[str, None] = {}

    def through(self, chain: Chain, packets: IPSet, depth: int = 0) -> _Ends:
        """What can become of *packets* in *chain*: a rule may or may not be about a packet where
        it asks for what cannot be answered."""
        self._count(depth)
        accepted: list[IPSet] = []
        dropped: list[IPSet] = []
        returned: list[IPSet] = []
        for rule in self._rules_of(chain):
            self._work += 1 + self._cuts
            if self._work > MOST_WORK:
                raise Fault("more rules than can be followed")
            met, certain = self._asks(rule, packets)
            if not met or not rule.verdict:
                continue
            if certain and rule.verdict != "unsure":
                packets = packets - met
                self._cuts += rule.verdict != "jump"  # what returns is put back
            if rule.verdict in ("accept", "unsure"):
                accepted.append(met)
            if rule.verdict in ("drop", "unsure"):
                dropped.append(met)
            elif rule.verdict == "return":
                returned.append(met)
            elif rule.verdict in ("jump", "goto"):
                called = self.through(self._chains[rule.target], met, depth + 1)
                accepted.append(called.accepted)
                dropped.append(called.dropped)
                if rule.verdict == "goto":
                    returned.append(called.returned)
                else:
                    packets = packets | called.returned
        returned.append(packets)
        return _Ends(accepted=union(accepted), dropped=union(dropped), returned=union(returned))

    def _rules_of(self, chain: Chain) -> list[Rule]:
        """The rules of *chain*, folded once, however often it is called."""
        if id(chain) not in self._folded:
            self._folded[id(chain)] = list(_folded(chain.rules))
        return self._folded[id(chain)]

    def _count(self, depth: int) -> None:
        self._calls += 1
        if depth > MOST_JUMPS:
            raise Fault("chains call each other in a circle")
        if self._calls > MOST_CALLS:
            raise Fault("chains call each other more often than can be followed")

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
        to = None if any(one is None for one in asked) else union(one for one in asked if one)
        yield Rule(verdict=verdict, to=to)


def union(sets: Iterable[IPSet]) -> IPSet:
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

    Raise Fault for anything else.
    """
    try:
        first, dash, last = text.partition("-")
        if dash:
            return IPSet(IPRange(first.strip(), last.strip(), flags=0).cidrs())
        return IPSet([IPNetwork(text).cidr])
    except (AddrFormatError, ValueError, TypeError) as error:
        raise Fault(f"{text[:60]!r} is not an address, prefix or range") from error


# -- nftables ------------------------------------------------------------------------------------


def by_interface(rule: Rule, names: Sequence[str], *, negated: bool) -> None:
    """Ask for the interfaces *names*, of which any but lo is taken for the way out."""
    patterns = [one for one in names if one not in ("lo", "*")]
    unsure = [one for one in patterns if "*" in one and fnmatchcase("lo", one)]
    if unsure or (negated and patterns and len(names) > 1):
        rule.unknown.append(f"the interface, {', '.join(names)}")
    elif "*" in names:
        rule.matches &= not negated
    else:
        rule.matches &= bool(patterns) != negated


SERVICES = {"https": 443, "http": 80}


COMPARED: dict[str, Callable[[int, int], bool]] = {
    "<": int.__lt__,
    ">": int.__gt__,
    "<=": int.__le__,
    ">=": int.__ge__,
}


def port_asked(operator: str, values: Sequence[str]) -> bool:
    """Whether a match of a port by *operator* is one of PORT."""
    if compare := COMPARED.get(operator):
        (value,) = values
        return compare(PORT, int(SERVICES.get(value, value)))
    return any(port_within(one, PORT) for one in values) != (operator == "!=")


def port_within(text: str, port: int) -> bool:
    """Whether *text*, a port, its name or a range ``first-last``, holds *port*."""
    first, dash, last = text.partition("-")
    low, high = (SERVICES.get(one, one) for one in (first, last if dash else first))
    if not (str(low).isdigit() and str(high).isdigit()):
        return False
    return int(low) <= port <= int(high)


# -- iptables ------------------------------------------------------------------------------------
