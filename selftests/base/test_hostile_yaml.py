"""Every reader of YAML answers whatever text with one short line, at once, and builds nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import read_catalogue
from arc_compliance.hosts.inventory import read_inventory
from arc_compliance.plan.scope import Scope
from selftests.options.test_files import at_once

READERS: dict[str, Callable[[Path], object]] = {
    "inventory": lambda path: read_inventory(path, Scope(cloud="AzureChinaCloud"), ["chinanorth3"]),
    "catalogue": read_catalogue,
}

MB = 1024 * 1024
HOSTILE = {
    "lists": b"[" * 40_000,
    "mappings": b"{" * 40_000,
    "lists and mappings": b"[{a: " * 20_000,
    "questions": b"? " * 40_000,
    "dashes": b"- " * 40_000,
    "a merge bomb": b"a0: &a0 {k: v}\n"
    + b"".join(b"a%d: &a%d {<<: [%b]}\n" % (n, n, b"*a%d," % (n - 1) * 20) for n in range(1, 20)),
    "an alias bomb": b"a0: &a0 [k]\n"
    + b"".join(b"a%d: &a%d [%b]\n" % (n, n, b"*a%d," % (n - 1) * 20) for n in range(1, 20)),
    "an alias of itself": b"&a [*a" + b",*a" * 10_000 + b"]",
    "a call": b"!!python/object/apply:os.system [id]",
    "a name of Python": b"hosts: !!python/name:os.system",
    "a module of Python": b"hosts: !!python/module:antigravity",
    "a tag of its own": b"hosts: !<" + b"x" * MB + b"> a",
    "a long key": b"k" * MB + b": v",
    "a long key in quotes": b'"' + b"k" * MB + b'": v',
    "a long value": b"hosts: " + b"v" * MB,
    "a long block": b"hosts: |\n" + b" x\n" * (MB // 3),
    "a million documents": b"---\n" * 1_000_000,
    "a million directives": b"%YAML 1.1\n---\n" * 70_000,
    "ends of documents": b"...\n" * 1_000_000,
    "NUL": b"\0" * MB,
    "NUL in a text": b'hosts: "a\\0b"',
    "UTF-16 without its mark": "hosts: [a]\n".encode("utf-16-be"),
    "UTF-32": "hosts: [a]\n".encode("utf-32"),
    "Latin-1": b"hosts: [\xe4]",
    "half of a pair": b'hosts: ["\\ud800"]',
    "half of a pair as bytes": b'hosts: ["\xed\xa0\x80"]',
    "CR only": b"hosts:\r  - \x1b[31m\r",
    "tabs": b"\t" * MB,
    "a tab before a dash": b"hosts:\n\t- ssh://web01",
    "spaces": b" " * MB,
    "comments": b"#\n" * (MB // 2),
    "a huge number": b"hosts: " + b"9" * 9_999,
    "a huge number in hex": b"hosts: 0x" + b"f" * 9_990,
    "a number to the base of sixty": b"hosts: " + b":".join([b"59"] * 3_000),
    "underlines in a number": b"hosts: " + b"1_" * 4_999,
    "no number": b"hosts: .nan\nlocation: -.inf",
    "a key twice": b"hosts: [a]\nhosts: [b]",
    "a key that is a list": b"? [[a]]\n: b",
    "an anchor twice": b"- &a x\n" * 10_000,
    "a set": b"!!set {" + b",".join(b"k%d" % n for n in range(5_000)) + b"}",
    "colours and directions": "hosts: ['\u202essh://\u2066web01', \"\\e[31m\"]".encode(),
    "a secret": b"hosts: [{host: 'ssh://root:hunter2@web01', proxy: 'http://u:hunter2@p:1/x y'}]",
}


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("reader", READERS)
def test_a_hostile_text_is_one_short_line(tmp_path: Path, reader: str, text: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(HOSTILE[text])

    with at_once(), pytest.raises(Fault) as caught:
        READERS[reader](path)

    said = str(caught.value)
    assert said.startswith("a.yaml: ")
    assert said.isprintable()
    assert len(said) < 2500
    assert "hunter2" not in said
