"""The ways out of a host: which proxy each client takes, read from where that client has it."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from arc_compliance.probe import probe
from selftests.probe import peers

AGENT = "http://agent:3128"
Find = Callable[..., probe.Ways]


@pytest.fixture
def find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Find:
    """Finds the ways of a host that has *files* (by the name of the place they stand for)."""
    places = {
        "AGENT_SETTINGS": "localconfig.json",
        "AGENT_CONFIGURATION": "agentconfig.json",
        "ENVIRONMENT_FOLDER": "profile.d",
        "ZYPPER_FILE": "zypper",
    }
    for constant, name in places.items():
        monkeypatch.setattr(probe, constant, str(tmp_path / name))
    lists = {
        "ENVIRONMENT_FILES": "environment",
        "DNF_FILES": "dnf.conf",
        "MONITOR_AGENT_FILES": "ama.conf",
        "LOG_ANALYTICS_AGENT_FILES": "omsagent.conf",
    }
    for constant, name in lists.items():
        monkeypatch.setattr(probe, constant, (str(tmp_path / name),))
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    def ways(
        files: dict[str, str] | None = None,
        daemons: dict[str, str] | None = None,
        apt: str = "",
        **order: Any,
    ) -> probe.Ways:
        for name, text in (files or {}).items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text)
        monkeypatch.setattr(
            probe, "command", lambda arguments, _: (0, apt) if apt else (None, "no such command")
        )
        monkeypatch.setattr(probe.DaemonsEnvironment, "get", lambda _: daemons or {})
        text = json.dumps(peers.order(**{"proxy": "auto", "proxy_bypass": None, **order}))
        read = probe.read_order(io.BytesIO(text.encode()))
        return probe.Ways(read).find(probe.DaemonsEnvironment())

    return ways


def clients(ways: probe.Ways) -> dict[str, str | None]:
    """The proxy of each client that has one."""
    return {client: proxy for client, proxy in ways.record()["clients"].items() if proxy}


def settings(ways: probe.Ways) -> list[tuple[str, str]]:
    """Each place that names a proxy, and the proxy."""
    return [(one["place"], one["proxy"]) for one in ways.record()["settings"]]


def test_nobody_names_a_proxy(find: Find) -> None:
    ways = find()

    assert (clients(ways), settings(ways), ways.failure) == ({}, [], None)
    assert ways.trials([probe.agents_target("a.test")]) == []


def test_the_agents_own_setting_comes_before_its_daemons(find: Find) -> None:
    ways = find(
        {"localconfig.json": json.dumps({"Proxy.URL": AGENT, "proxy.bypass": "Arc, ARM"})},
        daemons={"HTTPS_PROXY": "http://daemons:1"},
    )

    assert clients(ways) == {"agent": "agent:3128"}
    assert settings(ways) == [("agent", "agent:3128"), ("daemons", "daemons:1")]
    assert ways.record()["bypass"] == ["ARM", "Arc"]


def test_a_list_of_groups_and_an_empty_url(find: Find) -> None:
    said = {"proxy.url": "", "proxy.bypass": ["Arc"]}

    ways = find({"localconfig.json": json.dumps(said)}, daemons={"https_proxy": "daemons"})

    assert clients(ways) == {"agent": "daemons:80"}
    assert ways.record()["bypass"] == ["Arc"]


def test_the_groups_of_the_order_hold_where_it_has_any(find: Find) -> None:
    said = {"proxy.url": AGENT, "proxy.bypass": ["Arc"]}

    ways = find({"localconfig.json": json.dumps(said)}, proxy_bypass=["AAD"])

    assert ways.proxy_of(probe.agents_target("a.test", bypass="Arc"))
    assert not ways.proxy_of(probe.agents_target("a.test", bypass="AAD"))


def test_a_shells_proxy_is_the_installers_and_never_the_agents(find: Find) -> None:
    ways = find({"environment": "# https_proxy=http://no:1\nhttps_proxy='http://u:p@shell:3128'\n"})

    assert clients(ways) == {"installer": "shell:3128", "package-manager": "shell:3128"}
    assert "u:p" not in json.dumps(ways.record())


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
        ("https_proxy=https://a:1\n", [("shell", "a:1")]),
    ],
)
def test_what_the_files_of_shells_may_say(
    find: Find, text: str, expected: list[tuple[str, str]]
) -> None:
    assert settings(find({"profile.d/proxy.sh": text})) == expected


def test_a_package_manager_has_its_own_before_the_shells(find: Find) -> None:
    apt = 'Acquire::http::Proxy "http://apt:3142";\nAcquire::http::Proxy::a.test "DIRECT";\n'

    ways = find({"environment": "https_proxy=shell:1\n"}, apt=apt)

    assert clients(ways) == {"installer": "shell:1", "package-manager": "apt:3142"}


def test_dnf_and_zypper(find: Find) -> None:
    ways = find(
        {
            "dnf.conf": "[main]\nproxy=http://dnf:1\nproxy_username=u\nproxy_password=pa%ss\n",
            "zypper": 'PROXY_ENABLED="yes"\nHTTPS_PROXY="http://zypper:2"\n',
        }
    )

    assert settings(ways) == [("dnf", "dnf:1"), ("zypper", "zypper:2")]
    assert clients(ways) == {"package-manager": "dnf:1"}
    assert ways.by_client["package-manager"].proxy.credentials == "dTpwYSVzcw=="


@pytest.mark.parametrize(
    "text",
    ["[main]\nproxy=_none_\n", "[main]\n", "nonsense", "[main]\nproxy\n", ""],
    ids=["none", "no key", "no section", "no value", "empty"],
)
def test_dnf_without_a_proxy(find: Find, text: str) -> None:
    assert settings(find({"dnf.conf": text, "zypper": "PROXY_ENABLED=no\nHTTPS_PROXY=a:1\n"})) == []


def test_names_that_take_no_proxy(find: Find) -> None:
    ways = find(daemons={"HTTPS_PROXY": "http://p:1", "NO_PROXY": "localhost,.chinacloudapi.cn"})

    assert ways.proxy_of(probe.agents_target("login.chinacloudapi.cn")) is None
    assert ways.proxy_of(probe.agents_target("gbl.his.arc.azure.cn")).host == "p"


@pytest.mark.parametrize(
    ("said", "failure"),
    [("{", "localconfig.json: not JSON"), ("[1]", "localconfig.json: not JSON")],
)
def test_settings_that_cannot_be_read_are_a_failure(find: Find, said: str, failure: str) -> None:
    ways = find({"localconfig.json": said, "environment": "https_proxy=a:1\n"})

    assert ways.failure.endswith(failure)
    assert [t.client for _, _, ts in ways.trials(targets()) for t in ts] == []


def test_a_pipe_in_the_place_of_settings_keeps_nobody(find: Find, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "localconfig.json")
    os.mkfifo(tmp_path / "environment")

    ways = find({"dnf.conf": "[main]\nproxy=dnf:1\n"})

    assert ways.failure == "not a regular file"
    assert settings(ways) == [("dnf", "dnf:1")]


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("https://proxy:443", "the agent takes http:// proxies only"),
        ("http://", "expected http://[user:password@]host[:port]"),
        ("http://a:b:c", "not a URL"),
    ],
)
def test_a_setting_that_is_of_no_use_says_why(find: Find, url: str, fault: str) -> None:
    ways = find({"localconfig.json": json.dumps({"proxy.url": url})})

    (setting,) = ways.record()["settings"]
    assert setting["fault"] == fault
    assert ways.by_client["agent"] is not None  # it does not go straight out either


def test_what_monitoring_uses(find: Find) -> None:
    ways = find(
        {
            "ama.conf": "[Service]\nEnvironment='MDSD_http_proxy=http://u:p@gw:8080' B=1\n",
            "omsagent.conf": "https://u:p@gw.example\nrest\n",
        },
        gateway={"lets_through": [], "refuses": [], "known": ["known.example"]},
        proxy=None,
    )

    assert settings(ways) == [
        ("azure-monitor-agent", "gw:8080"),
        ("log-analytics-agent", "gw.example"),
        ("known-gateway", "known.example"),
    ]
    assert clients(ways) == {}


def targets() -> list[probe.Target]:
    """One target of each client."""
    return [
        probe.agents_target(f"{client}.test")._replace(client=client)
        for client in ("agent", "installer", "package-manager")
    ]


def tried(ways: probe.Ways) -> list[tuple[str, list[str], list[str]]]:
    """(proxy, places, clients) of the trials."""
    return [(p.host, places, [t.client for t in ts]) for p, places, ts in ways.trials(targets())]


def test_before_onboarding_the_agents_names_are_tried_with_others_proxies(find: Find) -> None:
    apt = 'Acquire::https::Proxy "http://one:1";\n'

    ways = find({"environment": "https_proxy=http://one:1\n"}, apt=apt)

    assert tried(ways) == [("one", ["shell", "apt"], ["agent"])]


def test_after_onboarding_the_agent_has_what_it_was_given(find: Find) -> None:
    ways = find({"environment": "https_proxy=http://one:1\n", "agentconfig.json": "{}"})

    assert tried(ways) == [("one", ["shell"], [])]


def test_the_installers_names_are_tried_with_the_agents_proxy(find: Find) -> None:
    ways = find({"localconfig.json": json.dumps({"proxy.url": AGENT})})

    assert tried(ways) == [("agent", ["agent"], ["installer", "package-manager"])]


@pytest.mark.parametrize("proxy", [None, "http://given:1"])
def test_nothing_is_searched_for_where_the_order_says(find: Find, proxy: str | None) -> None:
    files = {"localconfig.json": json.dumps({"proxy.url": AGENT}), "environment": "https_proxy=a\n"}

    ways = find(files, proxy=proxy)

    assert set(clients(ways).values()) == ({"given:1"} if proxy else set())
    assert tried(ways) == []


def test_what_a_place_says_beside_its_proxy(find: Find) -> None:
    """Whether it holds credentials, and which of the order's names its no_proxy takes off it."""
    ways = find(
        daemons={"HTTPS_PROXY": "http://u:p@daemons:1", "NO_PROXY": ".test"},
        endpoints=[
            {"name": name, "port": 443, "scheme": "https", "path": "/"}
            for name in ("a.test", "b.test", "c.example")
        ],
    )

    (said,) = ways.record()["settings"]
    assert (said["credentials"], said["hides"]) == (True, ["a.test", "b.test"])
