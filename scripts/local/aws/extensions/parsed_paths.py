"""EventBridge: a path of an event, such as `$.detail`, is parsed once.

Needed for moto 5.2.5, which parses up to eight of them anew for each event and target: a third of all that it
does while orders are placed.
"""

from functools import lru_cache

import jsonpath_ng.ext
from jsonpath_ng.ext.parser import parse

KNOWN = 1_000  # paths


def install() -> None:
    """Remember what paths were parsed to; what they find in an event is looked up each time."""
    jsonpath_ng.ext.parse = lru_cache(KNOWN)(parse)  # type: ignore[attr-defined] # where moto finds it
