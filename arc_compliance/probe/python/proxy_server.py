"""A proxy as a URL names it, and how servers are written down."""

import base64
import collections
import re
import urllib.parse

HOST_NAME = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]{0,252}\Z")


class ProxyServer(collections.namedtuple("ProxyServer", "host port credentials fault")):
    """A proxy: ``port`` is None where none is named and nothing says which one is meant.

    ``credentials`` are base64 of user:password. ``fault`` says why the agent cannot use the proxy.
    """

    __slots__ = ()
    host: str
    port: "int | None"
    credentials: "str | None"
    fault: "str | None"


def proxy_server(url: str) -> ProxyServer:
    """The proxy that *url* names, with its fault where the agent could not use it.

    A missing scheme is taken for http, as Go and wget do. The fault never repeats the URL.
    """
    if re.search(r"[\x00-\x20\x7f]", url):
        return ProxyServer("", 0, None, "a blank or a control character is in it")
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else "http://" + url)
        host, port = parts.hostname, parts.port or 80
    except ValueError:
        return ProxyServer("", 0, None, "not a URL")
    if not host or not HOST_NAME.match(host):
        return ProxyServer("", 0, None, "expected http://[user:password@]host[:port]")
    fault = None if parts.scheme.lower() == "http" else "the agent takes http:// proxies only"
    credentials = None
    if parts.username is not None:
        user = urllib.parse.unquote_to_bytes(parts.username)
        password = urllib.parse.unquote_to_bytes(parts.password or "")
        credentials = base64.b64encode(user + b":" + password).decode("ascii")
    return ProxyServer(host, port, credentials, fault)


def any_scheme_server(url: str) -> ProxyServer:
    """The server that *url* names to clients other than the agent."""
    server = proxy_server(url)
    if not server.host:
        return server
    named = urllib.parse.urlsplit(url if "://" in url else "http://" + url).port
    return server._replace(port=named, credentials=None, fault=None)


def shown_proxy(proxy: ProxyServer) -> str:
    """A proxy without its credentials."""
    return host_and_port(proxy.host, proxy.port, None) if proxy.host else ""


def host_and_port(host: str, port: "int | None", default_port: "int | None" = None) -> str:
    """The authority of a URL: IPv6 in brackets, the port left out where it is the default."""
    host = f"[{host}]" if ":" in host else host
    return host if port == default_port else f"{host}:{port}"
