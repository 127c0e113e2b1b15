"""Each way an endpoint can fail is one stage and one cause; the field is measured once."""

from __future__ import annotations

import base64

import pytest
from cryptography import x509

from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.observation import Stage
from selftests.probe import field as probe_field
from selftests.probe import peers


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Evidence:
    """What the probe saw of the whole field."""
    with probe_field.field(tmp_path_factory.mktemp("field")) as order:
        return peers.measure(order)


@pytest.mark.parametrize("name", probe_field.FAULTS)
def test_stage_and_cause(evidence: Evidence, name: str) -> None:
    """The first step that fails is the one where the fault is, with its cause."""
    assert peers.fault(evidence.of(name, 443)) == probe_field.FAULTS[name]


@pytest.mark.parametrize("name", probe_field.FAULTS)
def test_what_failed_was_measured_twice(evidence: Evidence, name: str) -> None:
    """A failure stands only after a second attempt; what goes well is asked once."""
    assert evidence.of(name, 443).attempts == (2 if probe_field.FAULTS[name] else 1)


def test_run_is_complete(evidence: Evidence) -> None:
    """Nothing was cut off, and the run and host of the order come back."""
    assert (evidence.complete, evidence.run, evidence.host) == (True, "run-1", "web01")
    assert len(evidence.measurements) == len(probe_field.FAULTS)


def test_healthy_endpoint(evidence: Evidence) -> None:
    """All stages, in order, with what each saw."""
    healthy = evidence.of("healthy.test", 443)
    assert peers.stages(healthy) == ["resolve", "connect", "tls", "certificate", "http"]
    assert peers.seen(healthy.at(Stage.RESOLVE)) == {
        "addresses": ["127.0.0.1"],
        "via": "connect-to",
    }
    connect = peers.seen(healthy.at(Stage.CONNECT))
    assert connect.pop("port") > 0
    assert connect == {"address": "127.0.0.1", "source": "127.0.0.1", "dead": []}
    assert healthy.at(Stage.TLS).protocol == "TLSv1.3"
    assert healthy.at(Stage.TLS).tls12.negotiated is True
    assert peers.seen(healthy.at(Stage.CERTIFICATE)) == {
        "verified": True,
        "verify_code": 0,
        "verify_message": "ok",
        "protocol": "TLSv1.3",
    }
    assert peers.seen(healthy.at(Stage.HTTP)) == {
        "status": 204,
        "version": "1.1",
        "headers": {"x-ms-request-id": "1", "server": "peer"},
        "via": "tls",
    }


def test_chain_as_sent(evidence: Evidence) -> None:
    """The chain as the peer sent it, leaf first."""
    chain = evidence.of("healthy.test", 443).at(Stage.TLS).chain
    leaf, intermediate = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in chain]
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["healthy.test"]
    leaf.verify_directly_issued_by(intermediate)


def test_chain_of_an_incomplete_server(evidence: Evidence) -> None:
    """Only what was sent is reported."""
    assert len(evidence.of("incomplete.test", 443).at(Stage.TLS).chain) == 1


def test_tls_1_3_only(evidence: Evidence) -> None:
    """A server that refuses TLS 1.2 but speaks 1.3 is reached, and the refusal is noted."""
    newer = evidence.of("tls13.test", 443)
    assert newer.at(Stage.TLS).protocol == "TLSv1.3"
    assert newer.at(Stage.TLS).tls12.negotiated is False
    assert len(newer.at(Stage.TLS).chain) == 2
    assert newer.at(Stage.HTTP).via == "tls"


def test_certificate_does_not_stop_http(evidence: Evidence) -> None:
    """Behind an expired certificate HTTP is measured all the same."""
    expired = evidence.of("expired.test", 443)
    assert expired.at(Stage.HTTP).status == 204
    assert expired.at(Stage.CERTIFICATE).verify_code == 10


def test_plain_http_on_a_tls_port(evidence: Evidence) -> None:
    """The detail tells what the peer speaks."""
    failure = evidence.of("plaintext.test", 443).at(Stage.TLS).failure
    assert failure.detail.endswith("(the answer is plain HTTP)")


def test_later_stages_are_absent(evidence: Evidence) -> None:
    """The first failing stage ends the attempt."""
    assert peers.stages(evidence.of("reset.test", 443)) == ["resolve", "connect", "tls"]


def test_default_client(evidence: Evidence) -> None:
    """The host's own openssl was tried once, with an endpoint that shook hands."""
    assert evidence.facts.tls.openssl.startswith("OpenSSL ")
    assert evidence.facts.tls.default_client.protocol in ("TLSv1.2", "TLSv1.3")


def test_trust_file_of_the_order(evidence: Evidence) -> None:
    """The order's roots stand in for the agent's trust store."""
    assert (evidence.facts.trust.chosen_by, evidence.facts.trust.roots) == ("order", 1)
    assert evidence.vantage.source_addresses == ("127.0.0.1",)
