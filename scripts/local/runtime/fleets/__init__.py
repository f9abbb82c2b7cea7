"""Auto-scaling groups: each instance in service is a process, started as its user data says."""

from scripts.local.runtime.fleets.controller import Fleets, Member

__all__ = ["Fleets", "Member"]
