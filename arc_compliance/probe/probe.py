"""Measures, on the host it runs on, what the Connected Machine agent needs from the network.

One order (JSON, docs/order.md) comes in on standard input, one piece of evidence (JSON, ASCII,
between a begin and an end line) goes out on standard output. This file stands alone: standard
library only, CPython 3.6 to 3.13, Linux. It installs nothing, writes nothing and needs no root.
It reports what it saw and judges nothing: every way a step can fail is a cause, not an error.

Reading order: order in, steps, ways out, resolve, connect, proxy, TLS, certificate, negative
controls, HTTP, one attempt, all endpoints, other proxies, facts about the host, evidence out.
"""

import base64
import binascii
import collections
import configparser
import contextlib
import errno
import hashlib
import http.client
import io
import json
import math
import os
import platform
import pwd
import queue
import re
import select
import selectors
import shlex
import signal
import socket
import ssl
import stat
import string
import struct
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

PROBE_VERSION = "1"

BEGIN = "-----BEGIN ARC-COMPLIANCE EVIDENCE-----"
END = "-----END ARC-COMPLIANCE EVIDENCE-----"

STAGES = ("resolve", "connect", "proxy", "tls", "certificate", "http")

KIB = 1024
MAX_ORDER = 4096 * KIB
MAX_EVIDENCE = 7 * 1024 * KIB
MAX_TEXT = 4096
MAX_DETAIL = 500
MAX_AT_ONCE = 60  # endpoints; each has a thread or two more for moments
MAX_ADDRESSES = 16
MAX_HEAD = 64 * KIB
MAX_BODY = 1024 * KIB
MAX_HEADERS = 20
MAX_HEADER_VALUE = 256
MAX_CHAIN = 10
MAX_CERTIFICATE = 65536  # characters of base64
MAX_HANDSHAKE = 256 * KIB
MAX_DISCOVERED = 200
MAX_SETTINGS = 50
MAX_TRIALS = 3
MAX_HIDDEN = 50
MAX_CHECKED = 200
MAX_JSON_TRIES = 50
MAX_SUITES = 200
MAX_ROOTS = 2000
FINGERPRINT = 16  # digits of a SHA-256; nobody makes a certificate with 64 given bits by chance
MAX_FILE = 4096 * KIB
MAX_FILES = 4000
MAX_RULES = 1000000
MAX_OUTPUT = 8 * MAX_RULES  # of a command, in bytes
MAX_SOCKETS = 500
RULES_SECONDS = 5


# ---------------------------------------------------------------------------------- order in

Target = collections.namedtuple("Target", "name port scheme path bypass client")
Discovery = collections.namedtuple("Discovery", "name path location accept bypass")
ProxyServer = collections.namedtuple("ProxyServer", "host port credentials fault")
Mapping = collections.namedtuple("Mapping", "host port address to_port")
Controls = collections.namedtuple("Controls", "name address")
Gateway = collections.namedtuple("Gateway", "lets_through refuses known")
Limits = collections.namedtuple("Limits", "connect http deadline names")
Order = collections.namedtuple(
    "Order",
    "run host endpoints discoveries websockets proxy proxy_bypass gateway controls connect_to "
    "trust_file limits user_agent agent_check ways",
)
AUTO = "auto"  # the proxy that each client on the host would use
AGENT, INSTALLER, PACKAGE_MANAGER = "agent", "installer", "package-manager"
CLIENTS = (AGENT, INSTALLER, PACKAGE_MANAGER, "os")

HOST_NAME = re.compile(r"[A-Za-z0-9_:][A-Za-z0-9_.:-]{0,252}\Z")
REQUEST_PATH = re.compile(r"/[!-~]{0,4000}\Z")
CLOUD_NAME = re.compile(r"[A-Za-z0-9]{1,40}\Z")
PRINTABLE = re.compile(r"[ -~]{0,1000}\Z")


class BadOrder(Exception):
    """The order cannot be carried out; the text names the place in it."""


def read_order(stream):
    """The order that *stream* holds, checked, so that nothing later has to doubt it."""
    raw = stream.read(MAX_ORDER + 1)
    if len(raw) > MAX_ORDER:
        raise BadOrder(f"larger than {MAX_ORDER} bytes")
    try:
        document = json.loads(raw.decode("utf-8"))
    except (ValueError, RecursionError):
        raise BadOrder("not JSON") from None
    if field(document, "order", int, "") != 1:
        raise BadOrder("order: expected format 1")
    return Order(
        run=field(document, "run", str, ""),
        host=field(document, "host", str, ""),
        endpoints=read_list(document, "endpoints", read_target, 1000),
        discoveries=read_list(document, "discoveries", read_discovery, 100),
        websockets=read_list(document, "websockets", read_websocket, 100),
        proxy=read_proxy(optional(document, "proxy", str)),
        proxy_bypass=(
            None
            if document.get("proxy_bypass") is None
            else read_list(document, "proxy_bypass", read_word, 100)
        ),
        gateway=read_gateway(optional(document, "gateway", dict) or {}),
        controls=read_controls(field(document, "controls", dict, "")),
        connect_to=read_list(document, "connect_to", read_mapping, 10000),
        trust_file=optional(document, "trust_file", str),
        limits=read_limits(field(document, "limits", dict, "")),
        user_agent=matching(document, "user_agent", PRINTABLE, ""),
        agent_check=read_agent_check(optional(document, "agent_check", dict)),
        ways=None,  # found on the host
    )


def field(document, key, kind, where):
    """The value of *key*, which must be there and of *kind* (true and false are no numbers)."""
    value = document.get(key) if isinstance(document, dict) else None
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadOrder(f"{where}{key}: missing or of the wrong type")
    return value


def optional(document, key, kind):
    """As :func:`field`, but absent and null are None."""
    return None if document.get(key) is None else field(document, key, kind, "")


def matching(document, key, pattern, where):
    """The text of *key*, which must match *pattern*."""
    value = field(document, key, str, where)
    if not pattern.match(value):
        raise BadOrder(f"{where}{key}: not acceptable")
    return value


def read_list(document, key, read_one, at_most):
    """The list of *key*, each item read by *read_one*."""
    items = field(document, key, list, "")
    if len(items) > at_most:
        raise BadOrder(f"{key}: more than {at_most}")
    return [read_one(item, f"{key}[{i}].") for i, item in enumerate(items)]


def read_target(item, where):
    """One endpoint of the order."""
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


def agents_target(name, path="/", bypass=None):
    """A target at port 443 to which the agent goes."""
    return Target(name, 443, "https", path, bypass, AGENT)


def read_discovery(item, where):
    """One call whose answer names further endpoints."""
    accept = field(item, "accept", list, where)
    if not all(isinstance(pattern, str) for pattern in accept):
        raise BadOrder(where + "accept: not a list of texts")
    return Discovery(
        name=matching(item, "name", HOST_NAME, where),
        path=matching(item, "path", REQUEST_PATH, where),
        location=matching(item, "location", PRINTABLE, where),
        accept=[accepting(pattern) for pattern in accept],
        bypass=item.get("bypass"),
    )


def read_websocket(item, where):
    """The names that speak WebSocket, and the path of the upgrade."""
    pattern = accepting(field(item, "names", str, where))
    return pattern, matching(item, "path", REQUEST_PATH, where)


def read_word(item, where):
    """One text of a list."""
    if not isinstance(item, str):
        raise BadOrder(where + ": not a text")
    return item


def read_name(item, where):
    """One host name of a list."""
    return matching({"": item}, "", HOST_NAME, where)


def read_agent_check(item):
    """The cloud, and the region or None, that the agent's own check is asked about; or None."""
    if item is None:
        return None
    region = item.get("location")
    return (
        matching(item, "cloud", CLOUD_NAME, "agent_check."),
        region and matching(item, "location", CLOUD_NAME, "agent_check."),
    )


def read_gateway(item):
    """The names by which a Log Analytics gateway shows, and the gateways that are known."""
    parts = [read_list(item, key, read_name, 20) if key in item else [] for key in Gateway._fields]
    return Gateway(*parts)


def read_controls(item):
    """What the negative controls ask for."""
    return Controls(
        name=matching(item, "name", HOST_NAME, "controls."),
        address=matching(item, "address", HOST_NAME, "controls."),
    )


def accepting(pattern):
    """*pattern* as a regular expression: ``*`` is any text, everything else is itself."""
    parts = [re.escape(part) for part in pattern.lower().split("*")]
    return re.compile(".*".join(parts) + r"\Z")


def read_port(value, where):
    """A TCP port."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise BadOrder(where + "port: not a TCP port")
    return value


def read_mapping(item, where):
    """One ``connect_to``: [host, port, address, port], as curl's option of that name."""
    if not isinstance(item, list) or len(item) != 4:
        raise BadOrder(where + ": expected [host, port, address, port]")
    host, port, address, to_port = item
    for text in (host, address):
        if text and not (isinstance(text, str) and HOST_NAME.match(text.strip("[]"))):
            raise BadOrder(where + ": not a host name")
    for number in (port, to_port):
        if number is not None:
            read_port(number, where)
    return Mapping((host or "").lower(), port, (address or "").strip("[]"), to_port)


def read_proxy(url):
    """The proxy that *url* names, AUTO, or None. The text of an error never repeats the URL."""
    if not url or url == AUTO:
        return url or None
    proxy = proxy_server(url)
    if proxy.fault:
        raise BadOrder("proxy: " + proxy.fault)
    return proxy


def proxy_server(url):
    """The proxy that *url* names, with its fault where the agent could not use it.

    A missing scheme is taken for http, as Go and wget do. The fault never repeats the URL.
    """
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


def read_limits(item):
    """The limits: three times in seconds and a number of names."""
    seconds = []
    for key in ("connect", "http", "deadline"):
        value = field(item, key, (int, float), "limits.")
        if not 0 < value <= 86400:
            raise BadOrder(f"limits.{key}: not a number of seconds")
        seconds.append(float(value))
    return Limits(*seconds, names=min(max(0, field(item, "names", int, "limits.")), 1000))


# ------------------------------------------------------------------------------------- steps


class StepFailed(Exception):
    """A step ended without success: its cause, and a detail in words.

    ``stage`` is given where the fault belongs to an earlier step than the one that noticed.
    """

    def __init__(self, cause, detail="", stage=None):
        super().__init__(cause, detail)
        self.cause = cause
        self.detail = scrubbed(detail)
        self.stage = stage


class Attempt:
    """One go at a target: the steps it plans, those that ended, and those that are running."""

    def __init__(self, target, planned):
        self.target = target
        self.planned = planned
        self.ended = {}
        self.running = {}
        self.websocket = None
        self.done = False

    @contextlib.contextmanager
    def step(self, stage):
        """Times *stage* and records it with the data that the body fills in."""
        started, clock, data, failure = time.time(), time.monotonic(), {}, None
        self.running[stage] = started, clock
        try:
            yield data
        except StepFailed as problem:
            failure = problem
            raise
        except Exception as problem:  # a fault of ours must show in the evidence, not vanish
            failure = StepFailed("probe-failed", describe(problem))
            raise failure from problem
        finally:
            self._record(stage, started, clock, data, failure)

    def _record(self, stage, started, clock, data, failure):
        if failure is not None and failure.stage is not None:
            self.ended[failure.stage].update(failure=as_record(failure))
            self.ended[failure.stage]["data"].update(data)
        else:
            self.ended[stage] = observation(stage, started, clock, data, failure)
        del self.running[stage]

    def broken(self, problem):
        """Records *problem*, a fault of ours, at the stage that would have come next."""
        stage = next((stage for stage in self.planned if stage not in self.ended), self.planned[-1])
        with contextlib.suppress(StepFailed), self.step(stage):
            raise problem

    def failure(self):
        """(stage, failure) of the first step that failed, or None."""
        ended = self.observations()
        return next(((o["stage"], o["failure"]) for o in ended if o["failure"]), None)

    def observations(self):
        """The steps that ended, in order."""
        ended = dict(self.ended)
        return [ended[stage] for stage in STAGES if stage in ended]

    def cut_off(self):
        """The observations when time is up: what has not ended is failed with probe-timeout."""
        running, ended = dict(self.running), self.observations()
        if self.done:
            return ended
        missing = [stage for stage in self.planned if stage not in {o["stage"] for o in ended}]
        late = StepFailed("probe-timeout", "not done when the probe's own deadline came")
        cut = [
            observation(stage, *running.get(stage, (time.time(), time.monotonic())), {}, late)
            for stage in [stage for stage in missing if stage in running] or missing[:1]
        ]
        return sorted(ended + cut, key=lambda one: STAGES.index(one["stage"]))


def observation(stage, started, clock, data, failure):
    """One step as the evidence has it."""
    return {
        "stage": stage,
        "started": round(started, 6),
        "duration": round(max(0.0, time.monotonic() - clock), 6),
        "failure": failure and as_record(failure),
        "data": data,
    }


def as_record(failure):
    """The failure as the evidence has it."""
    return {"cause": failure.cause, "detail": failure.detail}


SECRETS = set()
"""What this process has told a proxy to be let through; a peer may send it back."""


def scrubbed(text, at_most=MAX_DETAIL):
    """*text* on one line, without control characters and SECRETS, cut to a length."""
    text = re.sub(r"[^ -~\u00a0-\ud7ff\ue000-\uffff]+", " ", str(text))
    for secret in sorted(SECRETS, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text[:at_most].strip()


def secrets_in(credentials):
    """The forms in which a peer may repeat *credentials*, base64 of user:password."""
    pair = base64.b64decode(credentials).decode("utf-8", "replace")
    password = pair.partition(":")[2]
    # A shorter password would take half of every text with it.
    return {credentials, pair} | ({password} if len(password) >= 4 else set())


def describe(problem):
    """An exception in words."""
    return f"{type(problem).__name__}: {problem}"


def time_left(deadline):
    """Seconds until *deadline*; raises socket.timeout when there are none."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise socket.timeout("timed out")
    return left


def start(function, *arguments):
    """A daemon thread that runs *function*; it never keeps the process alive."""
    thread = threading.Thread(target=function, args=arguments)
    thread.daemon = True
    thread.start()
    return thread


# ---------------------------------------------------------------------------------- ways out

Setting = collections.namedtuple("Setting", "place proxy no_proxy")

PLACES_OF_OTHERS = ("agent", "daemons", "shell", "apt", "dnf", "zypper")

AGENT_SETTINGS = "/var/opt/azcmagent/localconfig.json"
ENVIRONMENT_FILES = ("/etc/environment", "/etc/profile")
ENVIRONMENT_FOLDER = "/etc/profile.d"
DNF_FILES = ("/etc/dnf/dnf.conf", "/etc/yum.conf")
ZYPPER_FILE = "/etc/sysconfig/proxy"
MONITOR_AGENT_FILES = (
    "/etc/systemd/system/azuremonitor-coreagent.service.d/proxy.conf",
    "/etc/systemd/system/metrics-extension.service.d/proxy.conf",
)
LOG_ANALYTICS_AGENT_FILES = (
    "/etc/opt/microsoft/omsagent/proxy.conf",
    "/etc/opt/microsoft/omsagent/conf/proxy.conf",
)


class Ways:
    """Which proxy each client on this host goes through, if any.

    The agent takes ``proxy.url`` of its own configuration, then HTTPS_PROXY of its daemons, never
    a shell's. wget takes the shell's, a package manager its own before that. Where the order names
    a proxy, or none, that holds for all of them.
    """

    def __init__(self, order):
        self.settings = []
        self.names = sorted({target.name for target in order.endpoints})
        self.by_client = dict.fromkeys(CLIENTS)
        self.bypass = frozenset(order.proxy_bypass or ())
        self.failure = None
        if order.proxy not in (None, AUTO):
            self.settings.append(Setting("order", order.proxy, ""))
            self.by_client = dict.fromkeys(CLIENTS, self.settings[0])
        self.search = order.proxy == AUTO
        self.known_gateways = order.gateway.known
        self.addresses = {}
        self.bypass_told = order.proxy_bypass is not None

    def find(self, daemons):
        """Reads what the host says; *daemons* is the environment of the agent's daemons."""
        self.settings += monitor_settings()
        known = [any_scheme_server(name) for name in self.known_gateways]
        self.settings += [Setting("known-gateway", proxy, "") for proxy in known]
        if not self.search:
            return self
        by_agent = self._agent_settings() + environment_settings("daemons", daemons.get())
        by_shell = shell_settings()
        by_manager = package_manager_settings()
        self.settings[:0] = by_agent + by_shell + by_manager
        self.by_client[AGENT] = first(by_agent)
        self.by_client[INSTALLER] = first(by_shell)
        self.by_client[PACKAGE_MANAGER] = first(by_manager + by_shell)
        return self

    def _agent_settings(self):
        try:
            settings = json.loads(read_text(AGENT_SETTINGS))
        except FileNotFoundError:
            return []
        except OSError as problem:
            self.failure = why_unreadable(problem)
            return []
        except (ValueError, RecursionError):
            settings = None
        if not isinstance(settings, dict):
            self.failure = AGENT_SETTINGS + ": not JSON"
            return []
        settings = lower_keys(settings)
        bypass = settings.get("proxy.bypass")
        if not self.bypass_told and isinstance(bypass, (str, list)):
            words = bypass.split(",") if isinstance(bypass, str) else bypass
            self.bypass = frozenset(scrubbed(word, 40) for word in words[:100])
        return settings_of("agent", settings.get("proxy.url"))

    def proxy_of(self, target):
        """The proxy through which *target* is to be reached, or None."""
        way = self.by_client[target.client]
        if way is None or target.bypass in self.bypass:
            return None
        return None if hides(way, target.name) else way.proxy

    def hidden_by(self, setting):
        """The names of the order that the setting's own no_proxy takes off it."""
        return [name for name in self.names if hides(setting, name)][:MAX_HIDDEN]

    def trials(self, targets):
        """(proxy, places that name it, targets) of the proxies beside those of *targets* that go
        straight out.

        The agent's are tried with what others use before it is onboarded only: afterwards it has
        what it was given.
        """
        before_onboarding = not self.failure and not os.path.exists(AGENT_CONFIGURATION)
        found = collections.OrderedDict()
        for setting in self.settings if self.search else ():
            if setting.place in PLACES_OF_OTHERS and not setting.proxy.fault:
                places = found.setdefault(setting.proxy, [])
                if setting.place not in places:
                    places.append(setting.place)
        straight = [target for target in targets if self.by_client[target.client] is None]
        tried = [t for t in straight if t.client != AGENT or before_onboarding]
        return [(proxy, places, tried) for proxy, places in found.items()][:MAX_TRIALS]

    def look_up(self, limit):
        """Resolves the hosts of the settings, so that one under two names is recognised."""
        for host in {setting.proxy.host for setting in self.settings if setting.proxy.host}:
            with contextlib.suppress(StepFailed):
                self.addresses[host] = resolve(host, limit)[:MAX_ADDRESSES]

    def record(self):
        """What was found, as the evidence has it."""
        return {
            "settings": [
                {
                    "place": one.place,
                    "proxy": shown_proxy(one.proxy),
                    "addresses": self.addresses.get(one.proxy.host, []),
                    "fault": one.proxy.fault,
                    "credentials": one.proxy.credentials is not None,
                    "hides": self.hidden_by(one),
                }
                for one in self.settings[:MAX_SETTINGS]
            ],
            "read": self.search,
            "clients": {
                client: way and shown_proxy(way.proxy) for client, way in self.by_client.items()
            },
            "bypass": sorted(self.bypass),
            "failure": self.failure,
        }


def hides(setting, name):
    """Whether the setting's own no_proxy takes *name* off it."""
    return urllib.request.proxy_bypass_environment(name, {"no": setting.no_proxy})


def first(items):
    """The first of *items*, or None."""
    return items[0] if items else None


def shown_proxy(proxy):
    """A proxy without its credentials."""
    return host_and_port(proxy.host, proxy.port, None) if proxy.host else ""


def settings_of(place, url, no_proxy="", server=proxy_server):
    """The setting of *place* in a list; an empty one where *url* is no text, or none that is known
    without running a shell."""
    if not isinstance(url, str) or not url.strip() or "$" in url:
        return []
    return [Setting(place, server(url.strip()), no_proxy)]


def environment_settings(place, environment):
    """The setting that the variables *environment* are, in a list."""
    url = environment.get("https_proxy") or environment.get("HTTPS_PROXY")
    no_proxy = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return settings_of(place, url, no_proxy)


def shell_settings():
    """The proxies of the shell: this one's first, then what the files of all shells set."""
    settings = environment_settings("shell", os.environ)
    for path in list(ENVIRONMENT_FILES) + sorted(files_of(ENVIRONMENT_FOLDER)):
        settings += environment_settings("shell", variables_in(path))
    return settings


def variables_in(path):
    """The variables that a file of shell assignments sets, each with those before it put in."""
    try:
        lines = read_text(path).splitlines()
    except OSError:
        return {}
    found = {}
    for name, value in assignments(line for line in lines if not line.lstrip().startswith("#")):
        found[name] = string.Template(value.rstrip(";")).safe_substitute(found)
    return found


def package_manager_settings():
    """The proxies of apt, dnf and zypper, each from where it has them."""
    settings = []
    status, said = command(["apt-config", "dump"], 3)
    if status == 0:
        found = dict(re.findall('^Acquire::(https?)::Proxy "(.*)";$', said, re.MULTILINE))
        settings += settings_of("apt", found.get("https") or found.get("http"))
    for path in DNF_FILES:
        settings += dnf_settings(path)
    variables = variables_in(ZYPPER_FILE)
    if variables.get("PROXY_ENABLED", "").lower() == "yes":
        settings += environment_settings("zypper", variables)
    return settings


def dnf_settings(path):
    """The proxy of dnf or yum, whose user and password stand in lines of their own."""
    options = configparser.RawConfigParser(strict=False)
    try:
        options.read_string(read_text(path))
        main = options["main"]
    except (OSError, KeyError, configparser.Error):
        return []
    if main.get("proxy", "_none_") == "_none_":
        return []
    settings = settings_of("dnf", main["proxy"])
    user, password = main.get("proxy_username", ""), main.get("proxy_password", "")
    if not user:
        return settings
    credentials = base64.b64encode((user + ":" + password).encode()).decode("ascii")
    return [one._replace(proxy=one.proxy._replace(credentials=credentials)) for one in settings]


def monitor_settings():
    """The gateways or proxies of the Azure Monitor agent and of the Log Analytics agent."""
    settings = []
    for path in MONITOR_AGENT_FILES:
        with contextlib.suppress(OSError):
            lines = [line.strip() for line in read_text(path).splitlines()]
            chosen = [line.partition("=")[2] for line in lines if line.startswith("Environment=")]
            url = dict(assignments(chosen)).get("MDSD_http_proxy")
            settings += settings_of("azure-monitor-agent", url, server=any_scheme_server)
    for path in LOG_ANALYTICS_AGENT_FILES:
        with contextlib.suppress(OSError):
            url = read_text(path).partition("\n")[0]
            settings += settings_of("log-analytics-agent", url, server=any_scheme_server)
    return settings


def any_scheme_server(url):
    """The server that *url* names to others than the agent; without a port, its port is None."""
    server = proxy_server(url)
    if not server.host:
        return server
    named = urllib.parse.urlsplit(url if "://" in url else "http://" + url).port
    return server._replace(port=named, credentials=None, fault=None)


# ----------------------------------------------------------------------------------- resolve


def mapped(order, target):
    """(host, port, whether ``connect_to`` names the host): where *target* is to be found."""
    for rule in order.connect_to:
        if rule.host in ("", target.name.lower()) and rule.port in (None, target.port):
            host, port = rule.address or target.name, rule.to_port or target.port
            return host, port, bool(rule.address)
    return target.name, target.port, False


def resolve(name, limit):
    """All addresses of *name*, IPv4 and IPv6, in the resolver's order."""
    if name.lower().rstrip(".").rpartition(".")[2] == "invalid":
        raise StepFailed("dns-not-found", ".invalid names do not exist (RFC 6761 section 6.4)")
    answer = queue.Queue()
    start(ask_resolver, name, answer)
    try:
        outcome = answer.get(timeout=limit)
    except queue.Empty:
        raise StepFailed("dns-failed", f"no answer within {limit:g} s") from None
    if isinstance(outcome, socket.gaierror):
        negative = outcome.errno in (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", -5))
        raise StepFailed("dns-not-found" if negative else "dns-failed", outcome.strerror)
    if isinstance(outcome, Exception):
        raise StepFailed("dns-failed", describe(outcome))
    return list(collections.OrderedDict.fromkeys(entry[4][0] for entry in outcome))


def ask_resolver(name, answer):
    """Puts what getaddrinfo returns or raises into *answer*; it may hang for minutes."""
    try:
        # As bytes, so that Python's own IDNA rules do not refuse what the resolver would take.
        answer.put(socket.getaddrinfo(name.encode("ascii"), None, 0, socket.SOCK_STREAM))
    except Exception as problem:  # noqa: BLE001 - whatever it is, it is the answer
        answer.put(problem)


# ----------------------------------------------------------------------------------- connect

CONNECT_CAUSES = {
    errno.ECONNREFUSED: "connect-refused",
    errno.ECONNRESET: "connect-refused",
    errno.ETIMEDOUT: "connect-timeout",
}
MOST_TELLING = ("connect-refused", "connect-unreachable", "connect-timeout")


class Race:
    """TCP connections to all addresses of a name at once; the first that answers wins.

    The losers are kept until :meth:`dead`, so that an address which is silently dropped is
    found out while the winner is already being used.
    """

    def __init__(self, addresses, port, limit):
        self.limit = limit
        self.deadline = time.monotonic() + limit
        self.causes = collections.OrderedDict()
        self.connected = []
        self.selector = selectors.DefaultSelector()
        for address in addresses[:MAX_ADDRESSES]:
            self._enter(address, port)

    def _enter(self, address, port):
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            self.causes[address] = "connect-unreachable"  # the kernel has no such family
            return
        sock.setblocking(False)
        code = sock.connect_ex((address, port))
        if code in (0, errno.EINPROGRESS):
            self.selector.register(sock, selectors.EVENT_WRITE, address)
        else:
            self._lost(sock, address, code)

    def _lost(self, sock, address, code):
        self.causes[address] = CONNECT_CAUSES.get(code, "connect-unreachable")
        sock.close()

    def _wait(self):
        """Takes in the next answers; false when there are none to come."""
        pending = list(self.selector.get_map().values())
        if not pending:
            return False
        events = self.selector.select(max(0.0, self.deadline - time.monotonic()))
        for key, _ in events:
            self.selector.unregister(key.fileobj)
            code = key.fileobj.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if code:
                self._lost(key.fileobj, key.data, code)
            else:
                self.connected.append((key.data, key.fileobj))
        if not events and time.monotonic() >= self.deadline:
            for key in pending:
                self.selector.unregister(key.fileobj)
                self._lost(key.fileobj, key.data, errno.ETIMEDOUT)
        return True

    def winner(self):
        """(address, socket) of the first connection."""
        while not self.connected and self._wait():
            pass
        if self.connected:
            return self.connected[0]
        cause = next((c for c in MOST_TELLING if c in self.causes.values()), "connect-unreachable")
        tried = ", ".join(f"{a} {c}" for a, c in self.causes.items())
        raise StepFailed(cause, f"within {self.limit:g} s: {tried or 'no address'}")

    def dead(self):
        """The addresses that did not answer; waits for each until the limit."""
        while self._wait():
            pass
        return [{"address": a, "cause": c} for a, c in self.causes.items()]

    def close(self):
        """Closes every connection, the winner's too."""
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        for _, sock in self.connected:
            sock.close()
        self.selector.close()


class DirectRoute:
    """The way from this host straight to the target."""

    proxy = None

    def __init__(self, order, target):
        self.order = order
        self.target = target
        self.address = None
        self.port = None
        self.races = []
        self.connect_data = None

    def open(self, attempt):
        """The first connection; its steps are recorded in *attempt*."""
        with attempt.step("resolve") as data:
            host, self.port, by_order = mapped(self.order, self.target)
            data["via"] = "connect-to" if by_order else "resolver"
            addresses = data["addresses"] = resolve(host, self.order.limits.connect)
        with attempt.step("connect") as data:
            self.address, sock = self._race(addresses)
            source = sock.getsockname()[0]
            data.update(address=self.address, port=self.port, source=source, dead=[])
            self.connect_data = data
        return sock

    def open_again(self):
        """A further connection to the same address."""
        return self._race([self.address])[1]

    def _race(self, addresses):
        race = Race(addresses, self.port, self.order.limits.connect)
        self.races.append(race)
        return race.winner()

    def close(self):
        """Notes the dead addresses and closes every connection."""
        if self.connect_data is not None:
            self.connect_data["dead"] = self.races[0].dead()
        for race in self.races:
            race.close()


# ------------------------------------------------------------------------------------- proxy

PROXY_CAUSES = {407: "proxy-auth-required", 403: "proxy-denied", 405: "proxy-denied"}


class ProxyRoute:
    """The way through the forward proxy: CONNECT for https, absolute-form GET for http.

    The target's own name is left to the proxy: it is neither resolved nor connected to here.
    """

    def __init__(self, order, target, proxy):
        self.order = order
        self.target = target
        self.proxy = proxy
        self.races = []
        if proxy.credentials is not None:
            SECRETS.update(secrets_in(proxy.credentials))

    def open(self, attempt):
        """The first connection; its step is recorded in *attempt*."""
        with attempt.step("proxy") as data:
            return self._open(data)

    def open_again(self):
        """A further connection through the same proxy."""
        return self._open({})

    def _open(self, data):
        data["proxy"] = shown_proxy(self.proxy)
        if self.proxy.fault:
            raise StepFailed("proxy-failed", self.proxy.fault)
        try:
            addresses = resolve(self.proxy.host, self.order.limits.connect)
            race = Race(addresses, self.proxy.port, self.order.limits.connect)
            self.races.append(race)
            data["address"], sock = race.winner()
        except StepFailed as problem:
            detail = f"{problem.cause}: {problem.detail}"
            raise StepFailed("proxy-unreachable", detail) from problem
        data["source"] = sock.getsockname()[0]
        if self.target.scheme == "https":
            self._tunnel(sock, data)
        return sock

    def _tunnel(self, sock, data):
        host, port, _ = mapped(self.order, self.target)
        authority = host_and_port(host, port)
        head = [f"CONNECT {authority} HTTP/1.1", "Host: " + authority]
        head += ["User-Agent: " + self.order.user_agent, *self.authorization()]
        deadline = time.monotonic() + self.order.limits.http
        try:
            channel = PlainChannel(sock)
            channel.send(request(head), deadline)
            # One byte at a time: what follows the head is the target's, not the proxy's.
            answer = read_answer(Incoming(channel, deadline, MAX_HEAD, buffer_size=1))
        except (OSError, http.client.HTTPException, TooLarge) as problem:
            raise StepFailed("proxy-failed", "CONNECT: " + describe(problem)) from problem
        data["status"] = answer.status
        if not 200 <= answer.status < 300:
            said = f"CONNECT was answered {answer.status} {answer.reason}"
            raise StepFailed(PROXY_CAUSES.get(answer.status, "proxy-failed"), said)

    def authorization(self):
        """The proxy's credentials as header lines, none where it has none."""
        if self.proxy.credentials is None:
            return []
        return ["Proxy-Authorization: Basic " + self.proxy.credentials]

    def request_target(self):
        """The absolute form of the target's URL, for a request that the proxy reads."""
        host, port, _ = mapped(self.order, self.target)
        return "http://" + host_and_port(host, port, 80) + self.target.path

    def own_answer(self, answer):
        """The failure that *answer* stands for where it is the proxy's own, or None.

        A 403, 502 or 503 may come from either; it is taken for the service's only where it bears
        the service's sign, an x-ms-* header.
        """
        signed = any(name.lower().startswith("x-ms-") for name in answer.headers)
        if answer.status == 407 or (answer.status in (403, 502, 503) and not signed):
            said = f"GET was answered {answer.status} {answer.reason}"
            return StepFailed(PROXY_CAUSES.get(answer.status, "proxy-failed"), said, "proxy")
        return None

    def close(self):
        """Closes every connection."""
        for race in self.races:
            race.close()


def ask_to_connect(order, target, proxy):
    """Has *proxy* make a tunnel to *target* and hangs up; raises what keeps it from it."""
    route = ProxyRoute(order, target, proxy)
    try:
        route.open_again()
    finally:
        route.close()


def host_and_port(host, port, default_port=None):
    """The authority of a URL: IPv6 in brackets, the port left out where it is the default."""
    host = f"[{host}]" if ":" in host else host
    return host if port == default_port else f"{host}:{port}"


# --------------------------------------------------------------------------------------- TLS

# The agent is a Go program: it follows neither openssl.cnf nor the system's crypto policy. So
# these clients take every authenticated cipher at the lowest sane security level, and servers
# without secure renegotiation (OpenSSL's SSL_OP_LEGACY_SERVER_CONNECT, named since Python 3.12).
CIPHERS = ("ALL:!aNULL:@SECLEVEL=1", "ALL:!aNULL")
OP_LEGACY_SERVER_CONNECT = 0x4
OLD_VERSIONS = ssl.OP_NO_SSLv2 | ssl.OP_NO_SSLv3 | ssl.OP_NO_TLSv1 | ssl.OP_NO_TLSv1_1
NO_TLS13 = getattr(ssl, "OP_NO_TLSv1_3", 0)

VERSION_REASONS = ("UNSUPPORTED_PROTOCOL", "ALERT_PROTOCOL_VERSION", "WRONG_SSL_VERSION")
TLS_RECORDS = (b"\x15\x03", b"\x16\x03")  # an alert, a handshake record
TLS_FAULTS = (OSError, EOFError, ValueError)  # SSLError is an OSError, CertificateError either


def tls_client(only_tls12):
    """A context that verifies nothing, for TLS 1.2 alone or for TLS 1.2 and newer."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= OP_LEGACY_SERVER_CONNECT
    context.options &= ~(ssl.OP_NO_TLSv1_2 | NO_TLS13)
    if hasattr(context, "minimum_version"):  # Python 3.7; overrules openssl.cnf
        newest = ssl.TLSVersion.TLSv1_2 if only_tls12 else ssl.TLSVersion.MAXIMUM_SUPPORTED
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.maximum_version = newest
    else:
        context.options |= OLD_VERSIONS | (NO_TLS13 if only_tls12 else 0)
    try:
        context.set_ciphers(CIPHERS[0])
    except ssl.SSLError:  # before OpenSSL 1.1 there are no security levels
        context.set_ciphers(CIPHERS[1])
    return context


class PlainChannel:
    """Bytes over TCP, each call within an absolute deadline."""

    def __init__(self, sock):
        self.sock = sock

    def send(self, data, deadline):
        """Sends all of *data*."""
        self.sock.settimeout(time_left(deadline))
        self.sock.sendall(data)

    def receive(self, at_most, deadline):
        """Some bytes, none at the end."""
        self.sock.settimeout(time_left(deadline))
        return self.sock.recv(at_most)


class TlsChannel:
    """Bytes over TLS. Its records pass through memory, where the handshake can be read."""

    def __init__(self, sock, context, name):
        self.plain = PlainChannel(sock)
        self.incoming = ssl.MemoryBIO()
        self.outgoing = ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=name)
        self.received = bytearray()

    def handshake(self, limit):
        """Shakes hands within *limit* seconds, with server_name as in RFC 6066."""
        self._carry_on(self.tls.do_handshake, (), time.monotonic() + limit)

    def send(self, data, deadline):
        """Sends all of *data*."""
        self._carry_on(self.tls.write, (data,), deadline)

    def receive(self, at_most, deadline):
        """Some bytes, none at the end, be it announced by close_notify or not."""
        try:
            return self._carry_on(self.tls.read, (at_most,), deadline)
        except (EOFError, ssl.SSLZeroReturnError):
            return b""

    def _carry_on(self, operation, arguments, deadline):
        while True:
            wanting = False
            try:
                result = operation(*arguments)
            except ssl.SSLWantReadError:
                wanting = True
            if self.outgoing.pending:
                self.plain.send(self.outgoing.read(), deadline)
            if not wanting:
                return result
            self._fill(deadline)

    def _fill(self, deadline):
        records = self.plain.receive(16 * KIB, deadline)
        if not records:
            raise EOFError("the connection was closed")
        if len(self.received) < MAX_HANDSHAKE:
            self.received += records
        self.incoming.write(records)

    def chain(self):
        """The certificates that the peer sent, leaf first, base64 of DER."""
        if self.tls.version() == "TLSv1.2":
            chain = certificate_message(bytes(self.received))
        else:
            chain = self._chain_after_encryption()
        texts = [base64.b64encode(der).decode("ascii") for der in chain[:MAX_CHAIN]]
        return [text for text in texts if len(text) <= MAX_CERTIFICATE]

    def _chain_after_encryption(self):
        """The chain where TLS 1.3 hid it from us; before Python 3.10 the leaf alone."""
        if hasattr(self.tls, "get_unverified_chain"):  # Python 3.13
            return self.tls.get_unverified_chain()
        inner = getattr(self.tls, "_sslobj", None)
        if hasattr(inner, "get_unverified_chain"):  # Python 3.10
            pem = [one.public_bytes() for one in inner.get_unverified_chain() or ()]
            return [ssl.PEM_cert_to_DER_cert(one) for one in pem]
        return [self.tls.getpeercert(True)]


def certificate_message(received):
    """The DER certificates of the Certificate message in TLS 1.2 records (RFC 5246, 7.4.2)."""
    messages = handshake_bytes(received)
    at = 0
    while at + 4 <= len(messages):
        kind, size = messages[at], int.from_bytes(messages[at + 1 : at + 4], "big")
        if kind == 11:
            return [der for der in vectors(messages[at + 7 : at + 4 + size])]
        at += 4 + size
    return []


def handshake_bytes(received):
    """The handshake messages of TLS records, up to ChangeCipherSpec (RFC 5246, 6.2.1)."""
    messages = bytearray()
    at = 0
    while at + 5 <= len(received) and received[at] != 20:
        size = int.from_bytes(received[at + 3 : at + 5], "big")
        if received[at] == 22:
            messages += received[at + 5 : at + 5 + size]
        at += 5 + size
    return bytes(messages)


def vectors(data):
    """The items of a list in which each is preceded by its length in three bytes."""
    at = 0
    while at + 3 <= len(data):
        size = int.from_bytes(data[at : at + 3], "big")
        if at + 3 + size <= len(data):
            yield data[at + 3 : at + 3 + size]
        at += 3 + size


def tls_failure(problem, channel, limit):
    """The failure that an exception of a handshake stands for."""
    if isinstance(problem, (socket.timeout, TimeoutError)):
        return StepFailed("tls-timeout", f"no handshake within {limit:g} s")
    if not isinstance(problem, ssl.SSLError) or isinstance(problem, ssl.SSLEOFError):
        return StepFailed("tls-reset", describe(problem))
    said = f"{problem.reason} {problem}".upper().replace(" ", "_")
    detail = problem.reason or str(problem)
    if "NO_PROTOCOLS_AVAILABLE" in said:
        return StepFailed("tls-client-disabled", detail)
    first = bytes(channel.received[:5])
    if "WRONG_VERSION_NUMBER" in said and first.startswith(TLS_RECORDS):
        return StepFailed("tls-version", detail)
    if any(reason in said for reason in VERSION_REASONS):
        return StepFailed("tls-version", detail)
    if first == b"HTTP/":
        detail += " (the answer is plain HTTP)"
    return StepFailed("tls-failed", detail)


def shake_hands(sock, only_tls12, name, limit):
    """A TLS channel over *sock*, unverified, or the failure raised."""
    try:
        context = tls_client(only_tls12)
    except (ValueError, ssl.SSLError) as problem:
        raise StepFailed("tls-client-disabled", describe(problem)) from problem
    channel = TlsChannel(sock, context, name)
    try:
        channel.handshake(limit)
    except TLS_FAULTS as problem:
        raise tls_failure(problem, channel, limit) from problem
    return channel


def open_tls(attempt, route, sock, limit):
    """The TLS channel on which HTTP is spoken: TLS 1.2, a newer one only where 1.2 is refused."""
    with attempt.step("tls") as data:
        name = attempt.target.name
        try:
            channel = shake_hands(sock, True, name, limit)
        except StepFailed as refused:
            channel = newer_than_tls12(refused, route, name, limit)
        protocol = channel.tls.version()
        data.update(protocol=protocol, cipher=channel.tls.cipher()[0], chain=channel.chain())
        data["tls12_refused"] = protocol != "TLSv1.2"
    return channel


def newer_than_tls12(refused, route, name, limit):
    """A channel with a newer version where the peer *refused* TLS 1.2; else that failure again."""
    if refused.cause not in ("tls-version", "tls-failed"):
        raise refused
    try:
        return shake_hands(route.open_again(), False, name, limit)
    except StepFailed:
        raise refused from None


# ------------------------------------------------------------------------------- certificate

CERTIFICATE_CAUSES = {
    9: "cert-not-yet-valid",
    10: "cert-expired",
    62: "cert-name-mismatch",
    64: "cert-name-mismatch",
}
UNSPECIFIED, NOT_YET_VALID, EXPIRED, NAME_MISMATCH = 1, 9, 10, 62
PARTIAL_CHAIN = 0x80000  # X509_V_FLAG_PARTIAL_CHAIN, named since Python 3.10
NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME


def verifying_client(roots):
    """A context that verifies as a Go program does with *roots* (DER)."""
    context = tls_client(only_tls12=False)
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    context.verify_flags |= PARTIAL_CHAIN  # to Go whatever stands in the store is an anchor
    if hasattr(context, "hostname_checks_common_name"):
        context.hostname_checks_common_name = False  # Go reads the subjectAltName only
    for der in roots:
        # Go skips what it cannot parse, and so do we.
        with contextlib.suppress(ssl.SSLError, ValueError):
            context.load_verify_locations(cadata=der)
    return context


def verify_certificate(attempt, route, trust, limit):
    """The default handshake, verified against the trust store that the agent would use."""
    with attempt.step("certificate") as data:
        data["verified"] = False
        trust.ready.wait()
        if trust.facts["failure"]:
            raise StepFailed("cert-untrusted", "no trust store: " + trust.facts["failure"])
        channel = TlsChannel(route.open_again(), trust.client, attempt.target.name)
        try:
            channel.handshake(limit)
        except TLS_FAULTS as problem:
            fault = certificate_fault(problem)
            if fault is None:
                raise tls_failure(problem, channel, limit) from problem
            if fault[0] == UNSPECIFIED:
                fault = fault_by_dates(route, trust, attempt.target.name, limit)
            data["verify_code"], data["verify_message"] = fault[0], scrubbed(fault[1])
            cause = CERTIFICATE_CAUSES.get(fault[0], "cert-untrusted")
            raise StepFailed(cause, fault[1]) from problem
        data.update(verified=True, verify_code=0, verify_message="ok")
        data["protocol"] = channel.tls.version()


def certificate_fault(problem):
    """(code, message) where *problem* is about the certificate, else None.

    The codes are those of X509_verify_cert. Python 3.6 has them not: a wrong name is an exception
    of its own there, and everything else is code 1.
    """
    if isinstance(problem, ssl.CertificateError):
        code = getattr(problem, "verify_code", NAME_MISMATCH)
        return code, getattr(problem, "verify_message", None) or str(problem)
    if getattr(problem, "reason", None) == "CERTIFICATE_VERIFY_FAILED":
        return UNSPECIFIED, "certificate verify failed"
    return None


def fault_by_dates(route, trust, name, limit):
    """(code, message) for Python 3.6: the handshake once more, blind to dates.

    If that succeeds, the dates were the fault; if not, what it fails with is.
    """
    channel = TlsChannel(route.open_again(), trust.timeless_client(), name)
    try:
        channel.handshake(limit)
    except TLS_FAULTS as problem:
        return certificate_fault(problem) or (UNSPECIFIED, describe(problem))
    not_before = ssl.cert_time_to_seconds(channel.tls.getpeercert()["notBefore"])
    if time.time() < not_before:
        return NOT_YET_VALID, "certificate is not yet valid"
    return EXPIRED, "certificate has expired"


# ------------------------------------------------------------------------- negative controls

# A self-signed certificate for the control's name, valid from 2020 to 2100; its key is thrown away.
SELF_SIGNED = (
    "MIIBhTCCASugAwIBAgIBATAKBggqhkjOPQQDAjAwMS4wLAYDVQQDDCVkb2VzLW5vdC1leGlzdC5hcmMtY29tcGxpYW5j"
    "ZS5leGFtcGxlMCAXDTIwMDEwMTAwMDAwMFoYDzIxMDAwMTAxMDAwMDAwWjAwMS4wLAYDVQQDDCVkb2VzLW5vdC1leGlz"
    "dC5hcmMtY29tcGxpYW5jZS5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAENOD1qDiPg5ynawVrViZQz24p"
    "TDJXK/Ap7STa3hrWs6v+pGXF+0HFNiN0cmxxBDPzkJof9Ygi99OXb7EuYF5atqM0MDIwMAYDVR0RBCkwJ4IlZG9lcy1u"
    "b3QtZXhpc3QuYXJjLWNvbXBsaWFuY2UuZXhhbXBsZTAKBggqhkjOPQQDAgNIADBFAiEAhHOKzzHYHtBsPmmCmQ5JZNgw"
    "rDCwKIFwtuOXdTp30EsCIBnQtknkuOIPPgPUMvEoLevMHtbNQuKOxPNJ0o/ZjWZQ"
)
CONTROL_CIPHER = b"\xc0\x2b"  # ECDHE-ECDSA-AES128-GCM-SHA256, RFC 5289


def self_signed_greeting():
    """What a TLS 1.2 server with that certificate says first: ServerHello and Certificate.

    A client judges the certificate before it needs anything that only the key's owner could send.
    """
    renegotiation_info = b"\xff\x01\x00\x01\x00"  # RFC 5746; OpenSSL 3 insists on it
    point_formats = b"\x00\x0b\x00\x02\x01\x00"
    extensions = renegotiation_info + point_formats
    hello = b"\x03\x03" + bytes(32) + b"\x00" + CONTROL_CIPHER + b"\x00"
    hello += len(extensions).to_bytes(2, "big") + extensions
    der = base64.b64decode(SELF_SIGNED)
    certificate = with_length(with_length(der))  # a list of one
    messages = b"\x02" + with_length(hello) + b"\x0b" + with_length(certificate)
    return b"\x16\x03\x03" + len(messages).to_bytes(2, "big") + messages


def with_length(data):
    """*data* after its length in three bytes."""
    return len(data).to_bytes(3, "big") + data


class Control:
    """One thing that must not be answered: what was asked, and whether it was."""

    def __init__(self, stage, target):
        self.stage = stage
        self.target = target
        self.answered = False
        self.detail = "no answer until all else was done"
        self.addresses = []
        self.cause = None
        self.failure = None

    def ask(self, question):
        """Asks, and notes the answer or what came in its place."""
        try:
            self.detail = question()
            self.answered = True
        except StepFailed as refused:
            self.cause = refused.cause
            self.detail = f"{refused.cause}: {refused.detail}"
        except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
            self.detail = ""
            self.failure = as_record(StepFailed("probe-failed", describe(problem)))

    def record(self):
        """The control as the evidence has it."""
        return {
            "stage": self.stage,
            "target": self.target,
            "answered": self.answered,
            "detail": scrubbed(self.detail),
            "cause": self.cause,
            "addresses": self.addresses,
            "failure": self.failure,
        }


class NegativeControls:
    """Questions of every stage that nothing should answer, asked beside the endpoints.

    The name and the certificate are waited for, since those answers are bounded and quick; a
    connection or CONNECT that has no answer when all else is done, has none.
    """

    def __init__(self, order, trust):
        self.order = order
        self.trust = trust
        self.target = agents_target(order.controls.name)
        self.nobody = agents_target(order.controls.address)
        self.certificate = Control("certificate", "a self-signed certificate")
        self.name = Control("resolve", self.target.name)
        self.questions = [(self.certificate, self._verify)]
        proxies = [order.ways.proxy_of(target) for target in order.endpoints]
        self.proxy = first([proxy for proxy in proxies if proxy])
        if None in proxies:
            self.questions.append((self.name, self._resolve))
            self._plan("connect", host_and_port(self.nobody.name, 443), self._connect)
        if self.proxy:
            self._plan("proxy", "CONNECT " + host_and_port(self.target.name, 443), self._tunnel)

    def _plan(self, stage, target, question):
        self.questions.append((Control(stage, target), question))

    def start(self):
        """Asks all questions, each in a thread of its own; returns those to be waited for."""
        asked = [(control, start(control.ask, question)) for control, question in self.questions]
        return [thread for control, thread in asked if control.stage in ("resolve", "certificate")]

    def records(self):
        """All controls as the evidence has them, in the order of the stages."""
        records = [control.record() for control, _ in self.questions]
        return sorted(records, key=lambda one: STAGES.index(one["stage"]))

    def _resolve(self):
        host, _, _ = mapped(self.order, self.target)
        self.name.addresses = resolve(host, self.order.limits.connect)[:MAX_ADDRESSES]
        return "resolved to " + ", ".join(self.name.addresses)

    def _connect(self):
        host, port, _ = mapped(self.order, self.nobody)
        race = Race(resolve(host, self.order.limits.connect), port, self.order.limits.deadline)
        try:
            address, _ = race.winner()
        finally:
            race.close()
        return f"{address} accepted a connection"

    def _tunnel(self):
        ask_to_connect(self.order, self.target, self.proxy)
        return "the proxy agreed"

    def _verify(self):
        self.trust.ready.wait()
        if self.trust.facts["failure"]:
            raise StepFailed("cert-untrusted", "no trust store: " + self.trust.facts["failure"])
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        name = self.order.controls.name
        tls = self.trust.client.wrap_bio(incoming, outgoing, server_hostname=name)
        try:
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
            incoming.write(self_signed_greeting())
            with contextlib.suppress(ssl.SSLWantReadError):
                tls.do_handshake()
        except TLS_FAULTS as problem:
            fault = certificate_fault(problem)
            if fault is None:
                raise
            raise StepFailed("cert-untrusted", fault[1]) from problem
        return "taken for good"


# -------------------------------------------------------------------------------------- HTTP

SELECTED_HEADERS = frozenset(
    ("date", "server", "location", "content-type", "via", "x-cache")
    + ("www-authenticate", "proxy-authenticate")
)


class TooLarge(Exception):
    """The peer sent more than it was allowed to."""


class Incoming(io.RawIOBase):
    """What a channel receives, as a file, bounded in time and size."""

    def __init__(self, channel, deadline, at_most, buffer_size=8 * KIB):
        super().__init__()
        self.channel = channel
        self.deadline = deadline
        self.left = at_most
        self.buffer_size = buffer_size

    def readable(self):
        """Yes; io asks."""
        return True

    def readinto(self, buffer):
        """Fills *buffer*, for io."""
        if self.left <= 0:
            raise TooLarge("answer too large")
        chunk = self.channel.receive(min(len(buffer), self.left), self.deadline)
        buffer[: len(chunk)] = chunk
        self.left -= len(chunk)
        return len(chunk)

    def makefile(self, _mode):
        """The buffered file, for http.client."""
        return io.BufferedReader(self, self.buffer_size)


def request(lines):
    """The head of a request."""
    return ("\r\n".join(lines) + "\r\n\r\n").encode("ascii")


def read_answer(incoming):
    """The answer, its head read and its body still to read."""
    answer = http.client.HTTPResponse(incoming)
    answer.begin()
    return answer


def get(attempt, route, channel, via, order, read_body):
    """Sends one GET and records the answer; returns its body where *read_body*, else None."""
    target = attempt.target
    deadline = time.monotonic() + order.limits.http
    plain_proxy = via == "plain" and route.proxy is not None
    head = [f"GET {route.request_target() if plain_proxy else target.path} HTTP/1.1"]
    default_port = 443 if target.scheme == "https" else 80
    head += ["Host: " + host_and_port(target.name, target.port, default_port)]
    head += ["User-Agent: " + order.user_agent, "Accept: */*", "Connection: close"]
    head += route.authorization() if plain_proxy else []
    with attempt.step("http") as data:
        try:
            channel.send(request(head), deadline)
            at_most = MAX_HEAD + (2 * MAX_BODY if read_body else 0)
            answer = read_answer(Incoming(channel, deadline, at_most))
            status = {"status": answer.status}
            data.update(status, headers=selected_headers(answer), via=via)
            if target.path.endswith(".crt"):
                data["is_certificate"] = is_certificate(answer.read(MAX_HEAD // 2))
            body = answer.read(MAX_BODY + 1) if read_body else None
        except (socket.timeout, TimeoutError):
            late = f"no answer within {order.limits.http:g} s"
            raise StepFailed("http-timeout", late) from None
        except (OSError, EOFError, http.client.HTTPException, TooLarge) as problem:
            raise StepFailed("http-failed", describe(problem)) from problem
        refusal = route.own_answer(answer) if plain_proxy else None
        if refusal is not None:
            data.clear()
            data.update(status)
            raise refusal
        if read_body:
            check_discovery(answer.status, body)
    return body


def is_certificate(body):
    """Whether *body* is an X.509 certificate in DER."""
    try:
        tls_client(only_tls12=True).load_verify_locations(cadata=body)
    except (ssl.SSLError, ValueError):
        return False
    return True


def websocket_path(order, target):
    """The path at which *target* is asked for a WebSocket, or None."""
    name = target.name.lower()
    return first([path for pattern, path in order.websockets if pattern.match(name)])


def upgrade(attempt, route, order, path):
    """Asks for a WebSocket (RFC 6455, 4.1) on a connection of its own and records the answer."""
    target, limit = attempt.target, order.limits.http
    key = base64.b64encode(os.urandom(16)).decode("ascii")
    head = [f"GET {path} HTTP/1.1", "Host: " + host_and_port(target.name, target.port, 443)]
    head += ["User-Agent: " + order.user_agent, "Connection: Upgrade", "Upgrade: websocket"]
    head += ["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: " + key]
    head += ["Sec-WebSocket-Protocol: AMQPWSB10"]  # what message buses speak; others ignore it
    record = {"path": path, "status": None, "accepted": False, "failure": None}
    try:
        only_tls12 = attempt.ended["tls"]["data"]["protocol"] == "TLSv1.2"
        channel = shake_hands(route.open_again(), only_tls12, target.name, limit)
        deadline = time.monotonic() + limit
        channel.send(request(head), deadline)
        answer = read_answer(Incoming(channel, deadline, MAX_HEAD))
        record["status"] = answer.status
        accepted = answer.status == 101 and answer.getheader("Sec-WebSocket-Accept", "")
        record["accepted"] = accepted == websocket_accept(key)
    except StepFailed as problem:
        record["failure"] = as_record(problem)
    except (socket.timeout, TimeoutError):
        late = f"no answer to the upgrade within {limit:g} s"
        record["failure"] = as_record(StepFailed("http-timeout", late))
    except (OSError, EOFError, http.client.HTTPException, TooLarge) as problem:
        record["failure"] = as_record(StepFailed("http-failed", describe(problem)))
    except Exception as problem:  # noqa: BLE001 - a fault of ours must show in the evidence
        record["failure"] = as_record(StepFailed("probe-failed", describe(problem)))
    attempt.websocket = record


def websocket_accept(key):
    """What a server that has read *key* answers (RFC 6455, 4.2.2)."""
    text = key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
    return base64.b64encode(hashlib.sha1(text.encode("ascii")).digest()).decode("ascii")  # noqa: S324


def selected_headers(answer):
    """The headers that identify who answered, by lower-case name."""
    selected = {}
    for name, value in answer.headers.items():
        name = name.lower()
        if name in SELECTED_HEADERS or (name.startswith("x-ms-") and len(name) <= 64):
            earlier = selected.get(name)
            joined = value if earlier is None else earlier + ", " + value
            if earlier is not None or len(selected) < MAX_HEADERS:
                selected[name] = scrubbed(joined, MAX_HEADER_VALUE)
    return selected


def check_discovery(status, body):
    """Raises where the answer to a discovery call cannot hold names."""
    if status != 200:
        raise StepFailed("http-failed", f"answered {status}")
    if len(body) > MAX_BODY:
        raise StepFailed("http-failed", "answer larger than 1 MiB")


def names_in(body, accept):
    """The host names in a JSON answer, bare or in URLs, that match one of *accept*, sorted."""
    try:
        pending = collections.deque([json.loads(body.decode("utf-8"))])
    except (ValueError, RecursionError):
        raise StepFailed("http-failed", "answer is not JSON") from None
    names = set()
    while pending and len(names) < MAX_DISCOVERED:
        value = pending.popleft()
        if isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
        elif isinstance(value, str):
            name = host_name_in(value)
            if name and any(pattern.match(name) for pattern in accept):
                names.add(name)
    return sorted(names)


def host_name_in(text):
    """The host name that *text* is or that its URL has, lower case; None where there is none."""
    if "://" in text[:16]:
        try:
            text = urllib.parse.urlsplit(text).hostname or ""
        except ValueError:
            return None
    name = text.lower()
    return name if re.match(r"(?=.{1,253}\Z)[a-z0-9][a-z0-9.-]*\Z", name) else None


# ------------------------------------------------------------------------------- one attempt


def planned_stages(proxy, target, verified):
    """The stages that an attempt at *target* goes through if none fails."""
    stages = ["proxy"] if proxy else ["resolve", "connect"]
    if target.scheme == "https":
        stages += ["tls", "certificate"] if verified else ["tls"]
    return stages + ["http"]


def route_to(order, target):
    """The way to *target*: through its client's proxy, or straight."""
    proxy = order.ways.proxy_of(target)
    return ProxyRoute(order, target, proxy) if proxy else DirectRoute(order, target)


def measure_once(attempt, route, order, trust, default_client=None, read_body=False):
    """Goes through all stages of *attempt* by *route*; returns the body of the answer if
    *read_body*.

    The first stage that fails ends the attempt, but for the certificate and the WebSocket: those
    are tried on connections of their own while the request is on its way.
    """
    target, limit = attempt.target, order.limits.http
    beside = []
    try:
        sock = route.open(attempt)
        channel, via = PlainChannel(sock), "plain"
        if target.scheme == "https":
            channel = open_tls(attempt, route, sock, limit)
            via = "tls12" if channel.tls.version() == "TLSv1.2" else "tls"
            if default_client is not None:
                default_client.try_with(route)
            if "certificate" in attempt.planned:
                beside.append(start(verify_quietly, attempt, route, trust, limit))
                path = websocket_path(order, target)
                if path is not None:
                    beside.append(start(upgrade, attempt, route, order, path))
        return get(attempt, route, channel, via, order, read_body)
    except StepFailed:
        return None  # it is recorded
    except Exception as problem:  # noqa: BLE001 - between the steps, hence not recorded yet
        attempt.broken(problem)
        return None
    finally:
        for thread in beside:
            thread.join()
        route.close()
        attempt.done = True


def verify_quietly(*arguments):
    """As :func:`verify_certificate`; what fails is recorded there."""
    with contextlib.suppress(StepFailed):
        verify_certificate(*arguments)


# ----------------------------------------------------------------------------- all endpoints


class Endpoint:
    """One name and port to measure, with its attempts."""

    def __init__(self, target, origin):
        self.target = target
        self.origin = origin
        self.attempts = []

    def measurement(self):
        """What the attempts saw, as the evidence has it."""
        attempts = list(self.attempts)
        if len(attempts) == 2 and not attempts[1].done:
            attempts.pop()  # cut off: the first attempt says more than half of a second
        return {
            "name": self.target.name,
            "port": self.target.port,
            "scheme": self.target.scheme,
            "origin": self.origin,
            "attempts": len(attempts),
            "flaky": flaky(attempts),
            "observations": attempts[-1].cut_off(),
            "websocket": attempts[-1].websocket,
        }


class DiscoveryCall:
    """One discovery call, with its attempts and the names it returned."""

    def __init__(self, discovery):
        self.discovery = discovery
        self.target = agents_target(discovery.name, discovery.path, discovery.bypass)
        self.attempts = []
        self.names = ()

    def discovered(self):
        """What the call returned, as the evidence has it."""
        done = [attempt for attempt in self.attempts if attempt.done]
        last = (done or self.attempts)[-1].cut_off()
        return {
            "name": self.discovery.name,
            "path": self.discovery.path,
            "location": self.discovery.location,
            "names": list(self.names),
            "failure": next((o["failure"] for o in last if o["failure"]), None),
        }


def flaky(attempts):
    """What the first of two attempts failed with where the second went well, else None."""
    if len(attempts) < 2 or not attempts[0].failure() or attempts[1].failure():
        return None
    stage, failure = attempts[0].failure()
    return {"stage": stage, "cause": failure["cause"], "detail": failure["detail"]}


class Crew:
    """Up to sixty threads that work off what is added, by others or by themselves."""

    def __init__(self):
        self.work = queue.Queue()
        self.lock = threading.Lock()
        self.size = 0

    def add(self, function, *arguments):
        """Has *function* called as soon as a thread is free."""
        self.work.put((function, arguments))
        with self.lock:
            if self.size < MAX_AT_ONCE:
                try:
                    start(self._labour)
                    self.size += 1
                except RuntimeError:  # the host allows us no more threads
                    if not self.size:
                        raise

    def _labour(self):
        while True:
            function, arguments = self.work.get()
            try:
                function(*arguments)
            finally:
                self.work.task_done()

    def wait(self):
        """Returns when all that was added is done."""
        self.work.join()


class Survey:
    """All endpoints and discovery calls of an order, measured at once."""

    def __init__(self, order, trust, default_client):
        self.order = order
        self.trust = trust
        self.default_client = default_client
        self.crew = Crew()
        self.lock = threading.Lock()
        unique = collections.OrderedDict(((t.name, t.port), t) for t in order.endpoints)
        self.endpoints = [Endpoint(target, "ordered") for target in unique.values()]
        self.known = {(name.lower(), port) for name, port in unique}
        self.calls = [DiscoveryCall(discovery) for discovery in order.discoveries]
        for endpoint in self.endpoints:
            self._plan(endpoint, verified=True)
        for call in self.calls:
            self._plan(call, verified=False)

    def _plan(self, subject, verified):
        proxy = self.order.ways.proxy_of(subject.target)
        planned = planned_stages(proxy, subject.target, verified)
        subject.attempts.append(Attempt(subject.target, planned))

    def run(self):
        """Measures everything, then what failed once more, until nothing is left to repeat."""
        endpoints, calls = list(self.endpoints), list(self.calls)
        while endpoints or calls:
            for endpoint in endpoints:
                self.crew.add(self._measure, endpoint.attempts[-1])
            for call in calls:
                self.crew.add(self._discover, call)
            self.crew.wait()
            endpoints = [endpoint for endpoint in self.endpoints if failed_once(endpoint)]
            calls = [call for call in self.calls if failed_once(call)]
            for endpoint in endpoints:
                self._plan(endpoint, verified=True)
            for call in calls:
                self._plan(call, verified=False)

    def _measure(self, attempt):
        route = route_to(self.order, attempt.target)
        measure_once(attempt, route, self.order, self.trust, self.default_client)

    def _discover(self, call):
        attempt = call.attempts[-1]
        route = route_to(self.order, attempt.target)
        body = measure_once(attempt, route, self.order, self.trust, read_body=True)
        if body is None:
            return
        try:
            call.names = names_in(body, call.discovery.accept)
        except StepFailed as problem:
            attempt.ended["http"]["failure"] = as_record(problem)
        for name in call.names:
            self._discovered(name, call.discovery.bypass)

    def _discovered(self, name, bypass):
        """Has *name* measured too, unless it is already or there are enough."""
        with self.lock:
            if (name, 443) in self.known or len(self.endpoints) >= self.order.limits.names:
                return
            self.known.add((name, 443))
            endpoint = Endpoint(agents_target(name, bypass=bypass), "discovered")
            self._plan(endpoint, verified=True)
            self.endpoints.append(endpoint)
        self.crew.add(self._measure, endpoint.attempts[-1])


def failed_once(subject):
    """Whether the first attempt failed, be it for its WebSocket only, and there was no second."""
    first_attempt = subject.attempts[0]
    refused = first_attempt.websocket and first_attempt.websocket["failure"]
    return len(subject.attempts) == 1 and bool(first_attempt.failure() or refused)


# ------------------------------------------------------------------------------ other proxies


class ProxyTrial:
    """What a proxy of this host lets through to clients that do not use it."""

    def __init__(self, order, proxy, places, targets):
        self.order = order
        self.proxy = proxy
        self.places = places
        unique = collections.OrderedDict((target.name, target) for target in targets)
        planned = ["proxy", "tls", "http"]
        self.attempts = [Attempt(target, planned) for target in unique.values()]

    def run(self, crew):
        """Has *crew* try each endpoint, where the proxy is there at all."""
        first_attempt, *others = self.attempts or [None]
        if first_attempt is None:
            return
        self._try(first_attempt)
        failed = first_attempt.failure()
        if failed is None or failed[1]["cause"] != "proxy-unreachable":
            for attempt in others:
                crew.add(self._try, attempt)

    def _try(self, attempt):
        measure_once(attempt, ProxyRoute(self.order, attempt.target, self.proxy), self.order, None)

    def record(self):
        """The outcome as the evidence has it."""
        over = [attempt for attempt in self.attempts if attempt.done]
        return {
            "proxy": shown_proxy(self.proxy),
            "places": self.places,
            "credentials": self.proxy.credentials is not None,
            "reached": [attempt.target.name for attempt in over if attempt.failure() is None],
            "failures": [
                dict(attempt.failure()[1], name=attempt.target.name)
                for attempt in over
                if attempt.failure()
            ],
        }


class GatewaySigns:
    """What the agent's proxy lets through and what not, by which a Log Analytics gateway shows."""

    def __init__(self, order):
        self.order = order
        way = order.ways.by_client[AGENT]
        self.proxy = way.proxy if way and not way.proxy.fault else None
        self.questions = []
        if self.proxy is None or not order.gateway.refuses:
            return
        for name in order.gateway.lets_through + order.gateway.refuses:
            target = agents_target(name)
            control = Control("proxy", "CONNECT " + host_and_port(name, target.port))
            self.questions.append((control, self._connecting(target)))
        plain = Target(order.gateway.refuses[0], 80, "http", "/", None, AGENT)
        self.questions.append((Control("proxy", f"GET http://{plain.name}/"), self._getting(plain)))

    def start(self):
        """Asks everything at once; returns the threads."""
        return [start(control.ask, question) for control, question in self.questions]

    def records(self):
        """All answers, as the evidence has them."""
        return [control.record() for control, _ in self.questions]

    def _connecting(self, target):
        def question():
            ask_to_connect(self.order, target, self.proxy)
            return "the proxy agreed"

        return question

    def _getting(self, target):
        def question():
            attempt = Attempt(target, ["proxy", "http"])
            measure_once(attempt, ProxyRoute(self.order, target, self.proxy), self.order, None)
            failed = attempt.failure()
            if failed is not None:
                raise StepFailed(failed[1]["cause"], failed[1]["detail"])
            return "answered {status}".format(**attempt.ended["http"]["data"])

        return question


# ---------------------------------------------------------------------- facts about the host


def command(arguments, limit):
    """(exit status, output) of a command without a shell; (None, why) where it did not run.

    Its environment is the host's, not that of whoever logged in: nothing of ours steers it.
    """
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    environment = {"LC_ALL": "C", "PATH": path}
    until = time.monotonic() + limit
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    except OSError as problem:
        return None, why_unreadable(problem)
    with process.stdout:
        try:
            said = output_until(process.stdout, until)
            if len(said) > MAX_OUTPUT:
                return None, f"more than {MAX_OUTPUT} bytes"
            process.wait(max(0, until - time.monotonic()))
        except (socket.timeout, subprocess.TimeoutExpired):
            return None, f"no answer within {limit:g} s"
        finally:
            process.kill()  # nothing where it has ended
            process.wait()
    return process.returncode, said.decode("utf-8", "replace")


def output_until(stream, until):
    """What comes from a pipe up to its end, or up to a size; socket.timeout after *until*."""
    said = bytearray()
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while len(said) <= MAX_OUTPUT:
            if not selector.select(max(0, until - time.monotonic())):
                raise socket.timeout
            part = os.read(stream.fileno(), MAX_HEAD)
            if not part:
                break
            said += part
    return said


def why_unreadable(problem):
    """An OSError in the words of the evidence."""
    if isinstance(problem, PermissionError):
        return "permission-denied"
    return problem.strerror or describe(problem)


def read_text(path):
    """The text of a file, up to a size; what is no file (a pipe would keep us) is an OSError."""
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file")
        return stream.read(MAX_FILE).decode("utf-8", "replace")


def os_facts():
    """What /etc/os-release says."""
    try:
        lines = read_text("/etc/os-release").splitlines()
    except OSError:
        return {}
    release = dict(line.partition("=")[::2] for line in lines if "=" in line)
    keys = {"id": "ID", "version": "VERSION_ID", "name": "PRETTY_NAME"}
    return {ours: unquoted(release.get(theirs, "")) for ours, theirs in keys.items()}


def unquoted(text):
    """*text* without the quotes of a shell, as it is where they do not match."""
    try:
        return scrubbed(" ".join(shlex.split(text)))
    except ValueError:
        return scrubbed(text)


AGENT_PROGRAM = "/opt/azcmagent/bin/azcmagent"
AGENT_CONFIGURATION = "/var/opt/azcmagent/agentconfig.json"
AGENT_UNITS = ("himdsd", "gcad", "extd", "arcproxyd")
AGENT_SECONDS = 5
SHOWN_BY_AGENT = {
    "agentversion": "version",
    "status": "status",
    "cloud": "cloud",
    "lastheartbeat": "last_heartbeat",
    "agenterrorcode": "error_code",
    "agenterrordetails": "error_details",
}
"""The keys of ``azcmagent show -j`` that are kept, in lower case; older and newer agents have others."""


def agent_region():
    """The region in the agent's configuration, as Azure names regions, or None where it has none.

    Raises OSError and ValueError where that cannot be read.
    """
    try:
        configuration = lower_keys(json.loads(read_text(AGENT_CONFIGURATION)))
    except FileNotFoundError:
        return None
    location = configuration.get("location")
    if not isinstance(location, str):
        return None
    return scrubbed(location.lower().replace(" ", "")) or None


class AgentFacts:
    """What the Connected Machine agent says of itself, in its configuration and when it is asked."""

    def __init__(self):
        self.facts = {"installed": False, "location": None, "failure": "not read in time"}

    def read(self):
        """Reads the region in the configuration; asks the program and the service manager."""
        facts = {"installed": os.path.exists(AGENT_PROGRAM), "location": None, "failure": None}
        try:
            facts["location"] = agent_region()
            facts["installed"] |= os.path.exists(AGENT_CONFIGURATION)
        except OSError as problem:
            facts.update(installed=True, failure=why_unreadable(problem))
        except (ValueError, RecursionError):
            facts.update(installed=True, failure=AGENT_CONFIGURATION + ": not JSON")
        self.facts = facts
        if facts["installed"]:
            self.facts = dict(facts, show_failure="not read in time")
            self.facts = dict(facts, units=units_active(AGENT_UNITS), **shown_by_agent())


class AgentCheck:
    """The agent's own check of the network, beside ours; nothing of ours hangs on it."""

    def __init__(self, order):
        self.asked = order.agent_check
        self.limit = 2 * order.limits.connect + 3
        self.facts = None

    def read(self):
        """Runs it where the agent is installed, for its own region where the order has none."""
        if self.asked is None or not os.path.exists(AGENT_PROGRAM):
            return
        self.facts = {"found": [], "failure": "not ended in time"}
        cloud, location = self.asked
        if location is None:
            with contextlib.suppress(OSError, ValueError, RecursionError):
                location = agent_region()
        arguments = [AGENT_PROGRAM, "check", "-j", "--cloud", cloud]
        arguments += ["--location", location] if location else []
        document, why, _ = printed_json(arguments, self.limit, list)
        found = [one for one in map(checked_endpoint, document or ()) if one]
        self.facts = {"found": found[:MAX_CHECKED], "failure": why}


def printed_json(arguments, limit, kind):
    """(the JSON that a command printed, why it printed none or None, all that it printed).

    The JSON is of *kind*, dict or list, and the longest there is: warnings may stand before it,
    brackets in them, and a failure behind it.
    """
    status, said = command(arguments, limit)
    found = max(json_in(said, "{" if kind is dict else "["), key=lambda one: one[0], default=None)
    if status is not None and found:
        return found[1], None, said
    last = scrubbed((said.strip().splitlines() or ["it printed nothing"])[-1], 200)
    return None, last if status is None else f"exit {status}: {last}", said


def json_in(text, opening):
    """(length, value) of each JSON in *text* that begins with *opening*, one behind the other."""
    start, tries = text.find(opening), 0
    while start >= 0 and tries < MAX_JSON_TRIES:
        end, tries = start + 1, tries + 1
        with contextlib.suppress(ValueError, RecursionError):
            value, end = json.JSONDecoder().raw_decode(text, start)
            yield end - start, value
        start = text.find(opening, end)


def checked_endpoint(entry):
    """What ``azcmagent check -j`` says of one endpoint; None where it cannot be told."""
    entry = lower_keys(entry)
    match = re.match(r"(?:https?://)?([A-Za-z0-9._-]{1,253})", str(entry.get("endpoint", "")))
    said = str(entry.get("reachable", "")).strip().lower()
    if not match or said not in REACHABLE_WORDS:
        return None
    reachable = REACHABLE_WORDS[said]
    return {"name": match.group(1).lower(), "reachable": reachable, "says": scrubbed(entry, 300)}


REACHABLE_WORDS = dict.fromkeys(("true", "reachable", "yes"), True)
REACHABLE_WORDS.update(dict.fromkeys(("false", "unreachable", "no"), False))


def lower_keys(document):
    """A JSON object with its keys in lower case; an empty one in the place of anything else."""
    items = document.items() if isinstance(document, dict) else ()
    return {key.lower(): value for key, value in items}


def shown_by_agent():
    """What ``azcmagent show -j`` prints, of SHOWN_BY_AGENT; or why there is nothing of it."""
    document, why, said = printed_json([AGENT_PROGRAM, "show", "-j"], AGENT_SECONDS, dict)
    if why is not None:
        refused = re.search("(?i)permission|root|elevated|sudo", said)
        return {"show_failure": "permission-denied" if refused else why}
    shown = lower_keys(document)
    return {
        ours: scrubbed(shown[key])
        for key, ours in SHOWN_BY_AGENT.items()
        if isinstance(shown.get(key), (str, int)) and str(shown[key]).strip()
    }


def units_active(units):
    """The state of each of *units*; nothing without a service manager."""
    _, said = command(["systemctl", "is-active"] + list(units), 3)
    states = [line for line in said.splitlines() if re.match(r"[a-z-]+$", line)]
    return dict(zip(units, states)) if len(states) == len(units) else {}


class HostFacts:
    """What is read in files and from the user database, which may hang too."""

    def __init__(self):
        self.os = {}
        self.user = str(os.geteuid())
        self.resolvers = []
        self.synchronised = None

    def read(self):
        """Reads all of it."""
        self.os = os_facts()
        self.resolvers = resolvers()
        self.user = user_name()
        _, said = command(["timedatectl", "show", "-p", "NTPSynchronized", "--value"], 3)
        self.synchronised = {"yes": True, "no": False}.get(said.strip())


AGENT_PROCESSES = frozenset(
    ("himds", "gc_linux_service", "gc_extension_service", "arcproxy", "arcproxyd")
)
PROC_NET = "/proc/net"
TCP_LISTENING = "0A"


class AgentSockets:
    """The sockets of the agent's processes, whose owners only root may see as a rule."""

    def __init__(self):
        self.facts = {"processes": [], "found": [], "failure": "not read in time"}

    def read(self):
        """Finds the processes by their names, and their sockets in the kernel's tables."""
        owners, failure = {}, None
        processes = list(processes_of(AGENT_PROCESSES))
        for pid, name in processes:
            try:
                owners.update((inode, name) for inode in socket_inodes(pid))
            except OSError as problem:
                if not isinstance(problem, FileNotFoundError):  # it has ended meanwhile
                    failure = why_unreadable(problem)
        found = []
        if owners:
            try:
                found = [one for kind in ("tcp", "udp") for one in sockets_of(kind, owners)]
            except OSError as problem:
                failure = why_unreadable(problem)
        if len(found) > MAX_SOCKETS:
            failure = f"more than {MAX_SOCKETS} sockets"
        self.facts = {
            "processes": sorted({name for _, name in processes}),
            "found": found[:MAX_SOCKETS],
            "failure": failure,
        }


def processes_of(names):
    """(pid, name) of the processes that were started as one of *names*."""
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as stream:
            name = os.path.basename(stream.read(MAX_TEXT).split(b"\0")[0]).decode(
                "ascii", "replace"
            )
            if name in names:
                yield int(pid), name


def socket_inodes(pid):
    """The inodes of the sockets that the process *pid* has open."""
    folder = f"/proc/{pid}/fd"
    for fd in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):
            match = re.match(r"socket:\[(\d+)\]", os.readlink(f"{folder}/{fd}"))
            if match:
                yield match.group(1)


def sockets_of(kind, owners):
    """The sockets of *kind* in the kernel's tables that belong to *owners*, by inode."""
    for family in ("", "6"):
        with contextlib.suppress(FileNotFoundError), open(f"{PROC_NET}/{kind}{family}") as lines:
            next(lines)
            for line in lines:
                words = line.split()
                if len(words) > 9 and words[9] in owners:
                    local, remote = socket_address(words[1]), socket_address(words[2])
                    connected = not remote.endswith(":0")
                    yield {
                        "process": owners[words[9]],
                        "kind": kind,
                        "listening": kind == "tcp" and words[3] == TCP_LISTENING,
                        "local": local,
                        "remote": remote if connected else None,
                    }


def socket_address(text):
    """``0100007F:1F90`` of the kernel's tables as 127.0.0.1:8080."""
    packed, port = text.split(":")
    words = [packed[i : i + 8] for i in range(0, len(packed), 8)]
    raw = b"".join(struct.pack("=I", int(word, 16)) for word in words)
    family = socket.AF_INET6 if len(raw) == 16 else socket.AF_INET
    return host_and_port(socket.inet_ntop(family, raw), int(port, 16))


class EgressRules:
    """The host's own rules about what goes out, which only root may read as a rule."""

    def __init__(self):
        self.facts = {"tool": "", "rules": "", "failure": "not read in time"}

    def read(self):
        """Asks nft, and iptables too where nft shows some of its rules as ``xt`` only."""
        status, said = command(["nft", "-j", "list", "ruleset"], RULES_SECONDS)
        ruleset = " ".join(said[max(0, said.find("{")) :].strip().splitlines())
        native = status == 0 and re.search('"hook": "(output|postrouting)"', ruleset)
        if native and '"xt"' not in ruleset:
            return self._found("nft", ruleset)
        saved = [command([one], RULES_SECONDS) for one in ("iptables-save", "ip6tables-save")]
        rules = "\n".join(text for done, text in saved if done == 0)
        if ":OUTPUT " in rules:
            both = ("nft+iptables", ruleset + "\n" + rules)
            return self._found(*(both if native else ("iptables", rules)))
        if native:
            return self._found("nft", ruleset)
        asked = [(status, said)] + saved
        looked = [text for done, text in saved if done == 0 and re.match(r"[#*]|$", text)]
        if looked or (status == 0 and '"nftables"' in ruleset):
            return self._failed(None)  # somebody could look, and there are none
        answers = [text for _, text in asked if text.strip() and "No such file" not in text]
        if any(re.search("permi|root", text) for text in answers):
            return self._failed("permission-denied")
        return self._failed(scrubbed(answers[0], 200) if answers else "neither nft nor iptables")

    def _found(self, tool, rules):
        if len(rules) > MAX_RULES:
            return self._failed(f"larger than {MAX_RULES} characters")
        self.facts = {"tool": tool, "rules": rules, "failure": None}

    def _failed(self, why):
        self.facts = {"tool": "", "rules": "", "failure": why}


def vantage(ways, host, measurements):
    """From where it was measured."""
    way = ways.by_client[AGENT]
    sources = {
        o["data"]["source"]
        for m in measurements
        for o in m["observations"]
        if "source" in o["data"]
    }
    return {
        "hostname": scrubbed(socket.gethostname()),
        "user": host.user,
        "source_addresses": sorted(sources),
        "resolvers": host.resolvers,
        "proxy": (shown_proxy(way.proxy) or "unusable") if way else None,
    }


def user_name():
    """Who the probe runs as."""
    try:
        return scrubbed(pwd.getpwuid(os.geteuid()).pw_name)
    except KeyError:
        return str(os.geteuid())


def resolvers():
    """The name servers of /etc/resolv.conf."""
    try:
        lines = read_text("/etc/resolv.conf").splitlines()[:1000]
    except OSError:
        return []
    words = [line.split() for line in lines]
    return [scrubbed(w[1]) for w in words if len(w) > 1 and w[0] == "nameserver"]


# The places where a Go program looks on Linux: the first file that can be read, and every
# directory (crypto/x509, root_linux.go and root_unix.go).
GO_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/pki/tls/cacert.pem",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
GO_DIRECTORIES = ("/etc/ssl/certs", "/etc/pki/tls/certs")
DAEMONS = ("himdsd", "gcad", "extd")
PEM_CERTIFICATE = re.compile(
    "-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----"
)


class TrustStore:
    """The trust store that the agent would use; ``ready`` is set when it is loaded."""

    def __init__(self, order, daemons):
        self.daemons = daemons
        self.ready = threading.Event()
        self.roots = []
        self.client = None
        self.facts = {"file": None, "directories": [], "chosen_by": "default", "roots": 0}
        self.facts.update(fingerprints=[], failure="not read in time")
        self.trust_file = order.trust_file

    def read(self):
        """Finds and reads the store; whatever happens, the certificate steps go on."""
        try:
            files, directories = self._places()
            self._collect(files, directories)
            self.client = verifying_client(self.roots)
            self.facts["roots"] = self.client.cert_store_stats()["x509"]
            digests = [hashlib.sha256(der).hexdigest()[:FINGERPRINT] for der in self.roots]
            self.facts["fingerprints"] = sorted(digests)[:MAX_ROOTS]
            if self.facts["roots"]:
                self.facts["failure"] = None
            elif self.facts["failure"] is None:
                self.facts["failure"] = "no certificate in it"
        except Exception as problem:  # noqa: BLE001 - it is a fact; others wait for us
            self.facts["failure"] = scrubbed(describe(problem))
        finally:
            self.ready.set()

    def _places(self):
        if self.trust_file is not None:
            self.facts["chosen_by"] = "order"
            return (self.trust_file,), ()
        environment = self.daemons.get()
        file, directories = environment.get("SSL_CERT_FILE"), environment.get("SSL_CERT_DIR")
        if file or directories:
            self.facts["chosen_by"] = "daemon-environment"
        return (
            (file,) if file else GO_FILES,
            directories.split(":") if directories else GO_DIRECTORIES,
        )

    def _collect(self, files, directories):
        """Go's way: the first file that can be read, then every file of the directories."""
        self.facts["failure"] = "no such file: " + ", ".join(files) if files else None
        ders = collections.OrderedDict()
        for path in files:
            try:
                ders.update((der, None) for der in certificates_in(path))
            except FileNotFoundError:
                continue
            except OSError as problem:
                self.facts["failure"] = f"{path}: {why_unreadable(problem)}"
                continue
            self.facts.update(file=path[:MAX_TEXT], failure=None)
            break
        for directory in directories:
            if os.path.isdir(directory):
                self.facts["directories"].append(directory[:MAX_TEXT])
                for path in files_of(directory):
                    with contextlib.suppress(OSError):
                        ders.update((der, None) for der in certificates_in(path))
        self.roots = list(ders)

    def timeless_client(self):
        """The verifying client, but blind to dates."""
        context = verifying_client(self.roots)
        context.verify_flags |= NO_CHECK_TIME
        return context


def certificates_in(path):
    """The certificates of a PEM file, DER."""
    found = []
    for match in PEM_CERTIFICATE.finditer(read_text(path)):
        with contextlib.suppress(binascii.Error):
            found.append(base64.b64decode(match.group(1)))
    return found


def files_of(directory):
    """The files of *directory*; links within it are left out, since they repeat its files."""
    try:
        names = sorted(os.listdir(directory))[:MAX_FILES]
    except OSError:
        return []
    paths = [os.path.join(directory, name) for name in names]
    return [path for path in paths if not link_within(path) and os.path.isfile(path)]


def link_within(path):
    """Whether *path* is a link to a neighbour."""
    return os.path.islink(path) and "/" not in os.readlink(path)


class DaemonsEnvironment:
    """The agent's daemons' environment: that of their units over that of the service manager."""

    def __init__(self):
        self.lock = threading.Lock()
        self.found = None

    def get(self):
        """The variables by name, read once."""
        with self.lock:
            if self.found is None:
                self.found = self._read()
            return self.found

    def _read(self):
        environment = {}
        status, said = command(["systemctl", "show-environment"], 3)
        if status == 0:
            environment.update(assignments(said.splitlines()))
        status, said = command(["systemctl", "show"] + list(DAEMONS) + ["-p", "Environment"], 3)
        if status == 0:
            lines = [line[len("Environment=") :] for line in said.splitlines() if "=" in line]
            environment.update(assignments(reversed(lines)))  # himdsd, the first, has the last word
        return environment


def assignments(lines):
    """The (name, value) of the NAME=value words of *lines*, quoted as for a shell."""
    for line in lines:
        with contextlib.suppress(ValueError):
            words = shlex.split(line.replace("=$'", "='"))
            yield from [word.partition("=")[::2] for word in words if "=" in word]


POLICY_KEYS = {
    "minprotocol": "minimum_protocol",
    "maxprotocol": "maximum_protocol",
    "cipherstring": "cipher_string",
}


class TlsStack:
    """The host's own TLS stack: the openssl command and the policy of openssl.cnf."""

    def __init__(self):
        self.facts = {"openssl": None, "policy_file": None, "policy_failure": None}
        self.facts.update((ours, None) for ours in POLICY_KEYS.values())
        self.sections = {}
        self.files = 0

    def read(self):
        """Asks openssl for its version and directory, and reads the policy there."""
        status, said = command(["openssl", "version"], 5)
        if status != 0:
            return
        self.facts["openssl"] = scrubbed(said)
        status, said = command(["openssl", "version", "-d"], 5)
        match = re.search('OPENSSLDIR: "(.*)"', said)
        if match:
            self.read_policy(os.path.join(match.group(1), "openssl.cnf"))
        self.facts["cipher_suites"] = offered_suites()

    def read_policy(self, path):
        """Reads the policy that the configuration file at *path* makes the system's default."""
        try:
            self._read_file(path, "default", 0)
        except FileNotFoundError:
            return
        except OSError as problem:
            self.facts["policy_failure"] = scrubbed(why_unreadable(problem))
        self.facts["policy_file"] = path[:MAX_TEXT]
        section = "default"
        for pointer in ("openssl_conf", "ssl_conf", "system_default"):
            section = self.sections.get(section, {}).get(pointer, ("", ""))[0]
        for key, (value, file) in self.sections.get(section, {}).items():
            if key in POLICY_KEYS:
                self.facts[POLICY_KEYS[key]] = None if value.lower() == "none" else scrubbed(value)
                self.facts["policy_file"] = file[:MAX_TEXT]

    def _read_file(self, path, section, depth):
        """Reads a configuration file (openssl config(5)); returns the section it ends in."""
        self.files += 1
        for line in read_text(path).replace("\\\n", "").splitlines():
            line = line.partition("#")[0].strip()
            heading = re.match(r"\[\s*(\S+)\s*\]", line)
            include = re.match(r"\.include[\s=]+(/.*)", line)
            if heading:
                section = heading.group(1)
            elif include:
                section = self._include(include.group(1).strip("\"' "), section, depth + 1)
            elif "=" in line:
                self._set(section, line, path)
        return section

    def _include(self, path, section, depth):
        paths = [path]
        if os.path.isdir(path):
            paths = [one for one in files_of(path) if one.endswith((".cnf", ".conf"))]
        for one in paths:
            if depth <= 5 and self.files < 100:
                with contextlib.suppress(FileNotFoundError):
                    section = self._read_file(one, section, depth)
        return section

    def _set(self, section, line, path):
        key, _, value = line.partition("=")
        # What stands before a dot only makes keys distinct: TLS.MinProtocol is MinProtocol.
        key = key.strip().rpartition(".")[2].lower()
        value = value.strip().strip("\"'")
        if not value.startswith("DTLS"):
            self.sections.setdefault(section, {})[key] = value, path


def offered_suites():
    """The cipher suites that the host's openssl offers under the CipherString and Ciphersuites of
    the host's own policy; its limits on protocols do not count here."""
    for supported in (["-s"], []):  # -s, those that the policy leaves, is of OpenSSL 1.1.0
        status, said = command(["openssl", "ciphers", "-v"] + supported, 5)
        if status == 0:
            words = [line.split() for line in said.splitlines()[:MAX_SUITES]]
            return [scrubbed(one[0]) for one in words if one]
    return []


class DefaultClient:
    """What the host's ``openssl s_client`` negotiates, under the host's own policy.

    Tried once, with the first endpoint that shook hands, while the rest is being measured.
    """

    def __init__(self, order):
        self.order = order
        self.facts = None
        self.lock = threading.Lock()
        self.thread = None

    def try_with(self, route):
        """Starts the one trial, unless there was one or the proxy wants credentials."""
        with self.lock:
            if self.thread is None and not (route.proxy and route.proxy.credentials):
                self.thread = start(self._try, route.target, *self._way(route))

    def _way(self, route):
        if route.proxy is None:
            return ["-connect", host_and_port(route.address, route.port)]
        host, port, _ = mapped(self.order, route.target)
        return ["-connect", host_and_port(host, port), "-proxy", shown_proxy(route.proxy)]

    def _try(self, target, *way):
        arguments = ["openssl", "s_client"] + list(way) + ["-servername", target.name]
        status, said = command(arguments, self.order.limits.http)
        if status is None and said == os.strerror(errno.ENOENT):
            return  # there is no such command
        protocol, cipher, failure = negotiated(said)
        self.facts = {"endpoint": host_and_port(target.name, target.port), "protocol": protocol}
        self.facts.update(cipher=cipher, failure=failure)

    def wait(self):
        """Returns when the trial, if any, is over."""
        if self.thread is not None:
            self.thread.join()


def negotiated(said):
    """(protocol, cipher, failure) in the output of ``openssl s_client``."""
    summary = re.search(r"^New, (\S+), Cipher is (\S+)", said, re.MULTILINE)
    if summary and summary.group(2) != "(NONE)":
        # Before OpenSSL 1.1.1 the summary says TLSv1/SSLv3 for everything.
        session = re.search(r"^ *Protocol *: (\S+)", said, re.MULTILINE)
        return (session or summary).group(1), summary.group(2), None
    reasons = re.findall(r":error:[0-9A-Fa-f]+:[^:]*:[^:]*:([^:\n]+)", said)
    last_line = (said.strip().splitlines() or ["no output"])[-1]
    return None, None, scrubbed(reasons[-1] if reasons else last_line)


# ------------------------------------------------------------------------------ evidence out


class Network:
    """All that is asked of the network, once the ways out are known."""

    def __init__(self, order, trust):
        self.order = order
        self.default_client = DefaultClient(order)
        self.survey = Survey(order, trust, self.default_client)
        self.controls = NegativeControls(order, trust)
        self.gateway = GatewaySigns(order)
        self.trials = [ProxyTrial(order, *one) for one in order.ways.trials(order.endpoints)]

    def measure(self):
        """Asks everything, and returns when all is answered that has to be."""
        waited = self.controls.start()
        signs = self.gateway.start()
        signs.append(start(self.order.ways.look_up, self.order.limits.connect))
        for trial in self.trials:
            self.survey.crew.add(trial.run, self.survey.crew)
        self.survey.run()
        for thread in waited:
            thread.join()
        # A proxy that tries an address for long has not agreed by then, as with the controls.
        until = time.monotonic() + self.order.limits.connect
        for thread in signs:
            thread.join(max(0, until - time.monotonic()))
        self.default_client.wait()

    def trial_records(self):
        """The trials that had something to try."""
        return [trial.record() for trial in self.trials if trial.attempts]


class Run:
    """One order being carried out: the network and the facts, side by side."""

    def __init__(self, order):
        self.order = order
        self.started = time.time()
        self.daemons = DaemonsEnvironment()
        self.ways = Ways(order)
        self.trust = TrustStore(order, self.daemons)
        self.tls = TlsStack()
        self.host = HostFacts()
        self.agent = AgentFacts()
        self.check = AgentCheck(order)
        self.egress = EgressRules()
        self.sockets = AgentSockets()
        self.network = None
        self.over, self._end = os.pipe()
        self.complete = False

    def carry_out(self):
        """Measures and reads everything; ``over`` becomes readable when all is done."""
        try:
            readers = (self.trust, self.tls, self.host, self.agent, self.egress, self.sockets)
            facts = [start(reader.read) for reader in readers]
            facts.append(start(self.check.read))
            order = self.order._replace(ways=self.ways.find(self.daemons))
            self.network = Network(order, self.trust)
            self.network.measure()
            for thread in facts:
                thread.join()
            self.complete = True
        finally:
            os.close(self._end)

    def evidence(self):
        """What is known by now."""
        complete, network = self.complete, self.network
        endpoints = list(network.survey.endpoints) if network else []
        measurements = [endpoint.measurement() for endpoint in endpoints]
        return {
            "evidence": 1,
            "run": self.order.run[:MAX_TEXT],
            "host": self.order.host[:MAX_TEXT],
            "probe": {
                "version": PROBE_VERSION,
                "platform": "linux",
                "python": platform.python_version(),
                "openssl_library": ssl.OPENSSL_VERSION,
            },
            "started": self.started,
            "finished": time.time(),
            "complete": complete,
            "vantage": vantage(self.ways, self.host, measurements),
            "facts": {
                "os": self.host.os,
                "tls": dict(
                    self.tls.facts, default_client=network and network.default_client.facts
                ),
                "trust": dict(self.trust.facts),
                "agent": self.agent.facts,
                "proxy": self.ways.record(),
                "egress": self.egress.facts,
                "sockets": self.sockets.facts,
                "clock": {"synchronised": self.host.synchronised},
            },
            "measurements": measurements,
            "discovered": [call.discovered() for call in network.survey.calls] if network else [],
            "controls": network.controls.records() if network else [],
            "gateway": network.gateway.records() if network else [],
            "agent_check": self.check.facts,
            "proxy_trials": network.trial_records() if network else [],
        }


def rendered(evidence):
    """The evidence as ASCII on one line; where it is too large, the bulky parts are left out."""
    text = json.dumps(evidence, ensure_ascii=True, allow_nan=False)
    for bulky in ("chain", "headers", "addresses"):
        if len(text) <= MAX_EVIDENCE:
            break
        evidence["complete"] = False
        for measurement in evidence["measurements"]:
            for step in measurement["observations"]:
                step["data"].pop(bulky, None)
        text = json.dumps(evidence, ensure_ascii=True, allow_nan=False)
    return text


def wait_for_end(run, seconds):
    """Waits until *run* is over or the time is; false when nobody listens any more."""
    output = sys.stdout.fileno()
    poller = select.poll()
    poller.register(run.over, select.POLLIN)
    poller.register(output, 0)  # errors and hang-ups are reported unasked
    events = dict(poller.poll(int(seconds * 1000)))
    return output not in events


def main():
    """Carries out the order on standard input and prints the evidence; returns the exit status."""
    sys.dont_write_bytecode = True
    try:
        order = read_order(sys.stdin.buffer)
    except (BadOrder, OSError) as problem:
        sys.stderr.write(f"probe: bad order: {scrubbed(problem)}\n")
        return 2
    # The last resort: should all else hang, the kernel ends us.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(math.ceil(order.limits.deadline) + 10)
    run = Run(order)
    start(run.carry_out)
    spare = min(1.0, order.limits.deadline / 4)
    if not wait_for_end(run, order.limits.deadline - spare):
        return 1
    lines = "\n".join((BEGIN, rendered(run.evidence()), END)) + "\n"
    sys.stdout.write(lines)
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    try:
        exit_status = main()
    except OSError:  # standard output is closed
        exit_status = 1
    # Not sys.exit: threads that hang in the resolver would hold us.
    sys.stderr.flush()
    os._exit(exit_status)
