"""A page or a file from the network, whole and bounded; or why there is none, as a value."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from arc_compliance import __version__
from arc_compliance.base.redact import scrub

SECONDS = 20.0
"""What one page or file may take as a whole."""


@dataclass(frozen=True, slots=True)
class Unfetched:
    """Nothing could be fetched: ``why``, in a few words and without credentials.

    What a network did is a value, not a fault of the person who started the run.
    """

    why: str


def fetch(url: str, most_bytes: int) -> bytes | Unfetched:
    """The body at *url*, by requests and so through the operator's proxy and REQUESTS_CA_BUNDLE.

    Anything but a whole body with status 200 within SECONDS and *most_bytes* is Unfetched.
    """
    outcome: list[bytes | Unfetched] = []

    def work() -> None:
        try:
            outcome.append(_fetch(url, most_bytes))
        except (OSError, ValueError) as error:  # those of requests are OSErrors
            outcome.append(Unfetched(_why(error)))

    # requests limits each wait, not the whole: a peer that drips could hold us for ever.
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(SECONDS)
    return outcome[0] if outcome else Unfetched(f"no end after {SECONDS:g} s")


def _fetch(url: str, most_bytes: int) -> bytes | Unfetched:
    import requests  # takes as long as a third of our own modules, and is seldom needed

    with requests.Session() as session:
        session.max_redirects = 5
        session.headers["User-Agent"] = f"arc-compliance/{__version__}"
        with session.get(url, timeout=(5, 10), stream=True) as response:
            if response.status_code != 200:
                return Unfetched(f"HTTP {response.status_code}")
            passed = [one.url for one in (*response.history, response)]
            if any(one.startswith("http://") for one in passed[1:]):
                return Unfetched("a redirect leads to http://")
            content = bytearray()
            for chunk in response.iter_content(65536):
                content += chunk
                if len(content) > most_bytes:
                    return Unfetched(f"larger than {most_bytes >> 20} MB")
            return bytes(content)


def _why(error: Exception) -> str:
    """An exception in a few words: those of requests repeat URLs and objects of Python."""
    import requests

    kinds = {
        requests.exceptions.ProxyError: "no connection through the proxy",
        requests.exceptions.SSLError: "TLS failed; REQUESTS_CA_BUNDLE names the CAs to trust",
        requests.exceptions.Timeout: "no answer in time",
        requests.exceptions.TooManyRedirects: "too many redirects",
        requests.exceptions.ConnectionError: "no connection",
        requests.exceptions.ChunkedEncodingError: "the connection broke off",
        requests.exceptions.InvalidURL: "not a URL",
    }
    words = next((words for kind, words in kinds.items() if isinstance(error, kind)), "")
    return words or scrub(f"{type(error).__name__}: {error}")[:200]
