"""The cache in two levels."""

import asyncio
import math
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from app.platform import memory as memory_module
from app.platform.cache import Cache, opened
from app.platform.entry import Entry
from app.platform.memory import Cached, Memory
from app.platform.rest import Rest
from tests.app.cable import cable
from tests.waiting import until_async


class Source:
    """Counts how often it is asked."""

    def __init__(self, body: bytes | None = b"body", pause: float = 0.0) -> None:
        self.body = body
        self.pause = pause
        self.asked = 0

    async def __call__(self) -> bytes | None:
        self.asked += 1
        await asyncio.sleep(self.pause)
        return self.body


@pytest.fixture
async def cache(variables: dict[str, str]) -> AsyncIterator[Cache]:
    """A cache on the real Redis."""
    async with opened(variables["CACHE_URL"]) as found:
        yield found


@pytest.fixture
async def other(variables: dict[str, str]) -> AsyncIterator[Cache]:
    """The cache of another process, on the same Redis."""
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
        kept = Entry(b"body-%d" % number, time.time() + 30, cost=0.0)
        await redis.set(f"key-{number}", kept.encode())
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
    given_up, waiting = (asyncio.create_task(reads.ask(key)) for key in ("one", "two"))
    await asyncio.sleep(0)
    given_up.cancel()

    assert await waiting is None
    assert await reads.ask("three") is None


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
    store = cache.server.store

    async def noting(key: str, body: bytes, milliseconds: int) -> None:
        lifetimes.append(milliseconds)
        await store(key, body, milliseconds)

    monkeypatch.setattr(cache.server, "store", noting)
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
            assert (await cache.get_or_load(f"key-{number}", Source(), 30)).source == "origin without redis"
        assert caplog.text.count("the cache does not answer") == 1
        await cache.forget(["key-1"])

        await line.join()
        monkeypatch.setattr(cache, "_rest", Rest(0))
        await cache.get_or_load("key-20", Source(), 30)
        monkeypatch.setattr(cache, "_memory", Memory())
        assert (await cache.get_or_load("key-20", Source(), 30)).source == "redis"


def test_the_memory_is_bounded_and_forgets_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(memory_module, "ENTRIES", 3)
    monkeypatch.setattr("time.monotonic", lambda: now)
    memory = Memory()
    for key in ("one", "two", "three", "two", "four"):
        memory.put(key, Cached.of(key.encode(), "origin"))

    found = [memory.get(key) for key in ("one", "two", "three", "four")]
    assert [cached and cached.body for cached in found] == [None, b"two", b"three", b"four"]
    assert {cached.source for cached in found if cached} == {"memory"}
    now += memory_module.LIFETIME
    assert memory.get("four") is None


async def test_that_there_is_nothing_is_known_for_some_seconds(
    cache: Cache, other: Cache, redis: Redis
) -> None:
    source = Source(body=None)

    found = [await cache.get_or_load("key", source, 30) for _ in range(3)]

    assert [cached.body for cached in found] == [None] * 3
    assert source.asked == 1
    assert 0 < await redis.pttl("key") <= 5_000
    assert (await other.get_or_load("key", Source(), 30)).body is None


async def test_what_soon_expires_is_loaded_anew_by_one_reader_while_all_get_what_there_is(
    cache: Cache, other: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cache.get_or_load("key", Source(b"old"), 30)
    monkeypatch.setattr(memory_module, "LIFETIME", 0.0)
    monkeypatch.setattr("app.platform.entry.EAGERNESS", 1e9)  # everything is due
    arrived, may_end = asyncio.Event(), asyncio.Event()
    asked = 0

    async def slow() -> bytes:
        nonlocal asked
        asked += 1
        arrived.set()
        await may_end.wait()
        return b"new"

    found = [await other.get_or_load("key", slow, 30) for _ in range(5)]
    assert {cached.body for cached in found} == {b"old"}
    await arrived.wait()
    may_end.set()
    monkeypatch.setattr("app.platform.entry.EAGERNESS", 0.0)
    await until_async(lambda: is_new(other))
    assert asked == 1


async def is_new(cache: Cache) -> bool:
    return (await cache.get_or_load("key", Source(b"never"), 30)).body == b"new"


async def test_a_source_that_fails_while_it_is_asked_early_changes_nothing(
    cache: Cache, other: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    await cache.get_or_load("key", Source(b"old"), 30)
    monkeypatch.setattr("app.platform.entry.EAGERNESS", 1e9)
    has_failed = asyncio.Event()

    async def failing() -> bytes:
        has_failed.set()
        raise LookupError

    assert (await other.get_or_load("key", failing, 30)).body == b"old"
    await has_failed.wait()
    assert (await other.get_or_load("key", Source(), 30)).body == b"old"


async def test_a_load_during_which_the_key_was_forgotten_is_not_kept(cache: Cache, other: Cache) -> None:
    arrived, may_end = asyncio.Event(), asyncio.Event()

    async def slow() -> bytes:
        arrived.set()
        await may_end.wait()
        return b"from before"

    loading = asyncio.create_task(cache.get_or_load("key", slow, 30))
    await arrived.wait()
    await cache.forget(["key"])
    later = asyncio.create_task(cache.get_or_load("key", Source(b"from after"), 30))
    may_end.set()

    assert (await loading).body == b"from before"  # who asked before
    assert (await later).body == b"from after"
    assert (await cache.get_or_load("key", Source(), 30)).body == b"from after"
    assert (await other.get_or_load("key", Source(), 30)).body == b"from after"


async def test_what_another_release_stored_in_another_form_is_loaded_anew(cache: Cache, redis: Redis) -> None:
    await redis.set("key", b"short")

    assert (await cache.get_or_load("key", Source(), 30)).source == "origin"


def test_the_dearer_a_body_is_and_the_nearer_its_end_the_likelier_it_is_made_early(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.time", lambda: now)

    def share(left: float, cost: float) -> float:
        return sum(Entry(b"", now + left, cost).is_due for _ in range(20_000)) / 20_000

    # The chance is exp(-left / cost): the formula's own.
    for left, cost in ((1.0, 1.0), (2.0, 1.0), (1.0, 0.1), (30.0, 0.01)):
        assert share(left, cost) == pytest.approx(math.exp(-left / cost), abs=0.02)
    assert share(0.0, 0.01) == 1.0
