"""What instances hear of each other: over one Redis, over a cluster, and after it was away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis

from app.platform import broadcast as broadcast_module
from app.platform.broadcast import Broadcast
from app.platform.cache import opened
from app.platform.problems import UnavailableError
from scripts.local.runtime.servers import redis
from tests.waiting import until, until_async


@asynccontextmanager
async def instance(url: str) -> AsyncIterator[Broadcast]:
    """An instance that listens."""
    async with opened(url) as cache:
        made = Broadcast(cache.server)
        async with made.running():
            yield made


async def test_whoever_listens_hears_what_any_instance_publishes_from_then_on(
    cache_server: redis.Running,
) -> None:
    heard: list[bytes | None] = []
    also: list[bytes | None] = []
    async with instance(cache_server.url) as one, instance(cache_server.url) as other:
        async with one.listening("room", heard.append), one.listening("elsewhere", also.append):
            await other.publish("room", b"first")
            await one.publish("room", b"second")
            await until(lambda: heard == [b"first", b"second"])
            assert also == []
        async with one.listening("room", also.append):
            await other.publish("room", b"third")
            await until(lambda: also == [b"third"])
    assert heard == [b"first", b"second"]


async def test_a_gap_is_told_when_a_connection_was_lost(cache_server: redis.Running) -> None:
    heard: list[bytes | None] = []
    async with instance(cache_server.url) as one, one.listening("room", heard.append):
        with Redis(host=cache_server.host, port=cache_server.port) as admin:
            admin.client_kill_filter(_type="pubsub")
        await until(lambda: heard)
        assert heard == [None]
        await one.publish("room", b"again")
        await until(lambda: heard == [None, b"again"])


async def test_without_redis_listening_begins_all_the_same_and_its_return_ends_the_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broadcast_module, "PATIENCE", 0.1)
    monkeypatch.setattr(broadcast_module, "REST", 0.1)
    heard: list[bytes | None] = []
    with redis.running(tmp_path) as gone:
        pass
    async with instance(gone.url) as one, one.listening("room", heard.append):
        with pytest.raises(UnavailableError):
            await one.publish("room", b"lost")
        with redis.running(tmp_path, port=gone.port):
            await until(lambda: heard == [None])

            async def is_heard() -> bool:
                await asyncio.sleep(0.1)
                try:
                    await one.publish("room", b"back")
                except UnavailableError:
                    return False
                return b"back" in heard

            await until_async(is_heard)
