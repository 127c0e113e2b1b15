"""The waiver file: a fault is named with its line, and ten thousand waivers are found fast."""

from __future__ import annotations

import time
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import load_catalogue
from arc_compliance.plan.globs import matches, names_row
from arc_compliance.plan.waivers import Waivers, read_waivers

CATALOGUE = load_catalogue("AzureChinaCloud")
TODAY = date(2026, 11, 25)
ROWS = [one.endpoint.label for one in CATALOGUE.requirements if one.endpoint]

LINES = """\
waivers:
  - requirement: urls/login
    hosts: [web01]
    reason: change CHG-1
    approved-by: J. Doe
    expires: 2026-12-31
  # the second one
  - requirement: urls/his
    hosts:
      - web01
      - "db*"
    rows: ["*.his.arc.azure.cn"]
    cloud: AzureChinaCloud
    reason: change CHG-2
    approved-by: J. Doe
    expires: 2026-12-31
attestations:
  - requirement: service-tags/keep-inspection
    statement: it stays on
    by: A. Auditor
    date: 2026-10-15
    expires: 2027-10-14
"""


def read(path: Path, text: str, today: date = TODAY) -> Waivers:
    file = path / "waivers.yaml"
    file.write_text(text, encoding="utf-8")
    return read_waivers(file, CATALOGUE, today)


def fault(path: Path, text: str) -> str:
    with pytest.raises(Fault) as raised:
        read(path, text)
    return str(raised.value)


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    waivers = read(tmp_path, LINES)

    assert [one.number for one in waivers.waivers] == [1, 2]
    assert waivers.waivers[1].words == (
        "until 2026-12-31, approved by J. Doe: change CHG-2 (waivers.yaml, waiver 2)"
    )
    assert waivers.attestations[0].hosts == ("*",)
    assert len(waivers.sha256) == 64


def test_a_file_may_hold_nothing_yet(tmp_path: Path) -> None:
    assert not read(tmp_path, "waivers: []\n")


FAULTS = {
    ('rows: ["', 'rows: [1, "'): "waivers[1].rows[0]: expected a text, got 1 (line 12)",
    ('rows: ["*.his.arc.azure.cn"]', "row: x"): (
        "waivers[1].row: unknown key (did you mean 'rows'?) (line 12)"
    ),
    ('rows: ["*.his.arc.azure.cn"]', "rows: []"): "waivers[1].rows: must not be empty (line 12)",
    ('rows: ["*.his.arc.azure.cn"]', "rows: *"): "not valid YAML",
    ('rows: ["*.his.arc.azure.cn"]', "requirement: urls/his"): "requirement",
    ("hosts: [web01]", 'hosts: "*"'): "waivers[0].hosts: expected a list, got '*' (line 3)",
    ("    hosts: [web01]\n", ""): "waivers[0].hosts: is missing (line 2)",
    ("urls/login", "urls/logni"): (
        "waivers[0].requirement: unknown requirement 'urls/logni' (did you mean 'urls/login'?) "
        "(line 2)"
    ),
    ("urls/login", "url/*"): "waivers[0].requirement: unknown requirement 'url/*'",
    ("urls/login", "run/overall"): (
        "waivers[0].requirement: run/overall cannot be waived; waive the cases that fail (line 2)"
    ),
    ("approved-by: J. Doe\n    expires: 2026-12-31\n  #", "approved_by: J. Doe\n  #"): (
        "waivers[0].approved-by: is missing (line 2)"
    ),
    ("cloud: AzureChinaCloud", "cloud: AzureChina"): (
        "waivers[1].cloud: unknown cloud 'AzureChina' (did you mean 'AzureChinaCloud'?) (line 13)"
    ),
    ("reason: change CHG-1", "reason: ' '"): "waivers[0].reason: must not be empty (line 4)",
    ("service-tags/keep-inspection", "urls/his"): (
        "attestations[0].requirement: 'urls/his' can be tested, which no attestation replaces; "
        "attestations are for service-tags/keep-inspection (line 18)"
    ),
    ("service-tags/keep-inspection", "service-tags/keep-inspectoin"): (
        "attestations[0].requirement: unknown requirement 'service-tags/keep-inspectoin' "
        "(did you mean 'service-tags/keep-inspection'?) (line 18)"
    ),
    ("date: 2026-10-15", "date: 2026-11-26"): (
        "attestations[0].date: 2026-11-26 is in the future (line 21)"
    ),
    ("waivers:", "waiver:"): "waiver: unknown key (did you mean 'waivers'?)",
}


@pytest.mark.parametrize(("change", "words"), FAULTS.items())
def test_a_fault_is_named_with_its_line(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    assert change[0] in LINES

    found = fault(tmp_path, LINES.replace(*change, 1))

    assert found.startswith("waivers.yaml: ")
    assert words in found
    assert "(line " in found


DAYS = {
    "2026-13-01": "cannot be read as timestamp",
    "2027-02-29": "cannot be read as timestamp",
    "'2027-02-29'": "2027-02-29 is not a day of the calendar (line 6)",
    "2026-12-31T10:00:00Z": "expected a day without a time, as 2026-12-31",
    "'2026-12-31 10:00'": "expected a day without a time",
    "20261231": "expected a day without a time",
    "31.12.2026": "expected a day without a time",
    "soon": "expected a day without a time",
    "": "expected a day without a time",
    "2027-11-27": "2027-11-27 is more than a year ahead; 2027-11-26 is the last day (line 6)",
    "9999-12-31": "is more than a year ahead",
}


@pytest.mark.parametrize(("day", "words"), DAYS.items())
def test_a_day_that_cannot_be_is_refused(tmp_path: Path, day: str, words: str) -> None:
    found = fault(tmp_path, LINES.replace("2026-12-31", day, 1))

    assert words in found
    assert "(line 6)" in found


@pytest.mark.parametrize(
    ("day", "today", "counts"),
    [
        ("2026-11-25", TODAY, True),
        ("'2026-11-25'", TODAY, True),
        ("2026-11-24", TODAY, False),
        ("2027-11-26", TODAY, True),
        ("2028-02-29", date(2028, 2, 29), True),
        ("2028-02-29", date(2028, 3, 1), False),
        ("0001-01-01", TODAY, False),
    ],
)
def test_a_day_counts_to_its_end(tmp_path: Path, day: str, today: date, counts: bool) -> None:
    text = LINES.partition("attestations:")[0].replace("2026-12-31", day)

    waivers = read(tmp_path, text, today)

    assert bool(waivers.covering("urls/login", "web01", "")) is counts
    assert bool(waivers.covering("urls/login", "web01", "", expired=True)) is not counts


def test_today_is_utc_wherever_the_run_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from selftests.options.command_line import settings

    monkeypatch.setenv("TZ", "Pacific/Kiritimati")  # 14 hours ahead
    time.tzset()
    try:
        found = settings(tmp_path).waivers.today
    finally:
        monkeypatch.undo()
        time.tzset()

    assert found == date(*time.gmtime()[:3])


def test_a_reason_stands_on_one_line_and_holds_no_secret(tmp_path: Path) -> None:
    text = LINES.replace(
        "reason: change CHG-1", 'reason: "see http://u:hunter2@x/\\n token=abc\\u202e\\e[2J"'
    )

    (first, _) = read(tmp_path, text).waivers

    assert first.reason == "see http://***@x/ token=***"


def test_a_row_as_printed_stands_for_itself_alone() -> None:
    wide = "*.servicebus.chinacloudapi.cn"
    narrow = "azgn*.servicebus.chinacloudapi.cn"
    assert {wide, narrow} <= set(ROWS)

    assert [row for row in ROWS if names_row(wide, row, ROWS)] == [wide]
    assert [row for row in ROWS if names_row("*.servicebus.*", row, ROWS)] == [narrow, wide]


@given(st.text(max_size=30), st.text(max_size=10), st.text(max_size=10))
def test_a_pattern_stands_for_what_it_spells(text: str, before: str, after: str) -> None:
    plain = text.replace("*", "").replace("?", "")

    assert matches(text, text)
    assert matches(f"*{plain}*", before + plain + after)
    assert matches(plain, plain + "x") is False


def test_stars_without_end_cost_no_time() -> None:
    began = time.perf_counter()

    assert not matches("*a" * 150 + "b", "a" * 253)

    assert time.perf_counter() - began < 1


@pytest.mark.parametrize("hosts", ["[web{0:04}]", '["web{0:04}*"]', '["*"]'])
def test_ten_thousand_waivers_are_found_fast(tmp_path: Path, hosts: str) -> None:
    known = [one.id for one in CATALOGUE.requirements if one.id.startswith("urls/")]
    text = "waivers:\n" + "".join(
        f"  - {{requirement: {known[i % len(known)]}, hosts: {hosts.format(i % 1000)}, "
        f"rows: [{ROWS[i % 7]!r}], reason: r{i}, approved-by: J, expires: 2026-12-31}}\n"
        for i in range(10_000)
    )
    waivers = read(tmp_path, text)

    began = time.perf_counter()
    for host in range(1000):
        for requirement in known:
            waivers.covering(requirement, f"web{host:04}", "*.his.arc.azure.cn")

    assert time.perf_counter() - began < 5
