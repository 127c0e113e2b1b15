"""The closed list of causes: their words, who can fix each, and what they change."""

from arc_compliance.judge.causes.remedies import Remedy, remedy_for
from arc_compliance.judge.causes.table import CAUSES, Cause, Owner, cause_named

__all__ = ["CAUSES", "Cause", "Owner", "Remedy", "cause_named", "remedy_for"]
