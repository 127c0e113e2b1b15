"""Which proxy each client of a host uses, read from where that client has it."""

from __future__ import annotations

import base64
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.probe.python.order import Target, agents_target
from arc_compliance.probe.python.order_reading import read_order
from arc_compliance.probe.python.proxies.clients import ClientProxies
from arc_compliance.probe.python.proxies.daemons import DaemonsEnvironment
from selftests.probe import peers
from selftests.probe.replacing import replace

AGENT = "http://agent:3128"
Find = Callable[..., ClientProxies]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Finds the proxies of a host that has *files* (by the name of the place they stand for)."""
    places = {
        "AGENT_SETTINGS": "localconfig.json",
        "AGENT_CONFIGURATION": "agentconfig.json",
        "ENVIRONMENT_FILE": "environment",
        "PROFILE": "profile",
        "PROFILE_FOLDER": "profile.d",
        "DNF_REPOSITORIES": "yum.repos.d",
        "ZYPPER_FILE": "zypper",
    }
    for constant, name in places.items():
        replace(monkeypatch, constant, str(tmp_path / name))
    lists = {
        "DNF_FILES": "dnf.conf",
        "MONITOR_AGENT_FILES": "ama.conf",
        "LOG_ANALYTICS_AGENT_FILES": "omsagent.conf",
        "SYSTEM_WGETRC": "wgetrc",
    }
    for constant, name in lists.items():
        replace(monkeypatch, constant, (str(tmp_path / name),))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def found(
        files: dict[str, str] | None = None,
        daemons: dict[str, str] | None = None,
        apt: str = "",
        **order: Any,
    ) -> ClientProxies:
        for name, text in (files or {}).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        replace(
            monkeypatch,
            "run_command",
            lambda arguments, _: (0, apt) if apt else (None, "no such command"),
        )
        monkeypatch.setattr(DaemonsEnvironment, "get", lambda _: daemons or {})
        text = json.dumps(peers.order(**{"proxy": "auto", "proxy_bypass": None, **order}))
        read = read_order(io.BytesIO(text.encode()))
        proxies = ClientProxies(read)
        proxies.find(DaemonsEnvironment())
        return proxies

    return found


def clients(proxies: ClientProxies) -> dict[str, str | None]:
    """The proxy of each client that has one."""
    return {client: proxy for client, proxy in proxies.record()["clients"].items() if proxy}


def settings(proxies: ClientProxies) -> list[tuple[str, str]]:
    """Each place that names a proxy, and the proxy."""
    return [(one["place"], one["proxy"]) for one in proxies.record()["settings"]]


def test_nobody_names_a_proxy(find: Find) -> None:
    proxies = find()

    assert (clients(proxies), settings(proxies), proxies.failure) == ({}, [], None)
    assert proxies.trials([agents_target("a.test")]) == []


def test_the_agents_own_setting_comes_before_its_daemons(find: Find) -> None:
    proxies = find(
        {"localconfig.json": json.dumps({"Proxy.URL": AGENT, "proxy.bypass": "Arc, ARM"})},
        daemons={"HTTPS_PROXY": "http://daemons:1"},
    )

    assert clients(proxies) == {"agent": "agent:3128"}
    assert settings(proxies) == [("agent", "agent:3128"), ("daemons", "daemons:1")]
    assert proxies.record()["bypass"] == ["ARM", "Arc"]


def test_a_list_of_groups_and_an_empty_url(find: Find) -> None:
    said = {"proxy.url": "", "proxy.bypass": ["Arc"]}

    proxies = find({"localconfig.json": json.dumps(said)}, daemons={"https_proxy": "daemons"})

    assert clients(proxies) == {"agent": "daemons:80"}
    assert proxies.record()["bypass"] == ["Arc"]


def test_the_groups_of_the_order_hold_where_it_has_any(find: Find) -> None:
    said = {"proxy.url": AGENT, "proxy.bypass": ["Arc"]}

    proxies = find({"localconfig.json": json.dumps(said)}, proxy_bypass=["AAD"])

    assert proxies.proxy_of(agents_target("a.test", bypass="Arc"))
    assert not proxies.proxy_of(agents_target("a.test", bypass="AAD"))


def test_a_shells_proxy_is_the_installers_and_never_the_agents(find: Find) -> None:
    proxies = find(
        {"environment": "# https_proxy=http://no:1\nhttps_proxy='http://u:p@shell:3128'\n"}
    )

    assert clients(proxies) == {"installer": "shell:3128", "package-manager": "shell:3128"}
    assert "u:p" not in json.dumps(proxies.record())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("export https_proxy=http://a:1 no_proxy=x\n", [("shell", "a:1")]),
        (
            "http_proxy=http://a:1\nHTTPS_PROXY=$http_proxy; export HTTPS_PROXY\n",
            [("shell", "a:1")],
        ),
        ("https_proxy=$(cat /etc/proxy)\n", []),  # what only a shell can know, is not known
        ("https_proxy=\nif [ $x = y ]; then\n'", []),
        ("export https_proxy=https://a:1\n", [("shell", "a:1")]),
        ("https_proxy=https://a:1\n", []),  # it is not exported
    ],
)
def test_what_the_files_of_shells_may_say(
    find: Find, text: str, expected: list[tuple[str, str]]
) -> None:
    assert settings(find({"profile.d/proxy.sh": text})) == expected


def test_a_package_manager_has_its_own_before_the_shells(find: Find) -> None:
    apt = 'Acquire::http::Proxy "http://apt:3142";\nAcquire::http::Proxy::a.test "DIRECT";\n'

    proxies = find({"environment": "https_proxy=shell:1\n"}, apt=apt)

    assert clients(proxies) == {"installer": "shell:1", "package-manager": "apt:3142"}


def test_dnf_and_zypper(find: Find) -> None:
    proxies = find(
        {
            "dnf.conf": "[main]\nproxy=http://dnf:1\nproxy_username=u\nproxy_password=pa%ss\n",
            "zypper": 'PROXY_ENABLED="yes"\nHTTPS_PROXY="http://zypper:2"\n',
        }
    )

    assert settings(proxies) == [("dnf", "dnf:1"), ("zypper", "zypper:2")]
    assert clients(proxies) == {"package-manager": "dnf:1"}
    assert proxies.by_client["package-manager"][0].proxy.credentials == "dTpwYSVzcw=="


@pytest.mark.parametrize(
    "text",
    ["[main]\nproxy=_none_\n", "[main]\n", "nonsense", "[main]\nproxy\n", ""],
    ids=["none", "no key", "no section", "no value", "empty"],
)
def test_dnf_without_a_proxy(find: Find, text: str) -> None:
    assert settings(find({"dnf.conf": text, "zypper": "PROXY_ENABLED=no\nHTTPS_PROXY=a:1\n"})) == []


def test_names_that_take_no_proxy(find: Find) -> None:
    proxies = find(daemons={"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost,.chinacloudapi.cn"})

    assert proxies.proxy_of(agents_target("login.chinacloudapi.cn")) is None
    assert proxies.proxy_of(agents_target("gbl.his.arc.azure.cn")).host == "p"


@pytest.mark.parametrize(
    ("said", "failure"),
    [("{", "localconfig.json: not JSON"), ("[1]", "localconfig.json: not JSON")],
)
def test_settings_that_cannot_be_read_are_a_failure(find: Find, said: str, failure: str) -> None:
    proxies = find({"localconfig.json": said, "environment": "https_proxy=a:1\n"})

    assert proxies.failure.endswith(failure)
    assert [t.client for _, _, ts in proxies.trials(targets()) for t in ts] == []


def test_a_pipe_in_the_place_of_settings_keeps_nobody(find: Find, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "localconfig.json")
    os.mkfifo(tmp_path / "environment")

    proxies = find({"dnf.conf": "[main]\nproxy=dnf:1\n"})

    assert proxies.failure == "not a regular file"
    assert settings(proxies) == [("dnf", "dnf:1")]


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://proxy:443", "the agent takes http:// proxies only"),
        (
            "http://",
            "it names no host, or no scheme: expected http://[user:password@]host[:port]",
        ),
        (
            "http://a:b:c",
            "not a URL that a Go program can parse: what follows its host is not a port",
        ),
        (
            "http://CORP\\user:pw@proxy:8080",
            "not a URL that a Go program can parse: its user or password holds a character that "
            "has to be written with a percent sign (a backslash as %5C, a space as %20)",
        ),
    ],
)
def test_a_setting_that_is_of_no_use_says_why(find: Find, url: str, fault: str) -> None:
    proxies = find({"localconfig.json": json.dumps({"proxy.url": url})})

    (setting,) = proxies.record()["settings"]
    assert setting["fault"] == fault
    assert proxies.agents() is not None  # it does not go straight out either


def test_what_monitoring_uses(find: Find) -> None:
    proxies = find(
        {
            "ama.conf": "[Service]\nEnvironment='MDSD_http_proxy=http://u:p@gw:8080' B=1\n",
            "omsagent.conf": "https://u:p@gw.example\nrest\n",
        },
        gateway={"lets_through": [], "refuses": [], "known": ["known.example"]},
        proxy=None,
    )

    assert settings(proxies) == [
        ("azure-monitor-agent", "gw:8080"),
        ("log-analytics-agent", "gw.example"),
        ("known-gateway", "known.example"),
    ]
    assert clients(proxies) == {}


def targets() -> list[Target]:
    """One target of each client."""
    return [
        agents_target(f"{client}.test")._replace(client=client)
        for client in ("agent", "installer", "package-manager")
    ]


def tried(proxies: ClientProxies) -> list[tuple[str, list[str], list[str]]]:
    """(proxy, places, clients) of the trials."""
    return [(p.host, places, [t.client for t in ts]) for p, places, ts in proxies.trials(targets())]


def test_before_onboarding_the_agents_names_are_tried_with_others_proxies(find: Find) -> None:
    apt = 'Acquire::https::Proxy "http://one:1";\n'

    proxies = find({"environment": "https_proxy=http://one:1\n"}, apt=apt)

    assert tried(proxies) == [("one", ["shell", "apt"], ["agent"])]


def test_after_onboarding_the_agent_has_what_it_was_given(find: Find) -> None:
    proxies = find({"environment": "https_proxy=http://one:1\n", "agentconfig.json": "{}"})

    assert tried(proxies) == [("one", ["shell"], [])]


def test_the_installers_names_are_tried_with_the_agents_proxy(find: Find) -> None:
    proxies = find({"localconfig.json": json.dumps({"proxy.url": AGENT})})

    assert tried(proxies) == [("agent", ["agent"], ["installer", "package-manager"])]


@pytest.mark.parametrize("proxy", [None, "http://given:1"])
def test_nothing_is_searched_for_where_the_order_says(find: Find, proxy: str | None) -> None:
    files = {"localconfig.json": json.dumps({"proxy.url": AGENT}), "environment": "https_proxy=a\n"}

    proxies = find(files, proxy=proxy)

    assert set(clients(proxies).values()) == ({"given:1"} if proxy else set())
    assert tried(proxies) == []


def test_what_a_place_says_beside_its_proxy(find: Find) -> None:
    """Whether it holds credentials, and which of the order's names its no_proxy takes off it."""
    proxies = find(
        daemons={"HTTPS_PROXY": "http://u:p@daemons:1", "NO_PROXY": ".test"},
        targets=[peers.target(name) for name in ("a.test", "b.test", "c.example")],
    )

    (said,) = proxies.record()["settings"]
    assert (said["credentials"], said["hides"]) == (True, ["a.test", "b.test"])


def test_the_installer_takes_what_wget_takes(find: Find) -> None:
    """Lower case only; a wgetrc before the environment."""
    upper = find({"environment": "HTTPS_PROXY=http://upper:1\n"})
    both = find({"environment": "https_proxy=http://lower:1\n", "wgetrc": "HTTPS-Proxy = file:2\n"})
    off = find({"wgetrc": "use_proxy = off\n"})

    assert clients(upper) == {"package-manager": "upper:1"}  # dnf's, by libcurl
    assert settings(upper) == [("shell", "upper:1")]
    assert clients(both) == {"installer": "file:2", "package-manager": "lower:1"}
    assert settings(both) == [("wgetrc", "file:2"), ("shell", "lower:1")]
    assert clients(off) == {"package-manager": "lower:1"}


def test_a_wgetrc_with_which_wget_stops(find: Find) -> None:
    proxies = find({"wgetrc": "https_proxy http://p:1\n"})

    (setting,) = proxies.record()["settings"]
    assert setting["fault"].endswith("wgetrc, line 1: a syntax error")
    assert clients(proxies) == {}
    assert proxies.proxy_of(targets()[1]).fault


def test_what_may_be_is_said_and_never_a_way(find: Find) -> None:
    text = "if [ -r /etc/site ]; then export https_proxy=http://may:1; fi\n"

    proxies = find({"profile.d/site.sh": text})

    assert [(one["proxy"], one["certain"]) for one in proxies.record()["settings"]] == [
        ("may:1", False)
    ]
    assert clients(proxies) == {}


def test_the_files_of_a_login_shell_come_one_after_the_other(find: Find) -> None:
    files = {
        "environment": "https_proxy=http://pam:1\n",
        "profile": 'for i in /etc/profile.d/*.sh; do if [ -r "$i" ]; then . "$i"; fi; done\n',
        "profile.d/a.csh": "setenv https_proxy http://csh:1\n",
        "profile.d/z.sh": "export https_proxy=http://profile:2\n",
    }

    assert clients(find(files))["installer"] == "profile:2"
    assert clients(find({"home/.profile": "unset https_proxy\n"})) == {}


def test_apt_goes_its_own_way_to_each_host(find: Find) -> None:
    apt = (
        'Acquire::https::Proxy "http://all:1";\nAcquire::https::Proxy::own.test "http://own:2";\n'
        'Acquire::HTTPS::Proxy::direct.test "DIRECT";\n'
    )
    proxies = find(apt=apt)

    def way(name: str) -> str | None:
        found = proxies.proxy_of(agents_target(name)._replace(client="package-manager"))
        return found and found.host

    assert [way(one) for one in ("a.test", "own.test", "direct.test")] == ["all", "own", None]
    assert settings(proxies) == [("apt", "own:2"), ("apt", "all:1")]


def test_a_repository_of_dnf_has_its_own(find: Find) -> None:
    proxies = find(
        {
            "dnf.conf": "[main]\nproxy=http://main:1\n",
            "yum.repos.d/ms.repo": "[ms]\nbaseurl=https://packages.microsoft.com/x\nproxy=_none_\n"
            "[other]\nbaseurl=https://other.test/$releasever\nproxy=http://repo:2\n",
        }
    )

    def way(name: str) -> str | None:
        found = proxies.proxy_of(agents_target(name)._replace(client="package-manager"))
        return found and found.host

    assert way("packages.microsoft.com") is None
    assert (way("other.test"), way("a.test")) == ("repo", "main")


def test_go_passes_over_a_variable_that_it_cannot_parse_at_all(find: Find) -> None:
    """And goes straight, while a half-parsed one leads to a host ``http``."""
    past = find(daemons={"HTTPS_PROXY": "http://arc:p%ss@proxy:3128"})
    half = find(daemons={"HTTPS_PROXY": "http://CORP\\arc:pw@proxy:3128"})

    assert [one["fault"] is not None for one in past.record()["settings"]] == [True]
    assert past.agents() is None
    assert half.agents().fault
    assert "pw" not in json.dumps([past.record(), half.record()])


def test_a_dollar_in_a_password_is_part_of_it(find: Find) -> None:
    url = "http://arc:pa$$word@proxy:3128"

    proxies = find(
        {"localconfig.json": json.dumps({"proxy.url": url})}, daemons={"HTTPS_PROXY": url}
    )

    assert settings(proxies) == [("agent", "proxy:3128"), ("daemons", "proxy:3128")]
    assert base64.b64decode(proxies.agents().credentials) == b"arc:pa$$word"
