"""Waits for something to become true, within a bound that only a broken run reaches."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 240.0  # seconds; generous, because it is no measurement
INTERVAL = 0.02


async def until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Wait until `condition` answers something true; fail after `patience` seconds."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not true within {patience} s"
        await asyncio.sleep(INTERVAL)


async def until_async(condition: Callable[[], Awaitable[object]], patience: float = PATIENCE) -> None:
    """Do the same with a condition that is awaited."""
    deadline = time.monotonic() + patience
    while not await condition():
        assert time.monotonic() < deadline, f"not true within {patience} s"
        await asyncio.sleep(INTERVAL)


def wait_until(condition: Callable[[], object], patience: float = PATIENCE) -> None:
    """Do the same where no event loop runs."""
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, f"not true within {patience} s"
        time.sleep(INTERVAL)
