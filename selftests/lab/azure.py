"""The simulated Azure as a process of its own, in the namespace in which it is started.

``python -m selftests.lab.azure FILE`` writes into FILE where everything is, once it is there.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path

from arc_compliance.catalogue import load_catalogue
from arc_compliance.files import write_whole
from arc_compliance.lab.azure import SimulatedAzure

if __name__ == "__main__":
    with SimulatedAzure(load_catalogue("AzureChinaCloud")) as azure:
        told = {
            "connect_to": azure.connect_to,
            "public_roots": str(azure.public_roots),
        }
        write_whole(Path(sys.argv[1]), json.dumps(told))
        threading.Event().wait()
