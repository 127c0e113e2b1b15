"""Where service tag files come from: a file, a URL, or Azure's download page of a cloud.

What was fetched is kept in the user's cache with its digest, so that a download that fails leaves
the last good file in use. The files of a run are kept beside its evidence, so that the evidence can
be judged again by the same ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict

from arc_compliance.base.fault import Fault, reading
from arc_compliance.base.files import read_at_most, write_whole
from arc_compliance.base.json_bounds import Bounds, read_json
from arc_compliance.base.redact import scrub
from arc_compliance.service_tags.fetch import Unfetched, fetch
from arc_compliance.service_tags.tags import (
    CLOUDS,
    MAX_BYTES,
    PAGES,
    PUBLIC,
    ServiceTags,
    parse_tag_file,
    service_tags,
)

DOWNLOAD = "download"
"""The value of --service-tags that stands for the current file of the run's cloud."""

MAX_PAGE_BYTES = 4 * 1024 * 1024
SOURCES = Bounds(depth=5, values=1000, text=10_000)
"""What is written down about files: a few lines for each of three clouds."""

_WORD_OF = {cloud: word for word, cloud in CLOUDS.items()}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,95}\.json", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A service tag file as it came: its name, its bytes and the path or URL it is from."""

    name: str
    content: bytes
    source: str


class _Kept(BaseModel):
    """What is known of a file in the cache; ``fetched`` is in seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    source: str
    name: str
    sha256: str
    fetched: float


class _Sources(BaseModel):
    """What is known of the files of a run, by azcmagent's name of each one's cloud."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    files: dict[str, _Kept]
    trouble: str


# -- one file ------------------------------------------------------------------------------------


def raw_file(path: Path) -> Raw:
    """The file *path*, unchecked but for its size; raise Fault where it cannot be read."""
    with reading(scrub(path.name)):
        return Raw(name=path.name, content=read_at_most(path, MAX_BYTES), source=str(path))


def fetched_file(url: str) -> tuple[Raw | None, str]:
    """What *url* has now, or the last good copy of it, or None; and what came in the way.

    Raise Fault where what is there now is not a service tag file.
    """
    cache = _Cache(url)
    content = fetch(url, MAX_BYTES)
    if isinstance(content, Unfetched):
        return cache.instead(f"{scrub(url)}: {content.why}")
    raw = Raw(name=_name_in(url), content=content, source=scrub(url))
    parse_tag_file(raw.name, raw.content)
    cache.keep(raw)
    return raw, ""


def current_file(cloud: str) -> tuple[Raw | None, str]:
    """The file that the download page of *cloud* links now, or the last good one, or None; and
    what came in the way. A file that is in the cache already is not fetched again."""
    cache = _Cache(cloud)
    page = fetch(PAGES[cloud], MAX_PAGE_BYTES)
    url = page if isinstance(page, Unfetched) else _link(page.decode("utf-8", "replace"), cloud)
    if isinstance(url, Unfetched):
        return cache.instead(f"{PAGES[cloud]}: {url.why}")
    if (kept := cache.read()) and kept[1].source == url:
        return kept[0], ""
    content = fetch(url, MAX_BYTES)
    if isinstance(content, Unfetched):
        return cache.instead(f"{PAGES[cloud]}: {content.why}")
    raw = Raw(name=_name_in(url), content=content, source=url)
    try:
        service_tags([parse_tag_file(raw.name, raw.content)], cloud)
    except Fault as fault:  # of the file, not of the person who started the run
        return cache.instead(f"{PAGES[cloud]}: {fault}")
    cache.keep(raw)
    return raw, ""


def _link(page: str, cloud: str) -> str | Unfetched:
    """The address of the file of *cloud* that the download *page* links."""
    plain = page.replace("\\u002F", "/").replace("\\/", "/")
    found: list[str] = re.findall(
        r"https://download\.microsoft\.com/[A-Za-z0-9/._-]{1,300}/"
        rf"ServiceTags_{_WORD_OF[cloud]}_\d{{8}}\.json",
        plain,
    )
    if not found:
        return Unfetched("the page links no service tag file")
    return max(found, key=lambda one: one.rpartition("_")[2])  # the newest


def _name_in(url: str) -> str:
    name = urlsplit(url).path.rpartition("/")[2]
    return name if _NAME.fullmatch(name) else "service-tags.json"


# -- the cache -----------------------------------------------------------------------------------


class _Cache:
    """The last good file of one source, in the user's cache; without a home there is none."""

    def __init__(self, source: str) -> None:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - never raises
        key = hashlib.sha256(source.encode()).hexdigest()[:16]
        self._content = Path(base) / "arc-compliance" / "service-tags" / key
        self._about = self._content.with_suffix(".json")

    def keep(self, raw: Raw) -> None:
        """Put *raw* in; a cache that cannot be written is none."""
        about = _Kept(
            source=raw.source,
            name=raw.name,
            sha256=hashlib.sha256(raw.content).hexdigest(),
            fetched=time.time(),
        )
        with contextlib.suppress(OSError):
            self._content.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._content, raw.content)
            write_whole(self._about, about.model_dump_json() + "\n")

    def read(self) -> tuple[Raw, _Kept] | None:
        """The file that is in, with what is known of it, where it is whole."""
        try:
            about = _Kept.model_validate(read_json(read_at_most(self._about, MAX_BYTES), SOURCES))
            content = read_at_most(self._content, MAX_BYTES)
        except ValueError:  # a Fault or a ValidationError, too
            return None
        if hashlib.sha256(content).hexdigest() != about.sha256:
            return None
        return Raw(name=about.name, content=content, source=about.source), about

    def instead(self, trouble: str) -> tuple[Raw | None, str]:
        """What is in for use in the place of what *trouble* kept away, and the words for it."""
        kept = self.read()
        if kept is None:
            return None, trouble
        days = max(0, int((time.time() - kept[1].fetched) // 86400))
        return kept[0], f"{trouble}; the copy fetched {days} days ago is used"


# -- the files of a run --------------------------------------------------------------------------


def download(cloud: str) -> tuple[list[Raw], str]:
    """The current file of *cloud* and that of the public cloud, which names addresses that other
    clouds' endpoints have too; and what came in the way of the first."""
    clouds = list(dict.fromkeys([cloud, PUBLIC]))
    with ThreadPoolExecutor(len(clouds)) as pool:
        got = list(pool.map(current_file, clouds))
    return [raw for raw, _ in got if raw], got[0][1]


def save_tags(directory: Path, files: Iterable[Raw], trouble: str) -> None:
    """Keep the *files* of a run in *directory*, and what came in the way of getting them.

    They were checked before.
    """
    kept: dict[str, Any] = {}
    for old in directory.glob("*/*.json"):
        old.unlink()
    for raw in files:
        file = parse_tag_file(raw.name, raw.content)
        folder = directory / file.cloud
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / raw.name, raw.content)
        kept[file.cloud] = _Kept(
            source=raw.source, name=raw.name, sha256=file.sha256, fetched=time.time()
        )
    directory.mkdir(parents=True, exist_ok=True)
    about = _Sources(files=kept, trouble=trouble).model_dump_json(indent=1) + "\n"
    write_whole(directory / "sources.json", about)


def saved_tags(directory: Path) -> tuple[list[Raw], str] | None:
    """The files that `save_tags` kept in *directory*, and what came in the way; None where it kept
    none. Raise Fault where one of them is another than it was."""
    try:
        content = read_at_most(directory / "sources.json", MAX_BYTES)
        about = _Sources.model_validate(read_json(content, SOURCES))
    except ValueError:  # a Fault or a ValidationError, too
        return None
    files = []
    for cloud, kept in about.files.items():
        if cloud not in PAGES or Path(kept.name).name != kept.name:
            raise Fault(f"{directory / 'sources.json'}: names a file elsewhere")
        raw = raw_file(directory / cloud / kept.name)
        if hashlib.sha256(raw.content).hexdigest() != kept.sha256:
            raise Fault(f"{directory / cloud / kept.name}: is not the file that was saved")
        files.append(Raw(name=raw.name, content=raw.content, source=kept.source))
    return files, about.trouble


def tags_in(directory: Path, cloud: str) -> ServiceTags:
    """The service tags of a run about *cloud* that were saved in *directory*."""
    files, trouble = saved_tags(directory) or ([], "no file was kept with this run")
    return service_tags([parse_tag_file(raw.name, raw.content) for raw in files], cloud, trouble)
