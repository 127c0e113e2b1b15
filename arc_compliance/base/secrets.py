"""The secrets that this run knows: what it was given to get through a proxy, and its environment.

They are hidden wherever they occur, whatever stands around them. `KNOWN` belongs to the reader of
the command line, `arc_compliance.options.settings`, which fills it before anything is measured;
each worker of pytest-xdist reads the command line itself and so knows them too. Everybody else only
asks.
"""

from __future__ import annotations

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import unquote

from arc_compliance.base.readings import reading

SHORTEST = 4
"""Characters of a secret that is looked for. A shorter one would take half of every text with it;
it is hidden where its place tells what it is."""

LONG = 8
"""Characters that stand in no text by chance. A value of the environment that is taken for a secret
by its name alone has as many."""

_USERINFO = re.compile(
    r"^(?:[a-z][a-z0-9+.-]{0,20}:)?(?://)?([^/?#\s:@]*):(.*)@", re.DOTALL | re.IGNORECASE
)
_SECRET_NAME = re.compile(
    r"(?i)pass(?:w|phrase|$|_)|pwd|secret|token|credential|(?:api|access|account|private)_?key"
)


class KnownSecrets:
    """What is hidden wherever it occurs."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._forms: re.Pattern[str] | None = None
        self._told: list[Callable[[], None]] = []

    def when_changed(self, told: Callable[[], None]) -> None:
        """Call *told* whenever there is a secret more: what was found without it counts no more."""
        self._told.append(told)

    def add(self, secrets: Iterable[str], *, vocabulary: Iterable[str] = ()) -> None:
        """Hide *secrets* from now on.

        One that is a part of a word of *vocabulary* is not looked for: reports are made of those
        words, and no verdict may depend on what somebody's password is.
        """
        words = "\n".join(vocabulary)
        new = {one for one in secrets if len(one) >= SHORTEST and one not in words} - self._secrets
        if not new:
            return
        self._secrets |= new
        forms = sorted({form for one in self._secrets for form in _forms(one)}, key=_longest_first)
        self._forms = re.compile("|".join(forms))
        for told in self._told:
            told()

    def forget(self) -> None:
        """Know none; a process that makes several runs, as the self-tests do, begins with this."""
        self._secrets.clear()
        self._forms = None
        for told in self._told:
            told()

    def __bool__(self) -> bool:
        return self._forms is not None

    def occur_in(self, text: str) -> bool:
        """Whether *text* holds one of them."""
        return self._forms is not None and self._forms.search(text) is not None

    def hidden_in(self, text: str, by: str) -> str:
        """*text* with *by* in the place of each of them."""
        return text if self._forms is None else self._forms.sub(lambda _: by, text)


KNOWN = KnownSecrets()


def secrets_of_url(url: str) -> Iterator[str]:
    """The password in *url*, and the pair with its user, as they are written and as they are read;
    nothing where *url* holds none."""
    found = _USERINFO.match(url)
    if found is None:
        return
    user, password = found.groups()
    for one_user, one in ((user, password), (unquote(user), unquote(password))):
        yield one
        if len(one) >= SHORTEST or len(one_user) >= SHORTEST:
            yield f"{one_user}:{one}"


def secrets_of_environment(environment: Mapping[str, str]) -> Iterator[str]:
    """The passwords of the proxies in *environment*, and what a variable's name calls a secret."""
    for name, value in environment.items():
        yield from secrets_of_url(value) if "@" in value else ()
        of_secret = len(value) >= LONG and _SECRET_NAME.search(name)
        if of_secret and not value.startswith("/"):  # the path of a file that holds one
            yield value


def _forms(secret: str) -> Iterator[str]:
    """Patterns of *secret* as it is, as it is read, and within base64 wherever it begins there."""
    # A short one stands by chance in a certificate's base64, where it is part of a longer word.
    around = ("(?<![A-Za-z0-9+/])", "(?![A-Za-z0-9+/])") if len(secret) < LONG else ("", "")
    for read in {secret, reading(secret), reading(reading(secret))}:
        yield re.escape(read).join(around)
    content = secret.encode("utf-8", "surrogatepass")
    for before in range(3):
        # Only the characters that no byte before or after has a part in.
        start, end = (0, 2, 3)[before], (before + len(content)) * 8 // 6
        for encode in (b64encode, urlsafe_b64encode):
            middle = encode(bytes(before) + content)[start:end].decode("ascii")
            if len(middle) >= LONG:
                yield re.escape(middle)


def _longest_first(form: str) -> tuple[int, str]:
    return -len(form), form
