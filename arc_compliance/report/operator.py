"""Who runs the suite, for an auditor: a person at a machine, or a CI job.

The variables are those that each system documents for its jobs. Whoever can start a job can set
them, so that they are a note of who ran the suite and not a proof.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit

from arc_compliance.base.redact import scrub
from arc_compliance.report.compliance import Operator

MOST_CHARACTERS = 200
"""Of one value; nobody reads more of a name."""


def operator_of(environment: Mapping[str, str], user: str, machine: str) -> Operator:
    """The operator by the variables in *environment*, else *user* at *machine*."""

    def told(*names: str) -> str:
        return _line(" ".join(one for one in (environment.get(name, "") for name in names) if one))

    if environment.get("GITHUB_ACTIONS") == "true":
        page = "{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}"
        return Operator(
            who=_who("GitHub Actions", told("GITHUB_ACTOR")),
            job=told("GITHUB_REPOSITORY", "GITHUB_WORKFLOW", "GITHUB_JOB", "GITHUB_RUN_NUMBER"),
            url=_page(page, environment),
            commit=_commit(told("GITHUB_SHA")),
        )
    if environment.get("GITLAB_CI") == "true":
        return Operator(
            who=_who("GitLab CI", told("GITLAB_USER_LOGIN")),
            job=told("CI_PROJECT_PATH", "CI_JOB_NAME", "CI_JOB_ID"),
            url=_page("{CI_JOB_URL}", environment),
            commit=_commit(told("CI_COMMIT_SHA")),
        )
    if environment.get("TF_BUILD", "").lower() == "true":
        page = "{SYSTEM_COLLECTIONURI}{SYSTEM_TEAMPROJECTID}/_build/results?buildId={BUILD_BUILDID}"
        return Operator(
            who=_who("Azure Pipelines", told("BUILD_REQUESTEDFOR")),
            job=told("SYSTEM_TEAMPROJECT", "BUILD_DEFINITIONNAME", "BUILD_BUILDNUMBER"),
            url=_page(page, environment),
            commit=_commit(told("BUILD_SOURCEVERSION")),
        )
    if environment.get("JENKINS_URL") and environment.get("JOB_NAME"):
        return Operator(
            who=_who("Jenkins", told("BUILD_USER_ID")),
            job=told("JOB_NAME", "BUILD_NUMBER"),
            url=_page("{BUILD_URL}", environment),
            commit=_commit(told("GIT_COMMIT")),
        )
    return Operator(who=_line(f"{user}@{machine}"))


def _who(system: str, person: str) -> str:
    return f"{system} for {person}" if person else system


def _line(text: str) -> str:
    """*text* on one line, scrubbed and not too long."""
    line = " ".join(scrub(text).split())
    return line if len(line) <= MOST_CHARACTERS else f"{line[: MOST_CHARACTERS - 1]}…"


def _commit(text: str) -> str:
    return text if re.fullmatch(r"[0-9a-fA-F]{7,64}", text) else ""


def _page(template: str, environment: Mapping[str, str]) -> str:
    """The address that *template* makes of *environment*, without credentials; empty where it is
    not one of http or https."""
    try:
        parts = urlsplit(template.format_map(environment))
        host = parts.hostname
        port = f":{parts.port}" if parts.port else ""
    except (KeyError, ValueError):
        return ""
    if parts.scheme not in ("http", "https") or not host:
        return ""
    name = f"[{host}]" if ":" in host else host
    query = parts.query if re.fullmatch(r"buildId=[0-9]+", parts.query) else ""
    address = scrub(urlunsplit((parts.scheme, f"{name}{port}", parts.path, query, "")))
    return address if len(address) <= 5 * MOST_CHARACTERS and " " not in address else ""
