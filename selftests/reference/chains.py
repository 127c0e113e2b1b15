"""Certificate chains, each with one peculiarity, as ``openssl`` makes them.

Keys are made once for all chains of a run. Every certificate is valid from two days ago for a
hundred days, where nothing else is said.
"""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

NAME = "login.example"
CA = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign")
LEAF = ("basicConstraints=critical,CA:FALSE", f"subjectAltName=DNS:{NAME}")
SERVER = (*LEAF, "extendedKeyUsage=serverAuth")


@dataclass(frozen=True)
class Chain:
    """What a server sends, and what the host trusts, by the names of certificates; the name that is
    asked for."""

    sent: tuple[str, ...]
    trusted: tuple[str, ...] = ("root",)
    name: str = NAME


class Maker:
    """Certificates in a folder: ``stem.pem`` each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "index.txt").touch()
        self._keys: set[str] = set()

    def make(
        self,
        stem: str,
        subject: str,
        extensions: tuple[str, ...],
        issuer: str = "",
        *,
        key: str = "",
        digest: str = "sha256",
        start: float = -2,
        days: float = 100,
    ) -> None:
        """A certificate for *subject* by *issuer*, or by itself; *key* is another one's, by stem.

        Its time begins *start* days from now and lasts *days*.
        """
        its = f"{key or stem}.key"
        if its not in self._keys:
            self._openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256",
                          "-out", its)  # fmt: skip
            self._keys.add(its)
        section = "".join(f"{one.replace('=', ' = ', 1)}\n" for one in extensions)
        (self.folder / "extensions").write_text(f"[its]\nsubjectKeyIdentifier = hash\n{section}")
        begins = datetime.now(timezone.utc) + timedelta(start)
        times = (f"{one:%Y%m%d%H%M%SZ}" for one in (begins, begins + timedelta(days)))
        self._openssl("req", "-new", "-key", its, "-subj", subject, "-out", "request")
        settings = (
            f"[ca]\ndefault_ca = c\n[c]\ndatabase = {self.folder}/index.txt\nnew_certs_dir = "
            f"{self.folder}\nrand_serial = yes\npolicy = p\nunique_subject = no\n"
            "[p]\ncommonName = supplied\n"
        )
        (self.folder / "settings").write_text(settings)
        signer = ["-selfsign", "-keyfile", its]
        if issuer:
            signer = ["-cert", f"{issuer}.pem", "-keyfile", f"{self._key_of(issuer)}.key"]
        dates = ("-startdate", next(times), "-enddate", next(times))
        command = ["ca", "-batch", "-notext", "-config", "settings", "-in", "request", *signer]
        command += ["-md", digest, *dates, "-extfile", "extensions", "-extensions", "its"]
        self._openssl(*command, "-out", f"{stem}.pem")
        (self.folder / f"{stem}.of").write_text(key or stem)

    def _key_of(self, stem: str) -> str:
        return (self.folder / f"{stem}.of").read_text()

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def bundle(self, stems: tuple[str, ...], name: str) -> Path:
        """One file of all *stems*, in their order."""
        path = self.folder / name
        path.write_text("".join((self.folder / f"{one}.pem").read_text() for one in stems))
        return path


def make_all(maker: Maker) -> None:
    """Every certificate that CHAINS names."""
    make = maker.make
    make("root", "/CN=Root", CA)
    make("other-root", "/CN=Other Root", CA)
    make("old-root", "/CN=Root", CA, key="root", start=-200, days=100)
    make("sha1-root", "/CN=SHA-1 Root", CA, digest="sha1")
    make("issuer", "/CN=Issuing", CA, "root")
    make("issuer-of-other", "/CN=Issuing", CA, "other-root", key="issuer")
    make("issuer-expired", "/CN=Issuing", CA, "root", key="issuer", start=-200, days=100)
    make("issuer-sha1", "/CN=Issuing", CA, "root", key="issuer", digest="sha1")
    make("stranger", "/CN=Issuing 2", CA, "root")
    make("namesake", "/CN=Issuing", CA, "root")
    make("root-crossed", "/CN=Root", CA, "other-root", key="root")
    make("issuer-by-sha1-root", "/CN=Issuing", CA, "sha1-root", key="issuer")
    make("not-a-ca", "/CN=Issuing", ("basicConstraints=critical,CA:FALSE",), "root", key="issuer")
    make("no-constraints", "/CN=Issuing", (), "root", key="issuer")
    signs = ("basicConstraints=critical,CA:TRUE", "keyUsage=critical,digitalSignature")
    make("signs-no-certificates", "/CN=Issuing", signs, "root", key="issuer")
    short = ("basicConstraints=critical,CA:TRUE,pathlen:0", CA[1])
    make("short", "/CN=Short", short, "root")
    make("issuer-below-short", "/CN=Issuing", CA, "short", key="issuer")
    permitted = (*CA, "nameConstraints=critical,permitted;DNS:other.example")
    make("constrained", "/CN=Issuing", permitted, "root", key="issuer")
    clients = (*CA, "extendedKeyUsage=clientAuth")
    make("issuer-for-clients", "/CN=Issuing", clients, "root", key="issuer")
    make("leaf", f"/CN={NAME}", SERVER, "issuer")
    make("leaf-no-purpose", f"/CN={NAME}", LEAF, "issuer")
    make("leaf-for-clients", f"/CN={NAME}", (*LEAF, "extendedKeyUsage=clientAuth"), "issuer")
    make("leaf-for-any", f"/CN={NAME}", (*LEAF, "extendedKeyUsage=anyExtendedKeyUsage"), "issuer")
    make("leaf-sha1", f"/CN={NAME}", SERVER, "issuer", digest="sha1")
    make("leaf-expired", f"/CN={NAME}", SERVER, "issuer", start=-200, days=100)
    make("leaf-to-come", f"/CN={NAME}", SERVER, "issuer", start=2)
    make("leaf-other-name", "/CN=other", ("subjectAltName=DNS:other.example",), "issuer")
    make("leaf-common-name", f"/CN={NAME}", ("basicConstraints=CA:FALSE",), "issuer")
    make("leaf-wildcard", "/CN=w", ("subjectAltName=DNS:*.example",), "issuer")
    make("leaf-partial-wildcard", "/CN=w", ("subjectAltName=DNS:log*.example",), "issuer")
    make("leaf-upper-case", "/CN=u", (f"subjectAltName=DNS:{NAME.upper()}",), "issuer")
    make("leaf-critical", f"/CN={NAME}", (*SERVER, "1.2.3.4=critical,ASN1:UTF8String:x"), "issuer")
    make("leaf-as-a-ca", f"/CN={NAME}", (*CA, LEAF[1]), "issuer")
    make("self-signed", f"/CN={NAME}", SERVER)


CHAINS: dict[str, Chain] = {
    "whole": Chain(("leaf", "issuer")),
    "whole, with the root": Chain(("leaf", "issuer", "root")),
    "out of order": Chain(("leaf", "root", "issuer")),
    "a stranger between": Chain(("leaf", "stranger", "issuer")),
    "twice the same": Chain(("leaf", "issuer", "issuer")),
    "the leaf alone": Chain(("leaf",)),
    "leaf and root": Chain(("leaf", "root")),
    "the wrong issuer": Chain(("leaf", "stranger")),
    "an issuer of the same name and another key": Chain(("leaf", "namesake")),
    "the same, and the right one": Chain(("leaf", "namesake", "issuer")),
    "root not trusted": Chain(("leaf", "issuer"), ("other-root",)),
    "the issuer itself is trusted": Chain(("leaf",), ("issuer",)),
    "the leaf itself is trusted": Chain(("leaf",), ("leaf",)),
    "self-signed": Chain(("self-signed",)),
    "self-signed and trusted": Chain(("self-signed",), ("self-signed",)),
    "issuer under an unknown root first": Chain(("leaf", "issuer-of-other", "issuer")),
    "issuer under an unknown root last": Chain(("leaf", "issuer", "issuer-of-other")),
    "issuer under an unknown root alone": Chain(("leaf", "issuer-of-other")),
    "expired issuer first": Chain(("leaf", "issuer-expired", "issuer")),
    "expired issuer alone": Chain(("leaf", "issuer-expired")),
    "cross-signed root, the new root trusted": Chain(("leaf", "issuer", "root-crossed")),
    "cross-signed root, the old root trusted": Chain(
        ("leaf", "issuer", "root-crossed"), ("other-root",)
    ),
    "cross-signed root, left out": Chain(("leaf", "issuer"), ("other-root",)),
    "root expired": Chain(("leaf", "issuer"), ("old-root",)),
    "root expired, and its successor": Chain(("leaf", "issuer"), ("old-root", "root")),
    "root signed with SHA-1": Chain(("leaf", "issuer-by-sha1-root"), ("sha1-root",)),
    "issuer signed with SHA-1": Chain(("leaf", "issuer-sha1")),
    "issuer signed with SHA-1, and one that is not": Chain(("leaf", "issuer-sha1", "issuer")),
    "leaf signed with SHA-1": Chain(("leaf-sha1", "issuer")),
    "issuer is not a CA": Chain(("leaf", "not-a-ca")),
    "issuer without constraints": Chain(("leaf", "no-constraints")),
    "issuer may not sign certificates": Chain(("leaf", "signs-no-certificates")),
    "path too long": Chain(("leaf", "issuer-below-short", "short")),
    "issuer for other names": Chain(("leaf", "constrained")),
    "issuer for clients": Chain(("leaf", "issuer-for-clients")),
    "leaf without a purpose": Chain(("leaf-no-purpose", "issuer")),
    "leaf for any purpose": Chain(("leaf-for-any", "issuer")),
    "leaf for clients": Chain(("leaf-for-clients", "issuer")),
    "leaf expired": Chain(("leaf-expired", "issuer")),
    "leaf to come": Chain(("leaf-to-come", "issuer")),
    "leaf for another name": Chain(("leaf-other-name", "issuer")),
    "leaf expired and for another name": Chain(("leaf-expired", "issuer"), name="web.example"),
    "leaf with a common name only": Chain(("leaf-common-name", "issuer")),
    "leaf with a wildcard": Chain(("leaf-wildcard", "issuer")),
    "leaf with a wildcard, two labels": Chain(("leaf-wildcard", "issuer"), name="a.login.example"),
    "leaf with a partial wildcard": Chain(("leaf-partial-wildcard", "issuer")),
    "leaf in upper case": Chain(("leaf-upper-case", "issuer")),
    "name with a dot at its end": Chain(("leaf", "issuer"), name=f"{NAME}."),
    "leaf with an unknown critical extension": Chain(("leaf-critical", "issuer")),
    "leaf that is a CA": Chain(("leaf-as-a-ca", "issuer")),
}
