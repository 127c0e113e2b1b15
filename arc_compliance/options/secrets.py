"""What this run was told in confidence: known by heart, so that no report repeats it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from arc_compliance.base.secrets import KNOWN, secrets_of_environment, secrets_of_url
from arc_compliance.catalogue import CLOUDS, load_catalogue
from arc_compliance.plan.scope import Scope
from arc_compliance.probe.python import contract
from arc_compliance.wire.record import HostRecord

_WITH_USER = re.compile(r"[^\s,'\"]*:[^\s,'\"]*@")


def hide_secrets(typed: Iterable[str], environment: Mapping[str, str]) -> None:
    """Let no text from now on hold a secret of what was *typed* as options, or of the
    *environment*."""
    urls = [url for text in typed for url in _WITH_USER.findall(text)]
    _hide(
        {
            *(one for url in urls for one in secrets_of_url(url)),
            *secrets_of_environment(environment),
        }
    )


def hide_proxies(scopes: Iterable[Scope]) -> None:
    """Let no text from now on hold the password of a proxy that an inventory names."""
    _hide({one for scope in scopes for one in secrets_of_url(scope.proxy or "")})


def _hide(secrets: set[str]) -> None:
    if secrets:
        KNOWN.add(secrets, vocabulary=_vocabulary())


def _vocabulary() -> Iterator[str]:
    """The words that records, judgements and reports are made of."""
    yield from _words_of(HostRecord.model_json_schema())
    yield from _words_of([one for one in vars(contract).values() if isinstance(one, (str, tuple))])
    for cloud in CLOUDS:
        yield from _words_of(load_catalogue(cloud).model_dump(mode="json"))


def _words_of(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield str(key)
            yield from _words_of(one)
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from _words_of(one)
