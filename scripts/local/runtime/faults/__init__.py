"""Begins the faults that people ask for, and ends each in time."""

from scripts.local.runtime.faults.controller import Faults

__all__ = ["Faults"]
