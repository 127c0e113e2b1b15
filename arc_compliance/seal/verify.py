"""Whether a bundle is as it was sealed, and its evidence still says what its report says."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pydantic import ValidationError

from arc_compliance import __version__
from arc_compliance.base.fault import Fault
from arc_compliance.base.files import read_at_most, write_whole
from arc_compliance.base.redact import scrub
from arc_compliance.catalogue import CLOUDS, catalogue_digest, read_catalogue
from arc_compliance.firewall.allowlist import read_allowlist
from arc_compliance.judge.anew import NO_DOUBTS, Saved, judge_anew
from arc_compliance.judge.case import Judge
from arc_compliance.judge.judgement import Judgement, Verdict
from arc_compliance.plan.cases import Case, plan_cases
from arc_compliance.report.compliance import REPORT, ComplianceReport, overall_of
from arc_compliance.report.left_out import left_out_of, with_left_out
from arc_compliance.seal import archive, bundle, inputs, manifest, signature, statement
from arc_compliance.service_tags.sources import tags_in
from arc_compliance.wire.record import load_record, record_path

MOST_LINES = 20
PROVES_NOT = (
    "What this does not show: that a host told the truth, that it was the host that it is called, "
    "or that nothing was left out before sealing."
)
UNSIGNED = (
    "signature: none. Anybody could have made this bundle; only a signature binds it to somebody."
)


@dataclass(slots=True)
class Findings:
    """What verifying found: ``lines`` for people, and ``faults``, which are among them."""

    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        """Add a line that is no fault."""
        self.lines.append(line)

    def blame(self, found: list[str]) -> None:
        """Add the faults *found*, the first of them as lines."""
        self.faults += found
        self.lines += [f"DIFFERS {one}" for one in found[:MOST_LINES]]
        if len(found) > MOST_LINES:
            self.lines.append(f"DIFFERS and {len(found) - MOST_LINES} more")


def verify(
    path: Path, allowed_signers: Path | None, judge_of: Callable[[str], Judge | None]
) -> Findings:
    """What there is to say of the bundle *path*, signed by one of *allowed_signers* where that file
    is given. Raise Fault where it is not a bundle, or cannot be checked here."""
    found = Findings()
    data = read_at_most(path, archive.MAX_BYTES)
    try:
        files = archive.unpack(data)
    except archive.Tampered as tampered:
        found.blame([str(tampered)])
        return found
    found.blame(list(manifest.differences(files)))
    if not found.faults:
        found.blame(list(_about_others(files)))
    if found.faults:
        return found
    found.say(f"digests: {len(files)} files, each as it was sealed")
    _check_signature(files, allowed_signers, found)
    report = _report_in(files)
    header = report.header
    found.say(scrub(f"sealed: run {header.run} of {header.finished}, {report.headline}"))
    if header.selection != "all":
        found.say(scrub(f"partial: {header.selection}"))
    try:
        _judge(files, report, judge_of, found)
    except (ValueError, LookupError) as error:  # what a forger or another suite put in
        raise Fault(
            f"every digest is as sealed, but judging anew failed: {scrub(str(error))}"
        ) from error
    found.say(PROVES_NOT)
    return found


def _about_others(files: Mapping[str, bytes]) -> Iterator[str]:
    """Where the statement is about other files than those that are there."""
    aside = (manifest.NAME, statement.NAME, signature.NAME)
    actual = {name: manifest.digest(held) for name, held in files.items() if name not in aside}
    try:
        subjects = statement.subjects_in(files.get(statement.NAME, b""))
    except ValueError as error:
        yield f"{statement.NAME}: {error}"
        return
    for name in sorted(actual.keys() | subjects.keys()):
        if actual.get(name) != subjects.get(name):
            yield f"{scrub(name)[:200]}: is another file than the statement is about"


def _check_signature(files: Mapping[str, bytes], allowed: Path | None, found: Findings) -> None:
    signed = files.get(signature.NAME)
    if signed is None and allowed is None:
        found.say(UNSIGNED)
    elif signed is None:
        found.blame([f"{signature.NAME}: is missing, and --allowed-signers asks for a signature"])
    else:
        try:
            who = signature.signer(files[statement.NAME], signed, allowed)
        except signature.BadSignature as bad:
            found.blame([f"{signature.NAME}: {bad}"])
            return
        found.say(f"signature: {who}")
        if allowed is None:
            found.say("whose key that is, --allowed-signers=FILE would tell")


def _report_in(files: Mapping[str, bytes]) -> ComplianceReport:
    try:
        return REPORT.validate_json(files.get(bundle.REPORT, b""))
    except ValidationError as error:
        raise Fault(
            f"{bundle.REPORT}: is not a report that this suite ({__version__}) reads"
        ) from error


# -- judging anew --------------------------------------------------------------------------------


def _judge(
    files: Mapping[str, bytes],
    report: ComplianceReport,
    judge_of: Callable[[str], Judge | None],
    found: Findings,
) -> None:
    """Judge the evidence by what was sealed with it, and compare with the report."""
    about = inputs.inputs_in(files.get(inputs.NAME, b""))
    if about.suite_version != __version__:
        sealed_by = scrub(about.suite_version)[:80]
        found.say(f"suite: sealed by {sealed_by}, judged anew by {__version__}")
    cloud = report.header.cloud
    if cloud not in CLOUDS or bundle.catalogue_name(cloud) not in files:
        raise Fault(f"the bundle holds no catalogue for {scrub(cloud)[:80]}")
    catalogue = manifest.digest(files[bundle.catalogue_name(cloud)])
    if catalogue != report.header.catalogue_sha256:
        found.blame([f"{bundle.catalogue_name(cloud)}: is not the catalogue that the report names"])
    if catalogue != catalogue_digest(cloud):
        found.say("catalogue: the sealed edition, which is another than this suite's")
    with tempfile.TemporaryDirectory() as folder:
        saved = _saved(files, report, about, Path(folder))
        anew = {_key(one): one for one in judge_anew(saved, judge_of)}
        simulated = any(_is_simulated(saved, host.label) for host in report.hosts)
    sealed = {_key(r.judgement): r.judgement for r in report.results if r.judgement.host}
    planned = plan_cases(saved.catalogue, saved.scopes)
    differing = list(_differences(sealed, anew, report, planned))
    if simulated and not report.header.simulated:
        differing.append("a real network in the report, a simulated Azure by the evidence")
    found.blame([f"{bundle.REPORT}: {line}" for line in differing])
    if not differing:
        number = sum(_is_judged(one) for one in sealed.values())
        found.say(f"judged anew, offline: all {number} verdicts are the same")
    if waived := sum(one.verdict is Verdict.WAIVED for one in sealed.values()):
        found.say(f"{waived} verdicts are waived; compliance.json says by whom")


def _saved(
    files: Mapping[str, bytes], report: ComplianceReport, about: inputs.Inputs, folder: Path
) -> Saved:
    """The files, put into *folder* where the library reads them from."""
    (folder / "evidence").mkdir()
    for host, name in bundle.evidence_names(host.label for host in report.hosts).items():
        if name in files:
            write_whole(record_path(folder / "evidence", host), files[name])
    for name, content in files.items():
        if name.startswith(f"{bundle.TAGS}/"):
            *parents, last = map(_plain, name.split("/"))
            place = folder.joinpath(*parents)
            place.mkdir(parents=True, exist_ok=True)
            write_whole(place / last, content)
    lists = []
    for number, name in enumerate(about.allowlists):
        place = folder / f"allowlist-{number}"
        place.mkdir()
        write_whole(place / _plain(name.rpartition("/")[2]), files.get(name, b""))
        lists.append(read_allowlist(place / _plain(name.rpartition("/")[2])))
    write_whole(folder / "catalogue.yaml", files[bundle.catalogue_name(report.header.cloud)])
    tags = tags_in(folder / bundle.TAGS, report.header.cloud)
    replayed = "--evidence" in dict(report.header.settings)
    return Saved(
        evidence=folder / "evidence",
        run=None if replayed else report.header.run,
        catalogue=read_catalogue(folder / "catalogue.yaml"),
        scopes=about.scopes_read(),
        public_roots=files.get(bundle.ROOTS, b""),
        service_tags=lambda: tags,
        allowlists=tuple(lists),
        doubts=lambda record: about.doubts.get(record.host, NO_DOUBTS),
        waivers=about.waivers,
    )


def _is_simulated(saved: Saved, host: str) -> bool:
    return load_record(saved.evidence, host, saved.run).public_roots is not None


def _plain(part: str) -> str:
    """The name of a file that *part* of a name in the bundle stands for, and never a path."""
    name = unquote(part)
    if "/" in name or "\0" in name or name in ("", ".", ".."):
        raise Fault(f"{scrub(part)!r} is not the name of a file")
    return name


Key = tuple[str, str, str]


def _key(judgement: Judgement) -> Key:
    return judgement.host, judgement.requirement, judgement.endpoint


def _differences(
    sealed: Mapping[Key, Judgement],
    anew: Mapping[Key, Judgement],
    report: ComplianceReport,
    planned: Sequence[Case],
) -> Iterator[str]:
    """What the evidence of a run with the cases *planned* says otherwise than the report, a line
    each."""
    for key, was in sealed.items():
        place = scrub(f"{was.host}: {was.requirement}{f' ({was.endpoint})' * bool(was.endpoint)}")
        now = anew.get(key)
        if not _is_judged(was):
            continue
        if now is None:
            yield f"{place} is in the report, and the catalogue asks for no such case"
        elif _result(was) != _result(now):
            yield f"{place}: {_words(was)} in the report, {_words(now)} by the evidence"
    if report.header.selection == "all":
        for host, requirement, endpoint in sorted(anew.keys() - sealed.keys()):
            row = f" ({endpoint})" if endpoint else ""
            yield f"{scrub(host)}: {requirement}{row} is missing in the report of a whole run"
    overall, missing = overall_of(r.judgement for r in report.results if r.judgement.host)
    if "--partial-ok" not in dict(report.header.settings):
        selected = {one.case for one in sealed.values()}
        overall, _ = with_left_out(overall, missing, list(left_out_of(planned, selected)))
    if overall is not report.overall:
        yield f"{report.overall.value} in the report, {overall.value} by its own cases"
    counted = Counter(_key(r.judgement) for r in report.results)
    yield from (
        f"{scrub(key[0])}: {scrub(key[1])} is there twice" for key, n in counted.items() if n > 1
    )


def _is_judged(judgement: Judgement) -> bool:
    """Whether there was a verdict before the session stopped."""
    return judgement.verdict is not Verdict.ERROR or bool(judgement.cause)


def _result(judgement: Judgement) -> tuple[str, str, tuple[str, ...]]:
    """What has to be the same."""
    return judgement.verdict.value, judgement.cause, judgement.failing


def _words(judgement: Judgement) -> str:
    cause = f", {judgement.cause}" if judgement.cause else ""
    names = f" ({', '.join(judgement.failing[:3])})" if judgement.failing else ""
    return scrub(f"{judgement.verdict.value}{cause}{names}")
