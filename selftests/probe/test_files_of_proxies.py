"""Files that name proxies, held against what the programs made of them (selftests/reference)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.probe.python.proxies.apt import apt_environment, apt_settings
from arc_compliance.probe.python.proxies.assignments import (
    assignments,
    environment_file,
    login_environment,
    shell_words,
)
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from arc_compliance.probe.python.proxies.package_managers import dnf_settings
from arc_compliance.probe.python.proxies.setting import Setting, first_for, hides, is_straight
from arc_compliance.probe.python.proxies.shell_following import ShellFollower
from arc_compliance.probe.python.proxies.wget import (
    NO_WGETRC,
    read_wgetrc,
    wget_settings,
    with_wgetrc,
)
from selftests.conftest import needs
from selftests.probe.replacing import replace

REFERENCE = Path(__file__).parents[1] / "reference"
PORTS = {"lower": 1, "upper": 2, "file": 3, "other": 4, "user": 5, "target": 6}
WORDS = (
    *(
        "export ",
        "https_proxy=",
        "http://p:1",
        "if ",
        "then\n",
        "fi\n",
        "for x in a; do ",
        "done\n",
    ),
    *("case x in y) ", ";;esac\n", "<<END\n", "END\n", "${", "$((", "$(", "[[ ", " ]]", "f() "),
    *("unset ", "eval ", "set -a\n", "\u00e9", "proxy", "use_proxy = ", "no_proxy=", "return\n"),
    *("Acquire::https::Proxy ", '"DIRECT";\n', "{a,b}"),
)
FRAGMENTS = st.lists(st.sampled_from([*"\n\r \t\"'`$\\#;=(){}<>&|!\0:", *WORDS])).map("".join)


def rows(table: str) -> list[Any]:
    """What the program answered."""
    found: list[Any] = json.loads((REFERENCE / f"{table}.json").read_text("utf-8"))["rows"]
    return found


def filled(text: str) -> str:
    """A text of the table with ports in it."""
    for name, port in PORTS.items():
        text = text.replace(f"{{{name}}}", str(port))
    return text


def given_by(row: dict[str, Any]) -> dict[str, str]:
    """The environment of a row."""
    return {name: filled(value) for name, value in row.get("environment", {}).items()}


def asked(row: dict[str, Any]) -> str:
    """Whom the program asked: a proxy by its port, "straight", or nobody."""
    if not row["asks"]:
        return "nobody"
    name = row["asks"][0].partition(":")[0]
    return "straight" if name == "target" else str(PORTS[name])


def way(setting: Setting | None, host: str) -> str:
    """Whom we would ask."""
    if setting is None or is_straight(setting) or hides(setting, host):
        return "straight"
    return "nobody" if setting.proxy.fault else str(setting.proxy.port)


# -- wget ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [one for one in rows("wget") if "http://l" not in str(one)])
def test_wget_asks_whom_we_ask(row: dict[str, Any], tmp_path: Path) -> None:
    paths = []
    for name in ("system", "user"):
        paths.append(str(tmp_path / name))
        Path(paths[-1]).write_text(filled(row.get(name, "")), encoding="utf-8", newline="")
    if "nonsense" in str(row):
        needs(Path("/usr/bin/wget").exists(), "wget")

    settings = wget_settings(given_by(row), read_wgetrc(paths))

    host = "127.0.0.1" if "127.0.0.1" in row.get("url", "") else "localhost"
    assert way(next(iter(settings), None), host) == asked(row)


def test_a_proxy_user_of_wget_stands_in_a_line_of_its_own() -> None:
    text = "https_proxy = p:1\nproxy_user = arc\nproxy_password = pw\n"

    (setting,) = wget_settings({}, with_wgetrc(NO_WGETRC, text, "wgetrc"))

    assert setting.proxy.credentials == "YXJjOnB3"


# -- apt -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row", [one for one in rows("apt") if "Syntax error" not in str(one)], ids=str
)
def test_apt_asks_whom_we_ask(row: dict[str, Any]) -> None:
    dump = filled("\n".join(row["dump"]))
    environment = given_by(row)

    settings = apt_settings(dump, environment)
    setting = first_for(settings + apt_environment(environment), "localhost")

    if any(not one.certain for one in settings):
        assert asked(row) == str(PORTS["other"])  # a program told apt, which we do not run
    else:
        assert way(setting, "localhost") == asked(row)


# -- bash ----------------------------------------------------------------------------------------

ONLY_BASH_KNOWS = re.compile(r"\$\(|`|\$\$|\$UNSET|PROXY:\+|printf -v|read -r")


@pytest.mark.parametrize("row", rows("bash"), ids=lambda row: repr(row["text"]))
def test_what_is_certain_is_what_bash_exports(row: dict[str, Any]) -> None:
    """And what bash exports is certain, or said, or known to bash only."""
    follower = ShellFollower({})
    follower.follow(row["text"])

    names = re.compile(r"(?i)(https?|all|no)_proxy\Z")
    certain = {k: v for k, v in follower.environment().items() if names.match(k)}
    assert certain.items() <= row["environment"].items()
    said = {*certain.values(), *(text for _, text in follower.may)}
    if not ONLY_BASH_KNOWS.search(row["text"]):
        assert set(row["environment"].values()) <= said


@pytest.mark.parametrize(
    "text",
    [
        'export https_proxy=http://p:1\n[ -n "$X" ] && unset https_proxy\n',
        "export https_proxy=http://p:1\nif x; then https_proxy=http://p:2; fi\n",
        '[ -z "$PS1" ] && return\nexport https_proxy=http://p:1\n',
        "f() { unset https_proxy; }\nexport https_proxy=http://p:1\nx && f\n",
        'export https_proxy=http://p:1\nread "$name" < /etc/site\n',
        'export https_proxy=http://p:1\neval "$(site)"\n',
        'export https_proxy=http://p:1\nexport "${one}_proxy=http://p:2"\n',
        "export https_proxy=http://p:1\nfor https_proxy in a b; do :; done\n",
        "while read -r x; do export https_proxy=http://p:1; done < /etc/site\n",
        "set -e\nexport https_proxy=http://p:1\n",
        "export https_proxy=http://p:1\n. ./site.sh$X\n",
    ],
)
def test_what_hangs_on_something_else_is_not_certain(text: str) -> None:
    follower = ShellFollower({})
    follower.follow(text)

    assert "https_proxy" not in follower.environment()
    assert ("https_proxy", "http://p:1") in follower.may


@pytest.mark.parametrize(
    "text",
    [
        "f() { echo; }\nexport https_proxy=http://p:1\nf\n",
        "if true; then umask 022; fi\nexport https_proxy=http://p:1\n",
        "for i in /etc/profile.d/*.sh; do . $i; done\nexport https_proxy=http://p:1\n",
        "export https_proxy=http://p:1\ncurl -s x | read -r https_proxy\n",
        "(( x = 1 ))\n[[ $a =~ ^(b|c)$ ]]\nexport https_proxy=http://p:1\n",
        "cat <<-'E' > /dev/null\n\tdon't\n\tE\nexport https_proxy=http://p:1\n",
        "{ export https_proxy=http://p:1; } 2>/dev/null\n",
        "a=(1 2 '3)')\nexport https_proxy=http://p:1\n",
        "export https_proxy=http://p:1\n. ~/.no-such-file\n",
        'export https_proxy=http://p:1\nx && eval "$(dircolors -b ~/.dircolors)"\n',
        'export https_proxy=http://p:1\neval "$(SHELL=/bin/sh lesspipe)"\n',
    ],
)
def test_what_hangs_on_nothing_is_certain(text: str) -> None:
    follower = ShellFollower({"HOME": "/nowhere"})
    follower.follow(text)

    assert follower.environment()["https_proxy"] == "http://p:1"


def test_a_file_that_is_sourced_by_name_is_followed(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("export https_proxy=http://p:1\n")
    (tmp_path / "loop").write_text(f". {tmp_path}/loop\n")
    follower = ShellFollower({})
    follower.follow(f"D={tmp_path}\n. $D/site\n. $D/missing\n")

    assert follower.environment() == {"https_proxy": "http://p:1"}
    follower.follow(f". {tmp_path}/loop\n")


# -- service manager -----------------------------------------------------------------------------

ENVIRONMENT_FILE = """# HTTPS_PROXY=comment
; HTTPS_PROXY=comment
  HTTPS_PROXY="http://arc:pa$$word@p:1"
NO_PROXY='a b',c # no comment
LONG=one\\
 two
export EXPORTED=1
not an assignment
QUOTED="a\\"b" 'c'
EMPTY=
LAST=x"""


def test_an_environment_file_is_read_as_systemd_reads_it() -> None:
    assert environment_file(ENVIRONMENT_FILE) == {
        "HTTPS_PROXY": "http://arc:pa$$word@p:1",
        "NO_PROXY": "a b,c # no comment",
        "LONG": "one two",
        "QUOTED": 'a"bc',
        "EMPTY": "",
        "LAST": "x",
    }


def test_a_login_has_what_pam_reads() -> None:
    text = "# c\nexport A=\"b c\" # d\nE='f'\nG=$H\n=x\n1=2\n"

    assert login_environment(text) == {"A": "b c", "E": "f", "G": "$H"}


SHOWN = """Environment=A=1 "B=x y" $'C=it\\'s'
EnvironmentFiles={one} (ignore_errors=no)
EnvironmentFiles={missing} (ignore_errors=yes)
UnsetEnvironment=GONE "KEPT=other"

Environment=A=2 D=3
"""


def test_units_and_their_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = tmp_path / "one"
    one.write_text("HTTPS_PROXY=http://p:1\n")
    shown = SHOWN.format(one=one, missing=tmp_path / "missing")
    answers = {"show-environment": "GONE=1\nKEPT=2\nHTTPS_PROXY=x\n", "show": shown}
    replace(monkeypatch, "run_command", lambda arguments, _: (0, answers[arguments[1]]))

    daemons = DaemonsEnvironment()

    assert daemons.get() == {
        "A": "1",
        "B": "x y",
        "C": "it's",
        "D": "3",
        "KEPT": "2",
        "HTTPS_PROXY": "http://p:1",
    }
    assert daemons.failure is None


def test_a_file_that_only_root_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = f"EnvironmentFiles={tmp_path}/secret (ignore_errors=no)\n"
    replace(monkeypatch, "run_command", lambda words, _: (0, shown if words[1] == "show" else ""))

    def refuse(_path: str) -> str:
        raise PermissionError

    replace(monkeypatch, "read_text", refuse)
    daemons = DaemonsEnvironment()

    assert (daemons.get(), daemons.failure) == ({}, "permission-denied")


# -- hostile text --------------------------------------------------------------------------------


@given(FRAGMENTS | st.text())
def test_any_shell_file_is_followed(text: str) -> None:
    follower = ShellFollower({"https_proxy": "http://before:1"})
    follower.follow(text)

    assert all(isinstance(value, str) for value in follower.environment().values())
    assert follower.within == 0


@given(FRAGMENTS | st.text())
def test_any_file_of_settings_is_read(text: str) -> None:
    wget_settings({"https_proxy": text, "no_proxy": text}, with_wgetrc(NO_WGETRC, text, "f"))
    for setting in apt_settings(text, {"no_proxy": text}) + apt_environment({"https_proxy": text}):
        hides(setting, text)
    for found in (environment_file(text), login_environment(text), dict(assignments([text]))):
        assert all(re.fullmatch(r"[A-Za-z_]\w*", name) for name in found)
    assert isinstance(shell_words(text), list)


@given(text=FRAGMENTS | st.text())
def test_any_file_of_dnf_is_read(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "dnf.conf"
    path.write_bytes(b"[main]\n" + text.encode("utf-8", "surrogatepass"))

    assert isinstance(dnf_settings(str(path), lambda _name, _port: False), list)


@pytest.mark.parametrize(
    "text",
    [
        "a=(" * 50000,
        "((" * 50000,
        "export https_proxy=" + "''" * 90000,
        "if x; then " * 9000,
        "$(" * 60000,
        "x" * 5000000,
        "export A=${B:-" * 9000,
        "'\"" * 60000,
        "<<E\n" * 40000,
        "f() { f; f; }\nf\nproxy",
        "no_proxy = a,b\n" * 90000,
        'A="' + "\\" * 200000,
    ],
    ids=lambda text: repr(text[:12]),
)
def test_a_huge_file_takes_no_time(text: str) -> None:
    ShellFollower({}).follow(text)
    with_wgetrc(NO_WGETRC, text, "wgetrc")
    environment_file(text)
    login_environment(text)
    shell_words(text)
    apt_settings(text, {})
