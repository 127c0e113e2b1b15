"""What is sealed can be checked, and judged anew; what was changed since is named."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from arc_compliance.base.fault import Fault
from arc_compliance.catalogue import load_catalogue
from arc_compliance.judge.judgement import Verdict
from arc_compliance.options.files import NAMED_ROOTS
from arc_compliance.plan.waivers import Waiver
from arc_compliance.seal import inputs, manifest, signature, statement
from arc_compliance.seal.archive import pack
from arc_compliance.seal.bundle import Sealing, evidence_names, seal, sealed_files
from arc_compliance.seal.judges import judge_of
from arc_compliance.seal.verify import PROVES_NOT, UNSIGNED, Findings, verify
from arc_compliance.wire.record import read_record, save_record
from selftests.runs.golden_triples import CLOUD
from selftests.seal.bundles import NO_WAIVERS, changed, sealed_with, sealing, texts
from selftests.suite_run import ROOT

Files = dict[str, bytes]


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealing:
    """A run on three hosts: one with failures, one without, one that was not reached."""
    return sealing(tmp_path_factory.mktemp("run"), ("faulty", "healthy", "unreachable"))


@pytest.fixture(scope="module")
def files(sealed: Sealing) -> Files:
    return sealed_files(sealed, None)


def checked(folder: Path, files: Files, signers: Path | None = None) -> Findings:
    """What verifying a bundle of *files* finds."""
    path = folder / "bundle.zip"
    path.write_bytes(b"".join(pack(files)))
    return verify(path, signers, judge_of)


def resealed(files: Files, **contents: bytes) -> Files:
    """*files* with other *contents*, sealed anew by somebody who knows how."""
    aside = (manifest.NAME, statement.NAME)
    rest = {name: held for name, held in {**files, **contents}.items() if name not in aside}
    document = json.loads(files[statement.NAME])
    document["subject"] = [
        {"name": name, "digest": {"sha256": manifest.digest(held)}} for name, held in rest.items()
    ]
    rest[statement.NAME] = json.dumps(document).encode()
    return {**rest, manifest.NAME: manifest.manifest_of(rest)}


def test_what_was_sealed_is_found_as_it_was(tmp_path: Path, files: Files) -> None:
    found = checked(tmp_path, files)

    assert found.faults == []
    assert found.lines == [
        f"digests: {len(files)} files, each as it was sealed",
        UNSIGNED,
        "sealed: run golden of 2026-01-01T00:00:00+00:00, non-compliant (simulated)",
        found.lines[3],
        PROVES_NOT,
    ]
    assert found.lines[3].startswith("suite: sealed by ") or found.lines[3].startswith(
        "judged anew, offline: all "
    )


def test_the_same_run_makes_the_same_bytes(tmp_path: Path, sealed: Sealing) -> None:
    for name in ("one", "two"):
        seal(tmp_path / name, sealed, None)

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_no_secret_is_sealed(files: Files) -> None:
    assert "hunter2" not in texts(files)
    assert "http://***@proxy:3128" in files[inputs.NAME].decode()


def test_one_flipped_byte_anywhere_is_noticed_and_named(tmp_path: Path, files: Files) -> None:
    whole = b"".join(pack(files))
    chance = random.Random(11)
    path = tmp_path / "bundle.zip"
    for place in chance.sample(range(len(whole)), 150):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)

        (fault,) = verify(path, None, judge_of).faults

        assert any(name in fault for name in (*files, "arc-compliance-bundle"))


@pytest.mark.parametrize("length", [0.1, 0.5, 0.999])
def test_a_bundle_that_is_cut_off_is_noticed(tmp_path: Path, files: Files, length: float) -> None:
    whole = b"".join(pack(files))
    path = tmp_path / "bundle.zip"
    path.write_bytes(whole[: int(len(whole) * length)])

    assert len(verify(path, None, judge_of).faults) == 1


# -- files that were changed by somebody who can write an archive --------------------------------


def test_a_changed_file_an_added_and_a_missing_one_are_all_named(
    tmp_path: Path, files: Files
) -> None:
    other = {**files, "report.html": b"green", "new.txt": b""}
    del other["public-roots.pem"]

    found = checked(tmp_path, other)

    assert [fault.partition(":")[0] for fault in found.faults] == [
        "new.txt",
        "public-roots.pem",
        "report.html",
    ]


REWRITTEN: dict[str, Callable[[bytes], bytes]] = {
    "capitals": lambda text: text.upper(),
    "binary marks": lambda text: text.replace(b"  ", b" *"),
    "cut short": lambda text: text[:-1],
    "an empty line": lambda text: text + b"\n",
    "Windows lines": lambda text: text.replace(b"\n", b"\r\n"),
    "another order": lambda text: b"".join(reversed(text.splitlines(keepends=True))),
    "a line twice": lambda text: text + text.splitlines(keepends=True)[0],
    "no text": lambda _: b"\xff\xfe",
}


@pytest.mark.parametrize("how", REWRITTEN)
def test_the_manifest_has_one_form(tmp_path: Path, files: Files, how: str) -> None:
    rewritten = REWRITTEN[how](files[manifest.NAME])

    assert checked(tmp_path, {**files, manifest.NAME: rewritten}).faults


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{}", "statement.json: is not an in-toto statement"),
        (b"[" * 100_000, "statement.json: is not an in-toto statement"),
        (
            b'{"_type": "x", "predicateType": "y", "subject": []}',
            "statement.json: is an in-toto statement of another kind",
        ),
    ],
    ids=["empty", "deep", "another kind"],
)
def test_a_statement_about_something_else_is_noticed(
    tmp_path: Path, files: Files, content: bytes, words: str
) -> None:
    other = {name: held for name, held in files.items() if name != manifest.NAME}
    other[statement.NAME] = content

    found = checked(tmp_path, {**other, manifest.NAME: manifest.manifest_of(other)})

    assert found.faults == [words]


def test_a_statement_about_other_digests_is_noticed(tmp_path: Path, files: Files) -> None:
    other = {**files, "report.html": b"green"}
    del other[manifest.NAME]

    found = checked(tmp_path, {**other, manifest.NAME: manifest.manifest_of(other)})

    assert found.faults == ["report.html: is another file than the statement is about"]


# -- reports that their evidence does not bear out -----------------------------------------------


def forged(folder: Path, sealed: Sealing, **fields: object) -> list[str]:
    """What is found of a bundle that was sealed with a report whose first failure was changed."""
    report = changed(sealed.report, **fields)
    made = sealed_with(folder / "forged", report, dict(sealed.scopes))
    made = replace(made, directory=sealed.directory)
    return checked(folder, sealed_files(made, None)).faults


def test_a_failure_made_a_pass_is_found_by_judging_anew(tmp_path: Path, sealed: Sealing) -> None:
    (tmp_path / "forged").mkdir()

    (fault,) = forged(tmp_path, sealed, verdict=Verdict.PASS, cause="", failing=())

    assert fault.startswith("compliance.json: faulty: ")
    assert ": pass in the report, fail, " in fault


def test_a_failure_that_is_left_out_is_missed(tmp_path: Path, sealed: Sealing) -> None:
    failures = [r for r in sealed.report.results if r.judgement.verdict is Verdict.FAIL]
    rest = tuple(one for one in sealed.report.results if one is not failures[0])
    made = sealed_with(tmp_path, replace(sealed.report, results=rest), dict(sealed.scopes))

    found = checked(tmp_path, sealed_files(replace(made, directory=sealed.directory), None))

    left_out = failures[0].judgement
    assert found.faults == [
        f"compliance.json: faulty: {left_out.requirement} ({left_out.endpoint}) is missing in the "
        "report of a whole run"
    ]


def test_another_overall_verdict_than_its_cases_have_is_found(
    tmp_path: Path, sealed: Sealing
) -> None:
    made = sealed_with(tmp_path, replace(sealed.report, overall="compliant"), dict(sealed.scopes))

    found = checked(tmp_path, sealed_files(replace(made, directory=sealed.directory), None))

    assert found.faults == [
        "compliance.json: compliant in the report, non-compliant by its own cases"
    ]


def test_a_simulation_that_passes_for_a_real_network_is_found(tmp_path: Path) -> None:
    run = sealing(tmp_path, ("healthy",))
    place = tmp_path / "evidence" / "healthy.json"
    record = read_record(place)
    roots = NAMED_ROOTS.read_text(encoding="utf-8")
    save_record(place.parent, record.model_copy(update={"public_roots": roots}))

    header = replace(run.report.header, simulated=False)
    made = sealed_with(tmp_path, replace(run.report, header=header), dict(run.scopes))

    faults = checked(tmp_path, sealed_files(made, None)).faults

    assert (
        "compliance.json: a real network in the report, a simulated Azure by the evidence" in faults
    )


def test_other_evidence_gives_other_verdicts(tmp_path: Path, files: Files) -> None:
    healthy = files["evidence/healthy.json"].replace(b'"healthy"', b'"faulty"')

    found = checked(tmp_path, resealed(files, **{"evidence/faulty.json": healthy}))

    assert any("fail, " in one and one.endswith("pass by the evidence") for one in found.faults)


def test_another_catalogue_than_the_report_names_is_found(tmp_path: Path, files: Files) -> None:
    name = "catalogue/azure_china.yaml"

    found = checked(tmp_path, resealed(files, **{name: files[name] + b"\n# more\n"}))

    assert found.faults == [f"{name}: is not the catalogue that the report names"]
    assert "catalogue: the sealed edition, which is another than this suite's" in found.lines


def test_a_failure_that_nobody_waived_is_none_that_was(tmp_path: Path, sealed: Sealing) -> None:
    (tmp_path / "forged").mkdir()

    (fault,) = forged(
        tmp_path,
        sealed,
        verdict=Verdict.WAIVED,
        verdict_without_waiver=Verdict.FAIL,
        waiver="x",
    )

    assert ": waived, " in fault
    assert ": waived, " in fault.partition(" in the report, fail, ")[0]


def test_what_the_sealed_waivers_cover_is_waived_again(tmp_path: Path) -> None:
    waiver = Waiver(
        number=1,
        requirement="*",
        hosts=("faulty",),
        rows=None,
        cloud=None,
        reason="known",
        approved_by="jo",
        expires=date(2026, 12, 31),
        words="until 2026-12-31",
    )
    ids = tuple(one.id for one in load_catalogue(CLOUD).requirements)
    waivers = replace(NO_WAIVERS, cloud=CLOUD, requirements=ids, waivers=(waiver,))
    made = sealing(tmp_path, waivers=waivers)

    found = checked(tmp_path, sealed_files(made, None))

    assert any(one.judgement.verdict is Verdict.WAIVED for one in made.report.results)
    assert found.faults == []


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("compliance.json", b"{}"),
        (inputs.NAME, b"{}"),
        ("service-tags/sources.json", b'{"files": {"AzureChinaCloud": {}}}'),
        ("public-roots.pem", b"no roots"),
    ],
    ids=["report", "scopes", "sources", "roots"],
)
def test_parts_that_nobody_sealed_are_no_crash(
    tmp_path: Path, files: Files, name: str, content: bytes
) -> None:
    try:
        words = "; ".join(checked(tmp_path, resealed(files, **{name: content})).faults)
    except Fault as fault:
        words = str(fault)

    assert any(one in words for one in ("is not ", "judging anew failed: ", "by the evidence"))


@pytest.mark.parametrize("name", ["service-tags/%2E%2E/x.json", "service-tags/a%2Fb/x.json"])
def test_a_name_that_stands_for_a_path_is_not_followed(
    tmp_path: Path, files: Files, name: str
) -> None:
    with pytest.raises(Fault, match="is not the name of a file"):
        checked(tmp_path, resealed(files, **{name: b""}))


def test_hosts_whose_names_differ_in_case_have_files_that_differ() -> None:
    assert evidence_names(["Web01", "web01", "db", ".x", "a/b"]) == {
        "Web01": "evidence/%57eb01.json",
        "web01": "evidence/web01.json",
        "db": "evidence/db.json",
        ".x": "evidence/%2Ex.json",
        "a/b": "evidence/a%2Fb.json",
    }


def test_an_allowlist_is_sealed_and_judged_by(tmp_path: Path) -> None:
    made = sealing(tmp_path, ("healthy",), b"192.0.2.0/24\n")
    files = sealed_files(made, None)

    found = checked(tmp_path, files)

    assert files["allowlists/1/fw%20rules.txt"] == b"192.0.2.0/24\n"
    assert any("service-tags/" in fault for fault in found.faults)  # the run was judged without


# -- in-toto -------------------------------------------------------------------------------------


def test_the_statement_is_about_every_file_but_itself_and_the_manifest(files: Files) -> None:
    document = json.loads(files[statement.NAME])

    assert document["_type"] == "https://in-toto.io/Statement/v1"
    assert document["predicateType"] == "https://in-toto.io/attestation/test-result/v0.1"
    assert {one["name"]: one["digest"]["sha256"] for one in document["subject"]} == {
        name: manifest.digest(held)
        for name, held in files.items()
        if name not in (manifest.NAME, statement.NAME)
    }
    predicate = document["predicate"]
    assert predicate["result"] == "FAILED"
    assert {one["name"] for one in predicate["configuration"]} >= {
        "catalogue/azure_china.yaml",
        "public-roots.pem",
        "judged-by.json",
    }
    assert any("faulty-urls/" in one for one in predicate["failedTests"])


def test_the_manifest_is_one_that_sha256sum_reads(tmp_path: Path, files: Files) -> None:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)

    done = subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=False
    )

    assert done.returncode == 0


# -- signatures ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the keys of alice and mallory, one with a passphrase, and alice's line."""
    folder = tmp_path_factory.mktemp("keys")
    for name, passphrase in (("alice", ""), ("mallory", ""), ("locked", "hunter2")):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", name]
        subprocess.run([*command, "-f", str(folder / name)], check=True)
    public = (folder / "alice.pub").read_text(encoding="utf-8")
    (folder / "signers").write_text(f'alice@example.com namespaces="arc-compliance" {public}')
    return folder


def test_a_signature_says_who_sealed(tmp_path: Path, sealed: Sealing, keys: Path) -> None:
    signed = sealed_files(sealed, str(keys / "alice"))

    known = checked(tmp_path, signed, keys / "signers")
    anybody = checked(tmp_path, signed)

    assert known.faults == anybody.faults == []
    assert (
        'Good "arc-compliance" signature for alice@example.com with ED25519 key' in known.lines[1]
    )
    assert 'Good "arc-compliance" signature with ED25519 key SHA256:' in anybody.lines[1]
    assert anybody.lines[2] == "whose key that is, --allowed-signers=FILE would tell"


def test_the_same_run_signed_makes_the_same_bytes(sealed: Sealing, keys: Path) -> None:
    one, two = (sealed_files(sealed, str(keys / "alice")) for _ in range(2))

    assert one == two


def test_somebody_elses_signature_and_none_are_faults(
    tmp_path: Path, sealed: Sealing, keys: Path, files: Files
) -> None:
    mallory = sealed_files(sealed, str(keys / "mallory"))

    assert checked(tmp_path, mallory, keys / "signers").faults == [
        "statement.json.sig: is of none of the allowed signers"
    ]
    assert checked(tmp_path, files, keys / "signers").faults == [
        "statement.json.sig: is missing, and --allowed-signers asks for a signature"
    ]


def test_a_signature_on_another_statement_is_a_fault(
    tmp_path: Path, sealed: Sealing, keys: Path
) -> None:
    signed = sealed_files(sealed, str(keys / "alice"))
    signed[signature.NAME] = signature.sign(b"something else", str(keys / "alice"))
    del signed[manifest.NAME]
    signed[manifest.NAME] = manifest.manifest_of(signed)

    for signers in (None, keys / "signers"):
        (fault,) = checked(tmp_path, signed, signers).faults
        assert fault.startswith("statement.json.sig: is not one of this statement: ")


@pytest.mark.parametrize("key", ["locked", "signers"])
def test_a_key_that_cannot_sign_is_said_without_a_question(keys: Path, key: str) -> None:
    with pytest.raises(Fault, match="signs nothing here: "):
        signature.sign(b"", str(keys / key))


# -- the command ---------------------------------------------------------------------------------


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "arc_compliance", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_ends_with_0_1_or_4(tmp_path: Path, files: Files) -> None:
    whole = b"".join(pack(files))
    (tmp_path / "good.zip").write_bytes(whole)
    (tmp_path / "bad.zip").write_bytes(whole.replace(b"<p>a page", b"<p>A page"))
    (tmp_path / "other.zip").write_bytes(b"PK\x05\x06")

    good, bad, other, missing, usage = (
        command("verify", str(tmp_path / "good.zip")),
        command("verify", str(tmp_path / "bad.zip")),
        command("verify", str(tmp_path / "other.zip")),
        command("verify", str(tmp_path / "missing.zip")),
        command("verify"),
    )

    assert (good.returncode, good.stdout.splitlines()[0]) == (0, f"{tmp_path}/good.zip: as sealed")
    assert PROVES_NOT in good.stdout
    assert (bad.returncode, bad.stdout.splitlines()) == (
        1,
        [
            f"{tmp_path}/bad.zip: DIFFERS from what was sealed",
            "DIFFERS report.html: its content is not what its header says",
        ],
    )
    assert (other.returncode, other.stderr) == (
        4,
        f"ERROR: {tmp_path}/other.zip: is not a bundle of this suite\n",
    )
    nobody = f"--allowed-signers={tmp_path}/signers"
    signers = command("verify", str(tmp_path / "good.zip"), nobody)
    assert (signers.returncode, signers.stderr) == (
        4,
        f"ERROR: {tmp_path}/signers: cannot be read: No such file or directory\n",
    )
    assert (missing.returncode, missing.stderr) == (
        4,
        f"ERROR: {tmp_path}/missing.zip: cannot be read: No such file or directory\n",
    )
    assert usage.returncode == 4
