"""The published JSON schemas, from the types that they describe.

``python -m arc_compliance.report.schemas docs`` writes them anew.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from arc_compliance.base.files import write_whole
from arc_compliance.hosts.inventory import Inventory
from arc_compliance.plan.waiver_file import WaiverFile
from arc_compliance.report.compliance import REPORT
from arc_compliance.wire.evidence import Evidence
from arc_compliance.wire.order import Order


def schemas() -> dict[str, dict[str, Any]]:
    """Each published schema by the name of its file."""
    return {
        "compliance.schema.json": REPORT.json_schema(mode="serialization"),
        "evidence.schema.json": Evidence.model_json_schema(),
        "order.schema.json": Order.model_json_schema(),
        "inventory.schema.json": Inventory.model_json_schema(),
        "waivers.schema.json": WaiverFile.model_json_schema(),
    }


if __name__ == "__main__":
    for name, schema in schemas().items():
        write_whole(Path(sys.argv[1]) / name, json.dumps(schema, indent=1) + "\n")
