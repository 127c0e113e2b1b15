"""What is not a secret though it stands where one may: words of sentences, ports, paths."""

from __future__ import annotations

import re
from base64 import b64decode

NO_PASSWORDS = frozenset(
    """a about account accepted after again age aging ago all also an and any are as at attempt
    attempts auth authentication authentications based be because been before by can cannot change
    changed changes check command complexity contains correct could database date days denied did
    do does during empty entered entry error errors expired expires expiry failed failure field
    file files for format found from given had has hash have helper hint history if in incorrect
    input into invalid is ist it it's length less line lock locked login logins manager may method
    mismatch missing must needed needs never no not of off on only or over policy problem prompt
    prompts protected protection provided read refused rejected required requires reset rotation
    rules security sent server set should store storage supplied that the then there this to too
    twice type under unknown update user username using validation was were when where which while
    will with without would wrong you your""".split()  # noqa: SIM905 - a list of strings would take eighty lines
)
"""Words that follow "password" in sentences about passwords."""

NO_P = re.compile(
    r"\d{1,5}(?:[:/,-]\d{1,5})*(?:/\w+)?$|(?:tcp|udp|icmp|icmpv6|ipv6-icmp|sctp|esp|ah|gre|all|dccp"
    r"|udplite|vrrp|ospf|igmp|ipv6|no:\S+|if|then|vm|a|z)$|[./~$%-]|[\w-]+\.\w{1,5}$|\w+=|!"
)
"""What follows ``-p`` and is a port, a protocol, a process or a path."""


def looks_random(word: str) -> bool:
    """Whether no language has *word*: digits among letters, capitals within, signs."""
    letters = any(one.isalpha() for one in word)
    return letters and (
        any(one.isdigit() for one in word) or re.search(r"[a-z][A-Z]|[=~$!%^*]", word) is not None
    )


def is_pair(word: str) -> bool:
    """Whether *word* is base64 of user:password."""
    try:
        return b":" in b64decode(word + "=" * (-len(word) % 4))
    except ValueError:
        return False
