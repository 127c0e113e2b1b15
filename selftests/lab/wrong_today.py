"""Where the suite says something else than the programs that it speaks for.

WRONG_TODAY are faults of the suite, to be fixed: an entry goes when its test says that it is out of
date, and the situation's right verdicts then stand in test_situations.py. KNOWN are differences
that stay, each with its reason.

To see one situation: ``selftests/lab/enter .venv/bin/python -m pytest -c selftests/pytest.ini
selftests/lab -k NAME``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from selftests.lab.answers import NOT_REACHED, VERIFIED
from selftests.lab.azure import NAME, NOTIFICATIONS

Pair = tuple[str, str]
"""What the program says, what the suite says."""

AZGN = "azgn*.servicebus.chinacloudapi.cn"
NOTIFICATIONS_ROW = f"{NOTIFICATIONS}, *.{NOTIFICATIONS}"
HIS_ROW = "*.his.arc.azure.cn"
KNOWN_NAMES = (
    NAME,
    "login.partner.microsoftonline.cn",
    "pas.chinacloudapi.cn",
    "management.chinacloudapi.cn",
    HIS_ROW,
    "*.guestconfiguration.azure.cn",
    NOTIFICATIONS_ROW,
    "*.blob.core.chinacloudapi.cn",
)
"""The agent's rows that have names without a discovery call."""

AGENT = (*KNOWN_NAMES, AZGN)


@dataclass(frozen=True, kw_only=True)
class Wrong:
    """What is wrong in one situation."""

    reach: dict[str, Pair] = field(default_factory=dict)
    """By row, what its program says and what the suite says."""

    judged: dict[tuple[str, str], Pair] = field(default_factory=dict)
    """By (requirement, row), verdict and cause that are wrong."""

    lacks: tuple[str, ...] = ()
    """Words that the first judgement that the field case is about should have."""

    varies: bool = False
    """Which rows are wrong changes from run to run, so that it is not looked at."""


def every(rows: Iterable[str], theirs: str, ours: str) -> dict[str, Pair]:
    """The same for all of *rows*."""
    return dict.fromkeys(rows, (theirs, ours))


PASSES_WHAT_FAILS = (NOT_REACHED, VERIFIED)
FAILS_WHAT_PASSES = (VERIFIED, NOT_REACHED)

WRONG_TODAY: dict[str, Wrong] = {}

MANY_HOSTS_LOSE_NAMES = False
"""24: names that resolve are lost where forty hosts are measured at once."""

ANY = "*"
"""Stands for each row of a situation."""

KNOWN: dict[tuple[str, str], str] = {
    ("agents_settings_unreadable", ANY): "the account may not read what the agent has, and says so",
    ("deadline_too_short", NAME): "the measurement was cut short, and says so",
    **dict.fromkeys(
        [
            ("answered_by_resets_large_hello", NAME),
            ("answered_by_ignores_large_hello", NAME),
            ("answered_by_resets_mldsa_hello", NAME),
        ],
        "a current Go's hello; which Go an agent was built with is not known, so that it is "
        "advice: practice/large-hello warns and names the name",
    ),
    **dict.fromkeys(
        [
            ("one_of_two_addresses_resets_every_hello", NAME),
            ("one_of_two_addresses_unknown_authority", NAME),
        ],
        "it fails now and then, which is a warning that names the address",
    ),
    ("answered_by_negative_serial", NAME): (
        "Go refuses such a certificate since 1.23, the agent from February 2027 on; its builds "
        "still allow it; practice/negative-serial warns"
    ),
    ("dnf_has_a_proxy_and_the_agent_none", "packages.microsoft.com"): "the lab's host has apt only",
    ("zypper_has_a_proxy_and_the_agent_none", "packages.microsoft.com"): (
        "the lab's host has apt only"
    ),
}


def unexplained(situation: str, differing: dict[str, Pair]) -> dict[str, Pair]:
    """What of the *differing* rows of a *situation* is not KNOWN."""
    known = {row for name, row in KNOWN if name == situation}
    return {row: pair for row, pair in differing.items() if not known & {row, ANY}}


def out_of_date(situation: str, differing: dict[str, Pair]) -> set[str]:
    """The KNOWN rows of a *situation* that do not differ any more."""
    known = {row for name, row in KNOWN if name == situation}
    return known - {*differing} - ({ANY} if differing else set())
