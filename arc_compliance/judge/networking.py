"""The host's route out: TCP, HTTPS, port 443, the proxy, private endpoints."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from arc_compliance.catalogue.model import Client, Level
from arc_compliance.judge.addresses import is_private
from arc_compliance.judge.agent import sockets_astray
from arc_compliance.judge.grounds import Grounds
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.names import NameVerdict, fold, summarize
from arc_compliance.judge.routes import trials_in_words
from arc_compliance.plan.cases import Case, names_of, rows_in_scope
from arc_compliance.wire.evidence import Evidence, Measurement, Stage


def required(
    evidence: Evidence, grounds: Grounds, client: Client | None = None
) -> list[Measurement]:
    """The measurements that a MUST of this host asks for, those of one *client* where it is given;
    optional endpoints count for nothing."""
    names = {
        name
        for r in grounds.catalogue.requirements
        if r.endpoint and r.level is Level.MUST and not grounds.scope.not_applicable(r)
        if client in (None, r.client)
        for name in names_of(r.endpoint, grounds.scope, evidence)
    }
    return [m for m in evidence.measurements if m.name in names]


def judge_tcp(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether what answered, answered over TCP."""
    expected = "every endpoint answers over TCP"
    asked = required(evidence, grounds, Client.AGENT)
    answered = [m for m in asked if _connected(m)]
    if astray := list(sockets_astray(evidence)):
        return judged(
            case,
            Verdict.WARN,
            expected=expected,
            actual=f"the agent's own connections: {'; '.join(astray[:6])}",
            failing=astray,
            mend="server owner: Find out what the agent's processes speak there; what it needs is "
            "TCP to port 443, or to its proxy.",
        )
    if not answered:
        return nothing_answered(case, asked, expected)
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(answered)} of {len(asked)} endpoints answered, all over TCP",
    )


def judge_https(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether HTTP is spoken inside TLS only, redirects included.

    A redirect to ``http://`` would take the next request out of TLS.
    """
    expected = "HTTPS everywhere, and no redirect out of it"
    spoken = [m for m in evidence.measurements if m.scheme == "https" and went_well(m, Stage.HTTP)]
    if not spoken:
        return nothing_answered(case, required(evidence, grounds), expected)
    found = []
    for m in spoken:
        location = _headers(m).get("location", "")
        if location.lower().startswith("http://"):
            found.append(
                NameVerdict(
                    name=m.name,
                    verdict=Verdict.FAIL,
                    cause="http-not-proven",
                    words=f"redirects to {location[:120]}",
                )
            )
    if found:
        return fold(case, found, expected=expected)
    return judged(
        case,
        Verdict.PASS,
        expected=expected,
        actual=f"{len(spoken)} endpoints answered HTTP inside TLS, none redirects out of it",
    )


def judge_port_443(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether outbound TCP 443 is open, or the proxy lets CONNECT to 443 through.

    One connection shows that the port is open; endpoints that single rules close are red in their
    own rows.
    """
    by_proxy = evidence.vantage.proxy is not None
    expected = "CONNECT to port 443 goes through" if by_proxy else "outbound TCP 443 is open"
    asked = [m for m in required(evidence, grounds, Client.AGENT) if m.port == 443]
    opened = [m for m in asked if _connected(m)]
    if opened:
        return judged(
            case,
            Verdict.PASS,
            expected=expected,
            actual=f"{len(opened)} of {len(asked)} endpoints let a connection to port 443 in"
            + trials_in_words(evidence),
        )
    tried = [m for m in asked if m.at(Stage.PROXY if by_proxy else Stage.CONNECT)]
    if not tried:
        return nothing_answered(case, asked, expected)
    return fold(case, list(failures_of(tried)), expected=expected)


def judge_onboarding_machine(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the machine that onboards others reaches every required endpoint itself."""
    expected = "the onboarding machine reaches every required endpoint"
    asked = required(evidence, grounds)
    stopped = [m for m in asked if m.failed]
    if stopped:
        return fold(case, list(failures_of(stopped)), expected=expected)
    if not asked:
        return nothing_answered(case, asked, expected)
    return judged(
        case, Verdict.PASS, expected=expected, actual=f"it reaches all {len(asked)} endpoints"
    )


def judge_private_link(case: Case, evidence: Evidence, grounds: Grounds) -> Judgement:
    """Whether the rows with a private endpoint resolve to private addresses.

    A public IPv6 address beside a private IPv4 one, as DNS may keep it, is in nobody's way while
    it cannot be reached, and a reservation where it can.
    """
    expected = "private endpoints resolve to private addresses"
    found, left_to_proxy = [], []
    for row, why_not in rows_in_scope(grounds.catalogue, grounds.scope):
        if why_not or row.endpoint is None or not grounds.scope.resolves_privately(row.endpoint):
            continue
        for name in names_of(row.endpoint, grounds.scope, evidence):
            measurement = evidence.of(name, 443)
            if measurement is None:
                continue
            if measurement.at(Stage.PROXY):
                left_to_proxy.append(name)
            elif addresses := measurement.addresses:
                found.append(_judge_addresses(measurement, addresses))
    if found:
        return fold(case, found, expected=expected)
    if left_to_proxy:
        return judged(
            case,
            Verdict.NOT_TESTABLE,
            expected=expected,
            actual=f"the proxy resolves {', '.join(left_to_proxy[:3])}: no host can see to which "
            "address; let the agent reach a private endpoint past the proxy (proxy.bypass Arc)",
        )
    return nothing_answered(case, required(evidence, grounds), expected)


def _judge_addresses(measurement: Measurement, addresses: tuple[str, ...]) -> NameVerdict:
    public = [a for a in addresses if not is_private(a)]
    shown = ", ".join(addresses)
    if not public:
        return NameVerdict(
            name=measurement.name, verdict=Verdict.PASS, words=f"resolves to {shown}"
        )
    unreached = _dead(measurement)
    if len(public) < len(addresses) and all(":" in a for a in public):
        reached = [a for a in public if a not in unreached]
        return NameVerdict(
            name=measurement.name,
            verdict=Verdict.WARN if reached else Verdict.PASS,
            cause="address-not-private" if reached else "",
            words=f"resolves to {shown}; its public IPv6 address "
            + (
                "answers too, and may be taken" if reached else "cannot be reached, so it is unused"
            ),
        )
    return NameVerdict(
        name=measurement.name,
        verdict=Verdict.FAIL,
        cause="address-not-private",
        words=f"resolves to {', '.join(public)}",
    )


def _dead(measurement: Measurement) -> set[str]:
    """The addresses of *measurement* that did not answer."""
    connect = measurement.at(Stage.CONNECT)
    dead = connect.data.get("dead") if connect else None
    if not isinstance(dead, list):
        return set()
    return {str(one.get("address")) for one in dead if isinstance(one, dict)}


def _connected(m: Measurement) -> bool:
    return went_well(m, Stage.CONNECT) or went_well(m, Stage.PROXY)


def went_well(m: Measurement, stage: Stage) -> bool:
    """Whether *m* got through *stage*."""
    step = m.at(stage)
    return step is not None and step.failure is None


def _headers(m: Measurement) -> dict[str, str]:
    http = m.at(Stage.HTTP)
    headers = http.data.get("headers") if http else None
    return {str(k): str(v) for k, v in headers.items()} if isinstance(headers, dict) else {}


def failures_of(measurements: list[Measurement]) -> Iterator[NameVerdict]:
    """A fail for each of *measurements*, with the cause of its failed stage."""
    for m in measurements:
        failure = m.failed.failure if m.failed else None
        cause = failure.cause if failure else "unknown"
        yield NameVerdict(name=m.name, verdict=Verdict.FAIL, cause=cause, words=cause)


def nothing_answered(case: Case, asked: list[Measurement], expected: str) -> Judgement:
    """Blocked by what stopped the endpoints; not applicable where none was to be measured."""
    failures = list(failures_of([m for m in asked if m.failed]))
    if not failures:
        return judged(
            case,
            Verdict.NOT_APPLICABLE,
            expected=expected,
            actual="no endpoint of the document applies to this host under this scope",
        )
    return judged(
        case,
        Verdict.BLOCKED,
        expected=expected,
        actual="nothing answered: " + "; ".join(summarize(failures, most=3)),
        cause=Counter(f.cause for f in failures).most_common(1)[0][0],
    )
