"""The digests of a bundle's files, in the form that `sha256sum --check` reads."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping

from arc_compliance.base.redact import scrub

NAME = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S+)")


def digest(content: bytes) -> str:
    """The SHA-256 of *content* in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """The manifest of *files*, in the order of their names."""
    lines = (f"{digest(content)}  {name}\n" for name, content in sorted(files.items()))
    return "".join(lines).encode()


def differences(files: Mapping[str, bytes]) -> Iterator[str]:
    """What *files* have that their manifest has not, or otherwise; nothing where all is as it was
    sealed."""
    content = files.get(NAME)
    if content is None:
        yield f"{NAME}: is missing"
        return
    listed: dict[str, str] = {}
    for number, line in enumerate(content.decode("ascii", "replace").splitlines(), start=1):
        found = _LINE.fullmatch(line)
        if not found:
            yield f"{NAME}: line {number} is not a digest and a name"
        else:
            listed[found[2]] = found[1]
    actual = {name: digest(held) for name, held in files.items() if name != NAME}
    for name in sorted(listed.keys() | actual.keys()):
        if name not in actual:
            yield f"{scrub(name)[:200]}: is missing"
        elif name not in listed:
            yield f"{name}: was added after the bundle was sealed"
        elif listed[name] != actual[name]:
            yield f"{name}: its SHA-256 is {actual[name]}, and {listed[name]} was sealed"
    if not listed.keys() ^ actual.keys() and content != _written(listed):
        yield f"{NAME}: is not written as it was sealed"


def _written(listed: Mapping[str, str]) -> bytes:
    return "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(listed.items())).encode()
