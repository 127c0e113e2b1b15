"""Private link: the rows with a private endpoint resolve to private addresses."""

from __future__ import annotations

from arc_compliance.judge.addresses.address import is_private
from arc_compliance.judge.fold import NameVerdict, fold, nothing_answered
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.measurement import Measurement
from arc_compliance.wire.observation import Stage


def judge_private_link(case: Case, view: HostView) -> Judgement:
    """Whether the rows with a private endpoint resolve to private addresses.

    DNS may return a public IPv6 address beside a private IPv4 one. It does no harm while it cannot
    be reached; where it can, the name warns.
    """
    expected = "private endpoints resolve to private addresses"
    found, left_to_proxy = [], []
    for row in view.rows:
        for name in row.names if view.scope.resolves_privately(row.endpoint) else ():
            measurement = view.measured(name)
            if measurement is None:
                continue
            if measurement.at(Stage.PROXY):
                left_to_proxy.append(name)
            elif measurement.addresses or measurement.passed(Stage.RESOLVE):
                found.append(_judge_addresses(measurement))
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
    return nothing_answered(case, view.required(), expected)


def _judge_addresses(measurement: Measurement) -> NameVerdict:
    addresses = measurement.addresses
    if not addresses:
        return NameVerdict(
            name=measurement.name,
            verdict=Verdict.ERROR,
            cause="probe-failed",
            words="the evidence holds no address",
        )
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
    return {one.address for one in connect.dead} if connect else set()
