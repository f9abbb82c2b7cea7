"""Auto-scaling groups: each instance in service is a process, started as its user data says."""

from scripts.local.runtime.fleets.controller import Fleets

__all__ = ["Fleets"]
