"""What a filter by address lacks of a service tag."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from netaddr import IPNetwork, IPSet, cidr_merge

from arc_compliance.base.wording import first_few
from arc_compliance.firewall.follow import Passed
from arc_compliance.service_tags.tags import TagFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """What a filter lacks of a tag: published prefixes, collapsed, and those left open.

    ``prefixes`` is how many the tag has, 0 where only some of them were looked for. ``whole`` says
    that no prefix of the tag is let through, ``hints`` what is in the place of the whole.
    """

    tag: str
    prefixes: int
    missing: tuple[str, ...]
    unsure: tuple[str, ...]
    whole: bool = False
    hints: tuple[str, ...] = ()
    cloud: str = ""

    @property
    def name(self) -> str:
        """The tag; that of another cloud with it, Tag@Cloud."""
        return f"{self.tag}@{self.cloud}" if self.cloud else self.tag

    @property
    def names(self) -> tuple[str, ...]:
        """What has to be allowed: the tag where nothing of it is, else what is missing."""
        return (self.name,) if self.whole else self.missing


@lru_cache(maxsize=512)  # the hosts of a fleet have the same lists
def gap_of(
    file: TagFile,
    tag: str,
    passed: Passed,
    *,
    of: tuple[str, ...] | None = None,
    cloud: str = "",
) -> Gap:
    """What *passed* lacks of *tag*, or of its prefixes *of*: a prefix counts as a whole.

    *cloud* is that of the file where it is not the run's.
    """
    published = file.tags[file.spelling(tag)] if of is None else of
    lacking = [one for one in published if IPNetwork(one) not in passed.addresses]
    possible = passed.addresses | passed.unsure if passed.unsure else passed.addresses
    missing = [one for one in lacking if IPNetwork(one) not in possible]
    hints: list[str] = []
    if of is None and missing:
        held = (file.ranges(tag) or IPSet()) & passed.addresses
        hints = [*_held_parts(tag, held, file), *_looked_up(held, file)]
    return Gap(
        tag=tag,
        whole=of is None and len(missing) == len(published) > 0,
        hints=tuple(hints),
        prefixes=len(cidr_merge(published)) if of is None else 0,
        cloud=cloud,
        missing=tuple(str(one) for one in cidr_merge(missing)),
        unsure=tuple(str(one) for one in cidr_merge(set(lacking) - set(missing))),
    )


def in_words(gap: Gap) -> str:
    """What the gap is, in words."""
    hint = f" (it holds {' and '.join(gap.hints)})" if gap.hints else ""
    if gap.whole:
        return f"all {gap.prefixes} ranges of {gap.name}{hint}"
    return f"{first_few(gap.missing, 12)} of {gap.name}{hint}"


def _held_parts(tag: str, held: IPSet, file: TagFile) -> list[str]:
    """The tags of single regions, where what is let through of *tag*, *held*, is just them."""
    parts = {part: file.ranges(part) or IPSet() for part in file.parts_of(tag)}
    whole = {part: ranges for part, ranges in parts.items() if ranges and ranges.issubset(held)}
    together = IPSet()
    for ranges in whole.values():
        together |= ranges
    if not whole or (held - together).size > len(whole):  # an address or two may be looked up
        return []
    return [f"{', '.join(whole)}, which is not all of {tag}"]


def _looked_up(held: IPSet, file: TagFile) -> list[str]:
    """The single addresses in *held* that are not published as a prefix, as a look-up of names
    returns them."""
    singles = [
        str(one.network)
        for one in held.iter_cidrs()
        if one.size == 1 and not file.is_published(str(one.network))
    ]
    if not singles:
        return []
    return [f"looked-up addresses ({first_few(singles, 3)}), which will change"]
