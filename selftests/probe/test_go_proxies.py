"""A Go program's proxies, held against what Go itself answered (selftests/reference)."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.probe.python.proxies.go_environment import go_past, go_variable
from arc_compliance.probe.python.proxies.go_url import (
    GoUrl,
    go_environment_proxy,
    go_environment_url,
    go_proxy,
    go_url,
)

REFERENCE = Path(__file__).parents[1] / "reference"


def rows(table: str) -> list[Any]:
    """What the program answered."""
    found: list[Any] = json.loads((REFERENCE / f"{table}.json").read_text())["rows"]
    return found


def parts(url: GoUrl | None) -> dict[str, str]:
    """A URL as the table has it: empty parts are left out, but for a user or password."""
    named = url._asdict().items() if url else ()
    return {
        key: value
        for key, value in named
        if value is not None and (value or key in ("user", "password"))
    }


@pytest.mark.parametrize("row", rows("go_urls"), ids=lambda row: repr(row["text"]))
def test_a_url_is_parsed_as_go_parses_it(row: dict[str, Any]) -> None:
    parsed = row["url.Parse"]
    if "error" in parsed:
        with pytest.raises(ValueError, match=r"\w") as caught:
            go_url(row["text"])
        assert "hunter2" not in str(caught.value)
        assert "pw" not in str(caught.value)
    else:
        assert parts(go_url(row["text"])) == parsed["parsed"]


@pytest.mark.parametrize("row", rows("go_urls"), ids=lambda row: repr(row["text"]))
def test_a_variable_is_read_as_go_reads_it(row: dict[str, Any]) -> None:
    if row["text"]:
        assert parts(go_environment_url(row["text"])) == row["HTTPS_PROXY"].get("proxy", {})


@pytest.mark.parametrize("row", rows("go_urls"), ids=lambda row: repr(row["text"]))
def test_no_proxy_is_taken_that_go_does_not_take(row: dict[str, Any]) -> None:
    """A setting without a fault is the proxy that Go uses, with the credentials that it sends."""
    for server, said in (
        (go_proxy(row["text"]), row["url.Parse"].get("parsed", {})),
        (go_environment_proxy(row["text"]), row["HTTPS_PROXY"].get("proxy", {})),
    ):
        if server.fault:
            assert (
                said.get("scheme") != "http"
                or not said.get("host")
                or (
                    said["host"] in ('"http', "'http", "http", "pröxy")
                    or int(said.get("port", 80)) > 65535
                )
            )
            assert "pw" not in server.fault
            continue
        assert (server.host, str(server.port)) == (said["host"], said.get("port", "80"))
        given_pair = f"{said.get('user', '')}:{said.get('password', '')}"
        sent = base64.b64decode(server.credentials or "Og==").decode()
        assert sent == given_pair


@pytest.mark.parametrize("row", rows("go_no_proxy"), ids=lambda row: repr(row["no_proxy"]))
def test_the_names_past_the_proxy_are_those_of_go(row: dict[str, Any]) -> None:
    past = []
    for url in {url for one in rows("go_no_proxy") for url in one["past"]}:
        split = urlsplit(url)
        host = url.split("/")[2].rsplit(":", 1)[0] if "[" not in url else split.hostname
        port = split.port or (443 if split.scheme == "https" else 80)
        if go_past(row["no_proxy"], str(host), port):
            past.append(url)

    assert sorted(past) == sorted(row["past"])


@pytest.mark.parametrize(
    "row",
    [one for one in rows("go_environments") if "refusing" not in one["http"]],
    ids=lambda row: str(row["environment"]),
)
def test_the_variable_that_counts_is_that_of_go(row: dict[str, Any]) -> None:
    environment = row["environment"]
    for scheme in ("https", "http"):
        text = go_variable(environment, f"{scheme}_proxy")
        url = go_environment_url(text) if text else None
        past = go_past(go_variable(environment, "no_proxy"), "h.example", 443)
        assert (url.host if url and not past else "") == row[scheme]


@given(st.text(), st.text(), st.integers(0, 70000))
def test_any_no_proxy_is_read(no_proxy: str, name: str, port: int) -> None:
    assert go_past(no_proxy, name, port) in (True, False)


@given(st.text(st.sampled_from("ab1.:*[]/, @%-\\\u00e9\0")), st.sampled_from(["a.b", "1.1.1.1"]))
def test_any_entry_of_a_no_proxy_is_read(no_proxy: str, name: str) -> None:
    assert go_past(no_proxy + ",*", name, 443)
    assert go_past(no_proxy, name, 443) in (True, False)


@given(st.text(), st.text("hunter2SECRET", min_size=8))
def test_a_fault_never_repeats_the_url(text: str, secret: str) -> None:
    for url in (f"http://{text}:{secret}@p:1", f"{text}{secret}", f"http://u:{secret}{text}@p"):
        for server in (go_proxy(url), go_environment_proxy(url)):
            assert secret not in (server.fault or "")
            assert server.fault or server.host
