"""The cache on a Redis that asks for user and password, and on a cluster."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import uuid4

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from app.main import create_app, resources
from app.platform import cache as cache_module
from app.platform.aws import Aws
from app.platform.broadcast import Broadcast
from app.platform.cache import Cache, opened
from app.platform.cache_server import Login
from app.platform.memory import Memory
from app.platform.problems import UnavailableError
from app.platform.rate_limits import RateLimits, TooManyRequestsError
from app.platform.rest import Rest
from app.platform.secret import CacheSecret
from app.platform.settings import Settings
from infra.components.cache_users import ACCESS, NO_ACCESS, USERNAME
from scripts.local.runtime.ports import Ports
from scripts.local.runtime.servers import redis
from tests.app.shop import client
from tests.waiting import until, wait_until

SLOTS = 16_384


async def body() -> bytes:
    return b"body"


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[redis.Running, Redis]]:
    """A server that lets in whom the deployed one does, and its administrator's connection."""
    with (
        redis.running(tmp_path_factory.mktemp("guarded")) as server,
        Redis(host=server.host, port=server.port, single_connection_client=True) as admin,
    ):
        admin.execute_command("ACL", "SETUSER", "default", *NO_ACCESS.replace("-@all", "").split())
        yield server, admin


@pytest.fixture
def administrator(guarded: tuple[redis.Running, Redis]) -> Redis:
    """The administrator, who has emptied the server and set the user's password to `first`."""
    administrator = guarded[1]
    administrator.flushall()
    let_in(administrator, "first")
    return administrator


@pytest.fixture
def login(variables: dict[str, str], administrator: Redis) -> dict[str, str]:
    """The environment of a shop whose cache asks for what its secret says."""
    secret = client(variables, "secretsmanager").create_secret(
        Name=f"cache-{variables['POSITIONS_STREAM']}",
        SecretString=json.dumps({"username": USERNAME, "password": "first"}),
    )
    return variables | {"CACHE_SECRET_ARN": secret["ARN"]}


@pytest.fixture
async def cache(guarded: tuple[redis.Running, Redis], login: dict[str, str]) -> AsyncIterator[Cache]:
    """A cache on the server that asks."""
    with Aws() as aws:
        secret = CacheSecret(aws, login["CACHE_SECRET_ARN"])
        async with opened(guarded[0].url, secret=secret) as found:
            yield found


def let_in(administrator: Any, *passwords: str) -> None:
    """Have the user as it is deployed, with these passwords and no others, and end its connections."""
    valid = [f">{password}" for password in passwords]
    administrator.execute_command("ACL", "SETUSER", USERNAME, "reset", *ACCESS.split(), *valid)
    administrator.execute_command("CLIENT", "KILL", "USER", USERNAME)


async def test_the_deployed_user_may_do_all_that_the_cache_does(
    cache: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await cache.get_or_load("key", body, 30)).source == "origin"
    monkeypatch.setattr(cache, "_memory", Memory())
    assert (await cache.get_or_load("key", body, 30)).source == "redis"
    await cache.forget(["key"])
    assert (await cache.get_or_load("key", body, 30)).source == "origin"
    assert await cache.answers()
    assert not cache._rest.is_on


@pytest.mark.parametrize(
    "command", ["FLUSHALL", "KEYS *", "CONFIG GET *", "ACL LIST", "CLIENT LIST", "SHUTDOWN", "CLUSTER NODES"]
)
def test_the_deployed_user_may_not_disturb_others(
    guarded: tuple[redis.Running, Redis], administrator: Redis, command: str
) -> None:
    assert administrator.ping()
    with (
        Redis.from_url(guarded[0].url.replace("//", f"//{USERNAME}:first@")) as shop,
        pytest.raises(RedisError, match="no permissions"),
    ):
        shop.execute_command(*command.split())


def test_nobody_gets_in_without_a_password(guarded: tuple[redis.Running, Redis]) -> None:
    with (
        Redis(host=guarded[0].host, port=guarded[0].port) as stranger,
        pytest.raises(AuthenticationError),
    ):
        stranger.ping()


async def test_a_password_that_was_changed_is_read_anew_once_the_old_one_is_refused(
    cache: Cache, login: dict[str, str], administrator: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await cache.get_or_load("key", body, 30)).source == "origin"
    secrets = client(login, "secretsmanager")
    changed = json.dumps({"username": USERNAME, "password": "third"})
    secrets.put_secret_value(SecretId=login["CACHE_SECRET_ARN"], SecretString=changed)
    let_in(administrator, "second", "third")

    for _ in range(2):  # the connection is gone, then the password is refused
        monkeypatch.setattr(cache, "_memory", Memory())
        monkeypatch.setattr(cache, "_rest", Rest(0))
        assert (await cache.get_or_load("key", body, 30)).source == "origin"

    monkeypatch.setattr(cache, "_memory", Memory())
    monkeypatch.setattr(cache, "_rest", Rest(0))
    assert (await cache.get_or_load("key", body, 30)).source == "redis"


async def test_a_password_that_is_refused_for_good_costs_the_cache_and_nothing_else(
    cache: Cache, administrator: Redis
) -> None:
    let_in(administrator, "another")

    assert (await cache.get_or_load("key", body, 30)).body == b"body"
    assert not await cache.answers()


async def test_nobody_waits_long_for_the_secret_and_its_answer_is_kept() -> None:
    class Slow:
        asked = 0

        async def read(self, _: object) -> object:
            self.asked += 1
            await answered.wait()
            raise UnavailableError("Secrets Manager does not answer")

    answered, secret = asyncio.Event(), Slow()
    login = Login(secret, patience=0.01)  # type: ignore[arg-type] # a stand-in

    for _ in range(2):
        with pytest.raises(TimeoutError):
            await login.get_credentials_async()
    answered.set()
    with pytest.raises(AuthenticationError):
        await login.get_credentials_async()

    assert secret.asked == 1


async def test_the_shop_reads_the_secret_of_its_cache_and_says_its_password_nowhere(
    guarded: tuple[redis.Running, Redis], login: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    application = create_app()
    settings = Settings.from_environment(login | {"CACHE_URL": guarded[0].url})
    async with resources(application, settings, relay=False):
        assert await application.state.cache.answers()
    assert "first" not in caplog.text


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[redis.Running]:
    """A cluster of one server, which has every slot."""
    folder = tmp_path_factory.mktemp("cluster")
    port = Ports().take("cluster", beside=redis.BUS_DISTANCE)
    with redis.running(folder, None, "--cluster-enabled", "yes", port=port) as server:
        with Redis(host=server.host, port=server.port) as admin:
            admin.execute_command("CLUSTER", "ADDSLOTS", *range(SLOTS))
            wait_until(lambda: b"cluster_state:ok" in admin.execute_command("CLUSTER", "INFO"))
            admin.execute_command("ACL", "SETUSER", USERNAME, *ACCESS.split(), ">first")
        yield server


@pytest.fixture
async def spread(cluster: redis.Running, login: dict[str, str]) -> AsyncIterator[Cache]:
    """A cache on the cluster, which is empty, as the deployed user."""
    with Redis(host=cluster.host, port=cluster.port) as admin:
        admin.flushall()
    with Aws() as aws:
        secret = CacheSecret(aws, login["CACHE_SECRET_ARN"])
        async with opened(cluster.url, secret=secret, is_cluster=True) as found:
            yield found


async def test_keys_of_a_cluster_are_read_stored_and_forgotten_wherever_they_are(
    spread: Cache, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"key-{number}" for number in range(300)]
    await asyncio.gather(*(spread.get_or_load(key, body, 30) for key in keys))
    monkeypatch.setattr(spread, "_memory", Memory())

    found = await asyncio.gather(*(spread.get_or_load(key, body, 30) for key in keys))
    assert {(cached.source, cached.body) for cached in found} == {("redis", b"body")}

    await spread.forget(keys)
    assert (await spread.get_or_load(keys[0], body, 30)).source == "origin"
    assert await spread.answers()


async def test_instances_hear_of_each_other_over_a_cluster_as_the_deployed_user(spread: Cache) -> None:
    heard: list[bytes | None] = []
    broadcast = Broadcast(spread.server)
    async with broadcast.running(), broadcast.listening("room", heard.append):
        await broadcast.publish("room", b"told")
        script = "redis.call('PUBLISH', 'live:room', ARGV[1])"
        await spread.server.run(script, ["key"], [b"told by a script"])
        await until(lambda: heard == [b"told", b"told by a script"])


async def test_requests_are_counted_in_a_cluster_as_the_deployed_user(spread: Cache) -> None:
    limits = RateLimits(spread.server.counters, account="2/hour", address="")
    someone = uuid4()

    await limits.count_account(someone)
    await limits.count_account(someone)
    with pytest.raises(TooManyRequestsError):
        await limits.count_account(someone)
    await limits.count_account(uuid4())


async def test_a_script_runs_in_a_cluster_where_its_keys_are_as_the_deployed_user(spread: Cache) -> None:
    script = """
    redis.call('ZADD', KEYS[1], ARGV[1], 'member')
    redis.call('ZUNIONSTORE', KEYS[2], 2, KEYS[1], KEYS[1])
    return redis.call('ZRANGE', KEYS[2], '+inf', '(0', 'BYSCORE', 'REV', 'WITHSCORES')
    """

    assert await spread.server.run(script, ["{tag}:1", "{tag}:2"], [3]) == [b"member", b"6"]


async def test_a_cluster_that_is_away_costs_the_cache_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(cache_module, "TIMEOUT", 0.25)
    async with opened("redis://127.0.0.1:1/0", is_cluster=True) as cache:
        assert (await cache.get_or_load("key", body, 30)).source == "origin without redis"
        assert cache._rest.is_on
        await cache.forget(["key"])
        assert not await cache.answers()
