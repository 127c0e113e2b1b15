"""The rules of iptables-save as chains to follow."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from netaddr import IPNetwork, IPSet

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import scrub
from arc_compliance.firewall.follow import (
    PORT,
    Chain,
    Chains,
    Rule,
    Ruleset,
    addresses_in,
    by_interface,
    port_within,
)

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

    Raise Fault for the first line that is none of theirs.
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
                raise Fault(scrub(str(error))[:200], where=f"line {number}") from error
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
        raise Fault(f"{words[:60]!r} is not a line of iptables-save")
    chains[key].rules.append(_iptables_rule(tokens[2:], table, chains))


def _iptables_rule(tokens: Sequence[str], table: tuple[int, str], chains: Chains) -> Rule:
    rule, negated, rest = Rule(), False, iter(tokens)
    for word in rest:
        if word == "!":
            negated = True
            continue
        value = next(rest, "") if word in _TAKES_A_VALUE else "-"
        if not value:
            raise Fault(f"{word} lacks what it is about")
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
    held = any(port_within(one.replace(":", "-"), PORT) for one in value.split(","))
    rule.matches &= held != negated


def _state(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.matches &= ("NEW" in value.upper().split(",")) != negated


def _protocol(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    rule.matches &= (value in ("tcp", "6", "all", "0")) != negated


def _interface(rule: Rule, value: str, negated: bool) -> None:  # noqa: FBT001
    by_interface(rule, [re.sub(r"\+$", "*", value)], negated=negated)


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
