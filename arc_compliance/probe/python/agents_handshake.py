"""The agent's own handshake with a target, by which all is judged."""

import socket

from arc_compliance.probe.python.certificate import Opened, shake_hands_verified
from arc_compliance.probe.python.channels import TlsChannel, chain_texts
from arc_compliance.probe.python.contract import CERTIFICATE, TLS, Record
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.steps import Attempt
from arc_compliance.probe.python.tls import agents_client, shake_hands


def open_tls(
    attempt: Attempt, route: Route, sock: socket.socket, trust: TrustStore, limit: float
) -> Opened:
    """The TLS channel on which HTTP is spoken; it is recorded in *attempt*, with the certificate
    where that is planned."""
    name = attempt.target.name
    with attempt.step(TLS) as data:
        if CERTIFICATE in attempt.planned:
            opened = shake_hands_verified(sock, route.open_again, name, trust, limit)
        else:
            opened = Opened(shake_hands(sock, agents_client(), name, limit), {}, None)
        data.update(negotiated_by(opened.channel))
    if CERTIFICATE in attempt.planned:
        attempt.note(CERTIFICATE, opened.data, opened.failure, with_stage=TLS)
    return opened


def negotiated_by(channel: TlsChannel) -> Record:
    """What the handshake of *channel* showed, as the evidence has it."""
    return {
        "protocol": channel.protocol(),
        "cipher": channel.cipher(),
        "alpn": channel.application_protocol(),
        "chain": chain_texts(channel.chain() or []),
    }
