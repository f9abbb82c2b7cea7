"""The control loops of the local cloud: they measure what runs, and act on it as AWS would."""

from scripts.local.runtime.control.loops import ControlLoops

__all__ = ["ControlLoops"]
