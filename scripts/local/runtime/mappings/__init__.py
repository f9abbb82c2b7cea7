"""Event source mappings: pollers that follow what was deployed, as AWS documents it."""

from scripts.local.runtime.mappings.controller import Mappings

__all__ = ["Mappings"]
