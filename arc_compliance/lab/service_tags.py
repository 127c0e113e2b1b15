"""The service tag file of the simulated Azure: every tag is on loopback."""

from __future__ import annotations

import json
from datetime import datetime

from arc_compliance.catalogue.model import Catalogue
from arc_compliance.service_tags.sources import Raw
from arc_compliance.service_tags.tags import CLOUDS

LOOPBACK = ["127.0.0.0/8", "::1/128"]


def simulated_tags(catalogue: Catalogue, now: datetime) -> Raw:
    """A file for the cloud of *catalogue* that has all tags of its requirements, of *now*'s day."""
    day = now.strftime("%Y%m%d")
    cloud = next(word for word, name in CLOUDS.items() if name == catalogue.cloud)
    tags = dict.fromkeys(tag for r in catalogue.requirements for tag in r.tags)
    content = {
        "changeNumber": 1,
        "cloud": cloud,
        "values": [
            {"name": tag, "id": tag, "properties": {"addressPrefixes": LOOPBACK}} for tag in tags
        ],
    }
    return Raw(
        name=f"ServiceTags_{cloud}_{day}.json",
        content=json.dumps(content, indent=1).encode("ascii"),
        source="the simulated Azure",
    )
