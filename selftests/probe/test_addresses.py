"""A name with several addresses: each goes through TCP and TLS, as a client meets any of them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from arc_compliance.probe.python.equipment import Equipment
from arc_compliance.probe.python.facts.default_client import DefaultClient
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.limits import MAX_ADDRESSES, MAX_BESIDE
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from arc_compliance.probe.python.resolver import LookUp, Resolver
from arc_compliance.probe.python.survey import Survey
from arc_compliance.probe.python.threads import ThreadPool
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import AddressHandshake, Stage
from selftests.lab.field_peers import alert, resets
from selftests.probe import peers
from selftests.probe.peers import Behaviour

NAME = "several.test"
Measure = Callable[[dict[str, Behaviour | None]], Measurement]


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


@pytest.fixture
def measure(
    authority: peers.Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Measure]:
    """A function that measures NAME, whose addresses have peers that behave so (None: nobody)."""
    roots = tmp_path / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)

    def measured(behaviours: dict[str, Behaviour | None]) -> Measurement:
        monkeypatch.setattr(Resolver, "_carry_out", knowing(*behaviours))
        with contextlib.ExitStack() as listening:
            port = 0
            for address, behave in behaviours.items():
                if behave is not None:
                    port = listening.enter_context(peers.serve(behave, address, port))
            order = peers.order(peers.target(NAME, port), trust_file=str(roots))
            return survey_of(order)

    return measured


def knowing(*addresses: str) -> Callable[[Resolver, LookUp], None]:
    """What makes a resolver answer *addresses* for every name."""

    def carry_out(_resolver: Resolver, look_up: LookUp) -> None:
        look_up.addresses = [*addresses]

    return carry_out


def survey_of(what: dict[str, Any]) -> Measurement:
    """The one measurement of the order *what*, made in this process."""
    order = read_order(io.BytesIO(json.dumps(what).encode()))
    trust = TrustStore(order, DaemonsEnvironment())
    trust.read()
    pool = ThreadPool(MAX_BESIDE)
    equipment = Equipment(order, Resolver(1), trust, DefaultClient(order), pool)
    survey = Survey(equipment, ClientProxies(order))
    survey.run()
    (one,) = survey.measurements
    return TypeAdapter(Measurement).validate_python(one.record())


def addresses(measurement: Measurement) -> list[AddressHandshake]:
    step = measurement.at(Stage.TLS)
    assert step
    return list(step.addresses)


def told(measurement: Measurement) -> list[tuple[str, str, bool | None]]:
    """(address, cause, verified) of each, in the resolver's order."""
    its = addresses(measurement)
    return [(one.address, one.failure.cause if one.failure else "", one.verified) for one in its]


def test_all_are_as_good(authority: peers.Authority, measure: Measure) -> None:
    context = authority.context(NAME)

    its = measure({f"127.0.0.{n}": peers.tls(context) for n in (3, 1, 2)})

    assert told(its) == [(f"127.0.0.{n}", "", True) for n in (3, 1, 2)]
    (leaf,) = {one.leaf for one in addresses(its)}
    chain = its.at(Stage.TLS).chain  # type: ignore[union-attr]
    assert leaf == hashlib.sha256(peers.base64.b64decode(chain[0])).hexdigest()
    assert {one.protocol for one in addresses(its)} == {"TLSv1.3"}
    assert (its.attempts, its.flaky) == (1, None)


def test_one_address_is_nothing_to_compare(authority: peers.Authority, measure: Measure) -> None:
    assert addresses(measure({"127.0.0.1": peers.tls(authority.context(NAME))})) == []


BROKEN: dict[str, tuple[Behaviour, str]] = {
    "resets": (resets, "tls-reset"),
    "closes": (peers.closes, "tls-reset"),
    "silent": (peers.hangs, "tls-timeout"),
    "alert": (alert(40), "tls-failed"),
    "plain-http": (peers.speaks_http_only, "tls-failed"),
}


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("how", BROKEN)
def test_one_of_two_takes_tcp_and_fails_tls(
    authority: peers.Authority, measure: Measure, how: str, first: bool
) -> None:
    """Whichever the race finds first: the row is measured with the other, and the address named."""
    behave, cause = BROKEN[how]
    pair = {"127.0.0.1": behave, "127.0.0.2": peers.tls(authority.context(NAME))}

    its = measure(pair if first else dict(reversed(pair.items())))

    assert peers.fault(its) is None
    assert sorted(told(its)) == [("127.0.0.1", cause, None), ("127.0.0.2", "", True)]
    if its.attempts == 2:
        assert its.flaky
        assert (its.flaky.cause, its.flaky.failed, its.flaky.of) == (cause, 1, 2)


def test_one_of_two_shows_another_certificate(authority: peers.Authority, measure: Measure) -> None:
    stranger = peers.Authority().context(NAME)

    its = measure(
        {"127.0.0.1": peers.tls(authority.context(NAME)), "127.0.0.2": peers.tls(stranger)}
    )

    assert [one.verified for one in addresses(its)] == [True, False]
    assert len({one.leaf for one in addresses(its)}) == 2


def test_one_of_two_is_not_there(authority: peers.Authority, measure: Measure) -> None:
    its = measure({"127.0.0.1": peers.tls(authority.context(NAME)), "127.0.0.2": None})

    assert told(its) == [("127.0.0.1", "", True), ("127.0.0.2", "connect-refused", None)]
    assert [one.address for one in its.at(Stage.CONNECT).dead] == ["127.0.0.2"]  # type: ignore[union-attr]


def test_all_fail(measure: Measure) -> None:
    its = measure({"127.0.0.1": resets, "127.0.0.2": peers.closes})

    assert peers.fault(its) == ("tls", "tls-reset")
    assert [cause for _, cause, _ in told(its)] == ["tls-reset", "tls-reset"]


def test_no_more_than_some(authority: peers.Authority, measure: Measure) -> None:
    context = authority.context(NAME)

    its = measure({f"127.0.1.{n}": peers.tls(context) for n in range(1, MAX_ADDRESSES + 5)})

    assert len(addresses(its)) == MAX_ADDRESSES
    assert all(one.verified for one in addresses(its))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_versions_that_differ(
    authority: peers.Authority, measure: Measure, version: ssl.TLSVersion
) -> None:
    only = peers.only(authority.context(NAME), version)

    its = measure({"127.0.0.1": peers.tls(authority.context(NAME)), "127.0.0.2": peers.tls(only)})

    assert addresses(its)[1].protocol == version.name.replace("_", ".")
