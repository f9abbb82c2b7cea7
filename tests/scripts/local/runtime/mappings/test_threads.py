"""Long calls run in threads that nothing else waits for."""

import asyncio
import threading

import pytest

from scripts.local.runtime.mappings.threads import in_own_thread


async def test_the_result_or_the_error_of_the_call_is_handed_over() -> None:
    assert await in_own_thread(lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        await in_own_thread(lambda: 1 / 0)


async def test_many_calls_block_at_once_without_keeping_others_out() -> None:
    release = threading.Event()
    blocked = [asyncio.create_task(in_own_thread(release.wait)) for _ in range(100)]
    assert await asyncio.to_thread(lambda: "free") == "free"
    release.set()
    assert await asyncio.gather(*blocked) == [True] * 100


async def test_a_cancelled_call_is_left_to_itself() -> None:
    release, ended = threading.Event(), threading.Event()

    def call() -> None:
        release.wait()
        ended.set()

    task = asyncio.create_task(in_own_thread(call))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    release.set()
    assert await asyncio.to_thread(ended.wait, 30)
