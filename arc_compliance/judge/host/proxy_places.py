"""The places on the host that name a proxy."""

from __future__ import annotations

from collections.abc import Iterator

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, judged
from arc_compliance.judge.network.proxy import PLACES
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case
from arc_compliance.wire.facts import ProxySetting

_OTHER_PLACES = ("wgetrc", "shell", "apt", "dnf", "zypper")

_EVERY_PLACE = ("agent", "daemons", *_OTHER_PLACES)


def judge_proxy_consistency(case: Case, view: HostView) -> Judgement:
    """Whether the places on the host that name a proxy agree, as far as the agent is concerned."""
    expected = "the places that name a proxy agree, and the agent can use its own"
    facts = view.facts.proxy
    if not facts.read:
        return judged(
            case,
            Verdict.NOT_APPLICABLE,
            expected=expected,
            actual="the run names the way out; with --proxy=auto the host's own places are asked",
        )
    if facts.failure:
        cause = facts.failure if facts.failure == "permission-denied" else "probe-failed"
        return judged(
            case,
            Verdict.ERROR,
            expected=expected,
            actual=f"the agent's own configuration was not read ({facts.failure})",
            cause=cause,
        )
    shown = ", ".join(_shown(one) for one in facts.settings)
    found = list(_inconsistencies(view))
    if not found:
        return judged(case, Verdict.PASS, expected=expected, actual=shown or "no proxy is named")
    return judged(
        case,
        Verdict.WARN,
        expected=expected,
        actual=f"{'; '.join(found)} ({shown})",
        failing=[case.host],
        remedy=Remedy(
            Owner.SERVER,
            "Name the proxy once, where the agent takes it from: azcmagent config set proxy.url "
            "http://host:port, without credentials, and bypass groups in proxy.bypass.",
        ),
    )


def _shown(one: ProxySetting) -> str:
    """A setting in words: what is not certain is said with a "may"."""
    place = PLACES.get(one.place, one.place)
    proxy = one.proxy or f"none that can be used ({one.fault})"
    return f"{place}: {proxy}" if one.certain else f"{place} may name {one.proxy or one.fault}"


def _inconsistencies(view: HostView) -> Iterator[str]:
    """The classic faults, in words."""
    facts = view.facts
    of = {place: [s for s in facts.proxy.settings if s.place == place] for place in _EVERY_PLACE}
    agents = [*of["agent"], *of["daemons"]]
    others = [place for place in _OTHER_PLACES if any(one.certain for one in of[place])]
    if others and not agents and facts.agent.installed:
        yield f"{' and '.join(others)} have a proxy, the agent and its daemons have none"
    if of["agent"] and of["daemons"] and of["agent"][0].proxy != of["daemons"][0].proxy:
        yield "proxy.url and HTTPS_PROXY of the daemons differ; the agent takes proxy.url"
    for one in agents:
        place = PLACES[one.place]
        if one.fault:
            yield f"{place}: {one.fault}"
        if one.credentials:
            yield f"{place} holds credentials, which every reader of it sees"
    for one in of["wgetrc"]:
        if one.fault:
            yield f"wgetrc: {one.fault}"
    failed = {m.name for m in view.required(Client.AGENT) if m.failed}
    for one in agents[:1]:
        if lost := [name for name in one.hides if name in failed]:
            yield f"no_proxy of {PLACES[one.place]} hides {', '.join(lost[:4])}, not reached so"
