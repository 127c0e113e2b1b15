"""User names and passwords before an ``@``: in a URL, and in ``user:password@host`` alone.

Every step looks at a part of a line that no other step looks at, so that the time grows with the
length of the text alone.
"""

from __future__ import annotations

import re

HIDDEN = "***"

_AUTHORITY = re.compile(r"[^/?#\s\"'<>|]*")
_NO_PORT = r"(?!\d{1,5}(?:[^\w@%.+~!$&*-]|$))"
_USER_AND_MORE = re.compile(rf"[^/?#\s\"'<>:@\[\]]{{1,256}}:{_NO_PORT}(?=[^\s<>])")
"""A user and the beginning of a password: what follows the colon is not a port."""

_PROXY = re.compile(r"@[\w.-]{1,255}:\d{1,5}(?!\d)")
_RUN = re.compile(r"(?<!\S)[^\s@]*@\S*")
_QUOTED = re.compile(r"[\"'][\w.+-]{1,64}:(?! |//)[^\"'\n]*@(?=[\w\[])")
_PAIR = re.compile(
    rf"(?:^|[^\w.%+~\\-])([a-z_][\w.%+~\\-]{{0,63}}):(?!//){_NO_PORT}(?=.)", re.IGNORECASE
)
_NO_USERS = {"mailto", "mail", "email", "sip", "sips", "xmpp", "acct", "http", "https", "ssh"}
_NO_HOSTS = ("sha256:", "sha512:", "openssh.com", "libssh.org")
"""What follows the ``@`` of an image's digest and of an algorithm of OpenSSH."""


def without_userinfo(text: str) -> str:
    """*text* with three stars in place of what stands before the ``@`` of a URL or a proxy."""
    if "@" not in text:
        return text
    return "\n".join(_of_line(line) if "@" in line else line for line in text.split("\n"))


def _of_line(line: str) -> str:
    if "://" in line:
        first, *rest = line.split("://")
        line = "://".join([first, *(_of_url(one) if "@" in one else one for one in rest)])
    if ":" not in line:
        return line
    line = _QUOTED.sub(lambda found: found[0][0] + HIDDEN + "@", line)
    return _RUN.sub(lambda found: _of_run(found[0]), line)


def _of_url(rest: str) -> str:
    """*rest*, what follows the ``://`` of a URL up to the next one in the line."""
    if rest.startswith("["):  # an address of IPv6, or how we write what is optional
        return rest
    authority = _AUTHORITY.match(rest)
    end = rest.rfind("@", 0, authority.end() if authority else 0)
    if _USER_AND_MORE.match(rest):
        # The password may hold anything: a slash, a quotation mark, an @, a space.
        run = re.match(r"[^\s<>]*", rest)
        end = max(end, rest.rfind("@", 0, run.end() if run else 0))
        if end < 0:
            proxy = _PROXY.search(rest)
            end = proxy.start() if proxy else rest.find("@")
    return HIDDEN + rest[end:] if end > 0 else rest


def _of_run(run: str) -> str:
    """*run*, a text without spaces that holds an ``@``."""
    end = run.rfind("@")
    after = run[end + 1 :]
    if not after or after.startswith(_NO_HOSTS) or not (after[0].isalnum() or after[0] in "[_"):
        return run
    found = _PAIR.search(run, 0, end)
    if found is None or found.end() == end or found[1].lower() in _NO_USERS:
        return run
    return run[: found.start(1)] + HIDDEN + run[end:]
