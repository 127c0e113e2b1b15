"""Whether a YAML text may be built: not too deep, not too large, no key twice.

A few lines of aliases and merge keys stand for billions of values, and forty thousand brackets end
in a segmentation fault of the library that puts them together. The stream of events costs no more
than the text is long, so it is counted before anything is built from it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import yaml

from arc_compliance.base.fault import Fault
from arc_compliance.base.redact import scrub

MAX_DEPTH = 50
"""How many lists and mappings may lie in each other; our own files have eight."""

MAX_VALUES = 500_000
"""How many values a file may have, keys, lists and mappings among them, and those that an alias
stands for counted at each place. Ten thousand hosts with all that can be said of each have half of
that."""

MAX_CHARACTERS = 10_000
"""How long a single value may be."""


@dataclass(slots=True, eq=False, kw_only=True)
class _Node:
    """A value, list or mapping that is being read or was read; aliases of it count as much.

    ``before`` is the number of values before it and ``size`` how many it is, itself included;
    ``height`` is how many lists and mappings lie in each other there, 0 for a value. Every other
    child of a mapping is a key.
    """

    before: int = 0
    mapping: bool = False
    text: str | None = None
    size: int = 1
    height: int = 0
    children: int = 0
    keys: set[str] = field(default_factory=set)


def check_bounds(text: bytes, loader: Any) -> None:
    """Raise Fault for a YAML *text* that holds too much or a key twice.

    *loader* is the one that is to build it; raise yaml.YAMLError as that does for what is not YAML.
    """
    reading = _Reading()
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, yaml.ScalarEvent):
            reading.value(event)
        elif isinstance(event, yaml.CollectionStartEvent):
            reading.begin(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            reading.end(event)
        elif isinstance(event, yaml.AliasEvent):
            reading.repeat(event)
        elif isinstance(event, yaml.DocumentStartEvent):
            reading.document(event)


class _Reading:
    """What has come so far: how many values, which lists and mappings are open, which anchors."""

    def __init__(self) -> None:
        self._count = 0
        self._open = [_Node()]  # the document itself
        self._anchors: dict[str, _Node] = {}
        self._documents = 0

    def document(self, event: yaml.DocumentStartEvent) -> None:
        self._documents += 1
        if self._documents > 1:
            raise _fault("not valid YAML: but found another document", event)

    def value(self, event: yaml.ScalarEvent) -> None:
        if len(event.value) > MAX_CHARACTERS:
            raise _fault(f"a value is longer than {MAX_CHARACTERS} characters", event)
        self._add(1, event)
        self._name(_Node(text=event.value), event)
        self._arrive(event.value, 0, event)

    def begin(self, event: yaml.CollectionStartEvent) -> None:
        mapping = isinstance(event, yaml.MappingStartEvent)
        node = _Node(before=self._count, mapping=mapping, height=1)
        self._add(1, event)
        self._name(node, event)
        self._open.append(node)
        self._limit_depth(0, event)

    def end(self, event: yaml.CollectionEndEvent) -> None:
        node = self._open.pop()
        node.size = self._count - node.before
        self._arrive(None, node.height, event)

    def repeat(self, event: yaml.AliasEvent) -> None:
        """Count what an alias stands for once more."""
        node = self._anchors.get(str(event.anchor))
        if node is None:
            raise _fault(f"not valid YAML: no anchor &{event.anchor} before this alias", event)
        if node in self._open:
            raise _fault(f"the alias *{event.anchor} stands for what it is part of", event)
        self._add(node.size, event)
        self._limit_depth(node.height, event)
        self._arrive(node.text, node.height, event)

    def _name(self, node: _Node, event: yaml.NodeEvent) -> None:
        """Keep *node* for the aliases that its anchor may have."""
        if event.anchor and self._anchors.setdefault(event.anchor, node) is not node:
            raise _fault(f"not valid YAML: the anchor &{event.anchor} is given twice", event)

    def _arrive(self, text: str | None, height: int, event: yaml.Event) -> None:
        """Give a value to the list or mapping that holds it."""
        parent = self._open[-1]
        parent.height = max(parent.height, height + 1)
        if parent.mapping and text is not None and parent.children % 2 == 0:
            if text in parent.keys:
                key = scrub(text)[:80]
                raise _fault(f"not valid YAML: the key {key!r} is given twice", event)
            parent.keys.add(text)
        parent.children += 1

    def _add(self, values: int, event: yaml.Event) -> None:
        self._count += values
        if self._count > MAX_VALUES:
            raise _fault(f"more than {MAX_VALUES} values, aliases followed", event)

    def _limit_depth(self, height: int, event: yaml.Event) -> None:
        if len(self._open) - 1 + height > MAX_DEPTH:
            raise _fault(f"more than {MAX_DEPTH} lists and mappings in each other", event)


def _fault(what: str, event: yaml.Event) -> Fault:
    assert event.start_mark is not None
    return Fault(f"{what} (line {event.start_mark.line + 1})")
