"""Faults that the simulated Azure can have, one name at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class FaultKind(str, Enum):
    """What is wrong with a name."""

    REFUSED = "refused"
    INSPECTED = "inspected"
    TLS10_ONLY = "tls10-only"
    EXPIRED = "expired"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One name and what is wrong with it."""

    name: str
    kind: FaultKind


DEMO_FAULTS = (
    Fault(name="packages.microsoft.com", kind=FaultKind.REFUSED),
    Fault(name="login.chinacloudapi.cn", kind=FaultKind.INSPECTED),
    Fault(name="pas.chinacloudapi.cn", kind=FaultKind.TLS10_ONLY),
    Fault(name="agentserviceapi.guestconfiguration.azure.cn", kind=FaultKind.EXPIRED),
    Fault(name="gbl.his.arc.azure.cn", kind=FaultKind.MISSING),
)
"""The faults of --demo=faulty, one of each kind."""
