"""Readers of files: each is whole and checked before a host is touched."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import certifi

from arc_compliance.base.fault import Fault
from arc_compliance.base.files import read_at_most
from arc_compliance.collect.replay import evidence_named
from arc_compliance.firewall.allowlist import Allowlist, read_allowlist
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.options.option import Context
from arc_compliance.plan.waivers import Waivers, read_waivers
from arc_compliance.seal.archive import starts_as_bundle
from arc_compliance.service_tags.sources import DOWNLOAD, Raw, raw_file
from arc_compliance.service_tags.tags import parse_tag_file, service_tags

MAX_BYTES = 16 * 1024 * 1024
"""What a bundle, a key or a configuration file may hold; certifi's bundle has 300 KB."""

NAMED_ROOTS = Path(__file__).parent.parent / "catalogue" / "public_roots.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSources:
    """Where a run has its service tags from: files, URLs, the current files (``download``), those
    that were kept in a folder with saved evidence, or the simulation's own."""

    files: tuple[Raw, ...] = ()
    urls: tuple[str, ...] = ()
    download: bool = False
    kept: Path | None = None
    simulated: bool = False


def path(text: str, context: Context) -> Path:
    """A file or folder that is opened elsewhere."""
    return context.path(text)


def evidence(text: str, context: Context) -> Path:
    """A folder or file of saved evidence."""
    return evidence_named(context.path(text))


def readable(text: str, context: Context) -> str:
    """The whole path of a file that another program reads; it can be read here too.

    /dev/null is the usual way to give ssh an empty one.
    """
    if text != os.devnull:
        _content(text, context)
    return str(context.path(text))


def public_roots(text: str | None, context: Context) -> bytes:
    """PEM certificates; certifi's and those that Azure names where no file is given."""
    if text is None:
        return Path(certifi.where()).read_bytes() + b"\n" + NAMED_ROOTS.read_bytes()
    pem = _content(text, context)
    try:
        PublicRoots(pem)
    except ValueError as error:
        raise Fault(f"{text} holds no PEM certificates") from error
    return pem


def allowlist(text: str, context: Context) -> Allowlist:
    """What a firewall lets out."""
    return read_allowlist(context.path(text))


def waivers(text: str | None, context: Context) -> Waivers:
    """The failures that somebody has accepted; none where no file is given."""
    if text is None:
        return Waivers(today=context.today)
    return read_waivers(context.path(text), context.catalogue, context.today)


def tag_sources(given: Sequence[str], context: Context) -> TagSources:
    """Where service tags are to come from; the files among them are read and checked."""
    names = [one for one in given if one != DOWNLOAD]
    urls = [one for one in names if one.startswith(("https://", "http://"))]
    files = [raw_file(context.path(one)) for one in names if one not in urls]
    parsed = [parse_tag_file(raw.name, raw.content) for raw in files]
    if files and len(files) == len(given):
        service_tags(parsed, context.cloud)
    return TagSources(files=tuple(files), urls=tuple(urls), download=DOWNLOAD in given)


def _content(text: str, context: Context) -> bytes:
    named = context.path(text)
    try:
        return read_at_most(named, MAX_BYTES)
    except Fault as fault:
        raise Fault(f"{text} {fault.what}") from fault


def bundle(text: str, context: Context) -> Path:
    """Where a bundle goes; what stands there already has to be one, and will be replaced."""
    named = context.path(text)
    if named.exists() and not (named.is_file() and starts_as_bundle(named)):
        raise Fault(f"{named} is there and is not a bundle; name another file")
    return named
