"""Work that goes on beside a block."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress

AGAIN = 0.2  # seconds after which a task that was cancelled is cancelled again


@asynccontextmanager
async def beside(work: Coroutine[None, None, None], name: str) -> AsyncIterator[None]:
    """Do the work beside the block; when that ends, the work is cancelled and has ended too."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        await end(task)
        with suppress(asyncio.CancelledError):
            await task


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks, and return when they have ended.

    They are cancelled again if they go on: before Python 3.12, `asyncio.wait_for`, by which redis-py writes,
    swallows a cancellation that comes when what it waits for is just done.
    """
    while running := {task for task in tasks if not task.done()}:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=AGAIN)


async def together(*work: Coroutine[None, None, None]) -> None:
    """Do all of the work at once; the first error ends the rest, and is raised when they have ended."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
