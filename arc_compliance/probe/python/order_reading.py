"""Reads and checks the order, so that nothing later has to doubt it."""

import json
import re
from typing import Any, BinaryIO

from arc_compliance.probe.python.contract import ORDER_FORMAT
from arc_compliance.probe.python.limits import (
    MAX_BYPASSES,
    MAX_DISCOVERIES,
    MAX_ENDPOINTS,
    MAX_GATEWAY_NAMES,
    MAX_MAPPINGS,
    MAX_ORDER,
    MAX_SECONDS,
    MAX_WEBSOCKETS,
)
from arc_compliance.probe.python.order import (
    AGENT,
    AUTO,
    CLIENTS,
    Controls,
    Discovery,
    Gateway,
    Limits,
    Mapping,
    Order,
    Target,
)
from arc_compliance.probe.python.order_fields import (
    CLOUD_NAME,
    PRINTABLE,
    REQUEST_PATH,
    BadOrder,
    field,
    matching,
    optional,
    read_list,
    read_name,
    read_optional_port,
    read_port,
    read_word,
    wildcard,
)
from arc_compliance.probe.python.proxy_server import HOST_NAME, ProxyServer, proxy_server


def read_order(stream: "BinaryIO") -> Order:
    """The order that *stream* holds; raise BadOrder where it cannot be carried out."""
    raw = stream.read(MAX_ORDER + 1)
    if len(raw) > MAX_ORDER:
        raise BadOrder(f"larger than {MAX_ORDER} bytes")
    try:
        document = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadOrder("not JSON") from None
    if field(document, "order", int, "") != ORDER_FORMAT:
        raise BadOrder(f"order: expected format {ORDER_FORMAT}")
    return Order(
        run=field(document, "run", str, ""),
        host=field(document, "host", str, ""),
        endpoints=read_list(document, "endpoints", read_target, MAX_ENDPOINTS),
        discoveries=read_list(document, "discoveries", read_discovery, MAX_DISCOVERIES),
        websockets=read_list(document, "websockets", read_websocket, MAX_WEBSOCKETS),
        proxy=read_proxy(optional(document, "proxy", str)),
        proxy_bypass=(
            None
            if document.get("proxy_bypass") is None
            else read_list(document, "proxy_bypass", read_word, MAX_BYPASSES)
        ),
        gateway=read_gateway(optional(document, "gateway", dict) or {}),
        controls=read_controls(field(document, "controls", dict, "")),
        connect_to=read_list(document, "connect_to", read_mapping, MAX_MAPPINGS),
        trust_file=optional(document, "trust_file", str),
        limits=read_limits(field(document, "limits", dict, "")),
        user_agent=matching(document, "user_agent", PRINTABLE, ""),
        agent_check=read_agent_check(optional(document, "agent_check", dict)),
    )


def read_target(item: "Any", where: str) -> Target:
    """One name and port to measure."""
    if field(item, "scheme", str, where) not in ("https", "http"):
        raise BadOrder(where + "scheme: neither https nor http")
    if item.get("client", AGENT) not in CLIENTS:
        raise BadOrder(where + "client: none of " + ", ".join(CLIENTS))
    return Target(
        name=matching(item, "name", HOST_NAME, where),
        port=read_port(item.get("port"), where),
        scheme=item["scheme"],
        path=matching(item, "path", REQUEST_PATH, where),
        bypass=item.get("bypass"),
        client=item.get("client", AGENT),
    )


def read_discovery(item: "Any", where: str) -> Discovery:
    """One call whose answer names further targets."""
    accept = field(item, "accept", list, where)
    if not all(isinstance(pattern, str) for pattern in accept):
        raise BadOrder(where + "accept: not a list of texts")
    return Discovery(
        name=matching(item, "name", HOST_NAME, where),
        path=matching(item, "path", REQUEST_PATH, where),
        location=matching(item, "location", PRINTABLE, where),
        accept=[wildcard(pattern) for pattern in accept],
        bypass=item.get("bypass"),
    )


def read_websocket(item: "Any", where: str) -> "tuple[re.Pattern[str], str]":
    """The names that speak WebSocket, and the path of the upgrade."""
    pattern = wildcard(field(item, "names", str, where))
    return pattern, matching(item, "path", REQUEST_PATH, where)


def read_agent_check(item: "Any") -> "tuple[str, str | None] | None":
    """The cloud, and the region or None, to pass to the agent's own check; or None."""
    if item is None:
        return None
    region = item.get("location")
    return (
        matching(item, "cloud", CLOUD_NAME, "agent_check."),
        region and matching(item, "location", CLOUD_NAME, "agent_check."),
    )


def read_gateway(item: "Any") -> Gateway:
    """The names by which a Log Analytics gateway is recognised, and the gateways that are known."""
    parts = [
        read_list(item, key, read_name, MAX_GATEWAY_NAMES) if key in item else []
        for key in Gateway._fields
    ]
    return Gateway(*parts)


def read_controls(item: "Any") -> Controls:
    """What the negative controls use."""
    return Controls(
        name=matching(item, "name", HOST_NAME, "controls."),
        address=matching(item, "address", HOST_NAME, "controls."),
    )


def read_mapping(item: "Any", where: str) -> Mapping:
    """One ``connect_to``: [host, port, address, port], as curl's option of that name."""
    if not isinstance(item, list) or len(item) != 4:
        raise BadOrder(where + ": expected [host, port, address, port]")
    host, port, address, to_port = item
    for text in (host, address):
        if text and not (isinstance(text, str) and HOST_NAME.match(text.strip("[]"))):
            raise BadOrder(where + ": not a host name")
    return Mapping(
        (host or "").lower(),
        read_optional_port(port, where),
        (address or "").strip("[]"),
        read_optional_port(to_port, where),
    )


def read_proxy(url: "str | None") -> "str | ProxyServer | None":
    """The proxy that *url* names, AUTO, or None. The text of an error never repeats the URL."""
    if not url or url == AUTO:
        return url or None
    proxy = proxy_server(url)
    if proxy.fault:
        raise BadOrder("proxy: " + proxy.fault)
    return proxy


def read_limits(item: "Any") -> Limits:
    """The limits: three times in seconds and a number of names."""
    seconds = []
    for key in ("connect", "http", "deadline"):
        value = field(item, key, (int, float), "limits.")
        if not 0 < value <= MAX_SECONDS:
            raise BadOrder(f"limits.{key}: not a number of seconds")
        seconds.append(float(value))
    connect, http_limit, deadline = seconds
    names = min(max(0, field(item, "names", int, "limits.")), MAX_ENDPOINTS)
    return Limits(connect, http_limit, deadline, names)
