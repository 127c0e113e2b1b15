"""The catalogue's types: what one cloud's document requires, as validated data.

A catalogue is one YAML file per cloud. It is checked whole when it is loaded: each field by its
type, then the references between its parts. Every fault carries its path in the file, so that the
loader can say ``requirements[7].when[0]: unknown condition 'instal'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    model_validator,
)

from arc_compliance.base.wording import did_you_mean
from arc_compliance.base.yaml_file import faults_at
from arc_compliance.catalogue.patterns import stands_for

Fault = tuple[tuple[str | int, ...], str]
"""Where in the file something is wrong, and what is wrong there."""


class Level(str, Enum):
    """How binding a statement is; RUN marks what a run says about itself."""

    MUST = "MUST"
    SHOULD = "SHOULD"
    MAY = "MAY"
    INFO = "INFO"
    RUN = "RUN"


class Condition(str, Enum):
    """A condition under which a requirement applies; all conditions of a requirement must hold."""

    ALWAYS = "always"
    INSTALL = "install"
    CONNECT = "connect"
    SSH_OR_WAC = "ssh-or-wac"
    WAC = "wac"
    PROXY = "proxy"
    PRIVATE_LINK = "private-link"
    NO_PRIVATE_LINK = "no-private-link"
    ADDRESS_FILTER = "address-filter"
    LINUX = "linux"
    WINDOWS = "windows"
    SERVERS = "servers"
    ESU = "esu"
    AGENT_INSTALLED = "agent-installed"
    AGENT_BEFORE_1_24 = "agent-before-1.24"
    ONBOARDING_MACHINE = "onboarding-machine"


class Client(str, Enum):
    """Who makes the connection; each takes its proxy from elsewhere.

    ``agent``: the Connected Machine agent. ``installer``: what fetches the package, wget as a rule.
    ``package-manager``: what installs it, apt, dnf or zypper. ``os``: the operating system on its
    own. ``each``: the client of each row. ``none``: nobody, the requirement speaks of something
    else than a connection.
    """

    AGENT = "agent"
    INSTALLER = "installer"
    PACKAGE_MANAGER = "package-manager"
    OS = "os"
    EACH = "each"
    NONE = "none"


class Bypass(str, Enum):
    """The endpoint groups that the agent can take off its proxy (azcmagent's ``proxy.bypass``)."""

    AAD = "AAD"
    ARM = "ARM"
    AMA = "AMA"
    ARC = "Arc"
    ARC_DATA = "ArcData"


class Subject(str, Enum):
    """What one case of a requirement is about.

    ``endpoint``: the requirement is one row of the document's tables. ``endpoints``: one case for
    each row in scope. ``host``: one case a host. ``run``: one case a run.
    """

    ENDPOINT = "endpoint"
    ENDPOINTS = "endpoints"
    HOST = "host"
    RUN = "run"


HostName = Annotated[
    str,
    StringConstraints(
        max_length=253, pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$"
    ),
]
NamePattern = Annotated[str, StringConstraints(pattern=r"^[a-z0-9*]([a-z0-9*.-]{0,251}[a-z0-9])$")]
RequirementId = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9.-]+$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Port(_Strict):
    """One port of an endpoint and what is requested of it."""

    scheme: Literal["https", "http"] = "https"
    port: int = Field(default=443, ge=1, le=65535)
    path: str = Field(default="/", pattern=r"^/[!-~]*$")


class Endpoint(_Strict):
    """One row of the document's endpoint tables.

    ``label`` is the row as the document prints it; ``patterns`` are its names, wildcards included;
    ``names`` are concrete names known everywhere, ``regional_names`` those of one Azure region.
    ``bypass`` is the group by which the agent can take the row off its proxy. ``websocket`` is the
    path at which its names are asked for a WebSocket, for rows that carry one. ``private`` says
    which private endpoint the row has: none (``never``), that of the Azure Arc private link scope
    (``arc``), or that of a resource management private link (``arm``).
    """

    label: str = Field(min_length=1)
    patterns: tuple[NamePattern, ...] = Field(min_length=1)
    names: tuple[HostName, ...] = ()
    regional_names: dict[str, tuple[HostName, ...]] = {}
    ports: tuple[Port, ...] = (Port(),)
    private: Literal["never", "arc", "arm"] = "never"
    bypass: Bypass | None = None
    websocket: str | None = Field(default=None, pattern=r"^/[!-~]*$")
    note: str | None = None

    def matches(self, name: str) -> bool:
        """Whether *name* is one that this row stands for."""
        return any(stands_for(pattern, name) for pattern in self.patterns)

    @property
    def wildcard(self) -> bool:
        """Whether the row stands for more names than it spells out."""
        return any("*" in p for p in self.patterns)

    @model_validator(mode="after")
    def _names_match_patterns(self) -> Endpoint:
        for name in (*self.names, *(n for ns in self.regional_names.values() for n in ns)):
            if not self.matches(name):
                raise ValueError(f"name {name!r} is not covered by {', '.join(self.patterns)}")
        return self


class Requirement(_Strict):
    """One requirement of the document, or one of our own under ``practice/`` and ``run/``."""

    id: RequirementId
    section: str = Field(min_length=1)
    statement: str = Field(min_length=1)
    level: Level
    condition: str = Field(min_length=1, description="the document's own condition, in our words")
    when: tuple[Condition, ...] = Field(min_length=1)
    client: Client = Client.NONE
    subject: Subject
    endpoint: Endpoint | None = None
    tags: tuple[str, ...] = ()
    public_tags: tuple[str, ...] = Field(
        default=(), description="tags of the public cloud's service tag file"
    )
    not_tested: str | None = Field(
        default=None, description="why this edition of the suite cannot judge it yet"
    )
    not_testable: str | None = Field(default=None, description="why no host can show it")
    source: str | None = Field(default=None, description="where a fact beyond the document is from")

    @model_validator(mode="after")
    def _parts_agree(self) -> Requirement:
        if (self.subject is Subject.ENDPOINT) != (self.endpoint is not None):
            raise ValueError("an endpoint is given exactly where the subject is 'endpoint'")
        if self.not_tested and self.not_testable:
            raise ValueError("not_tested and not_testable exclude each other")
        if (self.level is Level.RUN) != self.id.startswith("run/"):
            raise ValueError("the level RUN belongs to the ids under run/, and to no others")
        if self.id.startswith("practice/") and self.level not in (Level.SHOULD, Level.MAY):
            raise ValueError("practice/ requirements are SHOULD or MAY")
        return self


class Discovery(_Strict):
    """An HTTPS call that returns concrete names for wildcard rows.

    ``path`` may hold ``{location}``; ``rows`` are the ids of the requirements whose rows take the
    names it returns. Its failure leaves names unknown and is not a failure of a requirement.
    """

    name: HostName
    path: str = Field(pattern=r"^/[!-~]*$")
    bypass: Bypass | None = None
    rows: tuple[RequirementId, ...] = Field(min_length=1)
    source: str


class LogAnalyticsGateway(_Strict):
    """What a Log Analytics gateway lets through, and what it refuses, by which it shows.

    A name may hold ``{location}``; it is left out where the region is unknown.
    """

    lets_through: tuple[str, ...] = Field(min_length=1)
    refuses: tuple[HostName, ...] = Field(min_length=1)
    source: str


class LedgerEntry(_Strict):
    """One statement or table row of the document, in document order, and where it went."""

    section: str
    says: str = Field(description="the statement's fact, in our own words")
    requirements: tuple[RequirementId, ...] = ()
    informative: str | None = Field(default=None, description="why it is not a requirement")

    @model_validator(mode="after")
    def _either(self) -> LedgerEntry:
        if bool(self.requirements) == bool(self.informative):
            raise ValueError("a ledger entry names requirements, or says why it is informative")
        return self


class Edition(_Strict):
    """Which text of the document the catalogue was made from."""

    publisher: str = Field(min_length=1, description="who publishes the page")
    title: str = Field(min_length=1, description="the page's own title")
    dated: date | Literal["undated"] = Field(description="the day of its text, as the page has it")
    read: date = Field(description="the day on which it was read")


class Catalogue(_Strict):
    """All requirements of one cloud's edition of the document."""

    cloud: str
    title: str
    edition: Edition | None = None
    regions: tuple[str, ...] = Field(min_length=1)
    retired_regions: dict[str, str] = {}
    requirements: tuple[Requirement, ...] = Field(min_length=1)
    discoveries: tuple[Discovery, ...] = ()
    log_analytics_gateway: LogAnalyticsGateway | None = None
    ledger: tuple[LedgerEntry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _references_resolve(self) -> Catalogue:
        faults = [*self._regions_known(), *self._ids_unique(), *self._ids_known(), *self._covered()]
        if faults:
            raise faults_at("Catalogue", faults)
        return self

    def _regions_known(self) -> Iterator[Fault]:
        for region in self.retired_regions:
            if region not in self.regions:
                where: tuple[str | int, ...] = ("retired_regions", region)
                yield where, f"unknown region {region!r}{did_you_mean(region, self.regions)}"
        for i, requirement in enumerate(self.requirements):
            for region in requirement.endpoint.regional_names if requirement.endpoint else ():
                if region not in self.regions:
                    where = ("requirements", i, "endpoint", "regional_names", region)
                    yield where, f"unknown region {region!r}{did_you_mean(region, self.regions)}"

    def _ids_unique(self) -> Iterator[Fault]:
        first: dict[str, int] = {}
        for i, requirement in enumerate(self.requirements):
            if first.setdefault(requirement.id, i) != i:
                yield (
                    ("requirements", i, "id"),
                    f"{requirement.id!r} is the id of requirements[{first[requirement.id]}] too",
                )

    def _ids_known(self) -> Iterator[Fault]:
        rows = {r.id: r.endpoint for r in self.requirements}
        for i, entry in enumerate(self.ledger):
            for j, one in enumerate(entry.requirements):
                if one not in rows:
                    where = ("ledger", i, "requirements", j)
                    yield where, f"unknown requirement {one!r}{did_you_mean(one, rows)}"
        for i, discovery in enumerate(self.discoveries):
            for j, one in enumerate(discovery.rows):
                where = ("discoveries", i, "rows", j)
                row = rows.get(one)
                if one not in rows:
                    yield where, f"unknown requirement {one!r}{did_you_mean(one, rows)}"
                elif row is None or not row.wildcard:
                    yield where, f"{one!r} is not a row with a wildcard"

    def _covered(self) -> Iterator[Fault]:
        covered = {one for entry in self.ledger for one in entry.requirements}
        for i, requirement in enumerate(self.requirements):
            ours = requirement.id.startswith(("practice/", "run/"))
            if requirement.id not in covered and not ours:
                yield ("requirements", i, "id"), f"{requirement.id!r} stands in no ledger entry"
