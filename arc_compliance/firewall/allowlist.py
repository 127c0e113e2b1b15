"""A firewall's allow-list: to which addresses and names it lets a connection to port 443 out.

Three forms are read: lines of prefixes, ranges, addresses and names; the JSON of nftables; the
output of iptables-save.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from netaddr import IPNetwork, IPSet

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import read_at_most
from arc_compliance.base.redact import scrub, shown
from arc_compliance.catalogue.patterns import stands_for
from arc_compliance.firewall.follow import EVERYTHING, WAYS, Passed, Ruleset, addresses_in, union
from arc_compliance.firewall.iptables import read_iptables
from arc_compliance.firewall.nftables import read_nftables, together

MAX_BYTES = 16 * 1024 * 1024

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(\*|[a-z0-9_*-]{{1,63}})(\.(\*|{_LABEL}))*\.[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
_COMMENT = re.compile(r"(^|\s)[#;].*")


@dataclass(frozen=True, kw_only=True)
class Allowlist:
    """What one firewall lets out.

    ``label`` says whose it is, for people. ``names`` are patterns (`catalogue.patterns`).
    ``listed`` are the addresses of a list of lines, ``ruleset`` the rules of a packet filter, which
    are followed at ``hook``; one of the two is None. ``hosts_own`` are the measured host's rules.
    """

    label: str
    sha256: str = ""
    names: tuple[str, ...] = ()
    listed: IPSet | None = None
    ruleset: Ruleset | None = None
    hook: str = ""
    hosts_own: bool = False

    @cached_property
    def _passed(self) -> dict[tuple[str, ...], Passed]:
        return {}

    def passed(self, sources: Sequence[str]) -> Passed:
        """The addresses that a host with the addresses *sources* gets to; of rules that cannot be
        followed for them, nobody can tell any."""
        key = tuple(sorted(sources)) if self.ruleset else ()
        if key not in self._passed:
            self._passed[key] = self._follow(key)
        return self._passed[key]

    def _follow(self, sources: Sequence[str]) -> Passed:
        if self.ruleset is None:
            return Passed(addresses=self.listed or IPSet(), unsure=IPSet())
        try:
            return self.ruleset.passed(self.hook, sources)
        except Fault as fault:
            everything = union(EVERYTHING.values())
            return Passed(addresses=IPSet(), unsure=everything, why_unsure=(fault.what,))

    def covers_name(self, name: str) -> bool:
        """Whether a pattern stands for *name*, or for all that the pattern *name* stands for."""
        return any(stands_for(pattern, name) for pattern in self.names)

    @property
    def names_only(self) -> bool:
        """Whether it filters by name and holds no address."""
        return self.ruleset is None and not self.listed and bool(self.names)


def read_allowlist(path: Path) -> Allowlist:
    """The allow-list in the file *path*.

    Raise Fault for the first fault in it: the file's name, the line or path in it, what is wrong.
    """
    with reading(path.name):
        return _parse(shown(path.name), read_at_most(path, MAX_BYTES))


@lru_cache(maxsize=16)
def _parse(name: str, content: bytes) -> Allowlist:
    digest = hashlib.sha256(content).hexdigest()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise Fault("not text in UTF-8", where=f"line {line}") from error
    if _is_ruleset(text):
        ruleset = read_nftables(text) if text.lstrip()[:1] == "{" else read_iptables(text)
        hook = _hook(ruleset)
        return Allowlist(label=name, sha256=digest, ruleset=ruleset, hook=hook)
    return _lines(name, digest, text)


def _is_ruleset(text: str) -> bool:
    tables = re.search(r"^(\*filter|:(OUTPUT|FORWARD) )", text, re.MULTILINE)
    return text.lstrip()[:1] == "{" or tables is not None


def _hook(ruleset: Ruleset) -> str:
    """Where the rules keep something back: on the way through, as a firewall's do, or out."""
    hooks = ruleset.hooks()
    for hook, way in (("forward",) * 2, ("output",) * 2, ("postrouting", "output")):
        if hook in hooks:
            ruleset.passed(way)  # finds chains that call each other in a circle
            return way
    raise Fault("keeps nothing back that goes out or through, so it is not an allow-list")


def _lines(name: str, digest: str, text: str) -> Allowlist:
    names: dict[str, None] = {}
    found: list[IPSet] = []
    for number, line in enumerate(text.splitlines(), start=1):
        entry = _COMMENT.sub("", line).strip()
        if not entry:
            continue
        if _NAME.fullmatch(entry.lower().removesuffix(".")):
            names[entry.lower().removesuffix(".")] = None
            continue
        try:
            found.append(_addresses(entry))
        except Fault as fault:
            raise fault.within(f"line {number}") from fault
    if not names and not found:
        raise Fault("names nothing")
    addresses = IPSet(cidr for one in found for cidr in one.iter_cidrs())
    return Allowlist(label=name, sha256=digest, names=tuple(names), listed=addresses)


def _addresses(entry: str) -> IPSet:
    shown = scrub(entry)[:60]
    if "://" in entry or re.search(r"[a-z]:\d+$", entry, re.IGNORECASE):
        raise Fault(f"{shown!r}: write the name alone, without scheme, port and path")
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9]*", entry):
        raise Fault(f"{shown!r} is not an address or a full name; for a tag, write its prefixes")
    try:
        addresses = addresses_in(entry)
    except Fault:
        raise Fault(
            f"{shown!r} is not an address, prefix, range (first-last) or name (* for any text)"
        ) from None
    network = next(iter(addresses.iter_cidrs()))
    if "/" in entry and IPNetwork(entry).ip != network.network:
        raise Fault(f"{shown!r} has bits set behind its length; write {network}")
    return addresses


@lru_cache(maxsize=64)  # the hosts of a fleet have the same rules
def own_rules(tool: str, text: str) -> Allowlist | None:
    """The allow-list that a host's own rules are, None where they keep nothing back.

    *tool* is what printed *text*: nft, iptables, or nft+iptables, one line of nft's and then the
    rules that nft cannot show. Raise Fault for what cannot be read.
    """
    nft, _, saved = text.partition("\n") if "+" in tool else (text,) * 3
    ruleset = (
        read_nftables(text)
        if tool == "nft"
        else read_iptables(text)
        if tool == "iptables"
        else together(read_nftables(nft), read_iptables(saved))
    )
    if not ruleset.hooks() & {*WAYS["output"]}:
        return None
    ruleset.passed("output")  # finds chains that call each other in a circle
    label = f"the host's own {tool.replace('+', ' and ')} ruleset"
    return Allowlist(label=label, ruleset=ruleset, hook="output", hosts_own=True)
