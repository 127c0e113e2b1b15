"""The agent's own handshake with a target, by which all is judged."""

import socket

from arc_compliance.probe.python.certificate import shake_hands_verified
from arc_compliance.probe.python.channels import TlsChannel, chain_texts
from arc_compliance.probe.python.contract import CERTIFICATE, TLS, Record
from arc_compliance.probe.python.facts.trust_store import TrustStore
from arc_compliance.probe.python.routes import Route
from arc_compliance.probe.python.steps import Attempt
from arc_compliance.probe.python.tls import agents_client, shake_hands


def open_tls(
    attempt: Attempt, route: Route, sock: socket.socket, trust: TrustStore, limit: float
) -> TlsChannel:
    """The TLS channel on which HTTP is spoken; both steps of it are recorded in *attempt*."""
    name = attempt.target.name
    verified = None
    with attempt.step(TLS) as data:
        if CERTIFICATE in attempt.planned:
            verified = shake_hands_verified(sock, route.open_again, name, trust, limit)
            channel = verified.channel
        else:
            channel = shake_hands(sock, agents_client(), name, limit)
        data.update(negotiated_by(channel))
    if verified is not None:
        attempt.note(CERTIFICATE, verified.data, verified.failure, with_stage=TLS)
    return channel


def negotiated_by(channel: TlsChannel) -> Record:
    """What the handshake of *channel* showed, as the evidence has it."""
    return {
        "protocol": channel.protocol(),
        "cipher": channel.cipher(),
        "alpn": channel.application_protocol(),
        "chain": chain_texts(channel.chain() or []),
    }
