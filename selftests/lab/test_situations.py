"""What each situation changes against the open network, and that it changes nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from selftests.lab import situations
from selftests.lab.conftest import Measure
from selftests.lab.network import Network
from selftests.lab.situations import NAME
from selftests.suite_run import SuiteRun

Change = tuple[str, str, str, str]


def one_row(cause: str) -> set[Change]:
    """The row of NAME fails with *cause*, and what rests on it is blocked."""
    return {
        ("urls/login", NAME, "fail", cause),
        ("tls/1.2", NAME, "blocked", cause),
        ("principles/certificates", NAME, "blocked", cause),
    }


ONE_ROW = {
    situations.name_not_found: "dns-not-found",
    situations.port_dropped: "connect-timeout",
    situations.port_rejected_by_reset: "connect-refused",
    situations.port_rejected_by_icmp: "connect-unreachable",
    situations.reset_after_client_hello: "tls-reset",
    situations.silence_after_client_hello: "tls-timeout",
}
EVERY_ROW = {
    situations.resolver_dead: ("dns-failed", "blocked"),
    situations.every_name_at_one_address: ("dns-rewritten", ""),
    situations.no_route: ("connect-unreachable", "fail"),
    situations.all_dropped: ("connect-timeout", "fail"),
}
"""The cause in all rows, and the verdict on port 443 where that changes."""

NO_CHANGE = [
    situations.one_of_two_addresses_dead,
    situations.ipv6_advertised_but_unroutable,
    situations.healed_before_the_second_measurement,
]

Situation = Callable[[Network], object]


def changes(run: SuiteRun, healthy: SuiteRun) -> set[Change]:
    """(requirement, row, verdict, cause) of every case that is not as in the open network."""
    before = healthy.verdicts()
    return {
        (requirement, row, *found)
        for (requirement, host, row), found in run.verdicts().items()
        if before[requirement, host, row] != found
    }


def test_the_open_network_has_no_fault(healthy: SuiteRun) -> None:
    red = [c for c in healthy.cases if c["verdict"] not in ("pass", "not-applicable")]

    assert {c["verdict"] for c in red[:-1]} == {"not-tested", "not-testable"}
    assert healthy.case("run/controls", "web01")["verdict"] == "pass"
    assert "10.77.0.2" in healthy.case("run/host-measured", "web01")["actual"]


@pytest.mark.parametrize("situation", ONE_ROW, ids=lambda one: one.__name__)
def test_a_fault_of_one_name_changes_its_row(
    lab: Network, measure: Measure, healthy: SuiteRun, situation: Situation
) -> None:
    with situation(lab):  # type: ignore[attr-defined]
        run = measure()

    assert run.code == 1
    assert changes(run, healthy) == one_row(ONE_ROW[situation])
    assert run.case("urls/login", "web01")["failing"] == NAME


@pytest.mark.parametrize("situation", EVERY_ROW, ids=lambda one: one.__name__)
def test_a_fault_of_all_names_is_one_cause_in_every_row(
    lab: Network, measure: Measure, healthy: SuiteRun, situation: Situation
) -> None:
    cause, port_443 = EVERY_ROW[situation]

    with situation(lab):  # type: ignore[attr-defined]
        run = measure()

    found = changes(run, healthy)
    assert {one[3] for one in found} == {cause}
    red = {row for requirement, row, verdict, _ in found if verdict == "fail" and row}
    rows = {
        c["endpoint"]
        for c in healthy.cases
        if c["requirement"].startswith("urls/") and c["verdict"] != "not-applicable"
    }
    nameless = {row for _, row, verdict, _ in found if verdict == "not-testable"}
    assert red | nameless == rows
    assert not port_443 or ("networking/port-443", "", port_443, cause) in found


@pytest.mark.parametrize("situation", NO_CHANGE, ids=lambda one: one.__name__)
def test_what_works_in_the_field_changes_nothing_but_a_note(
    lab: Network, measure: Measure, healthy: SuiteRun, situation: Situation
) -> None:
    with situation(lab):  # type: ignore[attr-defined]
        run = measure()

    assert changes(run, healthy) == set()
    assert situations.NOTES[situation.__name__] in run.case("urls/login", "web01")["actual"]


def test_a_host_of_which_all_is_dropped_ends_in_time(lab: Network, measure: Measure) -> None:
    with situations.all_dropped(lab):
        run = measure()

    host = run.json["hosts"][0]
    assert host["seconds"] <= 2 * 1 + 3  # twice the connect limit of `measure`, and three seconds


# -- somebody else answers -----------------------------------------------------------------------


def certificate(verdict: str, cause: str) -> set[Change]:
    """Only the row's certificate is judged otherwise."""
    return {("principles/certificates", NAME, verdict, cause)}


def http(cause: str) -> set[Change]:
    """TLS and certificate are well, and only the answer is missing."""
    return {("urls/login", NAME, "fail", cause)}


ANSWERED_BY = {
    "expired": certificate("fail", "cert-expired"),
    "not_yet_valid": certificate("fail", "cert-not-yet-valid"),
    "wrong_name": certificate("fail", "cert-name-mismatch"),
    "unknown_authority": certificate("fail", "cert-untrusted")
    | {("urls/login", NAME, "warn", "http-not-proven")},
    "tls11_only": {
        ("tls/1.2", NAME, "fail", "tls-version"),
        ("urls/login", NAME, "blocked", "tls-version"),
        ("principles/certificates", NAME, "blocked", "tls-version"),
    },
    "tls13_only": set(),
    "no_tls_at_all": one_row("tls-failed"),
    "no_answer": http("http-timeout"),
    "no_http": http("http-failed"),
    "not_found": set(),
    "server_error": set(),
}


@pytest.mark.parametrize("peer", ANSWERED_BY)
def test_who_answers_in_azures_place_changes_what_he_does_wrong(
    lab: Network, measure: Measure, healthy: SuiteRun, peer: str
) -> None:
    with situations.answered_by(lab, peer):
        run = measure()

    assert changes(run, healthy) == ANSWERED_BY[peer]


def test_the_slow_but_healthy_endpoint_passes(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.answered_by(lab, "slow_but_healthy"):
        run = measure("--http-timeout=15")

    assert changes(run, healthy) == set()


def test_a_root_that_the_host_lacks_is_told_from_an_unknown_authority(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.public_root_missing(lab):
        run = measure()

    found = changes(run, healthy)
    assert {(one[0], *one[2:]) for one in found} == {
        ("principles/certificates", "fail", "cert-root-missing")
    }


# -- proxies -------------------------------------------------------------------------------------

BY_PROXY = {
    ("networking/proxy", "", "pass", ""),
    ("networking/no-log-analytics-gateway", "", "not-tested", ""),
}
"""What a proxy that works changes."""


def test_a_proxy_that_lets_all_through_is_as_good_as_an_open_network(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.proxy_allows_all(lab) as url:
        run = measure(f"--proxy={url}")

    assert changes(run, healthy) == BY_PROXY
    assert run.json["hosts"][0]["controls"] == [["proxy", "held"], ["certificate", "held"]]


def test_a_proxy_may_resolve_what_the_host_cannot(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.proxy_resolves_what_the_host_cannot(lab) as url:
        run = measure(f"--proxy={url}")

    assert changes(run, healthy) == BY_PROXY


def test_a_proxy_that_denies_one_name_is_red_for_it(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.proxy_denies_one(lab) as url:
        run = measure(f"--proxy={url}")

    denied = ("networking/proxy", "", "fail", "proxy-denied")
    assert changes(run, healthy) == {
        *(BY_PROXY - {("networking/proxy", "", "pass", "")}),
        *one_row("proxy-denied"),
        denied,
    }


@pytest.mark.parametrize(
    ("situation", "cause"),
    [
        (situations.proxy_wants_credentials, "proxy-auth-required"),
        (situations.proxy_down, "proxy-unreachable"),
    ],
    ids=["wants credentials", "down"],
)
def test_a_proxy_that_lets_nothing_through_is_one_cause_in_every_row(
    lab: Network, measure: Measure, healthy: SuiteRun, situation: Situation, cause: str
) -> None:
    with situation(lab) as url:  # type: ignore[attr-defined]
        run = measure(f"--proxy={url}")

    found = changes(run, healthy)
    assert ("networking/proxy", "", "fail", cause) in found
    assert ("networking/port-443", "", "fail", cause) in found
    assert {one[3] for one in found} == {cause, ""}
    assert {one[2] for one in found if one[0] == "tls/1.2"} == {"blocked", "not-testable"}


def test_credentials_open_the_proxy_and_stay_unseen(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.proxy_wants_credentials(lab) as url:
        secret = f"{situations.USER}:{situations.PASSWORD}@"
        run = measure(f"--proxy={url.replace('//', '//' + secret)}")

    assert changes(run, healthy) == BY_PROXY
    assert situations.PASSWORD not in run.text()


def test_a_way_past_the_proxy_is_taken_by_its_group_only(
    lab: Network, measure: Measure, healthy: SuiteRun
) -> None:
    with situations.proxy_with_a_way_past_it_for_arc(lab) as url:
        run = measure(f"--proxy={url}", "--proxy-bypass=Arc")

    assert changes(run, healthy) == BY_PROXY
    assert "go past it (proxy bypass)" in run.case("networking/proxy", "web01")["actual"]
