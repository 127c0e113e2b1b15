"""Where service tag files come from: Azure's pages through a real proxy, the cache, a folder."""

from __future__ import annotations

import json
import re
import socket
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.service_tags import fetch, sources
from arc_compliance.service_tags.sources import (
    Raw,
    current_file,
    download,
    fetched_file,
    raw_file,
    save_tags,
    saved_tags,
    tags_in,
)
from selftests.conftest import loopback_tags
from selftests.probe import peers
from selftests.suite_run import SuiteRun

RunSuite = Callable[..., SuiteRun]
CLOUD = "AzureChinaCloud"
NAME = "ServiceTags_China_20261116.json"
LINK = f"https://download.microsoft.com/download/7/0/{NAME}"


def tags(cloud: str = "China", number: int = 7) -> bytes:
    values = [{"name": "Storage", "properties": {"addressPrefixes": ["192.0.2.0/24"]}}]
    return json.dumps({"changeNumber": number, "cloud": cloud, "values": values}).encode()


def ok(body: bytes) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body


def page(*links: str) -> bytes:
    """A download page as far as it matters: the address stands in a script, escaped."""
    return ok(f"<html>{' '.join(links)}".replace("/", "\\u002F").encode())


class Internet:
    """A proxy behind which Microsoft's sites are: it takes every CONNECT and answers itself.

    ``answers`` has a whole answer, or a behaviour, by host and path; ``asked`` what came.
    """

    def __init__(self, authority: peers.Authority) -> None:
        self._contexts = {
            name: authority.context(name)
            for name in ("www.microsoft.com", "download.microsoft.com", "mirror.example")
        }
        self.answers: dict[str, bytes | peers.Behaviour] = {}
        self.asked: list[str] = []

    def behave(self, connection: socket.socket) -> None:
        host = peers._read_head(connection).split()[1].decode().partition(":")[0]
        connection.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
        with self._contexts[host].wrap_socket(connection, server_side=True) as tls:
            path = peers._read_head(tls).split()[1].decode()
            self.asked.append(host + path)
            answer = self.answers.get(host + path, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n")
            if isinstance(answer, bytes):
                tls.sendall(answer)
            else:
                answer(tls)


@pytest.fixture(scope="module")
def authority() -> peers.Authority:
    return peers.Authority()


@pytest.fixture
def internet(
    authority: peers.Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Internet]:
    """Reached as an operator's shell says: HTTPS_PROXY and REQUESTS_CA_BUNDLE."""
    roots = tmp_path / "roots.pem"
    authority.root.cert_pem.write_to_path(roots)
    there = Internet(authority)
    with peers.serve(there.behave) as port:
        for name in ("http_proxy", "https_proxy", "no_proxy", "NO_PROXY"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(roots))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        monkeypatch.setattr(fetch, "SECONDS", 2.0)
        there.answers["www.microsoft.com/en-us/download/details.aspx?id=57062"] = page(LINK)
        there.answers[f"download.microsoft.com/download/7/0/{NAME}"] = ok(tags())
        yield there


PAGE = "www.microsoft.com/en-us/download/details.aspx?id=57062"
FILE = f"download.microsoft.com/download/7/0/{NAME}"


def test_the_current_file_through_proxy_and_ca_bundle(internet: Internet) -> None:
    raw, trouble = current_file(CLOUD)

    assert trouble == ""
    assert raw == Raw(name=NAME, content=tags(), source=LINK)
    assert internet.asked == [PAGE, FILE]


def test_a_file_is_fetched_once(internet: Internet) -> None:
    first, _ = current_file(CLOUD)
    again, trouble = current_file(CLOUD)

    assert again == first
    assert trouble == ""
    assert internet.asked == [PAGE, FILE, PAGE]


def test_the_newest_link_counts(internet: Internet) -> None:
    newer = LINK.replace("20261116", "20261123")
    internet.answers[PAGE] = page(LINK, newer, LINK.replace("China", "Public"))
    internet.answers[newer.removeprefix("https://")] = ok(tags(number=8))

    raw, _ = current_file(CLOUD)

    assert raw is not None
    assert raw.name == "ServiceTags_China_20261123.json"


def drips(tls: socket.socket) -> None:
    for byte in ok(tags()):
        tls.sendall(bytes([byte]))
        time.sleep(0.2)


def floods(tls: socket.socket) -> None:
    tls.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        tls.sendall(b"x" * 65536)


FAULTS: dict[str, tuple[str, bytes | peers.Behaviour, str]] = {
    "page is gone": (PAGE, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", "HTTP 404"),
    "page links nothing": (PAGE, ok(b"<html>Sign in"), "links no service tag file"),
    "page links elsewhere": (PAGE, page(LINK.replace("microsoft", "example")), "links no service"),
    "page leads to http": (
        PAGE,
        b"HTTP/1.1 302 Go\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n",
        "no connection",
    ),
    "page floods": (PAGE, floods, "larger than 4 MB"),
    "page drips": (PAGE, drips, "no end after 2 s"),
    "page hangs": (PAGE, lambda tls: time.sleep(5), "no end after 2 s"),
    "page closes": (PAGE, lambda tls: None, "no connection through the proxy"),
    "page is nonsense": (PAGE, b"SSH-2.0-x\r\n\r\n", "no connection"),
    "file is a page": (FILE, ok(b"<html>Log in"), "a page in HTML"),
    "file is cut off": (FILE, ok(tags())[:-20], "the connection broke off"),
    "file is of another cloud": (FILE, ok(tags("Public")), "is of AzureCloud"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_download_that_fails_leaves_the_last_good_file(internet: Internet, name: str) -> None:
    where, answer, words = FAULTS[name]
    before = internet.answers[where]
    if where == FILE:  # a newer file is linked, and it is that one which is broken
        internet.answers[PAGE] = page(LINK.replace("20261116", "20261109"))
        internet.answers[FILE.replace("20261116", "20261109")] = before
    good, _ = current_file(CLOUD)
    internet.answers[where] = answer
    if where == FILE:
        internet.answers[PAGE] = page(LINK)

    started = time.monotonic()
    raw, trouble = current_file(CLOUD)

    assert good is not None
    assert raw == good
    assert words in trouble
    assert trouble.endswith("the copy fetched 0 days ago is used")
    assert time.monotonic() - started < 10


def test_without_a_good_file_there_is_none(internet: Internet) -> None:
    del internet.answers[PAGE]

    raw, trouble = current_file(CLOUD)

    assert raw is None
    assert trouble == f"{sources.PAGES[CLOUD]}: HTTP 404"


def test_a_copy_that_was_changed_is_none(internet: Internet, tmp_path: Path) -> None:
    current_file(CLOUD)
    (copy,) = [p for p in (tmp_path / "cache").rglob("*") if p.is_file() and p.suffix == ""]
    copy.write_bytes(tags(number=9))
    internet.answers[PAGE] = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"

    assert current_file(CLOUD)[0] is None


def test_no_ca_and_no_proxy(internet: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert "REQUESTS_CA_BUNDLE names the CAs" in current_file(CLOUD)[1]
    with peers.refusing() as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://jo:hunter2@127.0.0.1:{port}")
        trouble = current_file(CLOUD)[1]
    assert "no connection through the proxy" in trouble
    assert "hunter2" not in trouble


def test_a_home_that_cannot_be_written_keeps_nobody(
    internet: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/proc/nowhere")

    assert current_file(CLOUD)[1] == ""


def test_the_public_file_comes_along_where_it_can(internet: Internet) -> None:
    own, trouble = download(CLOUD)
    assert ([raw.name for raw in own], trouble) == ([NAME], "")

    public = "download.microsoft.com/download/ServiceTags_Public_20261116.json"
    internet.answers[PAGE.replace("57062", "56519")] = page(f"https://{public}")
    internet.answers[public] = ok(tags("Public"))
    assert len(download(CLOUD)[0]) == 2


def test_a_url(internet: Internet) -> None:
    url = f"https://mirror.example/azure/{NAME}?sig=secret"
    internet.answers[f"mirror.example/azure/{NAME}?sig=secret"] = ok(tags())

    raw, trouble = fetched_file(url)

    assert raw is not None
    assert (raw.name, trouble) == (NAME, "")
    assert "secret" not in raw.source

    internet.answers.clear()
    kept, trouble = fetched_file(url)
    assert kept == raw
    assert "HTTP 404; the copy fetched 0 days ago is used" in trouble
    assert "secret" not in trouble


def test_a_url_with_something_else_is_an_error(internet: Internet) -> None:
    internet.answers["mirror.example/tags.json"] = ok(b"<html>Log in")

    with pytest.raises(Fault, match=r"^tags\.json: is a page in HTML"):
        fetched_file("https://mirror.example/tags.json")


# -- the files of a run --------------------------------------------------------------------------


def test_the_files_of_a_run_are_kept_byte_for_byte(tmp_path: Path) -> None:
    own = Raw(name=NAME, content=b"\xef\xbb\xbf" + tags(), source="somewhere")
    public = Raw(name="tags.json", content=tags("Public"), source="elsewhere")
    save_tags(tmp_path, [own, public], "trouble")

    assert saved_tags(tmp_path) == ([own, public], "trouble")
    found = tags_in(tmp_path, CLOUD)
    assert found.own is not None
    assert found.own.published == date(2026, 11, 16)
    assert found.words().endswith("trouble")

    save_tags(tmp_path, [], "")
    assert saved_tags(tmp_path) == ([], "")
    assert not list(tmp_path.glob("*/*.json"))


def test_a_kept_file_that_was_changed_is_not_used(tmp_path: Path) -> None:
    save_tags(tmp_path, [Raw(name=NAME, content=tags(), source="x")], "")
    (tmp_path / CLOUD / NAME).write_bytes(tags(number=8))

    with pytest.raises(Fault, match="is not the file that was saved"):
        saved_tags(tmp_path)


def test_nothing_was_kept(tmp_path: Path) -> None:
    assert saved_tags(tmp_path) is None
    assert "no file was kept" in tags_in(tmp_path, CLOUD).trouble


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="is not a file"):
        raw_file(tmp_path)
    with pytest.raises(Fault, match="cannot be read: No such file"):
        raw_file(tmp_path / "missing.json")


# -- as a user sees it ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "content", "words"),
    [
        ("--service-tags", "<html>Log in", "a page in HTML"),
        ("--service-tags", tags("Public").decode(), "is of AzureCloud, the run is about"),
        ("--service-tags", None, "cannot be read: No such file"),
        ("--firewall-allowlist", "10.0.0.0/8\n" * 36 + "ten", "line 37: 'ten' is not an address"),
        ("--firewall-allowlist", None, "cannot be read: No such file"),
    ],
)
def test_a_bad_file_is_a_usage_error_that_touches_nothing(
    run_suite: RunSuite, tmp_path: Path, option: str, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "given").write_text(content)

    run = run_suite("--demo", f"{option}={tmp_path / 'given'}")

    assert run.code == 4
    assert run.err.startswith(f"ERROR: {option}: given")
    assert words in run.err
    assert not run.reports.exists()


def test_two_files_of_one_cloud_are_one_too_many_beside_a_download(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    paths = [tmp_path / f"ServiceTags_China_{day}.json" for day in ("20261109", "20261116")]
    for number, path in enumerate(paths, start=1):
        path.write_bytes(tags("China", number))

    run = run_suite(*(f"--service-tags={one}" for one in ("download", *paths)))

    assert run.code == 4
    assert "are both of AzureChinaCloud; leave one" in run.err


def test_a_url_that_leads_to_a_login_page_is_a_usage_error(
    run_suite: RunSuite, tmp_path: Path
) -> None:
    with peers.serve(peers.http(ok(b"<html>Log in"))) as port:
        run = run_suite("--demo", f"--service-tags=http://127.0.0.1:{port}/tags.json")

    assert run.code == 4
    assert "ERROR: --service-tags: tags.json: is a page in HTML" in run.err


def test_offline_the_tags_are_not_tested_and_it_is_said_what_to_do(run_suite: RunSuite) -> None:
    with peers.refusing() as port:
        run = run_suite(
            "--demo",
            "--service-tags=download",
            env={"HTTPS_PROXY": f"http://127.0.0.1:{port}", "https_proxy": ""},
        )

    assert run.code == 6
    case = run.case("service-tags/storage")
    assert case["verdict"] == "not-tested"
    assert "id=57062 and name it with --service-tags=FILE" in case["actual"]
    assert run.properties["service_tags"].startswith("none; https://www.microsoft.com")


@pytest.mark.parametrize("workers", ["-n0", "-n2"])
def test_a_pinned_file_is_used_named_and_kept(
    run_suite: RunSuite, tmp_path: Path, workers: str
) -> None:
    path = loopback_tags(tmp_path)

    run = run_suite("--demo", f"--service-tags={path}", workers)

    assert run.code == 0
    assert re.search(r"AzureChinaCloud change 1 of .* \(sha256 ", run.properties["service_tags"])
    kept = run.reports / "service-tags" / "AzureChinaCloud" / path.name
    assert kept.read_bytes() == path.read_bytes()
    page = (run.reports / "report.html").read_text(encoding="utf-8")
    assert run.properties["service_tags"] in page
    assert run.json["header"]["service_tags"] == run.properties["service_tags"]
