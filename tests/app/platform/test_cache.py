"""The cache in two levels."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.platform import cache as cache_module
from app.platform.cache import Cache, Memory, opened
from tests.app.cable import cable


class Source:
    """Counts how often it is asked."""

    def __init__(self, body: bytes = b"body", pause: float = 0.0) -> None:
        self.body = body
        self.pause = pause
        self.asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        await asyncio.sleep(self.pause)
        return self.body


@pytest.fixture
async def cache(variables: dict[str, str]) -> AsyncIterator[Cache]:
    """A cache on the real Redis."""
    async with opened(variables["CACHE_URL"]) as found:
        yield found


@pytest.fixture
async def redis(variables: dict[str, str]) -> AsyncIterator[Redis]:
    """The test's own connection to Redis."""
    client = Redis.from_url(variables["CACHE_URL"])
    yield client
    await client.aclose()


async def test_a_thousand_concurrent_misses_ask_the_source_once(cache: Cache) -> None:
    source = Source(pause=0.05)

    found = await asyncio.gather(*(cache.get_or_load("key", source, 30) for _ in range(1_000)))

    assert source.asked == 1
    assert {cached.body for cached in found} == {b"body"}


async def test_what_is_asked_for_while_an_answer_is_awaited_goes_out_together(
    variables: dict[str, str], redis: Redis
) -> None:
    for number in range(0, 300, 2):
        await redis.set(f"key-{number}", f"body-{number}")
    async with opened(variables["CACHE_URL"]) as cache:
        await redis.config_resetstat()
        found = await asyncio.gather(
            *(cache.get_or_load(f"key-{number}", Source(), 30) for number in range(300))
        )
        statistics = await redis.info("commandstats")

    assert [cached.source for cached in found] == ["redis", "origin"] * 150
    assert [cached.body for cached in found[::2]] == [b"body-%d" % number for number in range(0, 300, 2)]
    assert statistics["cmdstat_mget"]["calls"] == 3
    assert "cmdstat_get" not in statistics


async def test_a_read_that_nobody_waits_for_any_more_does_not_disturb_the_others(cache: Cache) -> None:
    reads = cache._reads
    given_up, waiting = (asyncio.create_task(reads.get(key)) for key in ("one", "two"))
    await asyncio.sleep(0)
    given_up.cancel()

    assert await waiting is None
    assert await reads.get("three") is None


async def test_a_client_that_gives_up_does_not_end_the_wait_of_the_others(cache: Cache) -> None:
    source = Source(pause=0.05)
    impatient = asyncio.create_task(cache.get_or_load("key", source, 30))
    patient = asyncio.create_task(cache.get_or_load("key", source, 30))
    await asyncio.sleep(0.01)

    impatient.cancel()

    assert (await patient).body == b"body"
    assert source.asked == 1


async def test_an_error_of_the_source_reaches_all_who_wait_and_is_not_remembered(cache: Cache) -> None:
    async def failing() -> bytes:
        await asyncio.sleep(0.01)
        raise LookupError("nothing there")

    waiting = [cache.get_or_load("key", failing, 30) for _ in range(3)]
    errors = await asyncio.gather(*waiting, return_exceptions=True)

    assert [type(error) for error in errors] == [LookupError] * 3
    assert (await cache.get_or_load("key", Source(), 30)).source == "origin"


async def test_lifetimes_are_spread_so_that_keys_do_not_expire_together(
    cache: Cache, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    lifetimes = []
    store = cache._server.store

    async def noting(key: str, body: bytes, milliseconds: int) -> None:
        lifetimes.append(milliseconds)
        await store(key, body, milliseconds)

    monkeypatch.setattr(cache._server, "store", noting)
    for number in range(20):
        await cache.get_or_load(f"key-{number}", Source(), 1_000)

    assert all(900_000 <= lifetime <= 1_000_000 for lifetime in lifetimes)
    assert max(lifetimes) - min(lifetimes) > 10_000
    assert 0 < await redis.pttl("key-0") <= lifetimes[0]


async def test_what_is_forgotten_is_gone_from_both_levels(cache: Cache, redis: Redis) -> None:
    for key in ("one", "two"):
        await cache.get_or_load(key, Source(), 30)

    await cache.forget(["one", "two"])

    assert await redis.exists("one", "two") == 0
    assert (await cache.get_or_load("one", Source(), 30)).source == "origin"


async def test_forgetting_nothing_is_nothing(cache: Cache) -> None:
    await cache.forget([])


async def test_a_dead_redis_is_asked_once_in_a_while_and_found_again(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    address = variables["CACHE_URL"].removeprefix("redis://").removesuffix("/0")
    async with cable(address) as line, opened(f"redis://127.0.0.1:{line.port}/0") as cache:
        await line.cut()
        for number in range(10):
            assert (await cache.get_or_load(f"key-{number}", Source(), 30)).source == "origin"
        assert caplog.text.count("the cache does not answer") == 1
        await cache.forget(["key-1"])

        await line.join()
        monkeypatch.setattr(cache, "_rests_until", 0.0)
        await cache.get_or_load("key-20", Source(), 30)
        monkeypatch.setattr(cache, "_memory", Memory())
        assert (await cache.get_or_load("key-20", Source(), 30)).source == "redis"


def test_the_memory_is_bounded_and_forgets_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(cache_module, "MEMORY_ENTRIES", 3)
    monkeypatch.setattr("time.monotonic", lambda: now)
    memory = Memory()
    for key in ("one", "two", "three", "two", "four"):
        memory.put(key, key.encode())

    assert [memory.get(key) for key in ("one", "two", "three", "four")] == [None, b"two", b"three", b"four"]
    now += cache_module.MEMORY_LIFETIME
    assert memory.get("four") is None
