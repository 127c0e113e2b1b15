"""Secrets are hidden however they are spelled, other texts stay as they are, in linear time."""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from html import escape
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arc_compliance.base import (
    plain_words,
    readings,
    redact,
    secret_forms,
    secrets,
    userinfo,
    value_ends,
)
from arc_compliance.base.redact import scrub, scrub_all, shown
from arc_compliance.base.secret_forms import _KINDS, names_a_secret
from arc_compliance.base.secrets import KNOWN, secrets_of_environment, secrets_of_url
from arc_compliance.options.secrets import hide_secrets
from arc_compliance.wire.record import HostRecord
from selftests.base.spellings import ALNUM, FORMS, HARMLESS, broken, drawn, full_percent, wide
from selftests.base.spellings import spellings as spelled
from selftests.suite_run import ROOT

CHANCE = random.Random()
AROUND = [
    ("'", "' is not"),
    ("", ""),
    ("failed: ", "\nnext line"),
    ("a=1 ", " and more"),
    ("[", "]"),
]
SAVED = [*ROOT.glob("selftests/**/evidence.json")]


@pytest.fixture
def known() -> Iterator[str]:
    """A password that the run knows."""
    secret = drawn(CHANCE, 12)
    KNOWN.add(secrets_of_url(f"http://deploy:{secret}@proxy:3128"))
    yield secret
    KNOWN.forget()


# -- what is hidden ------------------------------------------------------------------------------


@pytest.mark.parametrize(("before", "after"), AROUND)
@pytest.mark.parametrize("form", FORMS)
def test_every_spelling_is_hidden(form: str, before: str, after: str) -> None:
    for one in spelled(CHANCE):
        if one.id == form:
            out = scrub(f"{before}{one.text}{after}")
            assert not [secret for secret in one.secrets if secret in out], out
            assert scrub(out) == out


@given(st.sampled_from(sorted(FORMS)), st.text(ALNUM, min_size=14, max_size=40))
def test_every_spelling_of_any_secret_is_hidden(form: str, secret: str) -> None:
    if any(c.isdigit() for c in secret) and any(c.isalpha() for c in secret):
        assert secret not in scrub(FORMS[form](secret))


@pytest.mark.parametrize("write", [str, full_percent, lambda text: quote(text, safe="")])
@pytest.mark.parametrize("form", ["password-equals", "xml", "json", "url", "p", "basic", "pem"])
def test_a_layer_of_writing_around_hides_nothing(form: str, write: object) -> None:
    secret = drawn(CHANCE)
    assert secret not in scrub(write(FORMS[form](secret)))  # type: ignore[operator]


def test_what_a_key_names_is_hidden_whatever_it_is() -> None:
    hidden = scrub_all(
        {
            "password": ["a", {"b": "c"}],
            "X-Auth-Token": "short",
            "clientSecret": 1234,
            "credentials": True,
            "authorization": "",
            "pairs": [{"name": "db password", "value": "x"}, {"name": "colour", "value": "red"}],
            "www-authenticate": "Basic realm=x",
            "bypass": "AAD",
        }
    )

    assert hidden == {
        "password": "***",
        "X-Auth-Token": "***",
        "clientSecret": "***",
        "credentials": True,
        "authorization": "",
        "pairs": [{"name": "db password", "value": "***"}, {"name": "colour", "value": "red"}],
        "www-authenticate": "Basic realm=x",
        "bypass": "AAD",
    }


def test_a_name_with_a_capital_names_a_secret_too() -> None:
    assert scrub_all({"Name": "password", "Value": 12}) == {"Name": "password", "Value": "***"}


def test_a_name_is_one_line() -> None:
    assert shown("a\nb\x1b[31m\u202e\x00\tc password=x9.json") == "a b c password=***"


def test_a_private_key_is_told_from_a_certificate() -> None:
    content = CHANCE.randbytes(300)
    for head in (b"\x30\x82\x01\x50\x02\x01\x00", b"\x30\x77\x02\x01\x01", b"openssh-key-v1\0"):
        assert scrub(b64encode(head + content).decode()) == "***"
    certificate = b64encode(b"\x30\x82\x01\x50\x30\x82\x01\x00" + content).decode()
    assert scrub(certificate) == certificate


# -- what this run knows -------------------------------------------------------------------------


def _encodings(secret: str) -> dict[str, str]:
    pair = f"deploy:{secret}"
    return {
        "as it is": f"x{secret}y",
        "percent": full_percent(secret),
        "percent, lower": full_percent(secret).lower(),
        "percent twice": quote(full_percent(secret), safe=""),
        "entities": "".join(f"&#{ord(one)};" for one in secret),
        "escapes": "".join(f"\\u{ord(one):04x}" for one in secret),
        "wide": wide(secret),
        "broken": broken(secret),
        "json": json.dumps({"a": secret}),
        "html": escape(f"<{secret}>"),
        **{
            f"base64 after {n}": b64encode(b"x" * n + pair.encode() + b"yz").decode()
            for n in range(4)
        },
        **{
            f"base64 of it after {n}": b64encode(b"x" * n + secret.encode()).decode()
            for n in range(4)
        },
        "base64 for URLs": urlsafe_b64encode(pair.encode()).decode().rstrip("="),
        "within base64": "MIID" * 40 + b64encode(pair.encode()).decode(),
    }


@pytest.mark.parametrize("encoding", _encodings("x"))
def test_what_the_run_knows_is_hidden_in_every_encoding(known: str, encoding: str) -> None:
    text = _encodings(known)[encoding]
    middle = len(text) // 2

    out = scrub(text)
    assert "***" in out
    assert text[middle - 3 : middle + 3] not in out or encoding == "within base64"


def test_a_short_or_common_password_takes_no_report_with_it() -> None:
    record = json.loads(SAVED[0].read_text(encoding="utf-8"))
    try:
        for password in ("abc", "http", "proxy", "certificate", "microsoft", "a1B2"):
            hide_secrets([f"http://x:{password}@proxy"], {})
        assert scrub_all(record) == record
        assert "abc" not in scrub("http://x:abc@proxy")
    finally:
        KNOWN.forget()


def test_the_environment_tells_secrets() -> None:
    environment = {
        "HTTPS_PROXY": "http://me:p%40ss-word@proxy:3128",
        "AZURE_CLIENT_SECRET": "0123456789",
        "TOKEN_FILE": "/run/secrets/token",
        "PATH": "/usr/bin:/bin",
        "SHELL_TOKEN": "short",
    }

    assert set(secrets_of_environment(environment)) == {
        "p%40ss-word",
        "p@ss-word",
        "me:p%40ss-word",
        "me:p@ss-word",
        "0123456789",
    }


# -- what stays ----------------------------------------------------------------------------------


@pytest.mark.parametrize("text", HARMLESS)
def test_what_holds_no_secret_stays(text: str) -> None:
    assert scrub(text) == text


@pytest.mark.parametrize("path", SAVED, ids=lambda path: str(path.relative_to(ROOT)))
def test_saved_evidence_stays_as_it_is(path: Path) -> None:
    """So redaction changes no verdict on it."""
    value = json.loads(path.read_text(encoding="utf-8"))

    assert scrub_all(value) == value


def test_no_key_of_a_record_but_facts_about_credentials_names_a_secret() -> None:
    named = set(re.findall(r'"([a-z0-9_]+)": \{', json.dumps(HostRecord.model_json_schema())))

    assert {one for one in named if names_a_secret(one)} == {"credentials"}


# -- time ----------------------------------------------------------------------------------------


def _patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    for module in (plain_words, readings, redact, secret_forms, secrets, userinfo, value_ends):
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern):
                yield f"{module.__name__}.{name}", value


def test_no_pattern_repeats_a_repetition() -> None:
    """A repetition without limit within another one takes exponential time."""
    from re import _parser  # type: ignore[attr-defined]

    def nested(parsed: object, *, within: bool) -> bool:
        for op, value in parsed:  # type: ignore[attr-defined]
            endless = str(op) in ("MAX_REPEAT", "MIN_REPEAT") and str(value[1]) == "MAXREPEAT"
            if endless and within:
                return True
            parts = value if isinstance(value, (list, tuple)) else ()
            flat = [p for part in parts for p in (part if isinstance(part, list) else [part])]
            inner = [p for p in flat if isinstance(p, _parser.SubPattern)]
            if any(nested(one, within=within or endless) for one in inner):
                return True
        return False

    found = [name for name, one in _patterns() if nested(_parser.parse(one.pattern), within=False)]
    # A run of escapes: each round takes one whole escape, in one way only.
    assert found == []


WORST = [
    *("://", "://a:", "://a:b c", "@", "a@", "a:@", "a:b@", "a:", "0,", '"', '"a:', "'a: ", "a b:"),
    *(
        "\x1b[",
        "\x1b]",
        "\x1b[0",
        "%3A",
        "%253A",
        "&#58;",
        "&#x3a;",
        "\\u003a",
        "\\x3a",
        "\\",
        "MIID",
    ),
    *("eyJaaaaaaaa.", "{", "[", '{"a":', "\n", "\t ", "\u200b", "\u0301", wide("a="), "p\u200b"),
    *("MIID.", "a.b:", "<a ", "<password ", "</", "x-a", "-", "- ", "***", "&a", ";a=", "a=b "),
]
TAILS = [
    " ",
    "=",
    ': "',
    "='",
    ">",
    " a:",
    " [",
    ' {"',
    "='\\",
    " x a",
    ";a b",
    "\n",
    ".",
    " for a ",
]


def worst_cases(size: int) -> Iterator[str]:
    """Texts of *size* characters that repeat what a pattern begins with."""
    for fragment in [*WORST, *(word + tail for word in _KINDS for tail in TAILS)]:
        yield (fragment * (size // len(fragment) + 1))[:size]
    for one in WORST:
        for other in WORST:
            yield one + (other * size)[: size // 8]


def test_nothing_takes_more_than_linear_time() -> None:
    """A quadratic pattern would need minutes for one of these; all together have a minute of CPU,
    several times what they take."""
    program = (
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (90, 90))\n"
        "from selftests.base.test_redaction import worst_cases\n"
        "from arc_compliance.base.redact import scrub\n"
        "for text in worst_cases(32768): scrub(text)\n"
        "for text in ('://', 'a@', 'password ', '%3A'): scrub((text * 8000000)[:2000000])\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-500:]


def test_a_text_that_nobody_wrote_is_hidden_whole() -> None:
    assert scrub("://" * 3_000_000) == "*** (9000000 characters)"
    assert scrub("password x9 " * 10_000).count("***") < 5_000
