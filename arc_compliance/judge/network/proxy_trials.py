"""What the proxies let through that others on the host use."""

from __future__ import annotations

from arc_compliance.wire.evidence import Evidence

PLACES = {"agent": "the agent", "daemons": "the agent's daemons", "shell": "the shell"}


def trials_in_words(evidence: Evidence) -> str:
    """What each proxy that others on the host use lets through; empty where there is none."""
    phrases = []
    for trial in evidence.proxy_trials:
        asked = len(trial.reached) + len(trial.failures)
        causes = ", ".join(sorted({f.cause for f in trial.failures}))
        places = ", ".join(PLACES.get(place, place) for place in trial.places)
        phrases.append(
            f"; through {trial.proxy} (named by {places}) "
            f"{len(trial.reached)} of {asked}{f' ({causes})' if causes else ''}"
        )
    return "".join(phrases)
