"""What the proxies let through that others on the host use."""

from __future__ import annotations

from collections.abc import Iterable

from arc_compliance.wire.evidence import ProxyTrial

PLACES = {"agent": "the agent", "daemons": "the agent's daemons", "shell": "the shell"}


def trials_in_words(trials: Iterable[ProxyTrial]) -> str:
    """What each proxy that others on the host use lets through; empty where there is none."""
    phrases = []
    for trial in trials:
        asked = len(trial.reached) + len(trial.failures)
        causes = ", ".join(sorted({f.cause for f in trial.failures}))
        places = ", ".join(PLACES.get(place, place) for place in trial.places)
        phrases.append(
            f"; through {trial.proxy} (named by {places}) "
            f"{len(trial.reached)} of {asked}{f' ({causes})' if causes else ''}"
        )
    return "".join(phrases)
