"""Who ran the suite, by what each CI system tells its jobs; and what is no use to an auditor."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.report.compliance import Operator
from arc_compliance.report.operator import MOST_CHARACTERS, operator_of

SHA = "0123456789abcdef0123456789abcdef01234567"
GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_ACTOR": "octocat",
    "GITHUB_REPOSITORY": "corp/arc",
    "GITHUB_WORKFLOW": "nightly",
    "GITHUB_JOB": "compliance",
    "GITHUB_RUN_NUMBER": "17",
    "GITHUB_RUN_ID": "9001",
    "GITHUB_SERVER_URL": "https://github.com",
    "GITHUB_SHA": SHA,
}
GITLAB = {
    "GITLAB_CI": "true",
    "GITLAB_USER_LOGIN": "ana",
    "CI_PROJECT_PATH": "corp/arc",
    "CI_JOB_NAME": "compliance",
    "CI_JOB_ID": "42",
    "CI_JOB_URL": "https://gitlab.corp.example/corp/arc/-/jobs/42",
    "CI_COMMIT_SHA": SHA,
}
AZURE = {
    "TF_BUILD": "True",
    "BUILD_REQUESTEDFOR": "Ana A.",
    "SYSTEM_TEAMPROJECT": "arc",
    "SYSTEM_TEAMPROJECTID": "6f0f-11",
    "BUILD_DEFINITIONNAME": "nightly",
    "BUILD_BUILDNUMBER": "20261125.1",
    "BUILD_BUILDID": "77",
    "SYSTEM_COLLECTIONURI": "https://dev.azure.com/corp/",
    "BUILD_SOURCEVERSION": SHA,
}
JENKINS = {
    "JENKINS_URL": "http://ci.corp.example:8080/",
    "JOB_NAME": "arc/nightly",
    "BUILD_NUMBER": "5",
    "BUILD_URL": "http://ci.corp.example:8080/job/arc/5/",
    "GIT_COMMIT": SHA,
}


@pytest.mark.parametrize(
    ("environment", "who", "job", "url"),
    [
        (
            GITHUB,
            "GitHub Actions for octocat",
            "corp/arc nightly compliance 17",
            "https://github.com/corp/arc/actions/runs/9001",
        ),
        (
            GITLAB,
            "GitLab CI for ana",
            "corp/arc compliance 42",
            "https://gitlab.corp.example/corp/arc/-/jobs/42",
        ),
        (
            AZURE,
            "Azure Pipelines for Ana A.",
            "arc nightly 20261125.1",
            "https://dev.azure.com/corp/6f0f-11/_build/results?buildId=77",
        ),
        (JENKINS, "Jenkins", "arc/nightly 5", "http://ci.corp.example:8080/job/arc/5/"),
    ],
    ids=["GitHub", "GitLab", "Azure", "Jenkins"],
)
def test_a_job_is_told_by_the_system_it_runs_on(
    environment: dict[str, str], who: str, job: str, url: str
) -> None:
    assert operator_of(environment, "root", "runner") == Operator(
        who=who, job=job, url=url, commit=SHA
    )


def test_a_person_is_told_by_user_and_machine() -> None:
    assert operator_of({"CI": "true"}, "ana", "ops1") == Operator(who="ana@ops1")


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://u:hunter2@ci.example/5", "https://ci.example/5"),
        ("https://ci.example/5?token=abc#x", "https://ci.example/5"),
        ("https://[::1]:8443/5", "https://[::1]:8443/5"),
        ("javascript:alert(1)", ""),
        ("file:///etc/passwd", ""),
        ("//ci.example/5", ""),
        ("https://ci.example:70000/", ""),
        ("https://[x/", ""),
        ("https://ci.example/" + "a" * 2000, ""),
        ("", ""),
    ],
)
def test_only_an_address_without_credentials_is_kept(given: str, address: str) -> None:
    assert operator_of({**JENKINS, "BUILD_URL": given}, "u", "m").url == address


@pytest.mark.parametrize("commit", ["main", "; rm -rf /", "0" * 65, "<b>"])
def test_a_commit_is_a_digest(commit: str) -> None:
    assert operator_of({**JENKINS, "GIT_COMMIT": commit}, "u", "m").commit == ""


def test_a_job_without_its_variables_is_a_job_still() -> None:
    assert operator_of({"GITHUB_ACTIONS": "true"}, "u", "m") == Operator(who="GitHub Actions")


@given(st.text(max_size=500))
def test_whatever_a_variable_holds_is_one_short_line(text: str) -> None:
    for environment in (GITHUB, GITLAB, AZURE, JENKINS, {}):
        hostile = dict.fromkeys(environment, text) | {
            name: environment[name]
            for name in ("GITHUB_ACTIONS", "GITLAB_CI", "TF_BUILD")
            if name in environment
        }
        found = operator_of(hostile, text, text)
        for value in (found.who, found.job, found.commit):
            assert len(value) <= 2 * MOST_CHARACTERS
            assert value == " ".join(value.split())


def test_secrets_in_variables_reach_no_report() -> None:
    found = operator_of({**GITLAB, "CI_JOB_NAME": "x token=glpat-12345"}, "u", "m")

    assert "glpat" not in found.job
