"""The host's own rules, as the probe gets them from what stands in for nft and iptables."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arc_compliance.probe.python.facts.egress import EgressRules
from arc_compliance.wire.facts import EgressFacts
from selftests.probe.replacing import replace

NFT = json.dumps(
    {"nftables": [{"chain": {"name": "o", "hook": "output"}}]}, separators=(", ", ": ")
)
SAVED = "*filter\n:OUTPUT DROP [0:0]\nCOMMIT\n"
REFUSED = "Operation not permitted (you must be root)"


def egress(
    directory: Path, monkeypatch: pytest.MonkeyPatch, **scripts: str
) -> tuple[str, str, str | None]:
    """Tool, rules and failure where each command is the shell script given for it."""
    for name in ("nft", "iptables-save", "ip6tables-save"):
        command = directory / name
        script = scripts.get(name.replace("-", "_"), "exit 127")
        command.write_text(f"#!/bin/sh\n{script}\n")
        command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{directory}:/usr/bin:/bin")
    rules = EgressRules()
    rules.read()
    facts = EgressFacts.model_validate(rules.facts)
    return facts.tool, facts.rules, facts.failure


def says(text: str, status: int = 0) -> str:
    return f"cat <<'END'\n{text}\nEND\nexit {status}"


def test_nft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings before the JSON do no harm."""
    found = egress(tmp_path, monkeypatch, nft=says(f"# Warning: old\n{NFT}"))

    assert found == ("nft", NFT, None)


def test_iptables_where_nft_has_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    saved = {"iptables_save": says(SAVED), "ip6tables_save": "exit 3"}

    found = egress(tmp_path, monkeypatch, nft=says('{"nftables": []}'), **saved)

    assert found == ("iptables", f"{SAVED}\n", None)


def test_both_where_nft_cannot_show_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of nft's own is not lost beside those of iptables."""
    shown = NFT.replace("}}", ', "xt": null}}')
    saved = {"iptables_save": says(SAVED), "ip6tables_save": "exit 3"}

    assert egress(tmp_path, monkeypatch, nft=says(f"{shown}\n"), **saved) == (
        "nft+iptables",
        f"{shown}\n{SAVED}\n",
        None,
    )
    assert egress(tmp_path, monkeypatch, nft=says(shown)) == ("nft", shown, None)


def test_nonsense_is_not_the_absence_of_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonsense = dict.fromkeys(("nft", "iptables_save", "ip6tables_save"), "echo x7")

    assert egress(tmp_path, monkeypatch, **nonsense) == ("", "", "x7")


def test_no_rules_are_no_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = {"nft": says('{"nftables": []}'), "iptables_save": "", "ip6tables_save": ""}

    assert egress(tmp_path, monkeypatch, **nothing) == ("", "", None)


def test_rules_that_only_root_may_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert egress(tmp_path, monkeypatch, nft=says(REFUSED, 1)) == ("", "", "permission-denied")


def test_a_tool_that_fails_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, failure = egress(tmp_path, monkeypatch, nft=says("no such file: libnftables", 1))

    assert failure == "no such file: libnftables"


def test_a_flood_of_rules_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flood = "head -c 2000000 /dev/zero | tr '\\0' x; echo '\"hook\": \"output\"'"

    _, rules, failure = egress(tmp_path, monkeypatch, nft=f"echo '{{'; {flood}")

    assert (rules, failure) == ("", "larger than 1000000 characters")


def test_a_tool_that_hangs_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace(monkeypatch, "RULES_SECONDS", 0.3)

    _, _, failure = egress(tmp_path, monkeypatch, nft="exec sleep 9")

    assert failure == "no answer within 0.3 s"
