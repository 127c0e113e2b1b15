"""The evidence: what a run knows, as the JSON that leaves the host."""

import json
import socket
import ssl
import sys
import time

from arc_compliance.probe.python.contract import EVIDENCE_FORMAT, PROBE_VERSION, Record
from arc_compliance.probe.python.facts.host import HostFacts
from arc_compliance.probe.python.limits import MAX_EVIDENCE, MAX_TEXT
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxy_server import shown_proxy
from arc_compliance.probe.python.run import Run
from arc_compliance.probe.python.scrubbing import scrubbed


def evidence_of(run: Run, sha256: str) -> Record:
    """What *run* knows by now; *sha256* is that of the program that carries it out."""
    complete, network = run.complete, run.network
    measured = list(network.survey.measurements) if network else []
    measurements = [one.record() for one in measured]
    return {
        "evidence": EVIDENCE_FORMAT,
        "run": run.order.run[:MAX_TEXT],
        "host": run.order.host[:MAX_TEXT],
        "probe": {
            "version": PROBE_VERSION,
            "sha256": sha256,
            "platform": "linux",
            "python": sys.version.split()[0],
            "openssl_library": ssl.OPENSSL_VERSION,
        },
        "started": run.started,
        "finished": time.time(),
        "complete": complete,
        "vantage": vantage(run.proxies, run.host, measurements),
        "facts": {
            "os": run.host.os,
            "tls": dict(run.tls.facts, default_client=network and network.default_client.facts),
            "trust": dict(run.trust.facts),
            "agent": run.agent.facts,
            "proxy": run.proxies.record(),
            "egress": run.egress.facts,
            "sockets": run.sockets.facts,
            "clock": {"synchronised": run.host.synchronised},
            "resolver": network.resolver.servers.record() if network else None,
        },
        "measurements": measurements,
        "discovered": [call.record() for call in network.survey.calls] if network else [],
        "controls": network.controls.records() if network else [],
        "gateway": network.gateway.records() if network else [],
        "agent_check": run.check.facts,
        "proxy_trials": (
            [trial.record() for trial in network.trials if trial.attempts] if network else []
        ),
    }


def vantage(proxies: ClientProxies, host: HostFacts, measurements: "list[Record]") -> Record:
    """From where it was measured."""
    proxy = proxies.agents()
    sources = {
        observed["source"]
        for measurement in measurements
        for observed in measurement["observations"]
        if "source" in observed
    }
    return {
        "hostname": scrubbed(socket.gethostname()),
        "user": host.user,
        "source_addresses": sorted(sources),
        "resolvers": host.resolvers,
        "proxy": (shown_proxy(proxy) or "unusable") if proxy else None,
    }


def rendered(evidence: Record) -> str:
    """The evidence as ASCII on one line; where it is too large, the bulky parts are left out."""
    text = json.dumps(evidence, ensure_ascii=True, allow_nan=False)
    for bulky in ("chain", "headers", "addresses"):
        if len(text) <= MAX_EVIDENCE:
            break
        evidence["complete"] = False
        for measurement in evidence["measurements"]:
            for step in measurement["observations"]:
                step.pop(bulky, None)
        text = json.dumps(evidence, ensure_ascii=True, allow_nan=False)
    return text
