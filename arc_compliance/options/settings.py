"""The options of a run, checked whole before any host is touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

from arc_compliance import __version__
from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import Catalogue
from arc_compliance.collect.backends import Access
from arc_compliance.firewall.allowlist import Allowlist
from arc_compliance.hosts.addresses import HostSpec
from arc_compliance.options import table
from arc_compliance.options.files import TagSources
from arc_compliance.options.option import Context
from arc_compliance.options.secrets import hide_proxies, hide_secrets
from arc_compliance.options.targets import read_targets
from arc_compliance.options.values import Demo, FailOn
from arc_compliance.plan.order import Limits, order_for
from arc_compliance.plan.scope import Scope
from arc_compliance.plan.waivers import Waivers
from arc_compliance.report.folder import check_folders, check_records
from arc_compliance.wire.order import ConnectTo, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One run's options as typed values.

    ``scopes`` has each host's scope by its label, ``groups`` the inventory's group.
    ``public_roots`` is PEM. ``evidence`` is the folder or file whose evidence is judged in place of
    measuring. ``narrowed`` says what part of an inventory or of saved evidence was chosen, empty
    for all. ``given`` lists what differs from the defaults, redacted, for the report. ``compare``
    is the report of an earlier run, or its folder. ``bundle`` is where a sealed bundle goes,
    ``bundle_key`` what it is signed with.
    """

    catalogue: Catalogue
    hosts: tuple[HostSpec, ...]
    scopes: Mapping[str, Scope]
    groups: Mapping[str, str]
    access: Access
    limits: Limits
    forks: int
    connect_to: tuple[ConnectTo, ...]
    public_roots: bytes
    tag_sources: TagSources
    allowlists: tuple[Allowlist, ...]
    waivers: Waivers
    report_dir: Path
    demo: Demo | None
    evidence: Path | None
    resume: bool
    partial_ok: bool
    narrowed: str
    compare: Path | None
    fail_on: FailOn
    bundle: Path | None
    bundle_key: str | None
    oscal: bool
    given: tuple[tuple[str, str], ...]

    def order_for(
        self,
        host: str,
        run: str,
        *,
        connect_to: Sequence[ConnectTo] = (),
        trust_file: str | None = None,
    ) -> Order:
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


def read_settings(parsed: Any, directory: Path, today: date | None = None) -> Settings:
    """The settings that *parsed* (attributes named as the options are) stands for.

    *directory* is where the command was typed, *today* the day in UTC, which is looked up where it
    is not given. Raise Fault for the first option that cannot be
    used. Nothing is written.
    """
    hide_secrets(_typed(parsed), os.environ)
    day = today or datetime.now(timezone.utc).date()
    context = Context(directory=directory, cloud=parsed.cloud, today=day)
    catalogue = table.CLOUD.read(parsed, context)
    demo = table.DEMO.read(parsed, context)
    _refuse_contradictions(parsed, demo)
    access = _access(parsed, context)
    evidence = table.EVIDENCE.read(parsed, context)
    allowlists = table.FIREWALL_ALLOWLIST.read(parsed, context)
    waivers = table.WAIVERS.read(parsed, context)
    targets = read_targets(
        hosts=table.HOSTS.read(parsed, context),
        inventory=table.INVENTORY.read(parsed, context),
        evidence=evidence,
        scope=_scope(parsed, context),
        regions=catalogue.regions,
        access=access,
    )
    hide_proxies(targets.scopes.values())
    return Settings(
        catalogue=catalogue,
        hosts=tuple(targets.scopes),
        scopes={host.label: one for host, one in targets.scopes.items()},
        groups=targets.groups,
        access=access,
        limits=Limits(
            connect=table.CONNECT_TIMEOUT.read(parsed, context),
            http=table.HTTP_TIMEOUT.read(parsed, context),
            deadline=table.HOST_DEADLINE.read(parsed, context),
        ),
        forks=table.FORKS.read(parsed, context),
        connect_to=table.CONNECT_TO.read(parsed, context),
        public_roots=table.PUBLIC_ROOTS.read(parsed, context),
        tag_sources=_tag_sources(parsed, context, demo, evidence),
        allowlists=allowlists,
        waivers=waivers,
        report_dir=table.REPORT_DIR.read(parsed, context),
        demo=demo,
        evidence=evidence,
        resume=table.RESUME.read(parsed, context),
        partial_ok=table.PARTIAL_OK.read(parsed, context),
        narrowed=targets.narrowed,
        compare=table.COMPARE.read(parsed, context),
        fail_on=table.FAIL_ON.read(parsed, context),
        bundle=table.BUNDLE.read(parsed, context),
        bundle_key=table.BUNDLE_KEY.read(parsed, context),
        oscal=table.OSCAL.read(parsed, context),
        given=_given(parsed, (*allowlists, waivers)),
    )


def _typed(parsed: Any) -> Iterator[str]:
    """All that was typed, unread."""
    for option in table.OPTIONS:
        value = getattr(parsed, option.attribute, None)
        yield from (str(one) for one in (value if isinstance(value, (list, tuple)) else [value]))


def _refuse_contradictions(parsed: Any, demo: Demo | None) -> None:
    """Raise Fault for options that cannot stand together."""
    if demo:
        for option in (table.HOSTS, table.INVENTORY, table.EVIDENCE, table.WRITE_ORDER):
            if getattr(parsed, option.attribute) is not None:
                raise Fault(
                    f"the simulated Azure is on this machine; leave {option.name} out",
                    where="--demo",
                )
        if parsed.proxy not in ("auto", "none"):
            raise Fault("the simulated Azure has no proxy; leave --proxy out", where="--demo")
    if parsed.evidence and parsed.write_order:
        raise Fault("--write-order measures later, --evidence never; leave one of them out")
    if parsed.evidence and parsed.resume:
        raise Fault("--resume measures and --evidence does not; leave one of them out")
    _refuse_lonely(parsed)
    if parsed.connection not in (None, "ssh", "local"):
        raise Fault("write the backend into --hosts, as in ssh://web01", where="--connection")
    if getattr(parsed, "reruns", None):
        raise Fault(
            "a test run again would judge the same evidence again, since a host is measured once; "
            "what failed on a host was measured twice already",
            where="--reruns",
        )


def _refuse_lonely(parsed: Any) -> None:
    """Raise Fault for an option that says something about another one that is not given."""
    if parsed.fail_on == FailOn.NEW.value and parsed.compare is None:
        raise Fault("new since when? name an earlier run with --compare", where="--fail-on")
    if parsed.bundle_key and not parsed.bundle:
        raise Fault("signs a bundle; name its file with --bundle", where="--bundle-key")


def _scope(parsed: Any, context: Context) -> Scope:
    """What the command line says of every host; an inventory may say otherwise of some."""
    return Scope(
        cloud=parsed.cloud,
        location=table.LOCATION.read(parsed, context),
        phase=table.PHASE.read(parsed, context),
        features=table.FEATURES.read(parsed, context),
        scenario=table.SCENARIO.read(parsed, context),
        private_link=table.PRIVATE_LINK.read(parsed, context),
        proxy=table.PROXY.read(parsed, context),
        proxy_bypass=table.PROXY_BYPASS.read(parsed, context),
        known_gateways=table.KNOWN_GATEWAY.read(parsed, context),
        given_names=table.ENDPOINT.read(parsed, context),
        strict_inspection=table.STRICT_INSPECTION.read(parsed, context),
        strict_should=table.STRICT_SHOULD.read(parsed, context),
    )


def _access(parsed: Any, context: Context) -> Access:
    user = table.SUDO_USER.read(parsed, context)
    return Access(
        ssh_config=table.SSH_CONFIG.read(parsed, context),
        ssh_identity_file=table.SSH_IDENTITY_FILE.read(parsed, context),
        ansible_inventory=table.ANSIBLE_INVENTORY.read(parsed, context),
        sudo=table.SUDO.read(parsed, context) or user is not None,
        sudo_user=user,
    )


def _tag_sources(
    parsed: Any, context: Context, demo: Demo | None, evidence: Path | None
) -> TagSources:
    """What --service-tags names; without it the current files, those kept with the evidence, or
    the simulation's."""
    if parsed.service_tags:
        return table.SERVICE_TAGS.read(parsed, context)
    return TagSources(
        download=demo is None,
        kept=_tags_beside(evidence) if evidence else None,
        simulated=demo is not None,
    )


def _tags_beside(evidence: Path) -> Path:
    """Where the run that saved *evidence*, a folder or a file of one, kept its service tags."""
    folder = evidence.parent if evidence.is_file() else evidence
    return folder.parent / "service-tags"


def _given(parsed: Any, files: Sequence[Allowlist | Waivers]) -> tuple[tuple[str, str], ...]:
    """What differs from the defaults, as an auditor may read it."""
    typed = [(one.name, one.text(parsed)) for one in table.OPTIONS if one.shown]
    given = [(name, text) for name, text in typed if text is not None]
    return (*given, *((f"sha256 of {one.label}", one.sha256) for one in files if one.sha256))


def check_report_dir(settings: Settings) -> None:
    """Make the report folder; raise Fault where reports cannot be written into it, or would take
    the place of what is not ours."""
    report_dir = settings.report_dir
    check_folders(report_dir)
    check_writable("--report-dir", report_dir)
    check_writable("--report-dir", report_dir / "evidence")
    if (
        settings.evidence is None
        or settings.evidence.resolve() != (report_dir / "evidence").resolve()
    ):
        check_records(report_dir / "evidence", settings.scopes)


def check_writable(option: str, directory: Path) -> None:
    """Make *directory*; raise Fault for *option* where no file can be made in it."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory):
            pass
    except OSError as error:
        raise Fault(f"{directory} cannot be written: {error.strerror}", where=option) from error
