"""The URL of a proxy as Go reads it (net/url).

No text of an error repeats the URL: credentials may be anywhere in it.
"""

import base64
import collections
import contextlib
import re
import urllib.parse

from arc_compliance.probe.python.proxy_server import ProxyServer

GO_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
GO_USER_INFO = re.compile(r"[A-Za-z0-9\-._:~!$&'()*+,;=%@]*\Z")
GO_HOST = re.compile(r"[A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"%\x80-\U0010ffff]*\Z")
GO_PORT = re.compile(r"(:[0-9]*)?\Z")
BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
ASCII_ESCAPE = re.compile(r"%(?!25)[0-7][0-9A-Fa-f]")  # which Go refuses in the name of a host
USABLE_HOST = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:%-]{0,252}\Z")
DEFAULT_PROXY_PORT = 80
HTTP_PROXIES_ONLY = "the agent takes http:// proxies only"


class GoUrl(collections.namedtuple("GoUrl", "scheme user password host port path opaque")):
    """The parts of a URL; ``user`` and ``password`` are None where it has none."""

    __slots__ = ()
    scheme: str
    user: "str | None"
    password: "str | None"
    host: str
    port: str
    path: str
    opaque: str


def go_url(text: str) -> GoUrl:
    """The parts of *text* by Go's url.Parse; ValueError says why Go cannot parse it."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise ValueError("it holds a control character, such as the end of a line")
    if text.startswith(":"):
        raise ValueError("it has no scheme before the colon")
    text, _, fragment = text.partition("#")
    escapes(fragment)
    found = GO_SCHEME.match(text)
    scheme = found.group(1).lower() if found else ""
    rest = (text[found.end() :] if found else text).partition("?")[0]
    if not rest.startswith("/"):
        if scheme:
            return GoUrl(scheme, None, None, "", "", "", rest)
        if ":" in rest.partition("/")[0]:
            raise ValueError("it does not begin with a scheme")
    user = password = None
    host = port = ""
    if rest.startswith("//") and (scheme or not rest.startswith("///")):
        authority, slash, path = rest[2:].partition("/")
        rest = slash + path
        credentials, at, place = authority.rpartition("@")
        host, port = go_host(place)
        if at:
            user, password = go_credentials(credentials)
    return GoUrl(scheme, user, password, host, port, unescaped(rest), "")


def go_host(place: str) -> "tuple[str, str]":
    """(host, port) of the part of a URL that names the server."""
    end = place.rfind("]")
    bracketed = place.startswith("[")
    if bracketed and end < 0:
        raise ValueError("a bracket of its IPv6 address is missing")
    if not bracketed and ("[" in place or "]" in place):
        raise ValueError("its host has a bracket where none may be")
    at = end + 1 if bracketed else place.find(":")
    host, port = (place[:at], place[at:]) if at >= 0 else (place, "")
    if not GO_PORT.match(port):
        raise ValueError("what follows its host is not a port")
    escapes(host)
    if not GO_HOST.match(host):
        raise ValueError("its host holds a character that no host name has")
    if not bracketed and ASCII_ESCAPE.search(host):
        raise ValueError("its host holds a percent sign")
    return unescaped(host.strip("[]")), port[1:]


def go_credentials(text: str) -> "tuple[str, str | None]":
    """(user, password) of the part before the @."""
    if not GO_USER_INFO.match(text):
        raise ValueError(
            "its user or password holds a character that has to be written with a percent sign "
            "(a backslash as %5C, a space as %20)"
        )
    user, colon, password = text.partition(":")
    return unescaped(user), unescaped(password) if colon else None


def escapes(text: str) -> None:
    """Raise ValueError where a percent sign is not followed by two hexadecimal digits."""
    if BAD_ESCAPE.search(text):
        raise ValueError(
            "a percent sign in it is not followed by two hexadecimal digits (write it as %25)"
        )


def unescaped(text: str) -> str:
    """*text* with its percent escapes replaced."""
    escapes(text)
    return urllib.parse.unquote(text)


def go_proxy(text: str) -> ProxyServer:
    """The proxy that *text* in the agent's own settings names, by url.Parse."""
    try:
        return server_of(go_url(text))
    except ValueError as problem:
        return ProxyServer("", 0, None, f"not a URL that a Go program can parse: {problem}")


def go_environment_url(text: str) -> "GoUrl | None":
    """The URL that Go makes of *text* in a variable; None where it makes none, and goes straight
    out.

    What is not a URL with a host is read once more with http:// before it, so that half of the
    faults name a proxy ``http``.
    """
    parsed = None
    with contextlib.suppress(ValueError):
        parsed = go_url(text)
    if parsed is None or not parsed.scheme or not parsed.host:
        with contextlib.suppress(ValueError):
            return go_url("http://" + text)
    return parsed


def go_environment_proxy(text: str) -> ProxyServer:
    """The proxy that *text* in HTTPS_PROXY names."""
    parsed = go_environment_url(text)
    try:
        plain = go_url(text)
        why = "it has no host"
    except ValueError as problem:
        plain, why = None, str(problem)
    if parsed is not None:
        whole = plain is not None and plain.scheme and plain.host
        if whole or (parsed.host and not parsed.path.strip("/") and "//" not in text):
            return server_of(parsed)
    return ProxyServer("", 0, None, "not a URL that a Go program can parse: " + why)


def server_of(url: GoUrl) -> ProxyServer:
    """The proxy that a URL names, with its fault where the agent could not use it."""
    if not url.host or not USABLE_HOST.match(url.host):
        shape = "http://[user:password@]host[:port]"
        return ProxyServer("", 0, None, f"it names no host, or no scheme: expected {shape}")
    port = int(url.port[:6] or DEFAULT_PROXY_PORT)
    fault = None
    if url.scheme != "http":
        fault = HTTP_PROXIES_ONLY
    elif not 0 < port < 65536:
        fault = "its port is not one of 1 to 65535"
    credentials = None
    if url.user is not None:
        pair = f"{url.user}:{url.password or ''}".encode("utf-8", "surrogatepass")
        credentials = base64.b64encode(pair).decode("ascii")
    return ProxyServer(url.host, port, credentials, fault)
