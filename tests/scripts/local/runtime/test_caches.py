"""Replication groups that were deployed answer as Redis servers."""

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from scripts.local.runtime.caches import Caches
from scripts.local.runtime.context import Context
from tests.waiting import until_async, wait_until


def client(address: str) -> redis.Redis:
    host, port = address.split(":")
    return redis.Redis(host=host, port=int(port), retry=Retry(NoBackoff(), 0))


async def test_a_group_serves_from_its_primary_and_its_replica_until_it_is_deleted(context: Context) -> None:
    caches = Caches(context)
    assert await caches.reconcile()
    elasticache = context.aws.client("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="shop", ReplicationGroupDescription="shop", NumCacheClusters=2, Engine="redis"
    )
    await until_async(caches.reconcile)
    (group,) = elasticache.describe_replication_groups()["ReplicationGroups"]
    (shard,) = group["NodeGroups"]
    writer, reader = (
        context.addresses.translate(f"{shard[name]['Address']}:{shard[name]['Port']}")
        for name in ("PrimaryEndpoint", "ReaderEndpoint")
    )
    assert context.addresses.named() == {"cache": writer, "cache_replica": reader}
    assert sorted(status.role for status in context.supervisor.statuses()) == ["cache", "cache-replica"]
    with client(writer) as primary, client(reader) as replica:
        primary.set("product:1", "kettle")
        wait_until(lambda: replica.get("product:1") == b"kettle")

    elasticache.delete_replication_group(ReplicationGroupId="shop")
    assert await caches.reconcile()
    assert context.supervisor.statuses() == []
    await caches.close()
