"""Certification paths from a leaf to a root, built as Go's crypto/x509 builds them.

The agent is a Go program: every certificate whose subject is the issuer's name is a candidate, one
that does not fit (expired, not a CA, a key that did not sign) is passed over for the next, and one
good path is enough. Source: the documentation of crypto/x509 Certificate.Verify, and the answers
recorded in selftests/reference/go_chains.json.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.x509.oid import ExtendedKeyUsageOID

Certificate = x509.Certificate
Roots = Mapping[bytes, Sequence[Certificate]]
"""The trusted certificates by the DER of their subject."""

MOST_CANDIDATES = 100
"""How many signatures are checked for one chain, as in Go: a chain may be made to take for ever."""

WEAK_DIGESTS = {"md2", "md5", "sha1"}
_GOOD_PURPOSES = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
_Extension = TypeVar("_Extension", bound=x509.ExtensionType)

UNTRUSTED = "cert-untrusted"
EXPIRED = "cert-expired"
NOT_YET_VALID = "cert-not-yet-valid"
WEAK_SIGNATURE = "cert-weak-signature"
WRONG_PURPOSE = "cert-wrong-purpose"
CA_CONSTRAINT = "cert-ca-constraint"

_DATES = frozenset({EXPIRED, NOT_YET_VALID})
_FORGIVEN = (
    _DATES,
    _DATES | {WRONG_PURPOSE},
    _DATES | {WRONG_PURPOSE, WEAK_SIGNATURE},
    _DATES | {WRONG_PURPOSE, WEAK_SIGNATURE, CA_CONSTRAINT},
)
"""What is overlooked, step by step, to tell what keeps a chain from being good."""


@dataclass(slots=True)
class Path:
    """What a search for a path found.

    ``root`` is the one in which a path ends, None where none does. ``cause`` is why that path is
    not good, None where it is. ``tops`` are the certificates, up from the leaf, whose issuer was
    neither sent nor trusted.
    """

    root: Certificate | None
    cause: str | None
    tops: Sequence[Certificate]


def find_path(chain: Sequence[Certificate], roots: Roots, now: datetime) -> Path:
    """The path from the first of *chain* to one of *roots*, and whether it is good at *now*.

    Raise ValueError where an extension that has to be read cannot be parsed.
    """
    strict = _Search(chain, roots, now)
    if strict.root is not None:
        return Path(strict.root, None, strict.tops)
    for forgiven in _FORGIVEN:
        search = _Search(chain, roots, now, forgiven)
        if search.root is not None:
            cause = next(one for one, number in search.overlooked.most_common() if number)
            worst = [
                one for one in (CA_CONSTRAINT, WEAK_SIGNATURE, WRONG_PURPOSE) if one in forgiven
            ]
            return Path(search.root, worst[0] if worst else cause, search.tops)
    return Path(None, UNTRUSTED, strict.tops)


def flaw_of(chain: Sequence[Certificate]) -> str | None:
    """What a Go program refuses in *chain* whatever root it trusts, None where there is nothing."""
    if not _serves(chain[0]):
        return WRONG_PURPOSE
    leaf = chain[0]
    weak = leaf.issuer != leaf.subject and _weakly_signed(leaf)
    return WEAK_SIGNATURE if weak else None


class _Search:
    """One search, in which the faults in *forgiven* are overlooked."""

    def __init__(
        self,
        chain: Sequence[Certificate],
        roots: Roots,
        now: datetime,
        forgiven: frozenset[str] = frozenset(),
    ) -> None:
        self._sent, self._roots, self._now, self._forgiven = chain[1:], roots, now, forgiven
        self._checked = 0
        self.overlooked: Counter[str] = Counter()
        self.tops: list[Certificate] = []
        self.root = next(self._good_roots([chain[0]]), None)

    def _good_roots(self, path: list[Certificate]) -> Iterator[Certificate]:
        child = path[-1]
        if not self._passes(_out_of_time(child, self._now) or _unknown_critical(child)):
            return
        if len(path) == 1 and _is_root(child, self._roots):
            if self._passes(None if _serves(child) else WRONG_PURPOSE):
                yield child
            return
        trusted = self._roots.get(child.issuer.public_bytes(), ())
        sent = [one for one in self._sent if one.subject == child.issuer and one not in trusted]
        if not trusted and not sent:
            self.tops.append(child)
        for parent in (*trusted, *sent):
            if any(_same(parent, one) for one in path) or self._checked >= MOST_CANDIDATES:
                continue
            self._checked += 1
            longer = [*path, parent]
            if not self._passes(_signs(parent, child)) or not self._passes(
                _may_issue(parent, longer)
            ):
                continue
            if parent not in trusted:
                yield from self._good_roots(longer)
            elif self._passes(_out_of_time(parent, self._now)) and self._passes(
                None if all(_serves(one) for one in longer) else WRONG_PURPOSE
            ):
                yield parent

    def _passes(self, fault: str | None) -> bool:
        if fault is None:
            return True
        if fault in self._forgiven:
            self.overlooked[fault] += 1
            return True
        return False


def _is_root(certificate: Certificate, roots: Roots) -> bool:
    return certificate in roots.get(certificate.subject.public_bytes(), ())


def _same(one: Certificate, other: Certificate) -> bool:
    """Whether both are for the same subject and key: a path with both would go round."""
    if one.subject != other.subject:
        return False
    try:
        return one.public_key() == other.public_key()
    except UnsupportedAlgorithm:  # a kind of key that nothing can be verified with
        return one == other


def _unknown_critical(certificate: Certificate) -> str | None:
    """A fault where *certificate* asks for something that nobody here understands."""
    unknown = (one for one in certificate.extensions if one.critical)
    if any(isinstance(one.value, x509.UnrecognizedExtension) for one in unknown):
        return UNTRUSTED
    return None


def _out_of_time(certificate: Certificate, now: datetime) -> str | None:
    if now < certificate.not_valid_before_utc:
        return NOT_YET_VALID
    return EXPIRED if now > certificate.not_valid_after_utc else None


def _signs(parent: Certificate, child: Certificate) -> str | None:
    """Why *parent* is not shown to have signed *child*, or None where it is."""
    if _weakly_signed(child):
        return WEAK_SIGNATURE
    try:
        child.verify_directly_issued_by(parent)
    except (InvalidSignature, UnsupportedAlgorithm, ValueError, TypeError):
        return UNTRUSTED
    return None


def _weakly_signed(certificate: Certificate) -> bool:
    try:
        digest = certificate.signature_hash_algorithm
    except UnsupportedAlgorithm:  # whoever verifies the signature finds that out
        return False
    return digest is not None and digest.name in WEAK_DIGESTS


def _may_issue(parent: Certificate, path: Sequence[Certificate]) -> str | None:
    """Why the last of *path*, *parent*, must not have issued it, or None where it may."""
    basic = _extension(parent, x509.BasicConstraints)
    old = parent.version is x509.Version.v1
    if (basic is None and not old) or (basic is not None and not basic.ca):
        return CA_CONSTRAINT
    usage = _extension(parent, x509.KeyUsage)
    if usage is not None and not usage.key_cert_sign:
        return CA_CONSTRAINT
    if basic is not None and basic.path_length is not None:
        between = [one for one in path[1:-1] if one.subject != one.issuer]
        if len(between) > basic.path_length:
            return CA_CONSTRAINT
    constraints = _extension(parent, x509.NameConstraints)
    if constraints is not None and not _permits(constraints, path[0]):
        return CA_CONSTRAINT
    return None


def _permits(constraints: x509.NameConstraints, leaf: Certificate) -> bool:
    """Whether *constraints* let a CA issue *leaf* with the DNS names that it has."""
    names = _extension(leaf, x509.SubjectAlternativeName)
    wanted = names.get_values_for_type(x509.DNSName) if names else []

    def within(name: str, trees: list[x509.GeneralName] | None) -> bool:
        ends = [one.value.lower() for one in trees or () if isinstance(one, x509.DNSName)]
        return any(_below(name.lower(), end) for end in ends)

    limited = [one for one in constraints.permitted_subtrees or () if isinstance(one, x509.DNSName)]
    return all(
        not within(name, constraints.excluded_subtrees)
        and (not limited or within(name, constraints.permitted_subtrees))
        for name in wanted
    )


def _below(name: str, constraint: str) -> bool:
    """Whether the DNS *name* is *constraint* or below it (RFC 5280, 4.2.1.10)."""
    if not constraint:
        return True
    if constraint.startswith("."):
        return name.endswith(constraint)
    return name == constraint or name.endswith(f".{constraint}")


def _serves(certificate: Certificate) -> bool:
    """Whether *certificate* is for servers, or says nothing of what it is for."""
    usage = _extension(certificate, x509.ExtendedKeyUsage)
    return usage is None or any(one in _GOOD_PURPOSES for one in usage)


def _extension(certificate: Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
