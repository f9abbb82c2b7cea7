"""Waiting for what happens by itself: on the condition, never for a fixed time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
DEADLINE = 240.0  # seconds; generous, because it is no measurement: it only ends a wait that is in vain


def eventually(look: Callable[[], T], what: str) -> T:
    """Return what `look` returns as soon as it is truthy; fail naming `what` when it never is."""
    deadline = time.monotonic() + DEADLINE
    while not (found := look()):
        assert time.monotonic() < deadline, f"did not happen: {what}"
        time.sleep(0.1)
    return found
