"""The way that was measured: where it may not be the agent's, and where another would do."""

from __future__ import annotations

from dataclasses import replace

from arc_compliance.catalogue.model import Client
from arc_compliance.judge.causes import remedy
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.plan.cases import Case
from arc_compliance.wire.evidence import Evidence, ProxySetting


def agents_setting(evidence: Evidence) -> ProxySetting:
    """The setting from which the agent has its proxy; one without a place where nobody says."""
    settings = [s for s in evidence.facts.proxy.settings if s.place in _AGENTS_PLACES]
    return settings[0] if settings else ProxySetting(place="", proxy=evidence.vantage.proxy or "")


def with_proxy_at_hand(judgement: Judgement, case: Case, evidence: Evidence) -> Judgement:
    """*judgement*, where the direct route fails, with the proxy of the host that would do.

    The verdict stays: no client takes its proxy from where that one stands. Where the agent's proxy
    is none that it can use, that is what there is to mend.
    """
    if judgement.verdict is not Verdict.FAIL or not judgement.failing:
        return judgement
    client = (case.row_of or case.requirement).client
    fault = agents_setting(evidence).fault
    if fault and judgement.cause == "proxy-failed":
        mend = "server owner: Write the agent's proxy as http://host:port (azcmagent config set "
        return replace(judgement, remedy=f"{mend}proxy.url, or HTTPS_PROXY of its daemons).")
    for trial in evidence.proxy_trials:
        if set(judgement.failing) <= set(trial.reached) and client in _GIVE:
            places = " and ".join(_PLACES.get(place, place) for place in trial.places)
            secret = ", with its credentials" if trial.credentials else ""
            how = _GIVE[client].format(url=f"http://{trial.proxy}")
            return replace(
                judgement,
                actual=f"{judgement.actual}; through {trial.proxy}, the proxy of {places}, "
                "it is reached",
                remedy=f"server owner: {how} (the proxy of {places}{secret}).",
            )
    return judgement


_GIVE = {
    Client.AGENT: "Give the agent the proxy that works here: azcmagent config set proxy.url {url}",
    Client.INSTALLER: "Give the shell that installs the proxy that works here: https_proxy={url}",
    Client.PACKAGE_MANAGER: "Give the package manager the proxy that works here: {url}",
}
_AGENTS_PLACES = ("order", "agent", "daemons")
_PLACES = {"agent": "the agent", "daemons": "the agent's daemons", "shell": "the shell"}


def weigh_by_route(judgement: Judgement, case: Case, evidence: Evidence) -> Judgement:
    """*judgement*, or an error where the agent's way was measured without knowing its proxy."""
    why = evidence.facts.proxy.failure
    client = (case.row_of or case.requirement).client
    unmet = judgement.verdict in (Verdict.FAIL, Verdict.BLOCKED)
    if not why or not unmet or client is not Client.AGENT:
        return judgement
    cause = why if why == "permission-denied" else "probe-failed"
    return replace(
        judgement,
        verdict=Verdict.ERROR,
        cause=cause,
        actual=f"the agent's own proxy is unknown ({why}); straight out: {judgement.actual}",
        remedy=remedy(cause, judgement.failing),
    )


def trials_in_words(evidence: Evidence) -> str:
    """What each proxy that others on the host use lets through; empty where there is none."""
    phrases = []
    for trial in evidence.proxy_trials:
        asked = len(trial.reached) + len(trial.failures)
        causes = ", ".join(sorted({f.cause for f in trial.failures}))
        places = ", ".join(_PLACES.get(place, place) for place in trial.places)
        phrases.append(
            f"; through {trial.proxy} (named by {places}) "
            f"{len(trial.reached)} of {asked}{f' ({causes})' if causes else ''}"
        )
    return "".join(phrases)
