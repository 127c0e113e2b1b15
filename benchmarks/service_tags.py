"""Loading a service tag file and looking addresses up in it, beside the plain way.

``python -m benchmarks.service_tags [FILE]`` prints medians of pairs and their ratio. Without a
file it takes a made one, as large as that of the public cloud.
"""

from __future__ import annotations

import ipaddress
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from arc_compliance.service_tags.tags import parse_tag_file

PAIRS = 7
LOOKUPS = 20_000
TAGS, PREFIXES_EACH = 3_000, 30


def timed(work: Callable[[], object]) -> float:
    """Seconds that *work* takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def made_file() -> tuple[str, bytes]:
    """The name and content of a service tag file with prefixes at random."""
    chosen = random.Random(7)  # noqa: S311 - the same prefixes each time

    def prefix() -> str:
        return f"{ipaddress.IPv4Address(chosen.randrange(2**24, 2**31) & ~15)}/28"

    values = [
        {
            "name": f"Service{number}",
            "id": f"Service{number}",
            "properties": {"addressPrefixes": [prefix() for _ in range(PREFIXES_EACH)]},
        }
        for number in range(TAGS)
    ]
    document = {"changeNumber": 1, "cloud": "Public", "values": values}
    return "ServiceTags_Public_20260105.json", json.dumps(document).encode("ascii")


def main(name: str, content: bytes) -> None:
    """Measure loading against reading the JSON alone, and look-ups against a search."""
    file = parse_tag_file(name, content)
    chosen = random.Random(5)  # noqa: S311 - the same addresses each time
    prefixes = [prefix for tag in file.tags.values() for prefix in tag]
    addresses = [chosen.choice(prefixes).partition("/")[0] for _ in range(LOOKUPS)]
    networks = [ipaddress.ip_network(prefix) for prefix in prefixes]

    def load() -> None:
        parse_tag_file.cache_clear()
        parse_tag_file(name, content)

    def look_up() -> None:
        for address in addresses:
            file.tags_of(address)

    def search() -> None:
        address = ipaddress.ip_address(addresses[0])
        _ = [one for one in networks if address in one]

    loads = [(timed(load), timed(lambda: json.loads(content))) for _ in range(PAIRS)]
    finds = [(timed(look_up) / LOOKUPS, timed(search)) for _ in range(PAIRS)]
    print(f"{name}: {len(file.tags)} tags, {len(prefixes)} prefixes; medians of {PAIRS} pairs")
    for what, pairs, unit, factor in (
        ("load and check, against json alone", loads, "s", 1.0),
        ("a look-up, against a search", finds, "µs", 1e6),
    ):
        ours, plain = (statistics.median(column) * factor for column in zip(*pairs, strict=True))
        print(f"{what}: {ours:.3g} {unit} : {plain:.3g} {unit} = {ours / plain:.3g}")


if __name__ == "__main__":
    given = [Path(one) for one in sys.argv[1:]]
    main(*((given[0].name, given[0].read_bytes()) if given else made_file()))
