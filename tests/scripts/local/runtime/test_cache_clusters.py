"""Groups in cluster mode are real clusters, whose shards outlive their primaries."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
import redis

from app.platform.cache import Cache, opened
from app.platform.memory import Memory
from scripts.local.runtime.caches import Caches
from scripts.local.runtime.context import Context
from tests.waiting import until_async

KEYS = [f"product:{number}" for number in range(60)]


class Group:
    """A group of this many shards, with a replica each, and what keeps it."""

    def __init__(self, context: Context, shards: int) -> None:
        self.context = context
        self.caches = Caches(context)
        self.elasticache = context.aws.client("elasticache")
        self.name = f"spread{uuid4().hex[:6]}"
        self.elasticache.create_cache_parameter_group(
            CacheParameterGroupName=self.name, CacheParameterGroupFamily="valkey8", Description="d"
        )
        self.elasticache.modify_cache_parameter_group(
            CacheParameterGroupName=self.name,
            ParameterNameValues=[{"ParameterName": "cluster-enabled", "ParameterValue": "yes"}],
        )
        described = self.elasticache.create_replication_group(
            ReplicationGroupId=self.name,
            ReplicationGroupDescription="d",
            CacheParameterGroupName=self.name,
            NumNodeGroups=shards,
            ReplicasPerNodeGroup=1,
            AutomaticFailoverEnabled=True,
        )["ReplicationGroup"]
        endpoint = described["ConfigurationEndpoint"]
        self._deployed = f"{endpoint['Address']}:{endpoint['Port']}"

    @property
    def address(self) -> str:
        """Where the configuration endpoint leads to."""
        return self.context.addresses.translate(self._deployed)

    def client(self) -> redis.RedisCluster:
        host, port = self.address.split(":")
        return redis.RedisCluster(host=host, port=int(port))

    def told(self) -> list[str]:
        return [event.sentence for event in self.context.timeline.events()]

    async def is_back(self, name: str) -> bool:
        """Reconcile; tell whether all is healthy, and this member a replica."""
        sentence = f"cache-{self.name}-{name} is back, as a replica"
        return await self.caches.reconcile() and sentence in self.told()

    async def in_step(self) -> bool:
        """Reconcile; tell whether all is healthy, and each replica has what its primary has."""
        if not await self.caches.reconcile():
            return False
        with self.client() as client:
            return all(client.wait(1, 100, target_nodes=[node]) for node in client.get_primaries())

    def hit(self, name: str, sent: signal.Signals) -> None:
        pid = self.context.supervisor.pid(f"cache-{self.name}-{name}")
        assert pid is not None
        os.kill(pid, sent)

    def roles(self) -> dict[str, str]:
        statuses = self.context.supervisor.statuses()
        return {status.name.removeprefix(f"cache-{self.name}-"): status.role for status in statuses}


@pytest.fixture
async def group(context: Context, request: pytest.FixtureRequest) -> AsyncIterator[Group]:
    """A group whose cluster serves all slots."""
    group = Group(context, request.param)
    await until_async(group.caches.reconcile)
    yield group
    group.elasticache.delete_replication_group(ReplicationGroupId=group.name)
    assert await group.caches.reconcile()
    assert context.supervisor.statuses() == []
    await group.caches.close()


async def serves(group: Group, parts: list[tuple[int, int, int]]) -> bool:
    """Tell whether clients hear of these parts: first and last slot, and how many replicas follow."""
    with group.client() as client:
        answer: Any = client.execute_command("CLUSTER SLOTS", target_nodes=client.get_default_node())
    found = [(first, last, len(servers["replicas"])) for (first, last), servers in answer.items()]
    return sorted(found) == parts


@pytest.mark.parametrize("group", [3], indirect=True)
async def test_a_group_in_cluster_mode_is_a_cluster_of_the_described_shards_whose_primaries_vote(
    group: Group,
) -> None:
    assert group.context.addresses.named() == {"cache": group.address}
    await until_async(group.in_step)
    await until_async(partial(serves, group, [(0, 5460, 1), (5461, 10921, 1), (10922, 16383, 1)]))
    with group.client() as client:
        for key in KEYS:
            client.set(key, key)
    await until_async(group.in_step)

    # The member that the configuration endpoint leads to: others can be found through it once it is back.
    group.hit("0001-001", signal.SIGKILL)
    await until_async(partial(group.is_back, "0001-001"))
    assert group.told()[-3:] == [
        f"cache-{group.name}-0001-001 has ended: its replica cache-{group.name}-0001-002 is promoted by vote",
        f"cache-{group.name}-0001-002 serves the slots 0-5460, with what it had received",
        f"cache-{group.name}-0001-001 is back, as a replica",
    ]
    assert (group.roles()["0001-001"], group.roles()["0001-002"]) == ("cache-replica", "cache")
    with group.client() as client:
        assert [client.get(key) for key in KEYS] == [key.encode() for key in KEYS]


@pytest.mark.parametrize("group", [2], indirect=True)
async def test_a_replica_takes_over_without_a_vote_where_too_few_primaries_are_left_and_clients_go_on(
    group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    await until_async(group.in_step)
    async with opened(f"redis://{group.address}/0", is_cluster=True) as cache:
        # As the shop does it: a second without the cache after each failure, and then the same client again.
        await until_async(partial(finds_all, cache, monkeypatch))
        await until_async(group.in_step)
        group.hit("0002-001", signal.SIGSTOP)
        assert not await finds_all(cache, monkeypatch)
        await until_async(partial(group.is_back, "0002-001"))
        await until_async(partial(finds_all, cache, monkeypatch))
    assert group.told()[-3:] == [
        (
            f"cache-{group.name}-0002-001 does not answer, and too few primaries are left to vote:"
            f" its replica cache-{group.name}-0002-002 is promoted without"
        ),
        f"cache-{group.name}-0002-002 serves the slots 8192-16383, with what it had received",
        f"cache-{group.name}-0002-001 is back, as a replica",
    ]


@pytest.mark.parametrize("group", [1], indirect=True)
async def test_a_shard_fails_over_when_aws_is_asked_once_and_the_next_runtime_goes_on(group: Group) -> None:
    await until_async(group.in_step)
    with group.client() as client:
        client.set("product:1", "kettle")
    group.elasticache.test_failover(ReplicationGroupId=group.name, NodeGroupId="0001")
    await until_async(partial(group.is_back, "0001-001"))
    assert group.told() == [
        f"cache-{group.name}-0001-001 is to fail over: its replica cache-{group.name}-0001-002 is promoted",
        f"cache-{group.name}-0001-002 serves the slots 0-16383, with what it had received",
        f"cache-{group.name}-0001-001 is back, as a replica",
    ]
    with group.client() as client:
        assert client.get("product:1") == b"kettle"

    group.caches = Caches(group.context)
    pids = {status.pid for status in group.context.supervisor.statuses()}
    await until_async(group.in_step)
    assert {status.pid for status in group.context.supervisor.statuses()} == pids
    assert len(group.told()) == 3
    assert await group.caches.reconcile()
    assert group.roles() == {"0001-001": "cache-replica", "0001-002": "cache"}


async def finds_all(cache: Cache, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Read all keys, and store what is not there; tell whether the cluster had them all."""

    async def body() -> bytes:
        return b"body"

    monkeypatch.setattr(cache, "_memory", Memory())  # only the cluster is to know
    found = await asyncio.gather(*(cache.get_or_load(key, body, 300) for key in KEYS))
    return {one.source for one in found} == {"redis"}
