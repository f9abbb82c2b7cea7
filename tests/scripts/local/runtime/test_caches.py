"""Replication groups that were deployed answer as Redis servers, and outlive their primaries."""

import os
import signal
from functools import partial
from typing import Any

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


async def test_a_replica_takes_over_from_a_primary_that_is_killed_or_stands_still_and_on_demand(
    context: Context,
) -> None:
    caches, elasticache = Caches(context), context.aws.client("elasticache")
    elasticache.create_replication_group(
        ReplicationGroupId="pages",
        ReplicationGroupDescription="pages",
        NumCacheClusters=2,
        Engine="redis",
        AutomaticFailoverEnabled=True,
    )
    await until_async(lambda: in_step(context, caches))
    primary = context.addresses.translate(endpoint_of(described(context), "PrimaryEndpoint"))
    with client(primary) as writer:
        writer.set("product:1", "kettle")
        wait_until(lambda: client(replica_of(context)).get("product:1") == b"kettle")

    for number, sent in enumerate((signal.SIGKILL, signal.SIGSTOP)):
        await until_async(lambda: in_step(context, caches))
        before = primary_of(context)
        pid = context.supervisor.pid(f"cache-{before}")
        assert pid is not None
        os.kill(pid, sent)
        await until_async(partial(has_primary, context, caches, not_=before))
        with client(primary) as writer:  # at the address that it always had, with all that it had
            assert writer.get("product:1") == b"kettle"
            assert writer.get(f"round:{number - 1}") == (b"1" if number else None)
            writer.set(f"round:{number}", "1")
        await until_async(lambda: in_step(context, caches))
        assert roles(context) == {f"cache-{before}": "cache-replica", f"cache-{primary_of(context)}": "cache"}

    before = primary_of(context)
    elasticache.test_failover(ReplicationGroupId="pages", NodeGroupId="0001")
    assert primary_of(context) != before
    await until_async(lambda: in_step(context, caches))
    with client(primary) as writer:
        assert writer.role()[0] == b"master"
        assert writer.get("round:1") == b"1"
    assert roles(context)[f"cache-{before}"] == "cache-replica"

    async def is_back() -> bool:
        await caches.reconcile()
        return context.timeline.events()[-1].sentence == f"cache-{before} is back, as a replica"

    await until_async(is_back)
    told = [event.sentence for event in context.timeline.events()]
    assert [sentence for sentence in told if "promoted" in sentence] == [
        "cache-pages-001 has ended: its replica cache-pages-002 is promoted",
        "cache-pages-002 does not answer: its replica cache-pages-001 is promoted",
        "cache-pages-001 is to fail over: its replica cache-pages-002 is promoted",
    ]
    elasticache.delete_replication_group(ReplicationGroupId="pages")
    assert await caches.reconcile()
    await caches.close()


def described(context: Context) -> dict[str, Any]:
    """Return the one shard as AWS describes it."""
    answer = context.aws.client("elasticache").describe_replication_groups(ReplicationGroupId="pages")
    shard: dict[str, Any] = answer["ReplicationGroups"][0]["NodeGroups"][0]
    return shard


def endpoint_of(found: dict[str, Any], name: str) -> str:
    return f"{found[name]['Address']}:{found[name]['Port']}"


def primary_of(context: Context) -> str:
    members = described(context)["NodeGroupMembers"]
    [name] = [member["CacheClusterId"] for member in members if member["CurrentRole"] == "primary"]
    return str(name)


def replica_of(context: Context) -> str:
    """Return where the replicas are."""
    return context.addresses.translate(endpoint_of(described(context), "ReaderEndpoint"))


def roles(context: Context) -> dict[str, str]:
    return {status.name: status.role for status in context.supervisor.statuses()}


async def has_primary(context: Context, caches: Caches, *, not_: str) -> bool:
    """Reconcile; tell whether another member is the primary for AWS."""
    await caches.reconcile()
    return primary_of(context) != not_


async def in_step(context: Context, caches: Caches) -> bool:
    """Reconcile; tell whether the members have the roles that AWS tells of, and the replica follows."""
    healthy = await caches.reconcile()
    if not healthy or roles(context).get(f"cache-{primary_of(context)}") != "cache":
        return False
    with client(replica_of(context)) as replica:
        info: Any = replica.info("replication")
        return bool(info["role"] == "slave" and info["master_link_status"] == "up")
