"""What is neither an option nor a place of tests: one line, with a guess, before a run starts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.options.command_line import check_options, check_places
from arc_compliance.options.table import OPTIONS
from selftests.suite_run import ROOT, SuiteRun

RunSuite = Callable[..., SuiteRun]

OURS = [option.name for option in OPTIONS]
PYTESTS = ["--collect-only", "--co", "--deselect", "--lf", "--pdb", "--html", "--durations"]
HOMES = ["tests_network", "tests_tls", "tests_host"]


def misspelt(name: str) -> Iterator[str]:
    """*name* with a letter missing, doubled or exchanged with the next, and with an s more."""
    for at in range(2, len(name)):
        yield name[:at] + name[at + 1 :]
        yield name[: at + 1] + name[at:]
        yield name[:at] + name[at + 1 : at + 2] + name[at] + name[at + 2 :]
    yield f"{name}s"
    yield name.replace("-", "_").replace("__", "--")


@pytest.mark.parametrize("name", OURS)
def test_every_option_is_recognised_when_misspelt(name: str) -> None:
    known = [*OURS, *PYTESTS]

    for wrong in {*misspelt(name)} - {*known}:
        with pytest.raises(Fault) as caught:
            check_options([f"{wrong}=x"], [f"{wrong}=x"], known)

        assert str(caught.value).startswith(f"{wrong}: unknown option (did you mean ")
        assert f"'{name}'" in str(caught.value)


def test_the_beginning_of_an_option_is_not_the_option() -> None:
    with pytest.raises(Fault, match=r"did you mean --connect-timeout or --connect-to\?"):
        check_options([], ["--c=3"], ["--connect-to", "--connect-timeout", "--forks"])


@pytest.mark.parametrize("dash", ["-", "\u2013", "\u2014", "\u2014-", "\u2010\u2010"])
@pytest.mark.parametrize("name", OURS)
def test_an_option_with_other_dashes_is_named(name: str, dash: str) -> None:
    wrong = dash + name.lstrip("-")

    with pytest.raises(Fault) as caught:
        check_options([f"{wrong}=x"], [], OURS)

    assert str(caught.value) == f"{wrong}: an option begins with two hyphens; write {name}"


def test_what_is_known_passes() -> None:
    check_options(["-x", "-k", "hosts", "--hosts=a", "-n2", "-", "--", ""], ["-", ""], OURS)


PLACES = {
    ".": "holds more than the compliance tests; leave it out, or name a part of tests_network",
    "..": "holds more than the compliance tests; ",
    "/": "holds more than the compliance tests; ",
    "tests": "no such file or folder (did you mean 'tests_tls'?); ",
    "nonexistent": "no such file or folder; leave it out",
    "tests_tls/test_tls13.py": "no such file or folder (did you mean 'tests_tls/test_tls12.py'?); ",
    "tests_network/nope/": "no such file or folder",
    "fixtures": "holds no compliance test; ",
    "README.md::test": "holds no compliance test; ",
    "/etc": "holds no compliance test; ",
    "reports": "holds no compliance test; ",
    "selftests": "the suite's own tests; for them, run pytest -c selftests/pytest.ini selftests",
    "selftests/base/test_fault.py": "the suite's own tests; ",
    "tests_tls/../selftests": "the suite's own tests; ",
    "web01": "no such file or folder",
}


@pytest.mark.parametrize("place", PLACES)
def test_a_wrong_place_is_refused_with_the_right_one(place: str) -> None:
    with pytest.raises(Fault) as caught:
        check_places(["tests_tls", place], ROOT, ROOT, HOMES)

    assert str(caught.value).startswith(f"{place.partition('::')[0]}: {PLACES[place]}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "folder"),
    [
        ("tests_tls", "."),
        ("tests_network/test_urls.py::test_url_is_reachable[local-urls/his]", "."),
        ("tests_host/../tests_tls", "."),
        (".", "tests_tls"),
        ("../tests_network", "tests_tls"),
        (str(ROOT / "tests_host"), "/"),
    ],
)
def test_a_place_of_compliance_tests_is_taken(place: str, folder: str) -> None:
    check_places([place], ROOT / folder, ROOT, HOMES)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--host=ssh://web01"], "--host: unknown option (did you mean '--hosts'?)"),
        (["--host", "ssh://web01"], "--host: unknown option (did you mean '--hosts'?)"),
        (["-hosts=ssh://web01"], "-hosts: an option begins with two hyphens; write --hosts"),
        (["-known-gateway=oms"], "-known-gateway: an option begins with two hyphens"),
        (["."], ".: holds more than the compliance tests"),
        (["nonexistent"], "nonexistent: no such file or folder"),
        (["--demo", "-n2", "selftests", "tests_tls"], "selftests: the suite's own tests"),
    ],
)
def test_pytest_says_it_in_one_line(run_suite: RunSuite, arguments: list[str], words: str) -> None:
    run = run_suite(*arguments)

    assert run.code == 4
    assert run.out == ""
    (line,) = run.err.split("\n\n")[:1]
    assert line.startswith(f"ERROR: {words}")
    assert not (run.reports / "junit.xml").exists()


def test_the_suites_own_tests_know_no_option_of_a_compliance_run(run_suite: RunSuite) -> None:
    run = run_suite("selftests", "--demo")

    assert run.code == 4
    assert "an option of the compliance run; its tests are not in selftests" in run.err


def test_addopts_of_the_environment_are_checked_too(run_suite: RunSuite) -> None:
    run = run_suite("--demo", env={"PYTEST_ADDOPTS": "--locaton=chinanorth3"})

    assert run.code == 4
    assert "ERROR: --locaton: unknown option (did you mean '--location'?)" in run.err


@pytest.mark.parametrize("folder", ["tests_tls", "/"])
def test_a_path_is_meant_from_where_it_is_typed(folder: str) -> None:
    with pytest.raises(Fault, match="no such file"):
        check_places(["tests_network"], Path(ROOT / folder), ROOT, HOMES)
