"""Signatures made and checked by OpenSSH's ssh-keygen, with keys that people have already."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import scrub

NAME = "statement.json.sig"
NAMESPACE = "arc-compliance"
"""What a signature is for, so that one that was made for something else does not count here."""

_SECONDS = 30


class BadSignature(Exception):  # noqa: N818 - a finding, not an error of ours
    """The signature is not one of this content, or of none of the allowed signers."""


def sign(content: bytes, key: str) -> bytes:
    """The signature on *content* with the private key in the file *key*, or with the one of an
    agent whose public key that is. Raise Fault where there is none to be had."""
    done = _ssh_keygen("-Y", "sign", "-f", key, "-n", NAMESPACE, stdin=content)
    if done.returncode or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise Fault(
            f"{key} signs nothing here: {_said(done)}; put a key with a passphrase into an agent"
        )
    return done.stdout


def signer(content: bytes, signature: bytes, allowed: Path | None) -> str:
    """Who signed *content*, in words: one of the file *allowed* (ALLOWED SIGNERS in ssh-keygen(1)),
    or the key alone where none is given. Raise BadSignature."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, "signature")
        place.write_bytes(signature)
        about = ("-n", NAMESPACE, "-s", str(place))
        if allowed is None:
            return _good(_ssh_keygen("-Y", "check-novalidate", *about, stdin=content))
        found = _ssh_keygen("-Y", "find-principals", "-s", str(place), "-f", str(allowed))
        names = found.stdout.decode(errors="replace").split("\n")[0].strip()
        if found.returncode or not names:
            raise BadSignature("is of none of the allowed signers")
        who = ("-f", str(allowed), "-I", names.split(",")[0])
        return _good(_ssh_keygen("-Y", "verify", *who, *about, stdin=content))


def _good(done: subprocess.CompletedProcess[bytes]) -> str:
    if done.returncode:
        raise BadSignature(f"is not one of this statement: {_said(done)}")
    return _said(done)


def _said(done: subprocess.CompletedProcess[bytes]) -> str:
    """The last line that ssh-keygen wrote."""
    lines = (done.stdout + done.stderr).decode(errors="replace").strip().splitlines()
    return scrub(lines[-1])[:300] if lines else f"ssh-keygen ended with {done.returncode}"


def _ssh_keygen(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen so that it asks nobody for a passphrase."""
    silent = {**os.environ, "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}
    try:
        return subprocess.run(
            ["ssh-keygen", *arguments],
            input=stdin,
            capture_output=True,
            check=False,
            timeout=_SECONDS,
            env=silent,
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise Fault("ssh-keygen is not installed; it comes with OpenSSH") from error
    except subprocess.TimeoutExpired as error:
        raise Fault(f"ssh-keygen did not answer within {_SECONDS} s") from error
