"""A proxy of the host by which a failing endpoint is reached."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.causes import Owner, Remedy
from arc_compliance.judge.judgement import Judgement, Verdict, with_remedies
from arc_compliance.judge.network.proxy_trials import PLACES
from arc_compliance.judge.view import HostView
from arc_compliance.plan.cases import Case

_WRITE_IT_RIGHT = Remedy(
    Owner.SERVER,
    "Write the agent's proxy as http://host:port (azcmagent config set proxy.url, or HTTPS_PROXY "
    "of its daemons).",
)
_GIVE = {
    Client.AGENT: "Give the agent the proxy that works here: azcmagent config set proxy.url {url}",
    Client.INSTALLER: "Give the shell that installs the proxy that works here: https_proxy={url}",
    Client.PACKAGE_MANAGER: "Give the package manager the proxy that works here: {url}",
}


def by_proxy_at_hand(judgement: Judgement, case: Case, view: HostView) -> Judgement:
    """*judgement*, where the direct route fails, with the proxy of the host that would do.

    The verdict stays: no client takes its proxy from where that one stands. Where the agent's proxy
    is not one that it can use, that is what there is to fix.
    """
    if judgement.verdict is not Verdict.FAIL or not judgement.failing:
        return judgement
    client = (case.row_of or case.requirement).client
    fault = view.agents_proxy.fault
    if fault and judgement.cause == "proxy-failed":
        return with_remedies(judgement, [_WRITE_IT_RIGHT])
    for trial in view.evidence.proxy_trials:
        if set(judgement.failing) <= set(trial.reached) and client in _GIVE:
            places = " and ".join(PLACES.get(place, place) for place in trial.places)
            secret = ", with its credentials" if trial.credentials else ""
            how = _GIVE[client].format(url=f"http://{trial.proxy}")
            seen = f"through {trial.proxy}, the proxy of {places}, it is reached"
            remedy = Remedy(Owner.SERVER, f"{how} (the proxy of {places}{secret}).")
            found = replace(judgement, actual=f"{judgement.actual}; {seen}")
            return with_remedies(found, [remedy])
    return judgement
