"""One grammar of wildcards for rows, allow-lists and requests: a table, and properties."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.catalogue.model import Endpoint, Level
from arc_compliance.catalogue.patterns import stands_for
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.report.firewall_request import _wanted

BUS = "servicebus.chinacloudapi.cn"
TABLE = [
    ("aka.ms", "aka.ms", True),
    ("aka.ms", "AKA.MS", True),
    ("aka.ms", "akaxms", False),
    ("aka.ms", "www.aka.ms", False),
    ("*.his.arc.azure.cn", "gbl.his.arc.azure.cn", True),
    ("*.his.arc.azure.cn", "GBL.HIS.arc.azure.cn", True),
    ("*.his.arc.azure.cn", "a.b.his.arc.azure.cn", True),
    ("*.his.arc.azure.cn", "his.arc.azure.cn", False),
    ("*.his.arc.azure.cn", ".his.arc.azure.cn", False),
    ("*.his.arc.azure.cn", "gbl.his.arc.azure.cn.example", False),
    ("*.his.arc.azure.cn", "gblhis.arc.azure.cn", False),
    (f"azgn*.{BUS}", f"azgn-north3-1.{BUS}", True),
    (f"azgn*.{BUS}", f"azgn_1.{BUS}", True),
    (f"azgn*.{BUS}", f"azgn1.a.{BUS}", True),
    (f"azgn*.{BUS}", f"azgn.{BUS}", False),
    (f"azgn*.{BUS}", f"other.{BUS}", False),
    ("san-af-*-prod.azurewebsites.net", "san-af-eastus-prod.azurewebsites.net", True),
    ("san-af-*-prod.azurewebsites.net", "san-af-prod.azurewebsites.net", False),
    ("*.azure.cn", "a b.azure.cn", False),
    ("*.azure.cn", "a\n.azure.cn", False),
    ("*.kcn.cn", "a.\u212acn.cn", False),
    # a pattern stands for another where it stands for all of its names
    (f"*.{BUS}", f"azgn*.{BUS}", True),
    (f"azgn*.{BUS}", f"azgn*.{BUS}", True),
    (f"azgn*.{BUS}", f"*.{BUS}", False),
    ("*.azure.cn", "*.his.arc.azure.cn", True),
    ("*.his.arc.azure.cn", "*.azure.cn", False),
    ("gbl.his.arc.azure.cn", "*.his.arc.azure.cn", False),
]


def by_row(pattern: str, name: str) -> bool:
    """The catalogue: whether a row with *pattern* takes *name*."""
    return row(pattern).matches(name)


def by_allowlist(pattern: str, name: str) -> bool:
    """The firewall: whether a list with *pattern* lets *name* through."""
    return Allowlist(label="list", names=(pattern,)).covers_name(name)


def by_request(pattern: str, name: str) -> bool:
    """The request: whether *pattern* is asked for where *name* failed."""
    failed = Judgement(
        case="c",
        requirement="urls/a",
        section="URLs",
        level=Level.MUST,
        verdict=Verdict.FAIL,
        cause="connect-timeout",
        failing=(name,),
    )
    return list(_wanted(failed, row(pattern))) == [(pattern, 443, "tcp")]


@cache
def row(pattern: str) -> Endpoint:
    return Endpoint(label="row", patterns=(pattern,))


USERS = [by_row, by_allowlist, by_request]


@pytest.mark.parametrize(("pattern", "name", "expected"), TABLE)
def test_what_a_star_stands_for(pattern: str, name: str, expected: bool) -> None:
    assert [user(pattern, name) for user in USERS] == [expected] * 3


def reference(pattern: str, name: str) -> bool:
    """The grammar once more, letter by letter."""
    if not pattern:
        return not name
    if not name:
        return False
    if pattern[0] == "*":
        rest = pattern[1:]
        return name[0] in "ab-." and (reference(rest, name[1:]) or reference(pattern, name[1:]))
    return pattern[0] == name[0] and reference(pattern[1:], name[1:])


PATTERNS = st.from_regex(r"[ab*][ab*.-]{0,8}[ab]", fullmatch=True)
NAMES = st.text("ab.-", min_size=1, max_size=12)


@given(PATTERNS, NAMES)
def test_all_users_have_one_grammar(pattern: str, name: str) -> None:
    assert [user(pattern, name) for user in USERS] == [reference(pattern, name)] * 3


@given(PATTERNS, PATTERNS, st.data())
def test_a_pattern_that_stands_for_another_stands_for_its_names(
    wide: str, narrow: str, data: st.DataObject
) -> None:
    fillings = st.text("ab.-", min_size=1, max_size=4)
    name = "".join(data.draw(fillings) if char == "*" else char for char in narrow)

    assert stands_for(narrow, name)
    if stands_for(wide, narrow):
        assert stands_for(wide, name)
    else:  # one of its names is not: that with a letter which no pattern here spells out
        assert not stands_for(wide, narrow.replace("*", "z"))


@given(PATTERNS)
def test_every_pattern_stands_for_itself(pattern: str) -> None:
    assert all(user(pattern, pattern) for user in USERS)
