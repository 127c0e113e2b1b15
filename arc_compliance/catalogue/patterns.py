"""The one grammar of wildcards in host names: the catalogue's, the allow-lists' and the requests'.

In a pattern ``*`` stands for one or more characters of a host name: letters, digits, hyphens,
underscores and dots. Every other character stands for itself, whatever its case. A pattern stands
for a whole name, never for a part of it. As a regular expression over names in lower case, ``*`` is
``[a-z0-9._-]+``; all else is escaped.

- ``*.his.arc.azure.cn`` stands for ``gbl.his.arc.azure.cn`` and for ``a.b.his.arc.azure.cn``, not
  for ``his.arc.azure.cn``: where the document means both, it names both
  (``guestnotificationservice.azure.cn, *.guestnotificationservice.azure.cn``).
- ``azgn*.servicebus.chinacloudapi.cn`` stands for ``azgn-1.servicebus.chinacloudapi.cn``, not for
  ``azgn.servicebus.chinacloudapi.cn``: the document's ``azgn*`` are names that go on after azgn.

Firewalls read ``*.example.com`` as any depth of names below example.com without example.com itself
(Azure Firewall, FortiGate, Palo Alto). Some let ``*`` stand for nothing as well; to take that for
granted of an allow-list could call a name let through that is not.
"""

from __future__ import annotations

import re
from functools import lru_cache

_STAR = r"[a-z0-9._*-]+"
"""What ``*`` stands for; a ``*`` too, so that a pattern can stand for another."""


def stands_for(pattern: str, name: str) -> bool:
    """Whether *pattern* stands for *name*, or for all names for which the pattern *name* stands."""
    if "*" not in pattern:
        return pattern.lower() == name.lower()
    return _expression(pattern).fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern).replace(r"\*", _STAR), re.IGNORECASE | re.ASCII)
