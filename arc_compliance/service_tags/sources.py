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
import threading
import time
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from arc_compliance import __version__
from arc_compliance.base.files import NoFileError, read_at_most, write_whole
from arc_compliance.base.redact import scrub
from arc_compliance.service_tags.tags import (
    CLOUDS,
    MAX_BYTES,
    PAGES,
    PUBLIC,
    ServiceTags,
    TagFileError,
    parse_tag_file,
    service_tags,
)

DOWNLOAD = "download"
"""The value of --service-tags that stands for the current file of the run's cloud."""

SECONDS = 20.0
"""What one page or file may take as a whole."""

MAX_PAGE_BYTES = 4 * 1024 * 1024
_WORD_OF = {cloud: word for word, cloud in CLOUDS.items()}
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,95}\.json", re.IGNORECASE)


class FetchError(ValueError):
    """Something could not be fetched; the text says why, without credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Raw:
    """A service tag file as it came: its name, its bytes and the path or URL it is from."""

    name: str
    content: bytes
    source: str


class _Kept(BaseModel):
    """What is known of a file in the cache; ``fetched`` is in seconds since the epoch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    source: str
    name: str
    sha256: str
    fetched: float


class _Sources(BaseModel):
    """What is known of the files of a run, by azcmagent's name of each one's cloud."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    files: dict[str, _Kept]
    trouble: str


# -- one file ------------------------------------------------------------------------------------


def raw_file(path: Path) -> Raw:
    """The file *path*, unchecked but for its size; raise TagFileError where it cannot be read."""
    try:
        return Raw(name=path.name, content=read_at_most(path, MAX_BYTES), source=str(path))
    except NoFileError as error:
        raise TagFileError(f"{path.name}: is no file") from error
    except OSError as error:
        raise TagFileError(f"{path.name}: cannot be read: {error.strerror}") from error


def fetched_file(url: str) -> tuple[Raw | None, str]:
    """What *url* has now, or the last good copy of it, or None; and what came in the way.

    Raise TagFileError where what is there now is no service tag file.
    """
    cache = _Cache(url)
    try:
        content = fetch(url, MAX_BYTES)
    except FetchError as error:
        return cache.instead(f"{scrub(url)}: {error}")
    raw = Raw(name=_name_in(url), content=content, source=scrub(url))
    parse_tag_file(raw.name, raw.content)
    cache.keep(raw)
    return raw, ""


def current_file(cloud: str) -> tuple[Raw | None, str]:
    """The file that the download page of *cloud* links now, or the last good one, or None; and
    what came in the way. A file that is in the cache already is not fetched again."""
    cache = _Cache(cloud)
    page = PAGES[cloud]
    try:
        text = fetch(page, MAX_PAGE_BYTES).decode("utf-8", "replace")
        url = _link(text, cloud)
        if (kept := cache.read()) and kept[1].source == url:
            return kept[0], ""
        raw = Raw(name=_name_in(url), content=fetch(url, MAX_BYTES), source=url)
        service_tags([parse_tag_file(raw.name, raw.content)], cloud)
    except (FetchError, TagFileError) as error:
        return cache.instead(f"{page}: {error}")
    cache.keep(raw)
    return raw, ""


def _link(page: str, cloud: str) -> str:
    """The address of the file of *cloud* that the download *page* links."""
    plain = page.replace("\\u002F", "/").replace("\\/", "/")
    found: list[str] = re.findall(
        r"https://download\.microsoft\.com/[A-Za-z0-9/._-]{1,300}/"
        rf"ServiceTags_{_WORD_OF[cloud]}_\d{{8}}\.json",
        plain,
    )
    if not found:
        raise FetchError("the page links no service tag file")
    return max(found, key=lambda one: one.rpartition("_")[2])  # the newest


def _name_in(url: str) -> str:
    name = urlsplit(url).path.rpartition("/")[2]
    return name if _NAME.fullmatch(name) else "service-tags.json"


def fetch(url: str, most_bytes: int) -> bytes:
    """The body at *url*, by requests and so through the operator's proxy and REQUESTS_CA_BUNDLE.

    Raise FetchError for anything but a whole body with status 200 within SECONDS and *most_bytes*.
    """
    outcome: list[bytes | FetchError] = []

    def work() -> None:
        try:
            outcome.append(_fetch(url, most_bytes))
        except (OSError, ValueError) as error:  # those of requests are OSErrors
            outcome.append(FetchError(_why(error)))

    # requests limits each wait, not the whole: a peer that drips could hold us for ever.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(SECONDS)
    if not outcome:
        raise FetchError(f"no end after {SECONDS:g} s")
    if isinstance(outcome[0], FetchError):
        raise outcome[0]
    return outcome[0]


def _fetch(url: str, most_bytes: int) -> bytes:
    import requests  # takes as long as a third of our own modules, and is seldom needed

    with requests.Session() as session:
        session.max_redirects = 5
        session.headers["User-Agent"] = f"arc-compliance/{__version__}"
        with session.get(url, timeout=(5, 10), stream=True) as response:
            if response.status_code != 200:
                raise FetchError(f"HTTP {response.status_code}")
            passed = [one.url for one in (*response.history, response)]
            if any(one.startswith("http://") for one in passed[1:]):
                raise FetchError("a redirect leads to http://")
            content = bytearray()
            for chunk in response.iter_content(65536):
                content += chunk
                if len(content) > most_bytes:
                    raise FetchError(f"larger than {most_bytes >> 20} MB")
            return bytes(content)


def _why(error: Exception) -> str:
    """An exception in a few words: those of requests repeat URLs and objects of Python."""
    import requests

    if isinstance(error, FetchError):
        return str(error)
    kinds = {
        requests.exceptions.ProxyError: "no connection through the proxy",
        requests.exceptions.SSLError: "TLS failed; REQUESTS_CA_BUNDLE names the CAs to trust",
        requests.exceptions.Timeout: "no answer in time",
        requests.exceptions.TooManyRedirects: "too many redirects",
        requests.exceptions.ConnectionError: "no connection",
        requests.exceptions.ChunkedEncodingError: "the connection broke off",
        requests.exceptions.InvalidURL: "no URL",
    }
    words = next((words for kind, words in kinds.items() if isinstance(error, kind)), "")
    return words or scrub(f"{type(error).__name__}: {error}")[:200]


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
            about = _Kept.model_validate_json(self._about.read_bytes())
            content = self._content.read_bytes()
        except (OSError, ValidationError):
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
    none. Raise TagFileError where one of them is another than it was."""
    try:
        about = _Sources.model_validate_json((directory / "sources.json").read_bytes())
    except (OSError, ValidationError):
        return None
    files = []
    for cloud, kept in about.files.items():
        if cloud not in PAGES or Path(kept.name).name != kept.name:
            raise TagFileError(f"{directory / 'sources.json'}: names a file elsewhere")
        raw = raw_file(directory / cloud / kept.name)
        if hashlib.sha256(raw.content).hexdigest() != kept.sha256:
            raise TagFileError(f"{directory / cloud / kept.name}: is not the file that was saved")
        files.append(Raw(name=raw.name, content=raw.content, source=kept.source))
    return files, about.trouble


def tags_in(directory: Path, cloud: str) -> ServiceTags:
    """The service tags of a run about *cloud* that were saved in *directory*."""
    files, trouble = saved_tags(directory) or ([], "no file was kept with this run")
    return service_tags([parse_tag_file(raw.name, raw.content) for raw in files], cloud, trouble)
