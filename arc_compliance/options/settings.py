"""The options of a run, checked whole before any host is touched."""

from __future__ import annotations

import math
import re
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import certifi

from arc_compliance import __version__
from arc_compliance.base.redact import scrub
from arc_compliance.base.wording import did_you_mean
from arc_compliance.catalogue import Catalogue, CatalogueError, load_catalogue
from arc_compliance.catalogue.model import Bypass
from arc_compliance.collect.backends import Access
from arc_compliance.firewall.allowlist import Allowlist, AllowlistError, read_allowlist
from arc_compliance.hosts.addresses import HostSpec
from arc_compliance.judge.endpoint.public_roots import PublicRoots
from arc_compliance.options.targets import TargetError, read_targets
from arc_compliance.plan.order import ConnectTo, Limits, order_for
from arc_compliance.plan.scope import (
    Feature,
    Phase,
    PrivateLink,
    Scenario,
    Scope,
    location_named,
    private_links,
    proxy_named,
)
from arc_compliance.service_tags.sources import DOWNLOAD, Raw, raw_file
from arc_compliance.service_tags.tags import TagFileError, parse_tag_file, service_tags

NAMED_ROOTS = Path(__file__).parent.parent / "catalogue" / "public_roots.pem"
LONGEST = 3600.0
"""The largest time limit, in seconds: one hour."""

_CONNECT_TO = re.compile(
    r"(?P<host>\[[^\]]*\]|[^:\[\]]*):(?P<port>\d*):(?P<address>\[[^\]]*\]|[^:\[\]]*):(?P<to>\d*)"
)
_GATEWAY = re.compile(r"(?P<host>\[[0-9a-f:.]+\]|[a-z0-9_.-]{1,253})(:(?P<port>\d{1,5}))?")
_HOST_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+"
)

Word = TypeVar("Word", bound=Enum)
Value = TypeVar("Value")


class SettingsError(ValueError):
    """An option that cannot be used; the text names the option and what to write instead."""


class Demo(str, Enum):
    """The simulated Azure: as it should be, or with faults in it."""

    HEALTHY = "healthy"
    FAULTY = "faulty"


@dataclass(frozen=True, slots=True, kw_only=True)
class TagSources:
    """Where a run has its service tags from: files, URLs, the current files (``download``), those
    that were kept in a folder with saved evidence, or the simulation's own."""

    files: tuple[Raw, ...] = ()
    urls: tuple[str, ...] = ()
    download: bool = False
    kept: Path | None = None
    simulated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run's options as typed values.

    ``scopes`` has each host's scope by its label. ``public_roots`` is PEM. ``evidence`` is the
    folder whose evidence is judged in place of measuring. ``narrowed`` says what part of an
    inventory or of saved evidence was chosen, empty for all. ``given`` lists what differs from the
    defaults, redacted, for the report.
    """

    catalogue: Catalogue
    hosts: tuple[HostSpec, ...]
    scopes: Mapping[str, Scope]
    access: Access
    limits: Limits
    forks: int
    connect_to: tuple[ConnectTo, ...]
    public_roots: bytes
    tag_sources: TagSources
    allowlists: tuple[Allowlist, ...]
    report_dir: Path
    demo: Demo | None
    evidence: Path | None
    resume: bool
    narrowed: str
    given: tuple[tuple[str, str], ...]

    def order_for(
        self,
        host: str,
        run: str,
        *,
        connect_to: Sequence[ConnectTo] = (),
        trust_file: str | None = None,
    ) -> dict[str, Any]:
        """The probe's order for the host labelled *host*; a simulation adds its own mappings.

        The simulated Azure is on this machine, so that no proxy leads to it.
        """
        scope = self.scopes[host]
        return order_for(
            host,
            run=run,
            catalogue=self.catalogue,
            scope=replace(scope, proxy=None) if self.demo else scope,
            limits=self.limits,
            connect_to=(*self.connect_to, *connect_to),
            trust_file=trust_file,
            user_agent=f"arc-compliance/{__version__}",
        )


def read_settings(options: Any, invocation_dir: Path) -> Settings:
    """The settings that *options* (attributes named as the options' destinations) stand for.

    Raise SettingsError for the first option that cannot be used. Nothing is written.
    """
    try:
        catalogue = load_catalogue(options.cloud)
    except CatalogueError as error:
        raise SettingsError(f"--cloud: {error}") from error
    demo = _demo(options.demo)
    _refuse_contradictions(options, demo)
    features = options.features.split(",") if options.features else []
    links = options.private_link.split(",") if options.private_link else []
    bypass = options.proxy_bypass.split(",") if options.proxy_bypass else None
    scope = Scope(
        cloud=options.cloud,
        location=(
            None
            if options.location is None
            else _read("--location", location_named, options.location, catalogue.regions)
        ),
        phase=_word("--phase", options.phase, Phase),
        features=frozenset(_word("--features", one, Feature) for one in features),
        scenario=_word("--scenario", options.scenario, Scenario),
        private_link=_read(
            "--private-link",
            private_links,
            [_word("--private-link", one, PrivateLink) for one in links],
        ),
        proxy=_read("--proxy", proxy_named, options.proxy),
        proxy_bypass=(
            None
            if bypass is None
            else frozenset(_word("--proxy-bypass", one, Bypass) for one in bypass)
        ),
        known_gateways=tuple(_gateway(one) for one in options.known_gateway),
        given_names=_endpoints(options.endpoint, catalogue),
        strict_inspection=options.strict_inspection,
        strict_should=options.strict_should,
    )
    access = Access(
        ssh_config=_readable("--ssh-config", options.ssh_config, invocation_dir),
        ssh_identity_file=_readable(
            "--ssh-identity-file", options.ssh_identity_file, invocation_dir
        ),
        ansible_inventory=_readable(
            "--ansible-inventory", options.ansible_inventory, invocation_dir
        ),
        sudo=options.sudo or options.sudo_user is not None,
        sudo_user=options.sudo_user,
    )
    evidence = invocation_dir / options.evidence if options.evidence else None
    allowlists = tuple(_allowlist(one, invocation_dir) for one in options.firewall_allowlist)
    try:
        targets = read_targets(
            hosts=options.hosts,
            inventory=invocation_dir / options.inventory if options.inventory else None,
            evidence=evidence,
            scope=scope,
            regions=catalogue.regions,
            access=access,
        )
    except TargetError as error:
        raise SettingsError(str(error)) from error
    return Settings(
        catalogue=catalogue,
        hosts=tuple(targets.scopes),
        scopes={host.label: one for host, one in targets.scopes.items()},
        access=access,
        limits=Limits(
            connect=_seconds("--connect-timeout", options.connect_timeout),
            http=_seconds("--http-timeout", options.http_timeout),
            deadline=_seconds("--host-deadline", options.host_deadline),
        ),
        forks=_forks(options.forks),
        connect_to=tuple(_connect_to(one) for one in options.connect_to),
        public_roots=_public_roots(options.public_roots, invocation_dir),
        tag_sources=_tag_sources(options, catalogue, invocation_dir, demo),
        allowlists=allowlists,
        report_dir=invocation_dir / options.report_dir,
        demo=demo,
        evidence=evidence,
        resume=options.resume,
        narrowed=targets.narrowed,
        given=_given(options, allowlists),
    )


def _refuse_contradictions(options: Any, demo: Demo | None) -> None:
    """Raise SettingsError for options that cannot stand together."""
    if demo:
        for name in ("hosts", "inventory", "evidence", "write_order"):
            if getattr(options, name) is not None:
                option = name.replace("_", "-")
                raise SettingsError(
                    f"--demo: the simulated Azure is on this machine; leave --{option} out"
                )
        if options.proxy not in ("auto", "none"):
            raise SettingsError("--demo: the simulated Azure has no proxy; leave --proxy out")
    if options.evidence and options.write_order:
        raise SettingsError("--write-order measures later, --evidence never; leave one of them out")
    if options.evidence and options.resume:
        raise SettingsError("--resume measures and --evidence does not; leave one of them out")
    if options.connection not in (None, "ssh", "local"):
        raise SettingsError("--connection: write the backend into --hosts, as in ssh://web01")
    if getattr(options, "reruns", None):
        raise SettingsError(
            "--reruns: a test run again would judge the same evidence again, since a host is "
            "measured once; what failed on a host was measured twice already"
        )


def check_report_dir(report_dir: Path) -> None:
    """Make *report_dir*; raise SettingsError where reports cannot be written into it."""
    check_writable("--report-dir", report_dir)
    check_writable("--report-dir", report_dir / "evidence")


def check_writable(option: str, directory: Path) -> None:
    """Make *directory*; raise SettingsError for *option* where no file can be made in it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise SettingsError(f"{option}: {directory} cannot be written: {error.strerror}") from error


def _word(option: str, text: str, kind: type[Word]) -> Word:
    """The member of *kind* called *text*."""
    known = [str(one.value) for one in kind]
    if text in known:
        return kind(text)
    raise SettingsError(
        f"{option}: unknown value {text!r}{did_you_mean(text, known)}; known: {', '.join(known)}"
    )


def _read(option: str, reader: Callable[..., Value], *arguments: Any) -> Value:
    """What *reader* makes of an option's value; its ValueError names the option."""
    try:
        return reader(*arguments)
    except ValueError as error:
        raise SettingsError(f"{option}: {error}") from error


def _demo(text: str | None) -> Demo | None:
    if text is None:
        return None
    if text not in [one.value for one in Demo]:
        raise SettingsError(
            f"--demo: unknown value {text!r}; write --demo or --demo=faulty, and paths before it"
        )
    return Demo(text)


def _endpoints(options: Sequence[str], catalogue: Catalogue) -> dict[str, tuple[str, ...]]:
    """The names given for wildcard rows, by the row's label."""
    rows = {r.id: r.endpoint for r in catalogue.requirements if r.endpoint}
    wildcards = [one for one, row in rows.items() if row.wildcard]
    given: dict[str, tuple[str, ...]] = {}
    for text in options:
        requirement, separator, names = text.partition("=")
        if not separator or not names:
            raise SettingsError(f"--endpoint: {text!r} is not REQUIREMENT=HOST[,HOST...]")
        if requirement not in wildcards:
            raise SettingsError(
                f"--endpoint: {requirement!r} is no row with a wildcard"
                f"{did_you_mean(requirement, wildcards)}; known: {', '.join(wildcards)}"
            )
        row = rows[requirement]
        for name in names.lower().split(","):
            if not _HOST_NAME.fullmatch(name) or not row.matches(name):
                raise SettingsError(f"--endpoint: {name!r} is no name of {row.label}")
            given[row.label] = (*given.get(row.label, ()), name)
    return given


def _connect_to(text: str) -> ConnectTo:
    found = _CONNECT_TO.fullmatch(text)
    ports = [int(found[part]) if found[part] else None for part in ("port", "to")] if found else []
    if found is None or any(port is not None and not 0 < port < 65536 for port in ports):
        raise SettingsError(f"--connect-to: {text!r} is not HOST:PORT:ADDR:PORT, as curl takes it")
    return found["host"].strip("[]"), ports[0], found["address"].strip("[]"), ports[1]


def _gateway(text: str) -> str:
    found = _GATEWAY.fullmatch(text.lower())
    if found is None or (found["port"] and not 0 < int(found["port"]) < 65536):
        raise SettingsError(f"--known-gateway: {text!r} is not HOST or HOST:PORT")
    return text.lower()


def _seconds(option: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value <= LONGEST:
        raise SettingsError(f"{option}: {text!r} is no number of seconds up to {LONGEST:g}")
    return value


def _forks(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1000:
        raise SettingsError(f"--forks: {text!r} is no number of hosts from 1 to 1000")
    return int(text)


def _readable(option: str, text: str | None, invocation_dir: Path) -> str | None:
    """The whole path of *text*, so that a worker elsewhere finds the same file."""
    if text is None:
        return None
    path = invocation_dir / Path(text).expanduser()
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        raise SettingsError(f"{option}: {text} cannot be read: {error.strerror}") from error


def _tag_sources(
    options: Any, catalogue: Catalogue, invocation_dir: Path, demo: Demo | None
) -> TagSources:
    """What --service-tags names; its files are read and checked."""
    given = options.service_tags
    if not given:
        kept = invocation_dir / options.evidence if options.evidence else None
        return TagSources(
            download=demo is None,
            kept=kept.parent / "service-tags" if kept else None,
            simulated=demo is not None,
        )
    names = [one for one in given if one != DOWNLOAD]
    urls = [one for one in names if one.startswith(("https://", "http://"))]
    try:
        files = [raw_file(invocation_dir / one) for one in names if one not in urls]
        parsed = [parse_tag_file(raw.name, raw.content) for raw in files]
        if len(files) == len(given):
            service_tags(parsed, catalogue.cloud)
    except TagFileError as error:
        raise SettingsError(f"--service-tags: {error}") from error
    return TagSources(files=tuple(files), urls=tuple(urls), download=DOWNLOAD in given)


def _allowlist(text: str, invocation_dir: Path) -> Allowlist:
    try:
        return read_allowlist(invocation_dir / text)
    except AllowlistError as error:
        raise SettingsError(f"--firewall-allowlist: {error}") from error


def _public_roots(text: str | None, invocation_dir: Path) -> bytes:
    """The PEM of --public-roots; of certifi and the roots that Azure names where none is given."""
    if text is None:
        return Path(certifi.where()).read_bytes() + b"\n" + NAMED_ROOTS.read_bytes()
    path = Path(_readable("--public-roots", text, invocation_dir) or text)
    try:
        pem = path.read_bytes()
        PublicRoots(pem)
    except OSError as error:
        raise SettingsError(f"--public-roots: {text} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsError(f"--public-roots: {text} holds no PEM certificates") from error
    return pem


_SHOWN: dict[str, Any] = {
    "inventory": None,
    "evidence": None,
    "resume": False,
    "location": None,
    "phase": "all",
    "features": None,
    "scenario": "servers",
    "private_link": None,
    "proxy": "auto",
    "proxy_bypass": None,
    "known_gateway": [],
    "endpoint": [],
    "service_tags": [],
    "firewall_allowlist": [],
    "public_roots": None,
    "strict_inspection": False,
    "strict_should": False,
    "connect_to": [],
    "connect_timeout": "5",
    "http_timeout": "15",
    "host_deadline": "60",
    "demo": None,
    "sudo": False,
}


def _given(options: Any, allowlists: Sequence[Allowlist]) -> tuple[tuple[str, str], ...]:
    """What differs from the defaults, as an auditor may read it."""
    given = []
    for name, default in _SHOWN.items():
        value = getattr(options, name)
        if value != default:
            text = ",".join(value) if isinstance(value, list) else str(value)
            given.append((f"--{name.replace('_', '-')}", scrub(text)))
    given += [(f"sha256 of {one.label}", one.sha256) for one in allowlists]
    return tuple(given)
