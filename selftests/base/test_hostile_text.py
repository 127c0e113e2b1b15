"""Whatever text comes in, what goes out is safe to keep and to show."""

from __future__ import annotations

import contextlib
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import redact, scrub, scrub_all
from arc_compliance.hosts.addresses import parse_hosts
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.options.endpoints import connect_to
from arc_compliance.plan.scope import proxy_named
from arc_compliance.report.page.rows import table_row

PASSWORDS = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=6, max_size=20)


@given(st.text())
def test_scrubbed_text_stands_in_xml(text: str) -> None:
    element = ET.Element("text", value=scrub(text))

    assert ET.fromstring(ET.tostring(element)).attrib["value"] is not None


@given(st.text())
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    assert scrub(scrub(text)) == scrub(text)


@given(PASSWORDS, PASSWORDS)
def test_credentials_in_a_url_are_gone(user: str, password: str) -> None:
    text = f"CONNECT through http://{user}x:{password}0@proxy.corp:3128/ failed"

    assert redact(text) == "CONNECT through http://***@proxy.corp:3128/ failed"


@given(st.sampled_from(["Authorization: Basic ", "password=", "sig=", "token: "]), PASSWORDS)
def test_tokens_are_gone(name: str, secret: str) -> None:
    assert secret not in redact(f"before {name}{secret}Q9 after")


@pytest.mark.parametrize(
    "text",
    [
        "--service-principal-secret HIDE",
        "AZURE_CLIENT_SECRET=HIDE",
        "proxy_password=HIDE",
        '{"client_secret": "HIDE"}',
        'password="HIDE"',
        "http://user:pa/HIDE@proxy:3128",
        "http://us:p@HIDE@proxy:3128",
        "accessToken: HIDE",
        "Proxy-Authorization: Digest username=x, response=HIDE",
        "X-Api-Key: HIDE",
        "Cookie: a=b; c=HIDE",
        "AccountKey=HIDE==",
    ],
)
def test_what_tools_write_of_secrets_is_gone(text: str) -> None:
    assert "HIDE" not in scrub(f"failed: {text}\nnext line")
    assert scrub(f"failed: {text}\nnext line").endswith("\nnext line")


@pytest.mark.parametrize(
    "text",
    [
        "https://login.chinacloudapi.cn:443/a@b",
        "https://aka.ms/a@b",
        "the agent's key and its token are there",
        "urls/login-partner: no sign of a secret",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


BASE64 = st.text("abcXYZ019+/")
LABELS = ["password", "token", "sig", "sas", "secret", "api-key", "eyJ", "cookie", "Authorization"]


@given(BASE64, st.sampled_from(LABELS), BASE64, st.sampled_from(["", "=", "=="]))
def test_base64_holds_no_secret_that_is_looked_for(
    before: str, label: str, after: str, end: str
) -> None:
    """So a long text of nothing else may pass unsearched: all that is lost is a = or two."""
    text = f"{before}{label.replace('-', '')}{after}{end}"
    certificate = "MIID" * 30 + text

    assert redact(text).removesuffix("***").rstrip("=") == text.rstrip("=")
    assert scrub(certificate) == certificate


def test_what_only_looks_like_base64_is_searched() -> None:
    for text in ("MIID" * 30 + " password=hunter2", "MIID" * 30 + ".password:hunter2"):
        assert "hunter2" not in scrub(text)


@given(st.recursive(st.none() | st.text() | st.integers(), st.lists))
def test_scrubbing_keeps_the_shape_of_data(value: object) -> None:
    def shape(one: object) -> object:
        return [shape(part) for part in one] if isinstance(one, list) else type(one)

    assert shape(scrub_all(value)) == shape(value)


@given(st.text(), st.text(), st.text())
def test_no_cell_of_the_page_lets_markup_in(requirement: str, host: str, endpoint: str) -> None:
    for cell in table_row(requirement, host, endpoint, "pass"):
        inner = re.fullmatch(r"<td [^>]*>(.*)</td>", cell, re.DOTALL)
        assert inner is not None
        assert "<" not in inner[1]


@given(st.text())
def test_a_host_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(Fault):
        for host in parse_hosts(f"ssh://{text}"):
            assert "@" not in host.label
            assert not host.label.startswith("-")


@given(st.text())
def test_a_mapping_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(Fault):
        host, port, address, to = connect_to(text)
        assert ":" not in host or "[" in text
        assert all(one is None or 0 < one < 65536 for one in (port, to)), address


@given(st.text())
def test_a_proxy_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert proxy_named(text) in (None, text)


@given(st.text(max_size=50), st.lists(PASSWORDS))
def test_a_judgement_is_plain_text_on_its_way(words: str, failing: list[str]) -> None:
    judgement = Judgement(
        case="c",
        requirement="urls/a",
        section="URLs",
        level="MUST",  # type: ignore[arg-type]
        verdict=Verdict.FAIL,
        actual=words,
        failing=tuple(failing),
    )

    assert all(type(k) is str and type(v) is str for k, v in judgement.properties())
